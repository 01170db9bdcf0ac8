"""What runs on Kafka, one agent a file: the fold, the clock, the relay, the watch over the topic."""
