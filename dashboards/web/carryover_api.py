"""Cases of carry-over for programs."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from dashboards.web.access import ANYBODY, let_in
from dashboards.web.filters import PAGE_MAX, FiscalYear, LimitFilter, Offset, Review, known_names
from ledger.output import CarryoverCaseOut, carryover_cases
from producers.gateway import problems
from streams.monitor import Monitor
from streams.scope import Scope


@get(
    "/v1/carryover",
    summary="Cases of carry-over",
    tags=["figures"],
    guards=[let_in, known_names],
    opt=ANYBODY,
    responses=problems(400, 401, 403),
    sync_to_thread=True,
)
def get_carryover(
    monitor: NamedDependency[Monitor],
    within: NamedDependency[Scope],
    fiscal_year: FiscalYear = None,
    agency: FromQuery[str | None] = None,
    authority: FromQuery[str | None] = None,
    review: Review = None,
    limit: LimitFilter = PAGE_MAX,
    offset: Offset = 0,
) -> list[CarryoverCaseOut]:
    """What was applied for, approved, declined and cancelled, from the books as they stand."""
    with monitor.replica.reading() as books:
        found = carryover_cases(books)
    wanted = [
        one
        for one in found
        if within.has_agency(one.agency)
        and fiscal_year in (None, one.fiscal_year)
        and agency in (None, one.agency)
        and authority in (None, one.authority)
        and review in (None, one.review)
    ]
    return wanted[offset : offset + limit]


HANDLERS = (get_carryover,)
