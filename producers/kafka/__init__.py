"""What Kafka is to everybody here: its topics and records, how it is reached, and what is wrong when it is not."""
