"""The page's role in PostgreSQL: it reads everything, and adds rows to the tables of `ADDED_TO` alone.

Given whenever the workers' role has made or changed tables, and so to the new ones of a rebuild too.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from streams.store import schema
from streams.store.under_trail import ADDED_TO

PAGE: Final = "budgetwatch_page"


def give_rights(connection: sa.Connection) -> None:
    """Give the page's role its rights on the tables of this schema; nothing where there is no such role."""
    if connection.dialect.name != "postgresql":
        return
    known = sa.text("SELECT 1 FROM pg_roles WHERE rolname = :name")
    if connection.execute(known, {"name": PAGE}).first() is None:
        return
    read = ", ".join([*schema.metadata.tables, "alembic_version"])
    added = ", ".join(table.name for table in ADDED_TO)
    counted = [f"{table.name}_n_seq" for table in ADDED_TO if "n" in table.c and table is not schema.acts]
    for statement in (
        f"REVOKE ALL ON {read} FROM {PAGE}",
        f"GRANT SELECT ON {read} TO {PAGE}",
        f"GRANT INSERT ON {added} TO {PAGE}",
        f"GRANT USAGE ON SEQUENCE {', '.join(counted)} TO {PAGE}",
    ):
        connection.execute(sa.text(statement))
