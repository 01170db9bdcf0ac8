"""The trail of acts: what somebody did, when, from where, before and after, each bound to the one before by its hash."""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from streams.store import Store, schema
from streams.store.store import now

ACKNOWLEDGE: Final = "acknowledge"
MEASURED: Final = "acknowledgement-measured"
"""By `rebuild`: an acknowledgement that kept no measure of today's rules has that of its place in the log."""
LAPSED: Final = "acknowledgement-lapsed"
"""By `rebuild`: there it has none."""
CLOSE: Final = "close"
"""Its `after` keeps the subject of the alert, and the partition and place of the log it was done at."""
REOPEN: Final = "reopen"
"""Of an alert that a person closed; it keeps the same."""
NOTE: Final = "note"
LAGGING_REASON: Final = "lagging-reason"
LAGGING_PRESENTED: Final = "lagging-presented"
LAGGING_WITHDRAWN: Final = "lagging-withdrawn"
JUDGE: Final = "judge"
LOG_IN: Final = "log-in"
_NO_HASH: Final = "0" * 64
BEGINNING: Final = (0, _NO_HASH)
"""Before the first act."""


class TrailEntry(msgspec.Struct, frozen=True):
    """One thing that somebody did."""

    n: int
    at: str
    person: str
    role: str
    address: str
    kind: str
    subject: str
    before: Any
    after: Any
    previous_hash: str
    hash: str


def record(
    store: Store,
    person: str,
    role: str,
    address: str,
    kind: str,
    subject: str,
    before: Any,
    after: Any,
) -> TrailEntry:
    """Append an act to the trail, bound to the one before it."""
    with store.writing() as connection:
        return append(connection, person, role, address, kind, subject, before, after)


def append(
    connection: sa.Connection, person: str, role: str, address: str, kind: str, subject: str, before: Any, after: Any
) -> TrailEntry:
    """Append an act within a transaction that writes."""
    acts = schema.acts
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("LOCK TABLE acts IN EXCLUSIVE MODE"))
    last = connection.execute(sa.select(acts.c.n, acts.c.hash).order_by(acts.c.n.desc()).limit(1)).one_or_none()
    n, previous = (1, _NO_HASH) if last is None else (last.n + 1, last.hash)
    values = {
        "n": n,
        "at": now(),
        "person": person,
        "role": role,
        "address": address,
        "kind": kind,
        "subject": subject,
        "before": _json(before),
        "after": _json(after),
        "previous_hash": previous,
    }
    values["hash"] = _link(values)
    connection.execute(acts.insert(), values)
    return _act(values)


def acts_on(store: Store, subject: str) -> list[TrailEntry]:
    """What was done about a subject, oldest first."""
    return list(_acts(store, lambda wanted: wanted.where(schema.acts.c.subject == subject)))


def acts_of_kinds(store: Store, *kinds: str, after: int = 0) -> list[TrailEntry]:
    """Acts of some kinds, oldest first; only those with a number above `after`."""
    acts = schema.acts.c
    return list(_acts(store, lambda wanted: wanted.where(acts.kind.in_(kinds), acts.n > after)))


def newest_acts(store: Store, before: int | None = None, limit: int = 100) -> list[TrailEntry]:
    """The newest acts (before number `before`), newest first."""

    def narrow(wanted: sa.Select[Any]) -> sa.Select[Any]:
        if before is not None:
            wanted = wanted.where(schema.acts.c.n < before)
        return wanted.order_by(None).order_by(schema.acts.c.n.desc()).limit(limit)

    return list(_acts(store, narrow))


def broken_link(store: Store, after: tuple[int, str] = BEGINNING) -> int | None:
    """The number of the first act that is not as it was written or does not follow the one before; None if all do.

    `after`: number and hash of an act up to which it was looked through already.
    """
    expected, previous = after[0] + 1, after[1]
    with store.reading() as connection:
        for row in connection.execute(
            sa.select(schema.acts).where(schema.acts.c.n >= expected).order_by(schema.acts.c.n)
        ):
            values = row._asdict()
            kept = values.pop("hash")
            if row.n != expected or row.previous_hash != previous or _link(values) != kept:
                return expected
            previous, expected = kept, expected + 1
    return None


def _link(values: Mapping[str, Any]) -> str:
    named = {name: value for name, value in values.items() if name != "hash"}
    return hashlib.sha256(msgspec.json.encode(named, order="sorted")).hexdigest()


def _acts(store: Store, narrow: Callable[[sa.Select[Any]], sa.Select[Any]]) -> Iterator[TrailEntry]:
    with store.reading() as connection:
        for row in connection.execute(narrow(sa.select(schema.acts).order_by(schema.acts.c.n))):
            yield _act(row._asdict())


def _act(values: Mapping[str, Any]) -> TrailEntry:
    fields = dict(values)
    fields["before"], fields["after"] = msgspec.json.decode(fields["before"]), msgspec.json.decode(fields["after"])
    return TrailEntry(**fields)


def append_by_rebuild(connection: sa.Connection, kind: str, subject: str, after: Any) -> None:
    """What a rebuild makes of an act that came before it."""
    append(connection, "rebuild", "local", "command line", kind, subject, None, after)


def append_by_hand(connection: sa.Connection, kind: str, subject: str, after: Any) -> None:
    """What was done at the command line, under the name of the system's user: who may act is an act too."""
    append(connection, _system_user(), "local", "command line", kind, subject, None, after)


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a list of users
        return f"uid {os.getuid()}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
