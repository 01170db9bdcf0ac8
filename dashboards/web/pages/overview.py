"""The city on one page: rates against the calendar, alerts by severity, reserves with runway, who lags, every authority."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency

from alerts.lagging import target
from alerts.unfinished import UNFINISHED
from alerts.vocabulary import SEVERITY
from dashboards.level_status import NO_ALERTS
from dashboards.reports.table import of_key
from dashboards.web import language, levels
from dashboards.web.access import ANYBODY
from dashboards.web.alert_table import alert_grid
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from dashboards.web.pages.desks import stopped_notices
from dashboards.web.pages.lagging import judged_on, lagging_rows, lagging_tables
from dashboards.web.pages.reserves import runways
from ledger.figures import PREDICTED_IN_FULL
from ledger.fiscal import days_gone
from ledger.rollup import CITY
from ledger.words import Words
from streams.store import alert_lists
from streams.store.alert_lists import Wanted

GRAVEST_SHOWN: Final = 10
LAGGING_SHOWN: Final = 6


@get("/", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def overview(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The overview."""
    reader = language.of(request)
    figures = desk.figures()
    fiscal_year = desk.fiscal_year(request, figures.years)
    city = figures.of(fiscal_year, CITY)
    title = Words(f"{fiscal_year}年度預算執行總覽", f"Budget execution, fiscal year {fiscal_year}")
    common = {"fiscal_year": fiscal_year, "years": figures.years}
    if city is None:
        return page(desk, request, "empty.html", title, common, here="overview")
    if not desk.scope(request).city:
        return _of_own(request, desk, fiscal_year, title, common)
    charts, grids = levels.courses(desk, city, reader)
    counts = levels.alert_counts(desk, fiscal_year).get(("city", CITY), NO_ALERTS)
    gravest = alert_lists.find(
        desk.monitor.store,
        Wanted(states=UNFINISHED, fiscal_year=fiscal_year, scope=desk.scope(request)),
        desk.overlay(),
        "severity",
        GRAVEST_SHOWN,
    )
    authorities = figures.all_of(fiscal_year, "authority")
    table = levels.level_grid(
        desk,
        authorities,
        "authority",
        city,
        Words(f"{fiscal_year}年度各主管機關執行情形", f"Authorities, fiscal year {fiscal_year}"),
        "authorities",
    )
    gone, whole = days_gone(fiscal_year, figures.day)
    lagging = [row for row in lagging_rows(desk) if row.fiscal_year == fiscal_year]
    tables, judged = lagging_tables(desk), judged_on(desk)
    ahead = desk.look("booked ahead", lambda books: max((year.latest for year in books.agency_years()), default=""))
    return page(
        desk,
        request,
        "overview.html",
        title,
        common
        | {
            "city": city.every_class,
            "rates": levels.rates(city, figures.day, target(desk.monitor.catalogue, figures.day)),
            "gone": gone,
            "whole": whole,
            "severities": [(name, counts.by_severity.get(name, 0)) for name in SEVERITY],
            "chart_list": charts,
            "reserves": runways(desk, fiscal_year),
            "predicted_formula": PREDICTED_IN_FULL,
            "lagging": lagging[:LAGGING_SHOWN],
            "lagging_count": len(lagging),
            "judged_on": judged,
            "due": judged is None or judged < figures.day,
            "not_judged_count": len(of_key(tables, "unjudged").rows),
            "silent_count": len(of_key(tables, "absent").rows),
            "ahead": ahead if ahead > figures.day else None,
            "notices_stopped": stopped_notices(desk) if desk.scope(request).whole else [],
        },
        [
            table,
            alert_grid(desk, gravest, Words("最嚴重之未結警示", "The gravest unfinished alerts"), "gravest"),
            *grids,
        ],
        here="overview",
        charts=True,
        file_name="overview",
    )


def _of_own(
    request: Request[Any, Any, Any], desk: Desk, fiscal_year: int, title: Words, common: dict[str, Any]
) -> Response[Any]:
    """The overview of who is confined to some agencies: theirs, each with its figures, and what is open against them."""
    scope, figures = desk.scope(request), desk.figures()
    agencies = [each for each in figures.all_of(fiscal_year, "agency") if scope.has_agency(each.key)]
    authorities = [each for each in figures.all_of(fiscal_year, "authority") if scope.has_authority(each.key)]
    wanted = Wanted(states=UNFINISHED, fiscal_year=fiscal_year, scope=scope)
    gravest = alert_lists.find(desk.monitor.store, wanted, desk.overlay(), "severity", GRAVEST_SHOWN)
    sums, own = Words("主管機關執行情形", "The authority"), Words("所屬機關執行情形", "Agencies")
    return page(
        desk,
        request,
        "own-overview.html",
        title,
        common | {"alert_count": alert_lists.count(desk.monitor.store, wanted, desk.overlay())},
        [
            *([levels.level_grid(desk, authorities, "authority", None, sums, "authorities")] if authorities else []),
            levels.level_grid(desk, agencies, "agency", None, own, "agencies"),
            alert_grid(desk, gravest, Words("最嚴重之未結警示", "The gravest unfinished alerts"), "gravest"),
        ],
        here="overview",
        file_name="overview",
    )
