"""People: who they are, what they do, and what that lays over the fold."""
