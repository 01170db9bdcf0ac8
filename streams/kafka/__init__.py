"""The log on Kafka: its topics, its records, one partition's books, and the Faust app that brings records to them."""
