"""Half-year settlements for programs, as they were frozen."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency

from dashboards.web.access import CITY, let_in
from dashboards.web.filters import FiscalYear, known_names
from producers.gateway import problems
from streams.monitor import Monitor
from streams.people.half_year_acts import FrozenHalfYear, half_years


@get(
    "/v1/half-years",
    summary="Half-year settlements",
    tags=["figures"],
    guards=[let_in, known_names],
    opt=CITY,
    responses=problems(400, 401, 403),
    sync_to_thread=True,
)
def get_half_years(monitor: NamedDependency[Monitor], fiscal_year: FiscalYear = None) -> list[FrozenHalfYear]:
    """The figures of 30 June as people froze them, by agency and class, with their digest; the newest first, which counts."""
    return [one for one in half_years(monitor.store) if fiscal_year in (None, one.fiscal_year)]


HANDLERS = (get_half_years,)
