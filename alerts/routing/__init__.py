"""Whom of people is told what, when and how: `routing.yaml` (CONTRACT §8). Pure, but for the reading of the file."""
