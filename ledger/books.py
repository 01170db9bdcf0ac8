"""The rows of the books: what is known of each position, reference, case, fund, object, feed and agency year.

Plain data. The effects (`ledger.effects`) change them, the rules (`alerts`) read them, the store keeps them. A row of an
agency and year belongs to that agency and year alone; a fund of the city is shared. Money is NT$.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from typing import Any, Final, Literal, Protocol, TypeAlias, TypeVar, cast

import msgspec

from ledger.codes import economic_class, object_of, position_name
from ledger.figures import Drawing, Executing
from ledger.fiscal import NEVER
from ledger.payments import Payments, PaymentsSeen

ReferenceKind: TypeAlias = Literal["commitment", "payable", "prepayment"]
MONTHS: Final = 14


class Alert(msgspec.Struct, gc=False, eq=False):
    """What a rule found about a subject; its words and articles come from the rule (CONTRACT §4)."""

    rule: str
    severity: str
    level: str
    key: str
    fiscal_year: int
    state: str
    opened_by: str | None
    opened_on: str
    evidence: dict[str, Any]
    resolved_by: str | None = None


class Row(msgspec.Struct, gc=False, eq=False, kw_only=True):
    """Anything that alerts can be about; `alerts` holds its unfinished ones by rule, None while there are none."""

    alerts: dict[str, Alert] | None = None


def by_month() -> MutableSequence[int]:
    """Fourteen sums of NT$, one a month of booking; packed until a sum passes 64 bits (see `add_to_month`)."""
    return _NO_MONTHS[:]


_NO_MONTHS: Final = array("q", [0] * MONTHS)
"""Copied, it takes no more memory than it needs."""


def add_to_month(sums: MutableSequence[int], month: int, amount: int) -> MutableSequence[int]:
    """Add to one month's sum; returns the sums, which may have had to move into a list to stay exact."""
    try:
        sums[month - 1] += amount
    except OverflowError:
        sums = list(sums)
        sums[month - 1] += amount
    return sums


class Proposal(msgspec.Struct, gc=False, eq=False):
    """What the city asked the council for on one line."""

    amount: int = 0
    prior_year_executed: int | None = None
    new_capital: bool = False
    new_account: bool = False
    new_program: bool = False
    authorised_plan: str | None = None
    newly: tuple[str, ...] = ()
    """The flags that the last proposal was the first to state."""


class Report(msgspec.Struct, gc=False, eq=False, array_like=True):
    """The accounting report that counts for a month: its highest version, of equal ones the last to arrive."""

    version: int
    number: int
    booked_on: str


class Reports(msgspec.Struct, gc=False, eq=False):
    """The accounting reports that an agency filed for a year."""

    months: dict[int, Report] = {}
    """Those that count, by the month they are for, 1 … 12."""
    numbers: list[int] = []
    """Every number seen, as runs [first, last, first, last, …] in ascending order."""

    @property
    def missing(self) -> int:
        """How many numbers between the lowest and the highest were not seen."""
        if len(self.numbers) <= 2:
            return 0
        seen = sum(self.numbers[1::2]) - sum(self.numbers[::2]) + len(self.numbers) // 2
        return self.numbers[-1] - self.numbers[0] + 1 - seen

    def file(self, month: int, report: Report) -> None:
        """Take a report; reports may come in any order and more than once."""
        found = self.months.get(month)
        if found is None or report.version >= found.version:
            self.months[month] = report
        if self.numbers:
            _join(self.numbers, report.number)
        else:
            self.numbers = [report.number, report.number]


class ProvisionalDay(msgspec.Struct, gc=False, eq=False):
    """A line's payments under continuing resolution booked on one day, NT$, and its acts: spending on no lifting basis."""

    payments: int = 0
    counted: int = 0
    reversals: int = 0
    acts: int = 0
    acts_sum: int = 0
    acts_with_consent: int = 0
    last_act: str = ""
    last_place: int = 0
    """The last of them among all of the line, in the order of arrival from 1."""


class ProvisionalSpending(msgspec.Struct, gc=False, eq=False):
    """A line's spending under continuing resolution.

    `days` is decided anew when an adoption is accepted. The acts (spending whose basis does not lift the bar on what is new)
    are kept for a proposal that arrives late.
    """

    days: dict[str, ProvisionalDay] = {}
    paid: int = 0
    """All payments less reversals, the sum of `days`; as are the next two."""
    counted: int = 0
    """The payments that count against the base, less reversals."""
    counted_by_month: list[int] = msgspec.field(default_factory=lambda: [0] * MONTHS)
    acts_seen: int = 0
    """How many acts there ever were, whether they are still under continuing resolution or not."""


class Position(Row, Executing, gc=False, eq=False, kw_only=True):
    """A line's position: this year's money, or money carried over from `origin_year`.

    What a payment reads and writes stands first, so that it lies together in memory.
    """

    line: str
    origin_year: int
    realised: int = 0
    prepaid: int = 0
    payable: int = 0
    committed: int = 0
    realised_by_month: MutableSequence[int] = msgspec.field(default_factory=by_month)
    month_last: int = 0
    """The latest month in which anything that moved realised or prepaid is booked; 0 while nothing did."""
    guarded: bool = False
    """Whether the ceilings below stand, so that spending beneath them needs no judging (see alerts.guards)."""
    ceiling: int = 0
    spent_ceiling: int = 0
    floor_day: str = ""
    allotment: MutableSequence[int] | None = None
    original: int = 0
    supplemented: int = 0
    reserve_in: int = 0
    virement_in: int = 0
    virement_out: int = 0
    held: int = 0
    carryover: int = 0
    saving: int = 0
    council_cut: int = 0
    statutory: bool = False
    has_money: bool = False
    proposal: Proposal | None = None
    correction_awaiting: int = 0
    """Corrections of a proposal that has not arrived yet."""
    allotment_revision: int = 0
    allotment_under_cr: MutableSequence[int] | None = None
    """The allotment in force when the agency's first adoption was accepted."""
    provisional: ProvisionalSpending | None = None
    prepaid_by_month: MutableSequence[int] | None = None
    carried: dict[str, int] | None = None
    """What the carry-over is made of, by its kind; None where none was ever approved."""
    reported: tuple[str, int, int] | None = None
    """The latest balance reported: booked_on, month, realised."""

    @property
    def available(self) -> int:
        """B = original + supplemented + reserve_in + virement_in − virement_out − held + carryover."""
        granted = self.original + self.supplemented + self.reserve_in + self.carryover
        return granted + self.virement_in - self.virement_out - self.held

    @property
    def economic_class(self) -> str:
        """`current` or `capital`."""
        return economic_class(self.line)

    def allotted(self, months: int) -> int:
        """L after so many months, NT$: what is allotted; money carried over and not allotted anew is due at once."""
        return self.carryover if self.allotment is None else sum(self.allotment[:months])


class Reference(Row, kw_only=True):
    """A commitment, payable or prepayment: what was opened, cancelled and settled under its id."""

    kind: ReferenceKind
    id: str
    position: str | None = None
    """The position it was opened on; None while it is only named by payments."""
    opened: int = 0
    cancelled: int = 0
    taken: int = 0
    """What payments, payables and prepayments naming it took less what reversals, and what is cleared of these, gave back."""
    taken_on: dict[str, int] | None = None
    """What payments took less what was given back, by position; only where elsewhere, or before it was opened."""
    outstanding: int = 0
    """What stands open, whatever the order of arrival: max(0, opened − cancelled − settled)."""
    under: dict[str, int] | None = None
    """Of a payable or prepayment: what it took of each commitment less what it gave back, in the order of their arrival."""
    basis: str | None = None
    basis_ref: str | None = None

    @property
    def settled(self) -> int:
        """What was taken, never below 0."""
        return max(0, self.taken)

    @property
    def taken_elsewhere(self) -> int:
        """What was paid less what was reversed, naming it, on other positions than it was opened on."""
        if self.taken_on is None or self.position is None:
            return 0
        return sum(amount for position, amount in self.taken_on.items() if position != self.position)


class Case(Row, Drawing, gc=False, eq=False, kw_only=True):
    """One draw on a reserve: requested, approved, cancelled and returned under one id."""

    reserve: str
    id: str
    line: str
    pending: int = 0
    ground: int | None = None
    """The ground stated last by a request (Budget Act §70)."""
    approved: int = 0
    approvals: int = 0
    disaster: bool = False
    notified_on: str | None = None
    """The earliest day on which the council was notified."""
    cancelled: int = 0
    returned: int = 0
    approved_ground: int | None = None
    """The ground stated last by an approval; so is the reference."""
    approved_on: str | None = None
    """The earliest day of an approval."""
    approval_ref: str | None = None


class Virement(Row, kw_only=True):
    """Money moved from one line to another under one id."""

    id: str
    from_line: str
    to_line: str
    approved: int = 0
    cancelled: int = 0
    counted: int = 0
    """What of it the 20 % rule still counts (Budget Act §63)."""


class CarryoverCase(Row, kw_only=True):
    """One application to carry money over: applied for, approved, declined and cancelled under one id."""

    id: str
    line: str
    origin_year: int
    applied: int = 0
    approved: int = 0
    """Less what was cancelled."""
    declined: int = 0
    cancelled: int = 0
    """What was approved and taken back (減免、註銷)."""
    kind: str = ""
    """That applied for last; what was approved may be of another one."""
    applied_on: str = ""
    """The earliest day of an application."""
    ground: str | None = None
    """Stated last by an application; so are the next two."""
    commitment: str | None = None
    expected_on: str | None = None
    decided_on: str | None = None
    """The latest day of an approval or refusal."""
    approval_ref: str | None = None
    declined_ground: str | None = None

    @property
    def undecided(self) -> int:
        """What can still be approved or declined."""
        return self.applied - self.approved - self.declined

    @property
    def awaiting(self) -> int:
        """What its review has still to decide: undecided, less what was cancelled (which may be approved anew)."""
        return max(0, self.undecided - self.cancelled)

    @property
    def review(self) -> str:
        """How far its review has come: pending, partly, approved, reduced, declined or cancelled."""
        if self.awaiting > 0:
            return "partly" if self.decided_on else "pending"
        if self.approved == 0:
            return "cancelled" if self.cancelled else "declined"
        return "reduced" if self.declined or self.cancelled else "approved"


class Fund(Row, Drawing, gc=False, eq=False, kw_only=True):
    """A reserve: the agency's own first reserve, or the city's second or disaster reserve."""

    fiscal_year: int
    reserve: str
    agency: str | None
    established: int = 0
    pending: int = 0
    approved: int = 0
    cancelled: int = 0
    returned: int = 0
    cases: int = 0

    @property
    def key(self) -> str:
        """`second`, `disaster` or `first:<agency>`."""
        return self.reserve if self.agency is None else f"{self.reserve}:{self.agency}"

    @property
    def remaining(self) -> int:
        """What can still be drawn."""
        return self.established - self.drawn


class ObjectSum(Row, kw_only=True):
    """A level-1 object of one account: its original appropriation and the virements across its border."""

    name: str
    original: int = 0
    flow_in: int = 0
    flow_out: int = 0


class Feed(Row, kw_only=True):
    """The running numbers seen of one source: all up to `unbroken`, and those beyond the first gap."""

    source: str
    unbroken: int = 0
    beyond: list[int] | None = None
    """Runs [first, last, first, last, …] above the first number missing, in ascending order; None while there is no gap."""
    missing: int = 0
    """How many numbers below the highest were not seen, counted from 1; worked out of the other fields."""

    def __post_init__(self) -> None:
        """Count what is missing."""
        self._count_missing()

    def see(self, seq: int) -> None:
        """Remember a number; numbers may come in any order and more than once."""
        if self.beyond is None:
            if seq == self.unbroken + 1:
                self.unbroken = seq
            elif seq > self.unbroken:
                self.beyond = [seq, seq]
                self._count_missing()
            return
        if seq == self.beyond[-1] + 1:
            self.beyond[-1] = seq
            return
        if seq <= self.unbroken:
            return
        runs = [1, self.unbroken, *self.beyond] if self.unbroken else self.beyond
        _join(runs, seq)
        if runs[0] == 1:
            self.unbroken, runs = runs[1], runs[2:]
        self.beyond = runs or None
        self._count_missing()

    @property
    def highest(self) -> int:
        """The highest number seen."""
        return self.unbroken if self.beyond is None else self.beyond[-1]

    def _count_missing(self) -> None:
        self.missing = 0
        if self.beyond is not None:
            seen = sum(self.beyond[1::2]) - sum(self.beyond[::2]) + len(self.beyond) // 2
            self.missing = self.beyond[-1] - self.unbroken - seen


def _join(runs: list[int], seq: int) -> None:
    """Take a number into runs, which may join two of them."""
    if runs[-1] + 1 == seq:
        runs[-1] = seq
        return
    at = _run_before(runs, seq)
    if at >= 0 and seq <= runs[at + 1]:
        return
    joins_left = at >= 0 and runs[at + 1] + 1 == seq
    joins_right = at + 2 < len(runs) and runs[at + 2] == seq + 1
    if joins_left and joins_right:
        del runs[at + 1 : at + 3]
    elif joins_left:
        runs[at + 1] = seq
    elif joins_right:
        runs[at + 2] = seq
    else:
        runs[at + 2 : at + 2] = [seq, seq]


def _run_before(runs: list[int], seq: int) -> int:
    """Where the last run starting at or below `seq` stands in the flat list, or −2."""
    low, high = 0, len(runs) // 2
    while low < high:
        middle = (low + high) // 2
        if runs[2 * middle] <= seq:
            low = middle + 1
        else:
            high = middle
    return 2 * (low - 1)


class AgencyYear(Row, kw_only=True):
    """Everything of one agency in one fiscal year: the unit in which events keep their order."""

    agency: str
    fiscal_year: int
    authority: str
    months: dict[str, int]
    """Every day on which the year's books are open, with its month of booking."""
    window: tuple[str, str]
    """The days between which budget papers of the year may be booked."""
    id_seed: int
    latest: str = ""
    """The latest booked_on accepted; empty while nothing is."""
    latest_booking: str = ""
    """The same of events that are neither statements nor papers that may be booked outside the year."""
    days_booked: dict[str, int] = msgspec.field(default_factory=dict)
    """The days on which anything is booked: `YYYY-MM` → a bit a day, that of the first is 2."""
    noted: str = ""
    """The day noted last for a booking of the year; only spares noting it again."""
    adopted_on: str = NEVER
    positions: dict[str, Position] = msgspec.field(default_factory=dict)
    commitments: dict[str, Reference] = msgspec.field(default_factory=dict)
    payables: dict[str, Reference] = msgspec.field(default_factory=dict)
    prepayments: dict[str, Reference] = msgspec.field(default_factory=dict)
    cases: dict[tuple[str, str], Case] = msgspec.field(default_factory=dict)
    virements: dict[str, Virement] = msgspec.field(default_factory=dict)
    carryover_cases: dict[str, CarryoverCase] = msgspec.field(default_factory=dict)
    objects: dict[str, ObjectSum] = msgspec.field(default_factory=dict)
    feeds: dict[str, Feed] = msgspec.field(default_factory=dict)
    original_current: int = 0
    first_reserve: Fund | None = None
    forecast: tuple[str, int] | None = None
    """The forecast that counts: booked_on, amount."""
    reports: Reports | None = None
    repeats: int = 0
    """How many payments equal to the one accepted last stood before it, less their reversals."""

    @property
    def adopted(self) -> bool:
        """Whether a budget.adopted was accepted."""
        return self.adopted_on != NEVER

    def latest_by(self, day: str) -> str:
        """The latest booked_on accepted that is not after a day; empty without any."""
        if self.latest <= day:
            return self.latest
        for month in sorted((month for month in self.days_booked if month <= day[:7]), reverse=True):
            bits = self.days_booked[month]
            if month == day[:7]:
                bits &= (2 << int(day[8:])) - 1
            if bits:
                return f"{month}-{bits.bit_length() - 1:02d}"
        return ""

    def position(self, line: str, origin_year: int | None = None) -> Position:
        """The position of a line (and origin year), begun on first sight."""
        origin = self.fiscal_year if origin_year is None else origin_year
        name = line if origin_year is None else position_name(line, origin, self.fiscal_year)
        found = self.positions.get(name)
        if found is None:
            found = self.positions[name] = Position(line=line, origin_year=origin)
        return found

    def name_of(self, position: Position) -> str:
        """The position's name within this agency and year."""
        return position_name(position.line, position.origin_year, self.fiscal_year)

    def object_sum(self, line: str) -> ObjectSum:
        """The level-1 object of a line, begun on first sight."""
        name = object_of(line)
        found = self.objects.get(name)
        if found is None:
            found = self.objects[name] = ObjectSum(name=name)
        return found


class Follows(Protocol):
    """Whatever is worked out of an agency's year and kept up with what changes in it."""

    def change(self, rows: Iterable[Row]) -> None:
        """These rows of the year have changed."""


F = TypeVar("F", bound=Follows)


class Books:
    """All rows, found by what they are about. A caller may fill it in part: what an agency's events need."""

    def __init__(self) -> None:
        self.years: dict[int, dict[str, AgencyYear]] = {}
        self.funds: dict[tuple[int, str], Fund] = {}
        self.time_alerts: dict[tuple[str, str, int], Alert] = {}
        self.payments: Payments = PaymentsSeen()
        self.put_aside: dict[tuple[str, str, int, str | None], Alert] = {}
        """Alerts that people closed, by rule, key, fiscal year and what opened them: one may be reopened."""
        self._followed: dict[tuple[int, str], Follows] | None = None
        """What follows each agency's year; None where nobody tells of changes."""

    def keep_what_follows(self) -> None:
        """From here on whoever changes an agency's year tells of it (`changed`), and what follows one is kept."""
        self._followed = {}

    def followed(self, year: AgencyYear, begin: Callable[[AgencyYear], F]) -> F:
        """What follows an agency's year; begun anew each time where nobody tells of changes."""
        if self._followed is None:
            return begin(year)
        key = (year.fiscal_year, year.agency)
        found = self._followed.get(key)
        if found is None:
            found = self._followed[key] = begin(year)
        return cast(F, found)

    def changed(self, year: AgencyYear, rows: Iterable[Row]) -> None:
        """Rows of an agency's year have changed."""
        if self._followed and (found := self._followed.get((year.fiscal_year, year.agency))) is not None:
            found.change(rows)

    def find(self, fiscal_year: int, agency: str) -> AgencyYear | None:
        """The agency's books of a year, if it has any."""
        agencies = self.years.get(fiscal_year)
        return None if agencies is None else agencies.get(agency)

    def add(self, year: AgencyYear) -> None:
        """Take in an agency's books of a year."""
        self.years.setdefault(year.fiscal_year, {})[year.agency] = year
        if self._followed:
            self._followed.pop((year.fiscal_year, year.agency), None)

    def fund(self, year: AgencyYear, reserve: str) -> Fund:
        """The fund that a reserve event of this agency is about, begun on first sight."""
        if reserve == "first":
            if year.first_reserve is None:
                year.first_reserve = Fund(fiscal_year=year.fiscal_year, reserve=reserve, agency=year.agency)
            return year.first_reserve
        key = (year.fiscal_year, reserve)
        found = self.funds.get(key)
        if found is None:
            found = self.funds[key] = Fund(fiscal_year=year.fiscal_year, reserve=reserve, agency=None)
        return found

    def agency_years(self) -> Iterator[AgencyYear]:
        """Every agency year that an accepted event belongs to, by year and agency code."""
        for fiscal_year in sorted(self.years):
            agencies = self.years[fiscal_year]
            yield from (agencies[code] for code in sorted(agencies))
