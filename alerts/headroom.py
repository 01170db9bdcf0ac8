"""What is left at each level that an event reaches: line, agency, reserve, and the object that money is moved between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from alerts.catalogue import Catalogue
from alerts.continuing_resolution import FISCAL_MONTHS, base, counted, counted_by_month
from alerts.verdict import AgencyRoom, Change, Headroom, Limit, LineRoom, ObjectRoom, ReserveRoom
from ledger.books import AgencyYear, Books, Fund, ObjectSum, Position, Row
from ledger.effects import under_cr
from ledger.events import BudgetAdopted, Event, VirementApproved
from ledger.fiscal import allotted_months
from ledger.year_sums import NO_TOTALS, YearSums, sums_on

_OVER_INFLOW: Final = "virement-over-inflow"
_OVER_OUTFLOW: Final = "virement-over-outflow"


def headroom(
    event: Event, rows: Sequence[Row], before: AgencyYear | None, after: AgencyYear, books: Books, catalogue: Catalogue
) -> Headroom:
    """What is left at each level that an event reaches, without it and with it.

    `rows` are those it touched, `before` and `after` its agency's books; `books` are those without it. What virements may
    still move is told of the objects between which one moves money.
    """
    # An adoption touches every line and asks for money on none.
    positions = [] if isinstance(event, BudgetAdopted) else [row for row in rows if isinstance(row, Position)]
    classes = sorted({position.economic_class for position in positions})
    return Headroom(
        lines=[_line_room(event, position, before, after) for position in positions],
        agency=[_agency_room(name, positions, before, after, books) for name in classes],
        reserves=[_reserve_room(row, before, books) for row in rows if isinstance(row, Fund)],
        objects=[
            _object_room(row, before, after, catalogue, event.booked_on)
            for row in rows
            if isinstance(row, ObjectSum) and isinstance(event, VirementApproved)
        ],
    )


def _line_room(event: Event, position: Position, year_before: AgencyYear | None, year: AgencyYear) -> LineRoom:
    name = year.name_of(position)
    before = None if year_before is None else year_before.positions.get(name)
    if before is None:
        before = Position(line=position.line, origin_year=position.origin_year)
    month = max(min(position.month_last, FISCAL_MONTHS), allotted_months(year.fiscal_year, event.booked_on))
    allotment = _limit(_allotment_room(before, month), _allotment_room(position, month))
    fixed: dict[str, Any] = {"key": f"{year.agency}:{name}", "economic_class": position.economic_class}
    cr_base = cr_month = None
    if under_cr(year, event) and position.origin_year == year.fiscal_year:
        cr_base = _limit(_base_room(before), _base_room(position))
        of_month = year.months.get(event.booked_on, 0)
        cr_month = _limit(_month_room(before, year, of_month), _month_room(position, year, of_month))
    return LineRoom(
        line=Change(_appropriated_room(before), _appropriated_room(position)),
        held_free=Change(before.available - before.obligated, position.available - position.obligated),
        allotment=allotment,
        allotment_month=None if allotment is None else month,
        cr_base=cr_base,
        cr_month=cr_month,
        **fixed,
    )


def _appropriated_room(position: Position) -> int:
    return position.available + position.held - position.obligated


def _limit(before: int | None, after: int | None) -> Limit | None:
    return None if before is None and after is None else Limit(before, after)


def _allotment_room(position: Position, month: int) -> int | None:
    if position.allotment is None:
        return None
    return sum(position.allotment[:month]) - position.realised - position.prepaid


def _base_room(position: Position) -> int | None:
    limit = base(position)
    return None if limit is None else limit - counted(position)


def _month_room(position: Position, year: AgencyYear, month: int) -> int | None:
    allotment = position.allotment_under_cr if year.adopted else position.allotment
    if allotment is None or not 1 <= month <= FISCAL_MONTHS:
        return None
    return allotment[month - 1] - counted_by_month(position)[month - 1]


def _agency_room(
    name: str, touched: Sequence[Position], before: AgencyYear | None, after: AgencyYear, books: Books
) -> AgencyRoom:
    """One economic class of the agency: its sums without the event, and these with what the event changes."""
    own = {} if before is None else books.followed(before, YearSums).by_class()
    sums = sums_on(own.get(name, NO_TOTALS), months=0)
    available_before, obligated_before = available, obligated = sums.available, sums.obligated
    for position in touched:
        if position.economic_class == name:
            known = None if before is None else before.positions.get(after.name_of(position))
            available += position.available - (0 if known is None else known.available)
            obligated += position.obligated - (0 if known is None else known.obligated)
    fixed: dict[str, Any] = {"key": after.agency, "economic_class": name}
    return AgencyRoom(
        available=Change(available_before, available),
        obligated=Change(obligated_before, obligated),
        remaining=Change(available_before - obligated_before, available - obligated),
        **fixed,
    )


def _reserve_room(fund: Fund, year_before: AgencyYear | None, books: Books) -> ReserveRoom:
    if fund.agency is None:
        before = books.funds.get((fund.fiscal_year, fund.reserve))
    else:
        before = None if year_before is None else year_before.first_reserve
    return ReserveRoom(fund.key, Change(0 if before is None else before.remaining, fund.remaining))


def _object_room(
    of_object: ObjectSum, year_before: AgencyYear | None, year: AgencyYear, catalogue: Catalogue, day: str
) -> ObjectRoom:
    before = None if year_before is None else year_before.objects.get(of_object.name)
    if before is None:
        before = ObjectSum(name=of_object.name)
    shares = [catalogue.rules[rule].parameters_on(day)["share_max"] for rule in (_OVER_INFLOW, _OVER_OUTFLOW)]
    may_in, may_out = (share * of_object.original // 100 for share in shares)
    return ObjectRoom(
        f"{year.agency}:{of_object.name}",
        inflow=Change(may_in - before.flow_in, may_in - of_object.flow_in),
        outflow=Change(may_out - before.flow_out, may_out - of_object.flow_out),
    )
