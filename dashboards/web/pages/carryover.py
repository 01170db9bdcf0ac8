"""Carry-over (歲出保留): what is applied for, reviewed and decided, how old it is, what lapses, and drafts to take along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from dashboards.reports import carryover_report
from dashboards.reports.carryover_cases import ReviewedCase, cases_of, figures_of, whose
from dashboards.reports.table import AGENCY_CODE, LINE_CODE, TOTAL, Column, Table, named, of_key
from dashboards.reports.year_end import difference_table, draft_table, lacking_table, opening_table
from dashboards.web.access import ANYBODY
from dashboards.web.answer import headers, page
from dashboards.web.desk import Desk
from dashboards.web.grid import Grid
from dashboards.web.subjects import address
from ledger.books import Books
from ledger.codes import position_name
from ledger.fiscal import first_day, last_day
from ledger.lacking import lacking
from ledger.names import Names, authority_name
from ledger.vocabulary import CARRYOVER, CARRYOVER_FIGURE, CARRYOVER_REVIEW
from ledger.words import Words, alike
from ledger.year_end import CarriedReference, CarryoverDraft, drafts
from ledger.year_end_sums import year_ends
from producers.year_drafts import application_lines, opening_lines

_FORMATS: Final = ("csv", "xlsx", "ods", "pdf")
_CHIPS: Final = {"pending": "status-watch", "partly": "status-watch", "declined": "status-lagging"}


class CarryoverView(msgspec.Struct):
    """What the page shows of a year, copied from the books."""

    tables: list[Table]
    cases: Table
    links: dict[str, list[str | None]]
    chips: dict[str, list[str | None]]
    openings: list[CarriedReference]
    sums: dict[str, int]
    unapplied: tuple[int, int]
    """How many applications are drafted, and NT$ of all; they themselves are made for who takes them along."""


def years_of(books: Books) -> list[int]:
    """Fiscal years with carry-over, and the one after the newest: into it this year's debts and contracts go."""
    newest = max(books.years, default=None)
    return sorted({*carryover_report.years_of(books), *(() if newest is None else (newest, newest + 1))}, reverse=True)


@get("/carryover", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def carryover(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The carry-over into a year, of all agencies or of one authority's."""
    years = desk.look("carryover years", years_of)
    fiscal_year = desk.fiscal_year(request, years)
    title = Words(f"{fiscal_year}年度歲出保留", f"Carry-over into fiscal year {fiscal_year}")
    authority = _authority(request, desk)
    common = {"fiscal_year": fiscal_year, "years": years, "authority": authority}
    if not years:
        return page(desk, request, "empty.html", title, common, here="carryover")
    view = _view(desk, request, fiscal_year, authority)
    # A page tells how many drafts there are; in a large city they are a hundred thousand.
    drafted = _drafts(desk, request, fiscal_year, authority) if "export" in request.query_params else []
    day = desk.monitor.today()
    names = desk.names
    review = of_key(view.tables, "review")
    links = [f"/carryover?year={fiscal_year}&authority={code}" for code in review.column("authority_code")]
    return page(
        desk,
        request,
        "carryover.html",
        title,
        common
        | {
            "authority_name": None if authority is None else authority_name(names, authority),
            "carried": view.sums,
            "unapplied": view.unapplied,
            "ready": [each for each in view.openings if each.amount],
        },
        [
            Grid(table=review, name="review", links={"authority": links}, formats=_FORMATS),
            Grid(
                table=view.cases,
                name="cases",
                links=dict(view.links),
                chips=dict(view.chips),
                row_header="case",
                formats=("csv", "xlsx", "ods"),
            ),
            Grid(
                table=draft_table(
                    drafted, names, desk.monitor.catalogue, fiscal_year, _applied_on(day, fiscal_year), day
                ),
                name="drafts",
                row_header="case",
                formats=("ods", "xlsx", "csv", "pdf"),
            ),
            Grid(table=of_key(view.tables, "differences"), name="differences"),
            Grid(table=of_key(view.tables, "carried_references"), name="openings", formats=_FORMATS),
            *(
                Grid(table=of_key(view.tables, key), name=key, formats=_FORMATS)
                for key in ("applications", "form", "reductions", "allotments", "decisions", "ageing", "lapsed")
            ),
            Grid(table=of_key(view.tables, "lacking"), name="lacking", formats=_FORMATS),
        ],
        here="carryover",
        file_name=f"carryover-{fiscal_year}" if authority is None else f"carryover-{fiscal_year}-{authority}",
    )


@get("/carryover/{draft:str}", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def draft_events(request: Request[Any, Any, Any], desk: NamedDependency[Desk], draft: FromPath[str]) -> Response[Any]:
    """Drafts as events, to look through and send: `applications.ndjson`, or `openings.ndjson`."""
    years = desk.look("carryover years", years_of)
    fiscal_year = desk.fiscal_year(request, years)
    authority = _authority(request, desk)
    day = _applied_on(desk.monitor.today(), fiscal_year)
    made: dict[str, Callable[[], Iterator[bytes]]] = {
        "applications.ndjson": lambda: application_lines(_drafts(desk, request, fiscal_year, authority), day),
        "openings.ndjson": lambda: opening_lines(_view(desk, request, fiscal_year, authority).openings, fiscal_year),
    }
    if draft not in made:
        raise NotFoundException("no such draft")
    disposition = {"Content-Disposition": f'attachment; filename="carryover-{fiscal_year}-{draft}"'}
    return Response(b"".join(made[draft]()), media_type="application/x-ndjson", headers=headers() | disposition)


def _applied_on(today: str, fiscal_year: int) -> str:
    """The day that drafts bear: today, within what an application into the year may be booked on."""
    return min(max(today, first_day(fiscal_year)), last_day(fiscal_year + 1))


def _authority(request: Request[Any, Any, Any], desk: Desk) -> str | None:
    asked = request.query_params.get("authority", "")
    return str(asked) if asked in desk.monitor.registry.authorities else None


def _within(desk: Desk, request: Request[Any, Any, Any], authority: str | None) -> Callable[[str], bool]:
    """Whether an agency is among those that who asks may see, and below the authority asked for."""
    scope, agencies = desk.scope(request), desk.monitor.registry.agencies

    def within(code: str) -> bool:
        known = agencies.get(code)
        return scope.has_agency(code) and (
            authority is None or (known is not None and known.authority_code == authority)
        )

    return within


def _drafts(
    desk: Desk, request: Request[Any, Any, Any], fiscal_year: int, authority: str | None
) -> list[CarryoverDraft]:
    """Each application that the year before calls for, as the books stand."""
    within = _within(desk, request, authority)
    with desk.monitor.replica.reading() as books:
        before = [year for _, year in sorted(books.years.get(fiscal_year - 1, {}).items()) if within(year.agency)]
        return [each for year in before for each in drafts(year, books.find(fiscal_year, year.agency))]


def _view(desk: Desk, request: Request[Any, Any, Any], fiscal_year: int, authority: str | None) -> CarryoverView:
    scope, monitor, names, day = desk.scope(request), desk.monitor, desk.names, desk.monitor.today()
    within = _within(desk, request, authority)

    def build(books: Books) -> CarryoverView:
        ends = year_ends(books, fiscal_year - 1, within)
        made = carryover_report.tables(books, names, monitor.catalogue, day, fiscal_year, within, ends)
        cases = cases_of(books, fiscal_year, within)
        figures = figures_of(each.case for each in cases)
        differing = [each for end in ends.values() for each in end.differing]
        openings = [each for end in ends.values() for each in end.openings]
        lacks = [
            each
            for each in lacking(books, fiscal_year, ends, within)
            if each.agency is not None or (scope.city and authority is None)
        ]
        made += (
            difference_table(differing, names, fiscal_year, day),
            opening_table(openings, names, fiscal_year, day),
            lacking_table(lacks, names, fiscal_year, day),
        )
        return CarryoverView(
            tables=made,
            cases=_cases(cases, fiscal_year, names, day),
            links=_links(cases, fiscal_year),
            chips={"review": [_CHIPS.get(each.case.review) for each in cases]},
            openings=openings,
            sums=dict(zip(CARRYOVER_FIGURE, figures, strict=True)),
            unapplied=(
                sum(end.unapplied_count for end in ends.values()),
                sum(end.unapplied for end in ends.values()),
            ),
        )

    key = ("carryover", fiscal_year, authority, None if scope.whole else scope.agencies, scope.city)
    return desk.look(key, build)


_CASE_COLUMNS: Final = (
    Column("case", Words("保留案", "Case"), "text"),
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    *named("line", Words("預算科目", "Line"), LINE_CODE),
    Column("kind", Words("保留性質", "Kind"), "text"),
    Column("commitment", Words("契約", "Contract"), "text"),
    Column("expected_on", Words("預計\n完成日", "Expected\non"), "day"),
    *(Column(key, name, "money") for key, name in CARRYOVER_FIGURE.items()),
    Column("review", Words("審查情形", "Review"), "text"),
    Column("decided_on", Words("核定日", "Decided\non"), "day"),
)


def _cases(cases: list[ReviewedCase], fiscal_year: int, names: Names, day: str) -> Table:
    rows: list[tuple[Any, ...]] = []
    for each in cases:
        begins, case = whose(each, names), each.case
        rows.append(
            (
                *begins[:5],
                CARRYOVER.get(case.kind, alike(case.kind)),
                case.commitment,
                case.expected_on,
                *figures_of([case]),
                CARRYOVER_REVIEW[case.review],
                case.decided_on,
            )
        )
    figures = figures_of(each.case for each in cases)
    blank = (None,) * 7
    return Table(
        name="carryover_cases",
        title=Words(f"{fiscal_year}年度保留案", f"Cases, fiscal year {fiscal_year}"),
        label=Words("保留案", "Cases"),
        as_of=day,
        columns=_CASE_COLUMNS,
        rows=rows,
        total=(TOTAL, *blank, *figures, None, None) if rows else None,
    )


def _links(cases: list[ReviewedCase], fiscal_year: int) -> dict[str, list[str | None]]:
    return {
        "agency": [f"{address('agencies', each.year.agency)}?year={fiscal_year}" for each in cases],
        "line": [
            address(
                "lines",
                fiscal_year,
                each.year.agency,
                position_name(each.case.line, each.case.origin_year, fiscal_year),
            )
            for each in cases
        ],
    }


HANDLERS = (carryover, draft_events)
