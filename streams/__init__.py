"""Ways in: what carries events from a file, a log or a topic to the fold and keeps what comes of it."""
