"""The page for people and the API for programs."""
