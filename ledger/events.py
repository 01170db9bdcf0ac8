"""The events of the contract (§2): one tagged union, one struct a type, each with what it means.

A struct checks types and ranges while it is decoded; `problem()` names what a range cannot say. Amounts are NT$,
fiscal years ROC years, days `YYYY-MM-DD`. `source`, `seq`, `recorded_at` and `note` tell of the delivery and not of
the fact: two events that differ only in them are the same.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from ledger.codes import KNOWN_LINES, LINE_PATTERN, is_line
from ledger.fiscal import DAY_PATTERN, FISCAL_YEAR_MAX, INSTANT_PATTERN, KNOWN_DAYS, is_day, is_instant, month_end
from ledger.money import AMOUNT_MAX
from ledger.refusals import Detail, detail
from ledger.text import NOTE_MAX, NOTE_PATTERN, TEXT_MAX, TEXT_PATTERN, is_note, is_text

INTEGER_MAX: Final = 2**63 - 1
# Patterns stand in the published schema alone: decoding by them costs more than asking the tables of what is known.
_TEXT: Final = {"pattern": TEXT_PATTERN}
_NOTE: Final = {"pattern": NOTE_PATTERN}
_DAY: Final = {"format": "date", "pattern": DAY_PATTERN}
_INSTANT: Final = {"pattern": INSTANT_PATTERN}
_LINE: Final = {"pattern": LINE_PATTERN}

Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=TEXT_MAX, extra_json_schema=_TEXT)]
Note: TypeAlias = Annotated[str, Meta(max_length=NOTE_MAX, extra_json_schema=_NOTE)]
Day: TypeAlias = Annotated[str, Meta(min_length=10, max_length=10, extra_json_schema=_DAY)]
Instant: TypeAlias = Annotated[str, Meta(min_length=20, extra_json_schema=_INSTANT)]
LineCode: TypeAlias = Annotated[str, Meta(max_length=24, extra_json_schema=_LINE)]
Amount: TypeAlias = Annotated[int, Meta(ge=1, le=AMOUNT_MAX)]
ZeroOrMore: TypeAlias = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
Signed: TypeAlias = Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
Year: TypeAlias = Annotated[int, Meta(ge=1, le=FISCAL_YEAR_MAX)]
Count: TypeAlias = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
Integer: TypeAlias = Annotated[int, Meta(ge=-INTEGER_MAX - 1, le=INTEGER_MAX)]
Months: TypeAlias = Annotated[list[ZeroOrMore], Meta(min_length=12, max_length=12)]
Month: TypeAlias = Annotated[int, Meta(ge=1, le=12)]
Reserve: TypeAlias = Literal["first", "second", "disaster"]
CarryoverKind: TypeAlias = Literal["payable", "encumbrance", "continuing", "special"]
Basis: TypeAlias = Literal[
    "authorised_plan", "prior_year", "statutory", "disaster", "personnel", "debt_service", "council_consent"
]


class Event(
    msgspec.Struct, tag_field="type", forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False, eq=False
):
    """What every event carries: first what tells of the delivery, then what says the fact (see `admission`)."""

    source: Text | UnsetType = UNSET
    seq: Count | UnsetType = UNSET
    recorded_at: Instant | UnsetType = UNSET
    note: Note | UnsetType = UNSET
    id: Text
    fiscal_year: Year
    agency: Text
    booked_on: Day

    origin_year: ClassVar[int | UnsetType] = UNSET
    """The year a carried-over position is of; only events about a position can state one."""

    def problem(self) -> Detail | None:
        """Name the first thing that is wrong beyond types and ranges, or None."""
        if not is_day(self.booked_on):
            return detail("no_day", field="booked_on")
        if self.recorded_at is not UNSET and not is_instant(self.recorded_at):
            return detail("no_instant", field="recorded_at")
        if self.seq is not UNSET and self.source is UNSET:
            return detail("no_source")
        return None


class LineEvent(Event, kw_only=True):
    """An event about one budget line of this year."""

    line: LineCode

    def problem(self) -> Detail | None:
        """As for every event, and the line code."""
        if not is_line(self.line):
            return detail("no_line", field="line")
        return Event.problem(self)


class PositionEvent(LineEvent, kw_only=True):
    """An event about a line's position, which may stand on money carried over from `origin_year`."""

    origin_year: Year | UnsetType = UNSET  # type: ignore[misc]  # a field here, a constant where none can be stated

    def problem(self) -> Detail | None:
        """As for a line, and the origin year."""
        if self.origin_year is not UNSET and self.origin_year > self.fiscal_year:
            return detail("after_fiscal_year", field="origin_year")
        # Two events in three are of this kind: what is known to be good is not asked again by way of the base classes.
        if (
            self.line in KNOWN_LINES
            and self.booked_on in KNOWN_DAYS
            and (self.recorded_at is UNSET or is_instant(self.recorded_at))
            and (self.seq is UNSET or self.source is not UNSET)
        ):
            return None
        return LineEvent.problem(self)


class TwoLineEvent(Event, kw_only=True):
    """An event that moves money between two lines."""

    from_line: LineCode
    to_line: LineCode
    amount: Amount

    def problem(self) -> Detail | None:
        """As for every event, and that the lines are two."""
        if not is_line(self.from_line) or not is_line(self.to_line):
            return detail("no_lines")
        if self.from_line == self.to_line:
            return detail("same_line")
        return Event.problem(self)


class AppropriationProposed(LineEvent, tag="appropriation.proposed", kw_only=True):
    """The city asks the council for money (預算案); not law until adopted."""

    amount: Amount
    prior_year_executed: ZeroOrMore | UnsetType = UNSET
    new_capital: bool = False
    new_account: bool = False
    new_program: bool = False
    statutory: bool = False
    authorised_plan: Text | UnsetType = UNSET


class AppropriationEnacted(LineEvent, tag="appropriation.enacted", kw_only=True):
    """The council's money for a line (法定預算); 0 only for a line it deleted."""

    amount: ZeroOrMore
    council_cut: ZeroOrMore = 0
    statutory: bool = False

    def problem(self) -> Detail | None:
        """As for a line; an amount of 0 needs a council cut."""
        if self.amount == 0 and self.council_cut == 0:
            return detail("no_amount_uncut", field="amount")
        return LineEvent.problem(self)


class AppropriationCorrected(LineEvent, tag="appropriation.corrected", kw_only=True):
    """A typing error of a proposal or enactment put right; no supplement."""

    stage: Literal["proposed", "enacted"]
    amount: Signed

    def problem(self) -> Detail | None:
        """As for a line; the amount is not 0."""
        return detail("no_amount", field="amount") if self.amount == 0 else LineEvent.problem(self)


class BudgetAdopted(Event, tag="budget.adopted", kw_only=True):
    """The agency's budget is law from `booked_on`; before it stands the continuing resolution (LGA §40 III)."""


class AppropriationSupplemented(LineEvent, tag="appropriation.supplemented", kw_only=True):
    """A supplementary budget (追加減預算) on one of the four grounds of Budget Act §79."""

    amount: Signed
    ground: Literal[1, 2, 3, 4]

    def problem(self) -> Detail | None:
        """As for a line; the amount is not 0."""
        return detail("no_amount", field="amount") if self.amount == 0 else LineEvent.problem(self)


class AllotmentApproved(PositionEvent, tag="allotment.approved", kw_only=True):
    """The distribution of a position over twelve months (分配預算, Budget Act §55); the highest revision counts.

    Of an earlier origin year it is that of money carried over (保留分配).
    """

    months: Months
    revision: Count


class VirementApproved(TwoLineEvent, tag="virement.approved", kw_only=True):
    """Money moved between lines (流用, Budget Act §62 and §63); `virement` is its id, the event's own where left out."""

    disaster: bool = False
    pooled: bool = False
    """統籌支撥科目 or the first reserve, which §62 itself exempts."""
    virement: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Leave out what is the default: a virement that has the event's own id says nothing."""
        if self.virement == self.id:
            self.virement = UNSET


class VirementCancelled(Event, tag="virement.cancelled", kw_only=True):
    """A virement taken back, wholly or in part."""

    virement: Text
    amount: Amount


class HoldPlaced(LineEvent, tag="hold.placed", kw_only=True):
    """Money frozen by the council (凍結, §52) or set aside as a reserve (列為準備, §69)."""

    amount: Amount
    kind: Literal["council", "section_69"]


class HoldReleased(LineEvent, tag="hold.released", kw_only=True):
    """A hold lifted."""

    amount: Amount
    kind: Literal["council", "section_69"]


class CarryoverEvent(LineEvent, kw_only=True):
    """An event about money of an earlier year kept for its debts or contracts (保留, Budget Act §72)."""

    amount: Amount
    origin_year: Year  # type: ignore[misc]  # a field here, a constant where none can be stated
    kind: CarryoverKind

    def problem(self) -> Detail | None:
        """As for a line; the origin year is earlier than the fiscal year."""
        if self.origin_year >= self.fiscal_year:
            return detail("not_before_fiscal_year", field="origin_year")
        return LineEvent.problem(self)


class CarryoverApplied(CarryoverEvent, tag="carryover.applied", kw_only=True):
    """An agency asks to keep money of an earlier year; no position changes."""

    case: Text
    ground: Text | UnsetType = UNSET
    commitment: Text | UnsetType = UNSET
    expected_on: Day | UnsetType = UNSET

    def problem(self) -> Detail | None:
        """As for carry-over, and the day by which it is expected to be paid."""
        if self.expected_on is not UNSET and not is_day(self.expected_on):
            return detail("no_day", field="expected_on")
        return CarryoverEvent.problem(self)


class CarryoverApproved(CarryoverEvent, tag="carryover.approved", kw_only=True):
    """Money carried over: a position of its own, of its origin year."""

    case: Text | UnsetType = UNSET
    approval_ref: Text | UnsetType = UNSET


class CarryoverDeclined(Event, tag="carryover.declined", kw_only=True):
    """What was applied for is not carried over (不予保留)."""

    case: Text
    amount: Amount
    ground: Text | UnsetType = UNSET


class CarryoverCancelled(CarryoverEvent, tag="carryover.cancelled", kw_only=True):
    """Carry-over taken back (減免、註銷)."""

    case: Text | UnsetType = UNSET


class CommitmentMade(PositionEvent, tag="commitment.made", kw_only=True):
    """A contract or order that binds money (契約責任)."""

    amount: Amount
    commitment: Text
    basis: Basis | UnsetType = UNSET
    basis_ref: Text | UnsetType = UNSET


class CommitmentCancelled(Event, tag="commitment.cancelled", kw_only=True):
    """A commitment ended, wholly or in part, without payment."""

    commitment: Text
    amount: Amount


class DisbursementPaid(PositionEvent, tag="disbursement.paid", kw_only=True):
    """Money paid out (實現), and what it settles."""

    amount: Amount
    voucher: Text
    item: Text | UnsetType = UNSET
    """The voucher's row, or who was paid."""
    commitment: Text | UnsetType = UNSET
    payable: Text | UnsetType = UNSET
    prepayment: Text | UnsetType = UNSET
    basis: Basis | UnsetType = UNSET
    basis_ref: Text | UnsetType = UNSET


class DisbursementReversed(PositionEvent, tag="disbursement.reversed", kw_only=True):
    """A payment undone (沖轉); what it settled stands open again."""

    amount: Amount
    voucher: Text
    item: Text | UnsetType = UNSET
    commitment: Text | UnsetType = UNSET
    payable: Text | UnsetType = UNSET
    prepayment: Text | UnsetType = UNSET


class DisbursementRecovered(PositionEvent, tag="disbursement.recovered", kw_only=True):
    """Money paid too much came back; that of an earlier year is next-year revenue (Budget Act §75)."""

    amount: Amount
    original_year: Year

    def problem(self) -> Detail | None:
        """As for a position; the original year is not after the fiscal year."""
        if self.original_year > self.fiscal_year:
            return detail("after_fiscal_year", field="original_year")
        return PositionEvent.problem(self)


class ReclassificationBooked(TwoLineEvent, tag="reclassification.booked", kw_only=True):
    """A payment moved to the line it belongs to (轉正); not new spending."""

    origin_year: Year | UnsetType = UNSET  # type: ignore[misc]  # a field here, a constant where none can be stated

    def problem(self) -> Detail | None:
        """As for two lines, and the origin year."""
        if self.origin_year is not UNSET and self.origin_year > self.fiscal_year:
            return detail("after_fiscal_year", field="origin_year")
        return TwoLineEvent.problem(self)


class PayableRecognised(PositionEvent, tag="payable.recognised", kw_only=True):
    """Goods or works accepted and owed for (應付); takes the place of the commitment it names."""

    amount: Amount
    payable: Text
    commitment: Text | UnsetType = UNSET


class PayableCleared(PositionEvent, tag="payable.cleared", kw_only=True):
    """A debt that fell away without payment."""

    amount: Amount
    payable: Text


class PrepaymentMade(PositionEvent, tag="prepayment.made", kw_only=True):
    """Money paid in advance (預付), open until settled."""

    amount: Amount
    prepayment: Text
    commitment: Text | UnsetType = UNSET
    basis: Basis | UnsetType = UNSET
    basis_ref: Text | UnsetType = UNSET


class PrepaymentSettled(PositionEvent, tag="prepayment.settled", kw_only=True):
    """An advance returned or written off without a payment."""

    amount: Amount
    prepayment: Text


class SavingDeclared(PositionEvent, tag="saving.declared", kw_only=True):
    """A saving that counts as executed (節餘): tender savings not carried over."""

    amount: Amount


class SavingWithdrawn(PositionEvent, tag="saving.withdrawn", kw_only=True):
    """A saving declared that is none, wholly or in part."""

    amount: Amount


class ProvisionalSpent(LineEvent, tag="provisional.spent", kw_only=True):
    """Spending under continuing resolution, with the ground that allows it (LGA §40 III)."""

    amount: Amount
    voucher: Text
    basis: Basis
    basis_ref: Text | UnsetType = UNSET
    item: Text | UnsetType = UNSET


class ReserveEstablished(Event, tag="reserve.established", kw_only=True):
    """A reserve's appropriation (Budget Act §22): `first` an agency's own, the others the city's."""

    reserve: Reserve
    amount: Amount


class ReserveRequested(LineEvent, tag="reserve.requested", kw_only=True):
    """An agency asks to draw on a reserve, on a ground of Budget Act §70."""

    reserve: Reserve
    case: Text
    amount: Amount
    ground: Literal[1, 2, 3]


class ReserveApproved(LineEvent, tag="reserve.approved", kw_only=True):
    """A draw approved (核准動支): the line receives the money."""

    reserve: Reserve
    case: Text
    amount: Amount
    ground: Integer | UnsetType = UNSET
    council_notified_on: Day | UnsetType = UNSET
    council_consent: bool = False
    disaster: bool = False
    approval_ref: Text | UnsetType = UNSET

    def problem(self) -> Detail | None:
        """As for a line, and the day of the notice."""
        if self.council_notified_on is not UNSET and not is_day(self.council_notified_on):
            return detail("no_day", field="council_notified_on")
        return LineEvent.problem(self)


class ReserveDeclined(Event, tag="reserve.declined", kw_only=True):
    """A request refused or withdrawn."""

    reserve: Reserve
    case: Text


class ReserveCancelled(Event, tag="reserve.cancelled", kw_only=True):
    """An approved draw cancelled (註銷): back in the fund."""

    reserve: Reserve
    case: Text
    amount: Amount


class ReserveReturned(Event, tag="reserve.returned", kw_only=True):
    """Money drawn but not needed (賸餘繳回): out of the line, not drawable again."""

    reserve: Reserve
    case: Text
    amount: Amount


class ForecastDeclared(Event, tag="forecast.declared", kw_only=True):
    """What the agency expects to have executed of its capital lines by the end of the year (預估)."""

    amount: ZeroOrMore


class ReportFiled(Event, tag="report.filed", kw_only=True):
    """The agency's accounting report for a month (會計月報) reached the office; `number` runs through the year."""

    month: Month
    number: Count
    version: Count = 1


class BalanceReported(PositionEvent, tag="balance.reported", kw_only=True):
    """The realised figure of the agency's own monthly report (會計月報), compared and never booked."""

    realised: Signed

    def problem(self) -> Detail | None:
        """As for a position; booked on a month's last day."""
        found = PositionEvent.problem(self)
        if found is None and not month_end(self.booked_on):
            return detail("no_month_end", field="booked_on")
        return found


EVENTS: Final[tuple[type[Event], ...]] = (
    AppropriationProposed,
    AppropriationEnacted,
    AppropriationCorrected,
    BudgetAdopted,
    AppropriationSupplemented,
    AllotmentApproved,
    VirementApproved,
    VirementCancelled,
    HoldPlaced,
    HoldReleased,
    CarryoverApplied,
    CarryoverApproved,
    CarryoverDeclined,
    CarryoverCancelled,
    CommitmentMade,
    CommitmentCancelled,
    DisbursementPaid,
    DisbursementReversed,
    DisbursementRecovered,
    ReclassificationBooked,
    PayableRecognised,
    PayableCleared,
    PrepaymentMade,
    PrepaymentSettled,
    SavingDeclared,
    SavingWithdrawn,
    ProvisionalSpent,
    ReserveEstablished,
    ReserveRequested,
    ReserveApproved,
    ReserveDeclined,
    ReserveCancelled,
    ReserveReturned,
    ForecastDeclared,
    ReportFiled,
    BalanceReported,
)
"""Every event type, in the contract's order."""

BUDGET_PAPERS: Final[frozenset[type[Event]]] = frozenset(
    (
        AppropriationProposed,
        AppropriationEnacted,
        AppropriationCorrected,
        AppropriationSupplemented,
        BudgetAdopted,
        AllotmentApproved,
        CarryoverApplied,
        CarryoverApproved,
        CarryoverDeclined,
        CarryoverCancelled,
        ReportFiled,
        ReserveEstablished,
    )
)
"""The types that may be booked from two years before the fiscal year to the end of the year after it."""

NO_BOOKINGS: Final[frozenset[type[Event]]] = BUDGET_PAPERS | {ForecastDeclared, BalanceReported}
"""The types whose day says nothing of how far the books have come: budget papers, and statements about another day."""

BY_NAME: Final[dict[str, type[Event]]] = {str(kind.__struct_config__.tag): kind for kind in EVENTS}


def texts_problem(event: Event) -> Detail | None:
    """Name the first text of an event with a control character or a lone surrogate, or None.

    Raw JSON cannot hold them but by an escape (or as U+007F), so admission asks only where a line has one.
    """
    for name in event.__struct_fields__:
        value = getattr(event, name)
        is_good = is_note if name == "note" else is_text
        if isinstance(value, str) and name != "recorded_at" and not is_good(value):
            return detail("control_character", field=name)
    return None
