"""A new database at the schema of an earlier version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from streams.store.database import MIGRATIONS, url_of


def make_at_schema(url: str, revision: str) -> None:
    """Make the tables as the version of that revision made them."""
    engine = sa.create_engine(url_of(url))
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            context._ensure_version_table()
            for step in reversed(list(ScriptDirectory(str(MIGRATIONS)).iterate_revisions(revision, "base"))):
                step.module.upgrade()
        connection.execute(sa.text("INSERT INTO alembic_version (version_num) VALUES (:at)"), {"at": revision})
    engine.dispose()
