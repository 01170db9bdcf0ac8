"""What a rebuild would change: the shapes, and how two states of figures and of alerts differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from ledger.books import Alert, Books
from ledger.output import PositionOut, Subject, positions, reserves
from streams.store.alerts import agency_of

Figures: TypeAlias = dict[str, Any]


class ChangedOutcome(msgspec.Struct, frozen=True):
    """A line of the log with another outcome: `accepted`, `duplicate` or the reason of its refusal."""

    partition: int
    place: int
    fiscal_year: int | None
    agency: str | None
    id: str | None
    before: str
    after: str


class ChangedFigures(msgspec.Struct, frozen=True):
    """A position or a reserve: of what it is, and its figures that change; None where there was, or would be, none."""

    of: Figures
    before: Figures | None
    after: Figures | None


class AlertStatus(msgspec.Struct, frozen=True):
    """How an alert stands."""

    severity: str
    state: str
    evidence: dict[str, Any]


class ChangedAlert(msgspec.Struct, frozen=True):
    """An alert that would stand otherwise; None where there was, or would be, none of its id."""

    id: str
    rule: str
    subject: Subject
    fiscal_year: int
    before: AlertStatus | None
    after: AlertStatus | None


class ActLost(msgspec.Struct, frozen=True):
    """An acknowledgement or a closing that would no longer count.

    `why`: `gone` (no such alert), `resolved`, or as an acknowledgement lapses.
    """

    alert: str
    kind: str
    person: str
    at: str
    why: str


class Preview(msgspec.Struct, frozen=True):
    """All that a rebuild would change, as of a day."""

    as_of: str
    lines: int
    outcomes: list[ChangedOutcome]
    positions: list[ChangedFigures]
    reserves: list[ChangedFigures]
    alerts: list[ChangedAlert]
    acts: list[ActLost]


def positions_by_key(books: Books, day: str) -> dict[tuple[Any, ...], Figures]:
    """Every position's figures and rates."""
    return {
        (one.fiscal_year, _LEVELS.index(one.level), one.key, one.economic_class): _flat(one)
        for one in positions(books, day)
    }


_LEVELS: Final = ("city", "authority", "agency", "line")
_OF: Final = ("level", "key", "fiscal_year", "economic_class", "reserve", "agency")
"""What says of what figures are; the rest are figures."""


def _flat(position: PositionOut) -> Figures:
    fields: Figures = msgspec.to_builtins(position)
    return fields | {f"{name}_rate": rate for name, rate in fields.pop("rates").items()}


def reserves_by_key(books: Books) -> dict[tuple[Any, ...], Figures]:
    """Every reserve's figures."""
    return {(one.fiscal_year, one.reserve, one.agency or ""): msgspec.to_builtins(one) for one in reserves(books)}


def figures_changed(before: Mapping[Any, Figures], after: Mapping[Any, Figures]) -> list[ChangedFigures]:
    """What is not the same under a key, with those of its figures that differ."""
    found = []
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key), after.get(key)
        if one != other:
            whole: Figures = one or other or {}
            names = [name for name in whole if name not in _OF and (one or {}).get(name) != (other or {}).get(name)]
            of: Figures = {name: whole[name] for name in _OF if name in whole}
            found.append(ChangedFigures(of, _only(one, names), _only(other, names)))
    return found


def _only(figures: Figures | None, names: list[str]) -> Figures | None:
    return None if figures is None else {name: figures[name] for name in names}


def alerts_changed(before: Mapping[str, Alert], after: Mapping[str, Alert], *, several: bool) -> Iterator[ChangedAlert]:
    """By year, rule and subject. Where a log has partitions, who opened an alert of the city's reserves tells nothing."""
    for name in sorted(before.keys() | after.keys(), key=lambda name: _order(name, before.get(name) or after[name])):
        one, other = before.get(name), after.get(name)
        either = one or other
        assert either is not None
        if several and either.level == "reserve" and agency_of(either) is None:
            continue
        if _status(one) != _status(other):
            yield _change(name, either, one, other)
    if several:
        yield from _shared(before, after)


def _shared(before: Mapping[str, Alert], after: Mapping[str, Alert]) -> Iterator[ChangedAlert]:
    one, other = _unfinished_shared(before), _unfinished_shared(after)
    for key in sorted(one.keys() | other.keys()):
        (name, either), found, wanted = one.get(key) or other[key], one.get(key), other.get(key)
        stands, would = found and found[1], wanted and wanted[1]
        if _status(stands) != _status(would):
            yield _change(name, either, stands, would)


def _unfinished_shared(alerts: Mapping[str, Alert]) -> dict[tuple[int, str, str], tuple[str, Alert]]:
    found = {name: one for name, one in alerts.items() if one.level == "reserve" and agency_of(one) is None}
    return {(one.fiscal_year, one.rule, one.key): (name, one) for name, one in found.items() if one.state == "open"}


def _order(name: str, alert: Alert) -> tuple[int, str, str, str]:
    return alert.fiscal_year, alert.rule, alert.key, name


def _status(alert: Alert | None) -> AlertStatus | None:
    return None if alert is None else AlertStatus(alert.severity, alert.state, alert.evidence)


def _change(name: str, either: Alert, before: Alert | None, after: Alert | None) -> ChangedAlert:
    about: dict[str, Any] = {"level": either.level, "key": either.key}
    subject = Subject(**about)
    return ChangedAlert(name, either.rule, subject, either.fiscal_year, _status(before), _status(after))
