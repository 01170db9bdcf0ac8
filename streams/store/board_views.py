"""Makes the `board_*` views of a PostgreSQL store.

They are code, not data: they are dropped before the schema is brought forward and made anew after; where the schema stands
they are made anew when they are not this version's, which a digest in the comment of one says. The role
`budgetwatch_boards`, where it exists, can read them and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa

from streams.store.board_sql import FUNCTIONS, VIEWS

ROLE: Final = "budgetwatch_boards"
_LAST: Final = list(VIEWS)[-1]
_DIGEST: Final = hashlib.sha256(
    repr([*FUNCTIONS.items(), *((name, view.sql, dict(view.columns)) for name, view in VIEWS.items())]).encode()
).hexdigest()


def are_current(connection: sa.Connection) -> bool:
    """Whether the views are those of this version."""
    said = sa.text("SELECT obj_description(to_regclass(:name), 'pg_class')")
    return connection.execute(said, {"name": _LAST}).scalar() == _DIGEST


def drop_views(connection: sa.Connection) -> None:
    """Take the views away, for what they are made of is about to change."""
    for name in VIEWS:
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
    for signature in FUNCTIONS:
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {signature}")


def make_views(connection: sa.Connection) -> None:
    """Make them where the tables are, and let the boards' role read them if there is one."""
    drop_views(connection)
    for statement in FUNCTIONS.values():
        connection.exec_driver_sql(statement.replace("%", "%%"))
    reader = connection.execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": ROLE}).scalar()
    for name, view in VIEWS.items():
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {view.sql}".replace("%", "%%"))
        for column, meaning in view.columns.items():
            said = meaning.replace("'", "''").replace("%", "%%")
            connection.exec_driver_sql(f"COMMENT ON COLUMN {name}.{column} IS '{said}'")
        if reader is not None:
            connection.exec_driver_sql(f"GRANT SELECT ON {name} TO {ROLE}")
    connection.exec_driver_sql(f"COMMENT ON VIEW {_LAST} IS '{_DIGEST}'")


def moves(from_schema: str, to_schema: str) -> Iterator[str]:
    """The statements that take views and functions to another schema, when a rebuild lets generations change places."""
    for name in VIEWS:
        yield f'ALTER VIEW {from_schema}."{name}" SET SCHEMA {to_schema}'
    for signature in FUNCTIONS:
        yield f"ALTER FUNCTION {from_schema}.{signature} SET SCHEMA {to_schema}"
