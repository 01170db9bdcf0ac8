"""The trail of acts: what somebody did, by which credential, when, from where, before and after (see `streams.trail.chain`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from streams.store import Store, schema
from streams.store.trail_begun import by_hand
from streams.store.under_trail import ChangedRow, append_act, trail_keys
from streams.trail.chain import BEGINNING, ChainLink, ChainState, check

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
HALF_YEAR_FROZEN: Final = "half-year-frozen"
JUDGE: Final = "judge"
LOG_IN: Final = "log-in"
LOG_OUT: Final = "log-out"
OF_ITSELF: Final = ("day-judged", "delivered", "link-made", "notices-made")
"""What the program does by itself, every day and at every sending run."""
_SUBJECTS_AT_ONCE: Final = 500
NOBODY: Final = ("", "")
"""No credential."""


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
    credential: str | None = None
    """What proved who it was: a session, a token …; None: nothing was kept of it."""
    credential_id: str | None = None


def record(
    store: Store,
    person: str,
    role: str,
    address: str,
    kind: str,
    subject: str,
    before: Any,
    after: Any,
    *,
    credential: tuple[str, str] = NOBODY,
    rows: Iterable[ChangedRow] = (),
) -> TrailEntry:
    """Append an act to the trail (see `append`)."""
    with store.writing() as connection:
        return append(connection, person, role, address, kind, subject, before, after, credential=credential, rows=rows)


def append(
    connection: sa.Connection,
    person: str,
    role: str,
    address: str,
    kind: str,
    subject: str,
    before: Any,
    after: Any,
    *,
    credential: tuple[str, str] = NOBODY,
    rows: Iterable[ChangedRow] = (),
) -> TrailEntry:
    """Append an act within a transaction that writes, bound to the one before it.

    `credential`: its kind and id; `rows`: those under the trail that the act added or changed.
    Raises StoreRefused where the key of the trail is not here.
    """
    values = {
        "person": person,
        "role": role,
        "address": address,
        "credential": credential[0] or None,
        "credential_id": credential[1] or None,
        "kind": kind,
        "subject": subject,
        "before": _json(before),
        "after": _json(after),
    }
    return _act(append_act(connection, values, rows))


def acts_on(store: Store, subject: str) -> list[TrailEntry]:
    """What was done about a subject, oldest first."""
    return list(_acts(store, lambda wanted: wanted.where(schema.acts.c.subject == subject)))


def acts_on_each(store: Store, subjects: Sequence[str]) -> dict[str, list[TrailEntry]]:
    """The same of several subjects; of those about which nothing was done there is none."""
    found: dict[str, list[TrailEntry]] = {}
    for at in range(0, len(subjects), _SUBJECTS_AT_ONCE):
        some = schema.acts.c.subject.in_(subjects[at : at + _SUBJECTS_AT_ONCE])
        for act in _acts(store, lambda wanted, some=some: wanted.where(some)):  # type: ignore[misc]
            found.setdefault(act.subject, []).append(act)
    return found


def acts_of_kinds(store: Store, *kinds: str, after: int = 0) -> list[TrailEntry]:
    """Acts of some kinds, oldest first; only those with a number above `after`."""
    acts = schema.acts.c
    return list(_acts(store, lambda wanted: wanted.where(acts.kind.in_(kinds), acts.n > after)))


def newest_acts(
    store: Store, before: int | None = None, limit: int = 100, without: Sequence[str] = ()
) -> list[TrailEntry]:
    """The newest acts (before number `before`, but those of some kinds), newest first."""

    def narrow(wanted: sa.Select[Any]) -> sa.Select[Any]:
        if before is not None:
            wanted = wanted.where(schema.acts.c.n < before)
        if without:
            wanted = wanted.where(schema.acts.c.kind.not_in(without))
        return wanted.order_by(None).order_by(schema.acts.c.n.desc()).limit(limit)

    return list(_acts(store, narrow))


def checked(store: Store, after: ChainLink = BEGINNING) -> ChainState:
    """Whether each act is as it was written and follows the one before, from the one after `after` on."""
    acts = schema.acts
    with store.reading() as connection:
        rows = connection.execute(sa.select(acts).where(acts.c.n > after.n).order_by(acts.c.n)).mappings()
        return check((dict(row) for row in rows), trail_keys(connection).have(), after)


def broken_link(store: Store) -> int | None:
    """The number of the first act that is not as it was written or does not follow the one before; None if all do."""
    return checked(store).broken


def head(store: Store) -> tuple[int, str] | None:
    """Number and hash of the newest act."""
    newest = newest_acts(store, limit=1)
    return (newest[0].n, newest[0].hash) if newest else None


def _acts(store: Store, narrow: Callable[[sa.Select[Any]], sa.Select[Any]]) -> Iterator[TrailEntry]:
    with store.reading() as connection:
        for row in connection.execute(narrow(sa.select(schema.acts).order_by(schema.acts.c.n))):
            yield _act(row._asdict())


def _act(values: Mapping[str, Any]) -> TrailEntry:
    fields = {name: values[name] for name in TrailEntry.__struct_fields__}
    fields["before"], fields["after"] = msgspec.json.decode(fields["before"]), msgspec.json.decode(fields["after"])
    return TrailEntry(**fields)


def append_by_rebuild(connection: sa.Connection, kind: str, subject: str, after: Any) -> None:
    """What a rebuild makes of an act that came before it."""
    append(connection, "rebuild", "local", "command line", kind, subject, None, after)


def append_by_hand(
    connection: sa.Connection, kind: str, subject: str, after: Any, rows: Iterable[ChangedRow] = ()
) -> None:
    """What was done at the command line, under the name of the system's user: who may act is an act too."""
    given = {"kind": kind, "subject": subject, "before": _json(None), "after": _json(after)}
    append_act(connection, {**by_hand(), **given}, rows)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
