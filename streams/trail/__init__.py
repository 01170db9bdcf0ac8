"""The chain that binds what people did: pure functions, and the file that its key is kept in."""
