"""What people say of lagging authorities, and the lists as they were presented."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from ledger.fiscal import is_day
from streams.people.acts import record_by
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct, check_act
from streams.people.trail import LAGGING_REASON, TrailEntry, acts_of_kinds
from streams.store import Store, schema
from streams.store.store import now


def lagging_subject(authority: str, fiscal_year: int) -> str:
    """What the reason of a lagging authority is kept under."""
    return f"{authority}:{fiscal_year}"


def give_lagging_reason(
    store: Store, authority: str, fiscal_year: int, person: Person, reason: str, recovery_on: str, today: str
) -> TrailEntry:
    """Keep why an authority lags, and by when it will have caught up. Raises RefusedAct."""
    check_act(person, MAY_ACKNOWLEDGE, reason)
    if not is_day(recovery_on) or recovery_on <= today:
        raise RefusedAct("recovery-date")
    subject = lagging_subject(authority, fiscal_year)
    earlier = lagging_reasons(store).get((authority, fiscal_year))
    before = None if earlier is None else earlier.after
    return record_by(store, person, LAGGING_REASON, subject, before, {"reason": reason, "recovery_on": recovery_on})


def lagging_reasons(store: Store) -> dict[tuple[str, int], TrailEntry]:
    """The reason given last, by authority and fiscal year."""
    found: dict[tuple[str, int], TrailEntry] = {}
    for act in acts_of_kinds(store, LAGGING_REASON):
        authority, _, fiscal_year = act.subject.rpartition(":")
        found[authority, int(fiscal_year)] = act
    return found


class Presented(msgspec.Struct, frozen=True):
    """A lagging list as it was shown to the mayor's meeting."""

    n: int
    presented_on: str
    as_of: str
    person: str
    payload: Any
    at: str


def keep_list(store: Store, presented_on: str, as_of: str, person: str, payload: Any) -> None:
    """Keep a list as it is presented."""
    values = {
        "presented_on": presented_on,
        "as_of": as_of,
        "person": person,
        "payload": msgspec.json.encode(payload).decode(),
        "at": now(),
    }
    with store.writing() as connection:
        connection.execute(schema.presented_lists.insert(), values)


def presented_lists(store: Store, limit: int = 60) -> list[Presented]:
    """The lists presented, newest first."""
    lists = schema.presented_lists
    with store.reading() as connection:
        found = connection.execute(sa.select(lists).order_by(lists.c.n.desc()).limit(limit)).all()
    return [Presented(**(row._asdict() | {"payload": msgspec.json.decode(row.payload)})) for row in found]
