"""What each event does to the books: one function a type, called once the event is accepted.

An effect changes rows and returns those it touched: they are judged, and they are what a store writes.

A new event type needs its struct in `ledger.events` and its effect here; `CHECKS` names those that can be refused for
what they refer to.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from sys import intern
from typing import Any, Final, TypeAlias

from msgspec import UNSET

from ledger import carryover, virements
from ledger import events as e
from ledger.books import AgencyYear, Books, Case, Position, Proposal, Report, Reports, Row, add_to_month
from ledger.codes import position_name
from ledger.continuing_resolution import Spending, decide_anew, record_reversal, record_spending
from ledger.references import (
    cancel,
    ending_problem,
    give_back,
    open_reference,
    opening_problem,
    references,
    settle,
    take_under,
)
from ledger.refusals import Detail, Reason, detail

Effect: TypeAlias = Callable[[Books, AgencyYear, Any, int], list[Row]]
"""(books, year, event, month of booking) → rows touched. The month is 0 for budget papers booked outside the year."""
Check: TypeAlias = Callable[[AgencyYear, Any], tuple[Reason, Detail] | None]

FLAGS: Final = ("new_capital", "new_account", "new_program")


def under_cr(year: AgencyYear, event: e.Event) -> bool:
    """Whether the event falls under continuing resolution: not adopted, or booked before it, and this year's money."""
    return event.booked_on < year.adopted_on and event.origin_year is UNSET


def _at(year: AgencyYear, event: e.PositionEvent) -> tuple[str, Position]:
    """The name of the position an event is about, and the position, begun on first sight."""
    if event.origin_year is UNSET:
        position = year.positions.get(event.line) or year.position(event.line)
        return position.line, position
    name = position_name(event.line, event.origin_year, year.fiscal_year)
    return name, year.position(event.line, event.origin_year)


def _name(year: AgencyYear, event: e.PositionEvent) -> str:
    origin = year.fiscal_year if event.origin_year is UNSET else event.origin_year
    return position_name(event.line, origin, year.fiscal_year)


def _realise(position: Position, amount: int, month: int) -> None:
    position.realised += amount
    try:
        position.realised_by_month[month - 1] += amount
    except OverflowError:
        position.realised_by_month = add_to_month(position.realised_by_month, month, amount)
    if month > position.month_last:  # noqa: PLR1730  # for every payment, and `max` is a call
        position.month_last = month


# ---------------------------------------------------------------- appropriations


def proposed(books: Books, year: AgencyYear, event: e.AppropriationProposed, month: int) -> list[Row]:
    """Amounts add up, flags are or-ed; of plan and prior year the last stated counts."""
    position = year.position(event.line)
    proposal = position.proposal
    if proposal is None:
        proposal = position.proposal = Proposal(amount=position.correction_awaiting)
    proposal.amount += event.amount
    proposal.newly = tuple(flag for flag in FLAGS if getattr(event, flag) and not getattr(proposal, flag))
    for flag in proposal.newly:
        setattr(proposal, flag, True)
    position.statutory |= event.statutory
    if event.prior_year_executed is not UNSET:
        proposal.prior_year_executed = event.prior_year_executed
    if event.authorised_plan is not UNSET:
        proposal.authorised_plan = event.authorised_plan
    return [position]


def enacted(books: Books, year: AgencyYear, event: e.AppropriationEnacted, month: int) -> list[Row]:
    """original += amount; what the council cut adds up."""
    position = year.position(event.line)
    position.council_cut += event.council_cut
    position.statutory |= event.statutory
    return _appropriate(year, position, event.amount)


def _appropriate(year: AgencyYear, position: Position, amount: int) -> list[Row]:
    position.original += amount
    position.has_money |= amount > 0
    of_object = year.object_sum(position.line)
    of_object.original += amount
    if position.economic_class == "current":
        year.original_current += amount
    return [position, of_object, year]


def corrected(books: Books, year: AgencyYear, event: e.AppropriationCorrected, month: int) -> list[Row]:
    """Adds to the amount of the stage it names."""
    position = year.position(event.line)
    if event.stage == "enacted":
        return _appropriate(year, position, event.amount)
    if position.proposal is None:
        position.correction_awaiting += event.amount
    else:
        position.proposal.amount += event.amount
    return [position]


def adopted(books: Books, year: AgencyYear, event: e.BudgetAdopted, month: int) -> list[Row]:
    """The earliest adoption counts; everything of the agency is judged anew.

    In the order of the keys, so that alerts open in the same order whether the rows were loaded from a store or not.
    """
    if not year.adopted:
        for position in year.positions.values():
            position.allotment_under_cr = position.allotment
    year.adopted_on = min(year.adopted_on, event.booked_on)
    for position in year.positions.values():
        decide_anew(year, position)
    return [
        *_in_order(year.positions),
        *_in_order(year.objects),
        *_in_order(year.commitments),
        *_in_order(year.payables),
        *_in_order(year.prepayments),
        *([year.first_reserve] if year.first_reserve is not None else []),
        year,
    ]


def _in_order(rows: Mapping[str, Row]) -> list[Row]:
    return [rows[key] for key in sorted(rows)]


def supplemented(books: Books, year: AgencyYear, event: e.AppropriationSupplemented, month: int) -> list[Row]:
    """supplemented += amount."""
    position = year.position(event.line)
    position.supplemented += event.amount
    return _granted(position)


def _granted(position: Position) -> list[Row]:
    position.has_money = True
    return [position]


def allotted(books: Books, year: AgencyYear, event: e.AllotmentApproved, month: int) -> list[Row]:
    """The highest revision replaces the position's allotment."""
    _, position = _at(year, event)
    if event.revision > position.allotment_revision:
        position.allotment_revision = event.revision
        position.allotment = array("q", event.months)
    return [position]


def hold_placed(books: Books, year: AgencyYear, event: e.HoldPlaced, month: int) -> list[Row]:
    """held += amount."""
    return _hold(year, event.line, event.amount)


def hold_released(books: Books, year: AgencyYear, event: e.HoldReleased, month: int) -> list[Row]:
    """held −= amount; it may go below 0."""
    return _hold(year, event.line, -event.amount)


def _hold(year: AgencyYear, line: str, amount: int) -> list[Row]:
    position = year.position(line)
    position.held += amount
    return [position]


# ---------------------------------------------------------------- commitments, payments, debts


def committed(books: Books, year: AgencyYear, event: e.CommitmentMade, month: int) -> list[Row]:
    """The commitment is opened; the basis first stated is its basis."""
    name, position = _at(year, event)
    touched: list[Row] = [position]
    reference = open_reference(year, "commitment", event.commitment, name, event.amount, month, touched)
    if reference.basis is None and event.basis is not UNSET:
        reference.basis = event.basis
    if reference.basis_ref is None and event.basis_ref is not UNSET:
        reference.basis_ref = event.basis_ref
    _spend(year, event, position)
    return touched


def commitment_cancelled(books: Books, year: AgencyYear, event: e.CommitmentCancelled, month: int) -> list[Row]:
    """cancelled += amount."""
    touched: list[Row] = []
    cancel(year, "commitment", event.commitment, event.amount, month, touched)
    return touched


def paid(books: Books, year: AgencyYear, event: e.DisbursementPaid, month: int) -> list[Row]:
    """realised += amount; whatever the payment names is settled by it."""
    # Two events in three are payments: this says at once what `_at` and `_realise` say.
    if event.origin_year is UNSET:
        position = year.positions.get(event.line) or year.position(event.line)
        name = position.line
    else:
        name, position = _at(year, event)
    touched: list[Row] = [position]
    amount = event.amount
    position.realised += amount
    try:
        position.realised_by_month[month - 1] += amount
    except OverflowError:
        position.realised_by_month = add_to_month(position.realised_by_month, month, amount)
    if month > position.month_last:  # noqa: PLR1730  # for every payment, and `max` is a call
        position.month_last = month
    year.repeats = books.payments.pay(name, amount, event.voucher, event.item, year.id_seed)
    if event.commitment is not UNSET:
        settle(year, "commitment", event.commitment, name, amount, month, touched)
    if event.payable is not UNSET:
        settle(year, "payable", event.payable, name, amount, month, touched)
    if event.prepayment is not UNSET:
        settle(year, "prepayment", event.prepayment, name, amount, month, touched)
    if event.booked_on < year.adopted_on:
        _spend(year, event, position)
    return touched


def reversed_payment(books: Books, year: AgencyYear, event: e.DisbursementReversed, month: int) -> list[Row]:
    """realised −= amount; what the payment settled is given back."""
    name, position = _at(year, event)
    touched: list[Row] = [position]
    _realise(position, -event.amount, month)
    books.payments.reverse(name, event.amount, event.voucher, event.item, year.id_seed)
    if event.commitment is not UNSET:
        settle(year, "commitment", event.commitment, name, -event.amount, month, touched)
    if event.payable is not UNSET:
        settle(year, "payable", event.payable, name, -event.amount, month, touched)
    if event.prepayment is not UNSET:
        settle(year, "prepayment", event.prepayment, name, -event.amount, month, touched)
    if under_cr(year, event):
        record_reversal(year, position, event.booked_on, event.amount)
    return touched


def recovered(books: Books, year: AgencyYear, event: e.DisbursementRecovered, month: int) -> list[Row]:
    """This year's: realised −= amount; an earlier year's is next-year revenue (Budget Act §75)."""
    _, position = _at(year, event)
    if event.original_year == event.fiscal_year:
        _realise(position, -event.amount, month)
    return [position]


def reclassified(books: Books, year: AgencyYear, event: e.ReclassificationBooked, month: int) -> list[Row]:
    """realised moves from one line to another."""
    origin = None if event.origin_year is UNSET else event.origin_year
    source, target = year.position(event.from_line, origin), year.position(event.to_line, origin)
    _realise(source, -event.amount, month)
    _realise(target, event.amount, month)
    return [source, target]


def payable_recognised(books: Books, year: AgencyYear, event: e.PayableRecognised, month: int) -> list[Row]:
    """The payable is opened and settles the commitment it names: one debt, not two."""
    name, position = _at(year, event)
    touched: list[Row] = [position]
    payable = open_reference(year, "payable", event.payable, name, event.amount, month, touched)
    if event.commitment is not UNSET:
        take_under(year, payable, event.commitment, event.amount, month, touched)
    return touched


def payable_cleared(books: Books, year: AgencyYear, event: e.PayableCleared, month: int) -> list[Row]:
    """cancelled += amount; the commitments it took the place of stand open again."""
    touched: list[Row] = []
    cleared = cancel(year, "payable", event.payable, event.amount, month, touched)
    give_back(year, cleared, event.amount, month, touched)
    return touched


def prepaid(books: Books, year: AgencyYear, event: e.PrepaymentMade, month: int) -> list[Row]:
    """The prepayment is opened and settles the commitment it names."""
    name, position = _at(year, event)
    touched: list[Row] = [position]
    prepayment = open_reference(year, "prepayment", event.prepayment, name, event.amount, month, touched)
    if event.commitment is not UNSET:
        take_under(year, prepayment, event.commitment, event.amount, month, touched)
    _spend(year, event, position)
    return touched


def prepayment_settled(books: Books, year: AgencyYear, event: e.PrepaymentSettled, month: int) -> list[Row]:
    """cancelled += amount; the commitments it was paid on stand open again."""
    touched: list[Row] = []
    paid_back = cancel(year, "prepayment", event.prepayment, event.amount, month, touched)
    give_back(year, paid_back, event.amount, month, touched)
    return touched


def _spend(year: AgencyYear, event: Spending, position: Position) -> None:
    """Keep spending under continuing resolution."""
    if under_cr(year, event):
        record_spending(year, position, event)


def saved(books: Books, year: AgencyYear, event: e.SavingDeclared, month: int) -> list[Row]:
    """saving += amount."""
    _, position = _at(year, event)
    position.saving += event.amount
    return [position]


def saving_withdrawn(books: Books, year: AgencyYear, event: e.SavingWithdrawn, month: int) -> list[Row]:
    """saving −= amount."""
    _, position = _at(year, event)
    position.saving -= event.amount
    return [position]


def provisionally_spent(books: Books, year: AgencyYear, event: e.ProvisionalSpent, month: int) -> list[Row]:
    """realised += amount; booked under adoption it is ordinary spending."""
    position = year.position(event.line)
    _realise(position, event.amount, month)
    year.repeats = books.payments.pay(event.line, event.amount, event.voucher, event.item, year.id_seed)
    _spend(year, event, position)
    return [position]


# ---------------------------------------------------------------- reserves


def _case(year: AgencyYear, event: e.ReserveRequested | e.ReserveApproved) -> Case:
    key = (event.reserve, event.case)
    found = year.cases.get(key)
    if found is None:
        found = year.cases[key] = Case(reserve=event.reserve, id=event.case, line=event.line)
    return found


def established(books: Books, year: AgencyYear, event: e.ReserveEstablished, month: int) -> list[Row]:
    """The fund grows."""
    fund = books.fund(year, event.reserve)
    fund.established += event.amount
    return [fund, year]


def requested(books: Books, year: AgencyYear, event: e.ReserveRequested, month: int) -> list[Row]:
    """pending += amount."""
    case, fund = _case(year, event), books.fund(year, event.reserve)
    case.pending += event.amount
    case.ground = event.ground
    fund.pending += event.amount
    return [case, fund, year.position(event.line)]


def approved(books: Books, year: AgencyYear, event: e.ReserveApproved, month: int) -> list[Row]:
    """approved += amount, nothing is pending any more; the line receives the money."""
    case, fund, position = _case(year, event), books.fund(year, event.reserve), year.position(event.line)
    fund.pending -= case.pending
    fund.approved += event.amount
    fund.cases += case.approvals == 0
    case.pending = 0
    case.approved += event.amount
    case.approvals += 1
    case.disaster |= event.disaster
    case.approved_on = min(case.approved_on or event.booked_on, event.booked_on)
    if event.ground is not UNSET:
        case.approved_ground = event.ground
    if event.approval_ref is not UNSET:
        case.approval_ref = event.approval_ref
    if event.council_notified_on is not UNSET:
        case.notified_on = min(case.notified_on or event.council_notified_on, event.council_notified_on)
    position.reserve_in += event.amount
    return [case, fund, *_granted(position)]


def declined(books: Books, year: AgencyYear, event: e.ReserveDeclined, month: int) -> list[Row]:
    """The case's pending becomes 0."""
    case, fund = year.cases[event.reserve, event.case], books.fund(year, event.reserve)
    fund.pending -= case.pending
    case.pending = 0
    return [case, fund]


def draw_cancelled(books: Books, year: AgencyYear, event: e.ReserveCancelled, month: int) -> list[Row]:
    """Back in the fund, out of the case's line."""
    case, fund = year.cases[event.reserve, event.case], books.fund(year, event.reserve)
    case.cancelled += event.amount
    fund.cancelled += event.amount
    return [case, fund, *_taken_back(year, case, event.amount)]


def returned(books: Books, year: AgencyYear, event: e.ReserveReturned, month: int) -> list[Row]:
    """Out of the case's line, not drawable again."""
    case, fund = year.cases[event.reserve, event.case], books.fund(year, event.reserve)
    case.returned += event.amount
    fund.returned += event.amount
    return [case, fund, *_taken_back(year, case, event.amount)]


def _taken_back(year: AgencyYear, case: Case, amount: int) -> list[Row]:
    position = year.position(case.line)
    position.reserve_in -= amount
    return [position]


# ---------------------------------------------------------------- statements


def forecast(books: Books, year: AgencyYear, event: e.ForecastDeclared, month: int) -> list[Row]:
    """The latest booked_on counts, of equal ones the last to arrive."""
    if year.forecast is None or event.booked_on >= year.forecast[0]:
        year.forecast = (event.booked_on, event.amount)
    return [year]


def filed(books: Books, year: AgencyYear, event: e.ReportFiled, month: int) -> list[Row]:
    """The report's number is seen, and it files its month; positions do not change."""
    if year.reports is None:
        year.reports = Reports()
    year.reports.file(event.month, Report(event.version, event.number, event.booked_on))
    return [year]


def balance(books: Books, year: AgencyYear, event: e.BalanceReported, month: int) -> list[Row]:
    """Compared and never booked; the latest booked_on counts, of equal ones the last to arrive."""
    _, position = _at(year, event)
    if position.reported is None or event.booked_on >= position.reported[0]:
        position.reported = (intern(event.booked_on), month, event.realised)
    return [position]


# ---------------------------------------------------------------- what can be refused


def _opens(kind: Any) -> Check:
    def check(year: AgencyYear, event: Any) -> tuple[Reason, Detail] | None:
        found = references(year, kind).get(getattr(event, kind))
        if found is None or found.position is None:
            return None
        return opening_problem(found, _name(year, event))

    return check


def _ends(kind: Any) -> Check:
    def check(year: AgencyYear, event: Any) -> tuple[Reason, Detail] | None:
        position = _name(year, event) if isinstance(event, e.PositionEvent) else None
        return ending_problem(year, kind, getattr(event, kind), position, event.amount)

    return check


def _case_opens(year: AgencyYear, event: e.ReserveRequested | e.ReserveApproved) -> tuple[Reason, Detail] | None:
    found = year.cases.get((event.reserve, event.case))
    if found is not None and found.line != event.line:
        return "conflicting_reference", detail("case_elsewhere", id=event.case, line=found.line)
    return None


def _case_known(year: AgencyYear, event: e.ReserveDeclined) -> tuple[Reason, Detail] | None:
    if (event.reserve, event.case) not in year.cases:
        return "unknown_reference", detail("no_case", id=event.case, reserve=event.reserve)
    return None


def _case_ends(year: AgencyYear, event: e.ReserveCancelled | e.ReserveReturned) -> tuple[Reason, Detail] | None:
    found = year.cases.get((event.reserve, event.case))
    if found is None:
        return "unknown_reference", detail("no_case", id=event.case, reserve=event.reserve)
    if event.amount > found.net:
        return "exceeds_reference", detail("case_exceeded", amount=found.net, id=event.case)
    return None


def _saving_there(year: AgencyYear, event: e.SavingWithdrawn) -> tuple[Reason, Detail] | None:
    found = year.positions.get(_name(year, event))
    saving = 0 if found is None else found.saving
    if event.amount > saving:
        return "exceeds_reference", detail("saving_exceeded", amount=saving)
    return None


CHECKS: Final[dict[type[e.Event], Check]] = {
    e.VirementApproved: virements.approval_problem,
    e.VirementCancelled: virements.cancelling_problem,
    e.CarryoverApplied: carryover.applying_problem,
    e.CarryoverApproved: carryover.approving_problem,
    e.CarryoverDeclined: carryover.declining_problem,
    e.CarryoverCancelled: carryover.cancelling_problem,
    e.SavingWithdrawn: _saving_there,
    e.CommitmentMade: _opens("commitment"),
    e.CommitmentCancelled: _ends("commitment"),
    e.PayableRecognised: _opens("payable"),
    e.PayableCleared: _ends("payable"),
    e.PrepaymentMade: _opens("prepayment"),
    e.PrepaymentSettled: _ends("prepayment"),
    e.ReserveRequested: _case_opens,
    e.ReserveApproved: _case_opens,
    e.ReserveDeclined: _case_known,
    e.ReserveCancelled: _case_ends,
    e.ReserveReturned: _case_ends,
}

BOOKINGS: Final[frozenset[type[e.Event]]] = frozenset(
    (
        e.CommitmentMade,
        e.CommitmentCancelled,
        e.DisbursementPaid,
        e.DisbursementReversed,
        e.DisbursementRecovered,
        e.ReclassificationBooked,
        e.PayableRecognised,
        e.PayableCleared,
        e.PrepaymentMade,
        e.PrepaymentSettled,
        e.ProvisionalSpent,
    )
)
"""Of a position they change what is realised, prepaid, payable and committed, and what is kept of spending under
continuing resolution; never its budget, its proposal or its reported balance."""

EFFECTS: Final[dict[type[e.Event], Effect]] = {
    e.AppropriationProposed: proposed,
    e.AppropriationEnacted: enacted,
    e.AppropriationCorrected: corrected,
    e.BudgetAdopted: adopted,
    e.AppropriationSupplemented: supplemented,
    e.AllotmentApproved: allotted,
    e.VirementApproved: virements.vired,
    e.VirementCancelled: virements.cancelled,
    e.HoldPlaced: hold_placed,
    e.HoldReleased: hold_released,
    e.CarryoverApplied: carryover.applied,
    e.CarryoverApproved: carryover.approved,
    e.CarryoverDeclined: carryover.declined,
    e.CarryoverCancelled: carryover.cancelled,
    e.CommitmentMade: committed,
    e.CommitmentCancelled: commitment_cancelled,
    e.DisbursementPaid: paid,
    e.DisbursementReversed: reversed_payment,
    e.DisbursementRecovered: recovered,
    e.ReclassificationBooked: reclassified,
    e.PayableRecognised: payable_recognised,
    e.PayableCleared: payable_cleared,
    e.PrepaymentMade: prepaid,
    e.PrepaymentSettled: prepayment_settled,
    e.SavingDeclared: saved,
    e.SavingWithdrawn: saving_withdrawn,
    e.ProvisionalSpent: provisionally_spent,
    e.ReserveEstablished: established,
    e.ReserveRequested: requested,
    e.ReserveApproved: approved,
    e.ReserveDeclined: declined,
    e.ReserveCancelled: draw_cancelled,
    e.ReserveReturned: returned,
    e.ForecastDeclared: forecast,
    e.ReportFiled: filed,
    e.BalanceReported: balance,
}
"""Every event type has an effect (a test compares this table with `ledger.events.EVENTS`)."""
