"""What a rule is given and what it answers. A rule is a pure function of these and of its dated parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from ledger.books import AgencyYear, Case, Position, Row
from ledger.calendar import Calendar
from ledger.events import Event
from ledger.sums import Sums

Parameters: TypeAlias = Mapping[str, int]
"""A rule's parameters in force on the day of the judgement, by name."""


class Breach(msgspec.Struct, gc=False):
    """The condition of a state or time rule holds: the integers compared, and a severity other than the rule's own."""

    evidence: dict[str, int]
    severity: str | None = None


class Finding(msgspec.Struct, gc=False):
    """An act that breaks a rule: what it is about, its amount in NT$, and a severity other than the rule's own.

    `count` and `last` tell of more than one act at once (a proposal that arrives after the spending it bars).
    """

    subject: Row
    amount: int
    severity: str | None = None
    count: int = 1
    last: str | None = None
    numbers: dict[str, int] = {}


class Act(msgspec.Struct, gc=False):
    """An accepted event as the act rules see it, after its effect.

    `positions` are those of this year that the event names (a virement: from, to). `case` is the case of a reserve
    event. `basis` is the ground of spending under continuing resolution, None for anything else. `repeats` is, of a payment,
    how many of the same stood before it (see `ledger.payments`).
    """

    event: Event
    year: AgencyYear
    under_cr: bool
    positions: Sequence[Position]
    case: Case | None = None
    basis: str | None = None
    basis_ref: str | None = None
    repeats: int = 0


class Place(msgspec.Struct, gc=False):
    """An agency, authority or the city in one fiscal year, summed up for the time rules on the day judged.

    `years` are the agency years below it; `latest` is the latest booked_on accepted there, of any fiscal year, that is not after
    the day judged. `calendar` tells working days.
    """

    level: str
    key: str
    fiscal_year: int
    years: Sequence[AgencyYear]
    capital: Sums
    every_class: Sums
    latest: str
    calendar: Calendar
    first_reported: int | None = None
    """The earliest month for which any agency of the city filed a report of the year; None where none did."""


class CarriedLine(msgspec.Struct, gc=False):
    """A line's position of an earlier origin year, on the day judged, beside the year before it.

    `source` is the position of the same money there, None where it has none; `known` says whether anything of the
    agency's year before was ever accepted.
    """

    key: str
    fiscal_year: int
    position: Position
    known: bool
    source: Position | None
    level: str = "line"
