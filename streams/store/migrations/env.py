"""Nothing here: the store brings its schema forward itself (`streams.store.database`); Alembic asks for this file."""
