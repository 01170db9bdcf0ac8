"""The city, an authority or an agency on the page: its rates with what they divide, its year by month, how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from alerts.lagging import RULE, target
from alerts.unfinished import UNFINISHED
from alerts.vocabulary import SEVERITY
from dashboards.level_status import NO_ALERTS, LevelCounts, status_of, whose
from dashboards.reports import formulas
from dashboards.reports.table import AGENCY_CODE, AUTHORITY_CODE, TOTAL, Column, Table, named
from dashboards.web import names
from dashboards.web.charts import course, course_figure, course_grid
from dashboards.web.desk import Desk
from dashboards.web.grid import Bar, Grid, share
from dashboards.web.subjects import address
from ledger.books import Alert, Books
from ledger.figures import (
    ANNUAL,
    CASH,
    COMMITMENT,
    FIGURES,
    PERIOD,
    PREDICTED_CAPITAL,
    PREDICTED_COMPUTED,
    PREDICTED_DECLARED,
    PREDICTED_IN_FULL,
)
from ledger.fiscal import days_gone
from ledger.names import agency_name, authority_name
from ledger.rollup import Level
from ledger.sums import Sums
from ledger.vocabulary import ECONOMIC_CLASS
from ledger.words import Language, Words
from streams.store import alert_lists
from streams.store.alert_lists import Wanted

CLASSES: Final = ("all", "current", "capital")


class ShownRate(msgspec.Struct, frozen=True):
    """A percentage with its formula and the two figures it divides."""

    name: Words
    text: str | None
    formula: Words
    above: int
    below: int
    mark: float | None = None
    """What it is compared with, as a share of the full width."""
    kind: str = "actual"

    @property
    def share(self) -> float:
        """For drawing only."""
        return share(self.above, self.below)


def sums_of(level: Level, name: str) -> Sums:
    """The sums of a class, or of all."""
    return level.every_class if name == "all" else level.classes.get(name, Sums())


def rates(level: Level, day: str, target: int) -> list[ShownRate]:
    """The rates people ask for first; the calendar is the mark of those that run through the year.

    The capital prediction is marked with the percentage that is to be executed, `target`.
    """
    every, capital = level.every_class, level.capital
    gone, whole = days_gone(level.fiscal_year, day)
    calendar = share(gone, whole)
    found = [
        ShownRate(
            rate.name,
            rate.text(every),
            rate.formula_in_full,
            getattr(every, rate.above.key),
            getattr(every, rate.below.key),
            calendar if rate.below.key == "available" else None,
        )
        for rate in (ANNUAL, PERIOD, CASH, COMMITMENT)
    ]
    predicted = capital.predicted
    if predicted is not None:
        prediction = PREDICTED_COMPUTED if capital.predicted_declared is None else PREDICTED_DECLARED
        found.append(
            ShownRate(
                PREDICTED_CAPITAL.name,
                predicted.text(),
                prediction.formula,
                predicted.numerator,
                predicted.denominator,
                target,
            )
        )
    return found


def figures_grid(level: Level, title: Words, name: str, day: str) -> Grid:
    """Every figure of a level by class."""
    classes = [each for each in ("current", "capital") if each in level.classes]
    sums = [*(level.classes[each] for each in classes), level.every_class]
    rows = [(figure.name, *(getattr(each, key) for each in sums), figure.formula) for key, figure in FIGURES.items()]
    return Grid(
        table=Table(
            name=name,
            title=title,
            label=Words("執行數", "Figures"),
            as_of=day,
            columns=(
                Column("figure", Words("項目", "Figure"), "text"),
                *(Column(each, ECONOMIC_CLASS[each], "money") for each in (*classes, "all")),
                Column("formula", Words("計算式", "Formula"), "text"),
            ),
            rows=rows,
        ),
        name=name,
        wide=("formula",),
    )


# ---------------------------------------------------------------- the year by month


def courses(desk: Desk, level: Level, reader: Language) -> tuple[list[dict[str, Any]], list[Grid]]:
    """The charts of a level's year (all money; capital money where there is any) and their tables."""
    day = desk.monitor.today()
    before = desk.figures().of(level.fiscal_year - 1, level.level, level.key)
    figures: list[dict[str, Any]] = []
    grids: list[Grid] = []
    titles = {
        "all": Words("全部經費：實現與分配", "All money: realised against allotted"),
        "capital": Words("資本門：實現、分配與年底預估", "Capital: realised, allotted and predicted"),
    }
    for name in ("all", "capital") if "capital" in level.classes else ("all",):
        sums = sums_of(level, name)
        if name == "all":
            sums = msgspec.structs.replace(sums, forecast=None)
        months_before = None if before is None else before.by_month(name)
        found = course(level.by_month(name), sums, level.fiscal_year, day, months_before)
        if name == "all":
            found.forecast = None  # predictions are of capital money alone
        grid_name = f"months-{name}"
        figures.append(
            {"id": f"chart-{name}", "title": titles[name], "grid": grid_name, "spec": course_figure(found, reader)}
        )
        grids.append(course_grid(found, titles[name], grid_name, day))
    return figures, grids


# ---------------------------------------------------------------- how levels stand


def alert_counts(desk: Desk, fiscal_year: int) -> dict[tuple[str, str], LevelCounts]:
    """Unfinished alerts of each agency and authority (with its agencies'), by level and code; the city has all."""

    def build(_: Books) -> dict[tuple[str, str], LevelCounts]:
        wanted = Wanted(states=UNFINISHED, fiscal_year=fiscal_year)
        counted = alert_lists.count_by(desk.monitor.store, wanted, desk.overlay(), "level", "agency", "key", "severity")
        found: dict[tuple[str, str], dict[str, int]] = {}
        for (level, agency, key, severity), number in counted.items():
            for of in whose(desk.monitor.registry, level, agency, key):
                by_severity = found.setdefault(of, {})
                by_severity[severity] = by_severity.get(severity, 0) + number
        return {of: LevelCounts(by_severity) for of, by_severity in found.items()}

    return desk.look(("alert counts", fiscal_year), build)


def lagging_authorities(desk: Desk, fiscal_year: int) -> frozenset[str]:
    """The authorities on the lagging list."""

    def build(books: Books) -> frozenset[str]:
        return frozenset(key for rule, key, year in books.time_alerts if rule == RULE and year == fiscal_year)

    return desk.look(("lagging authorities", fiscal_year), build)


_LEVEL_FIGURES: Final = ("available", "allotted", "realised", "executed", "remaining")
_LEVEL_RATES: Final = (CASH, PERIOD, ANNUAL)
_LEVEL_COLUMNS: Final = (
    Column("status", Words("狀態", "Status"), "text"),
    *(Column(key, FIGURES[key].heading, "money") for key in _LEVEL_FIGURES),
    *(Column(rate.key, rate.heading, "percent") for rate in _LEVEL_RATES),
    Column("predicted", PREDICTED_CAPITAL.heading, "percent"),
    Column("alerts", Words("未結\n警示", "Open\nalerts"), "count"),
)


def level_grid(desk: Desk, levels: Sequence[Level], kind: str, total: Level | None, title: Words, name: str) -> Grid:
    """Authorities or agencies with their figures and rates, in the order given; worst status is a word, not only a colour."""
    day = desk.monitor.today()
    fiscal_year = levels[0].fiscal_year if levels else 0
    counts = alert_counts(desk, fiscal_year)
    lagging, limit = lagging_authorities(desk, fiscal_year), target(desk.monitor.catalogue, day)
    of = agency_name if kind == "agency" else authority_name
    rows, statuses = [], []
    for level in levels:
        counted = counts.get((kind, level.key), NO_ALERTS)
        status = status_of(level, counted, lagging=kind == "authority" and level.key in lagging, limit=limit)
        statuses.append(status)
        rows.append(_level_row(level.key, of(desk.names, level.key), names.STATUS[status], level, counted.all))
    path = "agencies" if kind == "agency" else "authorities"
    gone, whole = days_gone(fiscal_year, day) if levels else (0, 1)
    heading = Words("機關", "Agency") if kind == "agency" else Words("主管機關", "Authority")
    head = named("name", heading, AGENCY_CODE if kind == "agency" else AUTHORITY_CODE)
    every = [level.every_class for level in levels]
    return Grid(
        table=Table(
            name=name,
            title=title,
            label=heading,
            as_of=day,
            columns=(*head, *_LEVEL_COLUMNS),
            rows=rows,
            total=None if total is None else _level_row(None, TOTAL, None, total, None),
            notes=(
                *formulas.of("available", "allotted", "executed", "obligated"),
                PREDICTED_IN_FULL,
                Words(
                    "達成率之直線為年度已過日數之比例；狀態：有重大警示為違規，列入落後名單為落後，另有嚴重或警告者、"
                    "或預估執行率低於標準者為注意，資本支出尚無法預估者為未能判定",
                    "The line in the annual rate is the share of the year gone by. Status: breach with a critical alert,"
                    " lagging when on the lagging list, watch with another high or warning alert or a prediction under the limit,"
                    " not judged where nothing can be predicted for capital money",
                ),
                formulas.ROUNDING,
            ),
        ),
        name=name,
        links={
            "name": [f"{address(path, level.key)}?year={fiscal_year}" for level in levels],
            "alerts": [f"/alerts?year={fiscal_year}&{kind}={level.key}" for level in levels],
        },
        chips={"status": [f"status-{status}" for status in statuses]},
        titles={"predicted": [_predicted_title(level) for level in levels]},
        bars={"annual": [Bar(share(*(ANNUAL.of(each) or (0, 1))), share(gone, whole)) for each in every]},
        row_header="name",
    )


def _predicted_title(level: Level) -> str | None:
    """What the predicted rate divides."""
    predicted = level.capital.predicted
    return None if predicted is None else f"{predicted.numerator:,} ÷ {predicted.denominator:,}"


def _level_row(
    code: str | None, name: Words, status: Words | None, level: Level, alerts: int | None
) -> tuple[Any, ...]:
    every, predicted = level.every_class, level.capital.predicted
    return (
        code,
        name,
        status,
        *(getattr(every, key) for key in _LEVEL_FIGURES),
        *(rate.text(every) for rate in _LEVEL_RATES),
        None if predicted is None else predicted.text(),
        alerts,
    )


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """The gravest first, then the latest opened."""
    order = list(SEVERITY)
    return sorted(
        sorted(alerts, key=lambda each: each.opened_on, reverse=True), key=lambda each: order.index(each.severity)
    )
