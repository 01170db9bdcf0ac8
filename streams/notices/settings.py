"""What notices are made with, and who reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from alerts.routing.deciding import NoticeReader
from alerts.routing.routes import Routing
from ledger.names import Names
from streams.store import Store, schema


def this_moment() -> datetime:
    """Of UTC."""
    return datetime.now(UTC)


class NoticeSettings(msgspec.Struct, frozen=True):
    """Rules, names and routing as they stand now, the day, and where the page can be reached."""

    catalogue: Catalogue
    names: Callable[[], Names]
    routing: Callable[[], Routing]
    today: Callable[[], str]
    """The day written on a notice; in a demonstration the day that its year has come to."""
    folder: Path | None = None
    """Where what `routing.yaml` names stands."""
    public_url: str | None = None
    """None: no link by which to answer is made."""
    demonstration: bool = False
    now: Callable[[], datetime] = this_moment


def readers(store: Store) -> list[NoticeReader]:
    """The users who can be written to."""
    users = schema.users.c
    wanted = sa.select(users.name, users.email, users.roles, users.language, users.agencies, users.authority)
    wanted = wanted.where(users.disabled_at.is_(None), users.email != "").order_by(users.name)
    with store.reading() as connection:
        return [
            NoticeReader(
                row.name,
                row.email,
                frozenset(msgspec.json.decode(row.roles)),
                row.language,
                None if row.agencies is None else frozenset(msgspec.json.decode(row.agencies)),
                row.authority,
            )
            for row in connection.execute(wanted)
        ]
