"""A log gone through once more: its whole history, that of one line, and that of the reserves."""
