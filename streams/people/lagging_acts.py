"""What people say of lagging authorities, and the lists as they were presented."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from ledger.fiscal import is_day
from streams.people.acts import record_by
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct, check_act, check_scope
from streams.people.trail import LAGGING_PRESENTED, LAGGING_REASON, LAGGING_WITHDRAWN, TrailEntry, acts_of_kinds
from streams.store import Store, schema
from streams.store.times import now
from streams.store.under_trail import added_row

REPEAT_WITHIN: Final = timedelta(hours=1)
_ALL: Final = 10_000


def lagging_subject(authority: str, fiscal_year: int) -> str:
    """What the reason of a lagging authority is kept under."""
    return f"{authority}:{fiscal_year}"


def give_lagging_reason(
    store: Store, authority: str, fiscal_year: int, person: Person, reason: str, recovery_on: str, today: str
) -> TrailEntry:
    """Keep why an authority lags, and by when it will have caught up. Raises RefusedAct."""
    check_act(person, MAY_ACKNOWLEDGE, reason)
    check_scope(within=person.scope.has_authority(authority))
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
    withdrawn: TrailEntry | None = None
    """By whom and why it was withdrawn; a list that was stays visible as such."""


def keep_list(store: Store, presented_on: str, as_of: str, person: Person, payload: Mapping[str, Any]) -> None:
    """Keep a list as a person presents it; its ranks stand on the trail."""
    values = {
        "presented_on": presented_on,
        "as_of": as_of,
        "person": person.name,
        "payload": msgspec.json.encode(payload).decode(),
        "at": now(),
    }
    with store.writing() as connection:
        rows = [added_row(connection, schema.presented_lists, values)]
        ranks = {"ranks": payload["ranks"]}
        record_by(store.within(connection), person, LAGGING_PRESENTED, presented_on, None, ranks, rows)


def presented_lists(store: Store, limit: int = 60) -> list[Presented]:
    """The lists presented, newest first."""
    lists = schema.presented_lists
    with store.reading() as connection:
        found = connection.execute(sa.select(lists).order_by(lists.c.n.desc()).limit(limit)).all()
    withdrawn = {act.subject: act for act in acts_of_kinds(store, LAGGING_WITHDRAWN)}
    return [
        Presented(
            **(row._asdict() | {"payload": msgspec.json.decode(row.payload)}), withdrawn=withdrawn.get(str(row.n))
        )
        for row in found
    ]


def withdraw_list(store: Store, number: int, person: Person, reason: str) -> TrailEntry:
    """Withdraw a list that was presented by mistake; it stays as it was kept. Raises RefusedAct."""
    check_act(person, MAY_ACKNOWLEDGE, reason)
    check_scope(within=person.scope.city)
    found = next((each for each in presented_lists(store, _ALL) if each.n == number), None)
    if found is None:
        raise RefusedAct("no-list")
    if found.withdrawn is not None:
        raise RefusedAct("withdrawn")
    return record_by(store, person, LAGGING_WITHDRAWN, str(number), None, {"reason": reason})


def kept_lately(store: Store, moment: datetime) -> Presented | None:
    """The newest list that stands, where it was kept within the hour before a moment: a second press asks first."""
    newest = next((each for each in presented_lists(store) if each.withdrawn is None), None)
    if newest is None or moment - datetime.fromisoformat(newest.at) >= REPEAT_WITHIN:
        return None
    return newest
