"""Bringing a database forward to the schema that this version knows, or saying why it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from streams.errors import OlderSchema, StoreRefused
from streams.store.board_views import drop_views, make_views
from streams.store.under_trail import guard_tables, unguard_tables

KEYED_SINCE: Final = "0016"
"""The schema from which on the trail is bound by a key."""


def migrate(connection: sa.Connection, migrations: Path, *, create: bool, folded_with: Mapping[str, str]) -> bool:
    """Bring a database that does not stand at the newest schema there, or refuse.

    Args:
        connection: in a transaction; on PostgreSQL with the schema's lock.
        migrations: the folder of the migrations.
        create: whether anything may be made or changed.
        folded_with: what the manifest of an older database must say for it to be migrated.

    Returns whether the trail has no key yet: of a new store, and of one from before there were keys. Raises StoreRefused,
    with advice.
    """
    scripts = ScriptDirectory(str(migrations))
    head = scripts.get_current_head()
    context = MigrationContext.configure(connection)
    current = context.get_current_revision()
    known = {revision.revision for revision in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise StoreRefused(
            f"the store has schema {current}, this version knows up to {head}: upgrade budgetwatch, or restore a backup"
        )
    if not create:
        found = current or "none"
        begin = "run" if connection.dialect.name == "sqlite" else "worker"
        raise OlderSchema(
            f"the store has schema {found}, this version needs {head}: start `budgetwatch {begin}` once, or, if the rules"
            " have changed since, fold its log again with `budgetwatch rebuild`"
        )
    if current is not None:
        manifest = {row.name: row.value for row in connection.execute(sa.text("SELECT name, value FROM manifest"))}
        if manifest and any(manifest.get(name) != value for name, value in folded_with.items()):
            raise OlderSchema(
                "the store was folded by an earlier version, by other rules or another register: fold its log again with"
                " `budgetwatch rebuild`; nothing was changed"
            )
    if current is None and sa.inspect(connection).get_table_names():
        raise StoreRefused("the database has tables that are not budgetwatch's; name an empty one")
    steps = reversed(list(scripts.iterate_revisions(head, current)))
    has_views = connection.dialect.name == "postgresql"
    if has_views:
        drop_views(connection)
    unguard_tables(connection)
    with Operations.context(context):
        context._ensure_version_table()  # Alembic offers it only through its command line
        for step in steps:
            step.module.upgrade()
    connection.execute(sa.text("DELETE FROM alembic_version"))
    connection.execute(sa.text("INSERT INTO alembic_version (version_num) VALUES (:head)"), {"head": head})
    if has_views:
        make_views(connection)
    guard_tables(connection)
    return current is None or current < KEYED_SINCE
