"""A budget line: its position, its year by month, and every event that touched it with the figures before and after."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from alerts.catalogue import Catalogue
from alerts.lagging import target
from alerts.naming import line_name
from alerts.subjects import alert_id
from dashboards.reports.table import Column, Table
from dashboards.web import language, levels, shown
from dashboards.web.access import AGENCY
from dashboards.web.alert_table import alert_grid
from dashboards.web.answer import page
from dashboards.web.charts import course, course_figure, course_grid
from dashboards.web.desk import Desk
from dashboards.web.grid import Grid
from dashboards.web.subjects import address
from ledger.books import Alert, Books
from ledger.codes import position_name, split
from ledger.figures import FIGURES
from ledger.fiscal import allotted_months
from ledger.names import agency_name, authority_name, object_name
from ledger.rollup import Level
from ledger.sums import Sums
from ledger.vocabulary import EVENT
from ledger.words import Words
from ledger.year_sums import MonthSums, months_in, sums_on, totals_of
from streams.log.line_history import LineHistory, LineStep, differing, figures_of
from streams.store import alert_lists
from streams.store.alert_lists import Wanted
from streams.store.queries import KeptTransition

STEPS_SHOWN: Final = 100
_REFERENCES: Final = (
    "voucher",
    "commitment",
    "payable",
    "prepayment",
    "case",
    "approval_ref",
    "basis",
    "basis_ref",
    "ground",
)


class ShownLine(msgspec.Struct):
    """A position as the page shows it, copied from the books."""

    sums: Sums
    figures: dict[str, int]
    months: MonthSums
    before: MonthSums | None
    """Those of the same money in last year's books."""
    lines: int
    """Folded when it was copied."""
    proposed: int | None
    council_cut: int
    statutory: bool
    revision: int


class ShownStep(msgspec.Struct):
    """A step of the history with its words."""

    number: int
    step: LineStep
    name: Words
    references: list[tuple[str, str]]
    raw: str
    changes: list[tuple[Alert, KeptTransition]]

    @property
    def alert_ids(self) -> list[str]:
        """Of the alerts that it changed."""
        return [alert_id(alert) for alert, _ in self.changes]


@get("/lines/{fiscal_year:int}/{agency:str}/{name:path}", include_in_schema=False, sync_to_thread=True, opt=AGENCY)
def line(
    request: Request[Any, Any, Any],
    desk: NamedDependency[Desk],
    fiscal_year: FromPath[int],
    agency: FromPath[str],
    name: FromPath[str],
) -> Response[Any]:
    """A line's position; `name` is the line, with `@<origin year>` for money carried over."""
    monitor = desk.monitor
    name = name.strip("/")
    day = monitor.today()
    known = monitor.registry.agencies.get(agency)
    found = desk.look(("line", fiscal_year, agency, name), lambda books: _copy(desk, books, fiscal_year, agency, name))
    if known is None or found is None:
        raise NotFoundException("no accepted event names this line")
    history = desk.histories.of(fiscal_year, agency, name)
    steps = _steps(desk, history, agency, fiscal_year, monitor.catalogue)
    number = _page_number(request)
    shown_steps = list(reversed(steps))[(number - 1) * STEPS_SHOWN : number * STEPS_SHOWN]
    bare, _, origin = name.partition("@")
    account, economic_class, object_code = split(bare)
    level = Level("line", name, fiscal_year, classes={economic_class: found.sums})
    reader = language.of(request)
    called = line_name(desk.names, fiscal_year, name)
    neighbours = desk.look(
        ("neighbours", fiscal_year, agency, name), lambda books: _neighbours(books, fiscal_year, agency, name)
    )
    of_year = course(found.months, msgspec.structs.replace(found.sums), fiscal_year, day, found.before)
    of_year.forecast = None
    chart_title = Words("實現與分配", "Realised against allotted")
    wanted = Wanted(key=f"{agency}:{name}", fiscal_year=fiscal_year)
    alerts = [a for a in alert_lists.find(monitor.store, wanted, desk.overlay(), "newest", 200) if a.level == "line"]
    return page(
        desk,
        request,
        "line.html",
        Words(f"{called.zh}（{fiscal_year}年度）", f"{called.en}, fiscal year {fiscal_year}"),
        {
            "fiscal_year": fiscal_year,
            "code": agency,
            "agency": agency_name(desk.names, agency),
            "authority": known.authority_code,
            "authority_name": authority_name(desk.names, known.authority_code),
            "account": account,
            "economic_class": economic_class,
            "object_code": object_code,
            "object_name": object_name(desk.names, object_code),
            "account_names": desk.names.account(int(origin) if origin.isdecimal() else fiscal_year, account),
            "line_code": name,
            "neighbours": neighbours,
            "origin": origin,
            "line": found,
            "sums": found.sums,
            "rates": levels.rates(level, day, target(monitor.catalogue, day))[:4],
            "steps": shown_steps,
            "step_count": len(steps),
            "page_number": number,
            "pages": max(1, -(-len(steps) // STEPS_SHOWN)),
            # Only what was read at the same place of the log can be compared.
            "differing": differing(found.figures, history.figures)
            if not history.steps or history.steps[-1].place < found.lines  # else the log is ahead of the books shown
            else [],
            "rule_title": lambda slug: monitor.catalogue.rules[slug].title,
            "chart_list": [
                {"id": "chart-line", "title": chart_title, "grid": "months", "spec": course_figure(of_year, reader)}
            ],
        },
        [
            _figures(found, allotted_months(fiscal_year, day), day),
            alert_grid(desk, alerts, Words("本科目之違規與警示", "Alerts about this line"), subject_too=False),
            _history_grid(steps, day),
            course_grid(of_year, chart_title, "months", day),
        ],
        here="overview",
        charts=True,
        file_name=f"line-{fiscal_year}-{agency}-{name}",
    )


def _copy(desk: Desk, books: Books, fiscal_year: int, agency: str, name: str) -> ShownLine | None:
    year = books.find(fiscal_year, agency)
    position = None if year is None else year.positions.get(name)
    if position is None:
        return None
    totals = totals_of(position)
    last_year = books.find(fiscal_year - 1, agency)
    name_then = position_name(position.line, position.origin_year, fiscal_year - 1)
    last = None if last_year is None else last_year.positions.get(name_then)
    return ShownLine(
        sums=sums_on(totals, allotted_months(fiscal_year, desk.monitor.today())),
        figures=figures_of(position),
        months=months_in(totals),
        before=None if last is None else months_in(totals_of(last)),
        lines=desk.monitor.replica.lines,
        proposed=None if position.proposal is None else position.proposal.amount,
        council_cut=position.council_cut,
        statutory=position.statutory,
        revision=position.allotment_revision,
    )


def _neighbours(books: Books, fiscal_year: int, agency: str, name: str) -> list[tuple[Words, str]]:
    """The same line in the last and the next year, and the money carried over from it or into it, where there are any."""
    bare, _, origin = name.partition("@")
    asked = [(fiscal_year - 1, bare), (fiscal_year, bare), (fiscal_year + 1, bare)]
    if origin:
        asked.append((int(origin), bare))
        asked += [(fiscal_year - 1, name), (fiscal_year + 1, name)]
    else:
        year = books.find(fiscal_year, agency)
        here = () if year is None else year.positions
        asked += [(fiscal_year, each) for each in here if each.startswith(f"{bare}@")]
        asked.append((fiscal_year + 1, f"{bare}@{fiscal_year}"))
    found: list[tuple[Words, str]] = []
    for year_of, line_of in dict.fromkeys(asked):
        of_year = books.find(year_of, agency)
        if (year_of, line_of) == (fiscal_year, name) or of_year is None or line_of not in of_year.positions:
            continue
        kept = line_of.partition("@")[2]
        words = Words(f"{year_of}年度", f"FY {year_of}")
        if kept:
            words = Words(f"{year_of}年度之 {kept} 年度保留款", f"FY {year_of}, carried over from {kept}")
        found.append((words, address("lines", year_of, agency, line_of)))
    return found


def _page_number(request: Request[Any, Any, Any]) -> int:
    text = request.query_params.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _steps(desk: Desk, history: LineHistory, agency: str, fiscal_year: int, catalogue: Catalogue) -> list[ShownStep]:
    changes = alert_lists.changes_by_event(desk.monitor.store, agency, fiscal_year)
    return [
        ShownStep(
            number=number,
            step=step,
            name=_event_name(step),
            references=_references(step),
            raw=shown.raw(step.raw),
            changes=changes.get(f"{agency}:{step.event.id}", []),
        )
        for number, step in enumerate(history.steps, start=1)
    ]


def _event_name(step: LineStep) -> Words:
    tag = str(step.event.__struct_config__.tag)
    return EVENT.get(tag, Words(tag, tag))


def _references(step: LineStep) -> list[tuple[str, str]]:
    """What an event refers to: vouchers, contracts, cases, grounds."""
    found = [(name, getattr(step.event, name, msgspec.UNSET)) for name in (*_REFERENCES, "from_line", "to_line")]
    return [(name, str(value)) for name, value in found if value is not msgspec.UNSET and value is not None]


def _figures(found: ShownLine, months: int, day: str) -> Grid:
    return Grid(
        table=Table(
            name="figures",
            title=Words("預算執行數", "Figures"),
            label=Words("執行數", "Figures"),
            as_of=day,
            columns=(
                Column("figure", Words("項目", "Figure"), "text"),
                Column("amount", Words("金額", "Amount"), "money"),
                Column("formula", Words("計算式", "Formula"), "text"),
            ),
            rows=[(figure.name, getattr(found.sums, key), figure.formula) for key, figure in FIGURES.items()],
        ),
        name="figures",
        wide=("formula",),
    )


def _history_grid(steps: list[ShownStep], day: str) -> Grid:
    """The history as a table, for exports; the page shows it as a list."""
    keys = ("realised", "prepaid", "payable", "saving", "committed", "available", "executed", "obligated")
    return Grid(
        table=Table(
            name="history",
            title=Words("歷程", "LineHistory"),
            label=Words("歷程", "LineHistory"),
            as_of=day,
            columns=(
                Column("number", Words("序", "No."), "count"),
                Column("booked_on", Words("入帳日", "Booked on"), "day"),
                Column("event", Words("事件", "Event"), "text"),
                Column("id", Words("事件編號", "Event id"), "text"),
                Column("amount", Words("金額", "Amount"), "money"),
                Column("changed", Words("變動", "Changed"), "text"),
                *(Column(key, FIGURES[key].name, "money") for key in keys),
                Column("note", Words("附註", "Note"), "text"),
                Column("origin", Words("來源", "Came from"), "text"),
            ),
            rows=[_history_row(each, keys) for each in steps],
        ),
        name="history",
    )


def _history_row(each: ShownStep, keys: tuple[str, ...]) -> tuple[Any, ...]:
    step, event = each.step, each.step.event
    parts = [(FIGURES[key].name, shown.change(after - before)) for key, (before, after) in step.changed.items()]
    note = event.note if event.note is not msgspec.UNSET else ""
    return (
        each.number,
        event.booked_on,
        each.name,
        event.id,
        getattr(event, "amount", None),
        Words("；".join(f"{w.zh} {c}" for w, c in parts), "; ".join(f"{w.en} {c}" for w, c in parts)),
        *(step.after[key] for key in keys),
        note,
        step.origin,
    )


HANDLERS = (line,)
