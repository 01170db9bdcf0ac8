"""The fold into a store: one loop for every way in, what leads to it and what is told of it."""
