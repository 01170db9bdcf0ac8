"""What people and programs ask of the store: alerts, their history, refusals, judgements."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from ledger.books import Alert
from ledger.refusals import Reason, kept_words
from ledger.words import Words
from streams.store import schema
from streams.store.alerts import alert_of
from streams.store.store import Store

_NAMES_AT_ONCE: Final = 1_000


class RefusedLine(msgspec.Struct, frozen=True):
    """A line that was refused: where it came from, its number there, and why."""

    partition: int
    place: int
    origin: str
    line: int
    id: str | None
    reason: Reason
    detail: str
    """What is wrong, in English."""
    at: str
    code: str | None
    facts: str | None
    settled_by: int | None
    """The place of the event of its id that was accepted since; None: it is still to be sent again, or to be let be."""

    @property
    def words(self) -> Words:
        """What is wrong, in both languages; in English alone where it was kept before details had codes."""
        values = {} if self.facts is None else msgspec.json.decode(self.facts)
        return kept_words(self.code, values, self.detail)


class KeptTransition(msgspec.Struct, frozen=True):
    """One transition of an alert. `by` is `<agency>:<event id>` or the day judged."""

    n: int
    change: str
    by: str
    severity_before: str | None
    severity: str
    evidence: dict[str, Any]
    at: str


def alert(store: Store, alert_id: str) -> Alert | None:
    """One alert by its id."""
    with store.reading() as connection:
        row = connection.execute(sa.select(schema.alerts).where(schema.alerts.c.id == alert_id)).one_or_none()
    return None if row is None else alert_of(row)


def alerts_of(store: Store, alert_ids: Collection[str]) -> dict[str, Alert]:
    """Alerts by their id, as folded; those that there are."""
    rows, names = schema.alerts, sorted(alert_ids)
    found: dict[str, Alert] = {}
    with store.reading() as connection:
        for at in range(0, len(names), _NAMES_AT_ONCE):
            wanted = sa.select(rows).where(rows.c.id.in_(names[at : at + _NAMES_AT_ONCE]))
            found |= {row.id: alert_of(row) for row in connection.execute(wanted)}
    return found


def history(store: Store, alert_id: str) -> list[KeptTransition]:
    """The transitions of an alert, oldest first."""
    rows = schema.alert_history
    with store.reading() as connection:
        found = connection.execute(sa.select(rows).where(rows.c.alert == alert_id).order_by(rows.c.n)).all()
    return [
        KeptTransition(
            row.n, row.change, row.by, row.severity_before, row.severity, msgspec.json.decode(row.evidence), row.at
        )
        for row in found
    ]


def openings(store: Store, alert_ids: Collection[str]) -> dict[str, int]:
    """How many times each of some alerts was opened: one that opens again on its day has the same id."""
    if not alert_ids:
        return {}
    rows = schema.alert_history.c
    found: dict[str, int] = {}
    wanted = sa.select(rows.alert, sa.func.count()).where(rows.change == "opened").group_by(rows.alert)
    names = sorted(alert_ids)
    with store.reading() as connection:
        for at in range(0, len(names), _NAMES_AT_ONCE):
            some = wanted.where(rows.alert.in_(names[at : at + _NAMES_AT_ONCE]))
            found |= {row[0]: row[1] for row in connection.execute(some)}
    return found


def refusals(
    store: Store,
    reason: str | None = None,
    limit: int = 100,
    offset: int = 0,
    agencies: Collection[str] | None = None,
    *,
    settled: bool | None = None,
) -> list[RefusedLine]:
    """What was refused, newest first; of some agencies alone, where any are named.

    `settled` asks for what was, or was not, sent again and accepted since.
    """
    rows = schema.refusals
    statement = sa.select(*(rows.c[name] for name in RefusedLine.__struct_fields__)).order_by(
        rows.c.at.desc(), rows.c.partition, rows.c.place.desc()
    )
    if reason is not None:
        statement = statement.where(rows.c.reason == reason)
    if agencies is not None:
        statement = statement.where(rows.c.agency.in_(sorted(agencies)))
    if settled is not None:
        statement = statement.where(rows.c.settled_by.is_not(None) if settled else rows.c.settled_by.is_(None))
    with store.reading() as connection:
        return [RefusedLine(**row._asdict()) for row in connection.execute(statement.limit(limit).offset(offset))]


class RefusalCount(msgspec.Struct, frozen=True):
    """Of how many lines refused for a reason how many were sent again and accepted since."""

    refused: int
    settled: int

    @property
    def unsettled(self) -> int:
        """What is still to be sent again, or to be let be."""
        return self.refused - self.settled


def refusals_by_reason(store: Store, agencies: Collection[str] | None = None) -> dict[str, RefusalCount]:
    """How many lines were refused for which reason; of some agencies alone, where any are named."""
    rows = schema.refusals
    counted = (sa.func.count(), sa.func.count(rows.c.settled_by))
    statement = sa.select(rows.c.reason, *counted).group_by(rows.c.reason).order_by(rows.c.reason)
    if agencies is not None:
        statement = statement.where(rows.c.agency.in_(sorted(agencies)))
    with store.reading() as connection:
        return {reason: RefusalCount(*found) for reason, *found in connection.execute(statement)}


class Judgement(msgspec.Struct, frozen=True):
    """A day on which the time rules were judged, and the lines of the log they saw (of all partitions, added up)."""

    n: int
    day: str
    lines: int
    at: str


def judgements(store: Store) -> list[Judgement]:
    """Every judgement of the time rules, oldest first."""
    rows = schema.judgements
    with store.reading() as connection:
        found = connection.execute(sa.select(rows).order_by(rows.c.n)).all()
    return [Judgement(row.n, row.day, _position(store, row.marks), row.at) for row in found]


def _position(store: Store, marks: str) -> int:
    return sum(lines for log, _, lines in msgspec.json.decode(marks) if log == store.log)
