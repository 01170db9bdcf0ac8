"""Who tried to log in and could not: a log beside the trail, for anybody can make its rows."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from streams.people.accounts import NAME_MAX
from streams.store import Store, schema
from streams.store.times import now


class FailedLogIn(msgspec.Struct, frozen=True):
    """One try: the name as it was typed, and from where."""

    at: str
    name: str
    address: str


def keep(store: Store, name: str, address: str) -> None:
    """Keep a try."""
    values = {"at": now(), "name": name[:NAME_MAX], "address": address}
    with store.writing() as connection:
        connection.execute(schema.failed_log_ins.insert(), values)


def newest(store: Store, limit: int = 100) -> list[FailedLogIn]:
    """The newest tries, newest first."""
    rows = schema.failed_log_ins.c
    wanted = sa.select(rows.at, rows.name, rows.address).order_by(rows.n.desc()).limit(limit)
    with store.reading() as connection:
        return [FailedLogIn(*row) for row in connection.execute(wanted)]
