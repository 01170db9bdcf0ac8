"""What runs on Kafka, one agent a file: the fold, the clock, the delivery of what it leaves, the watch over the topic."""
