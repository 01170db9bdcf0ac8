"""The half-year settlement (半年結算): by authority and agency beside last year's, the reports of June, what came late."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from alerts.naming import line_name
from dashboards.reports import formulas
from dashboards.reports.formats.cells import moment_words
from dashboards.reports.table import AGENCY_CODE, AUTHORITY_CODE, LINE_CODE, TOTAL, Cell, Column, Table, TableRow, named
from ledger.figures import ANNUAL, FIGURES, PERIOD
from ledger.half_year import HalfYear, HalfYearFigures, HalfYearSums, added_up
from ledger.names import Names, agency_name, authority_name
from ledger.vocabulary import ECONOMIC_CLASS, EVENT
from ledger.words import Words, alike
from streams.log.day_books import LateBooking
from streams.people.half_year_acts import FrozenHalfYear

_NOT_FROZEN: Final = Words("試算，尚未定稿", "a draft: not frozen yet")
_BEFORE: Final = Words("上年同期", "Last year")


def tables(
    found: HalfYear,
    names: Names,
    late: Sequence[LateBooking] | None = None,
    frozen: Words | None = None,
) -> list[Table]:
    """The settlement's tables, NT$.

    Args:
        found: the settlement.
        names: what things are called.
        late: what arrived after it was frozen; None where it is not.
        frozen: who froze it, when, under which digest; None: it is a draft.
    """
    said = (_NOT_FROZEN if frozen is None else frozen,)
    made = [
        _by_class(found, said),
        _by_unit(found, names, "authority", said),
        _by_unit(found, names, "agency", said),
        _ties(found, names),
        _differences(found, names),
    ]
    return made if late is None else [*made, _late(found, names, late)]


def frozen_words(kept: FrozenHalfYear) -> Words:
    """Who froze a settlement, when, under which digest, and whether it is still what was frozen."""
    moment, digest = moment_words(kept.at), kept.digest[:16]
    zh = f"{kept.person} 於 {moment.zh} 定稿，摘要值 {digest}"
    en = f"Frozen by {kept.person}, {moment.en}, digest {digest}"
    if not kept.holds:
        return Words(f"{zh}；留存內容與摘要值不符", f"{en}; what is kept is not what was frozen")
    return Words(zh, en)


def _columns(first: Sequence[Column]) -> tuple[Column, ...]:
    keys = ("available", "allotted", "realised", "payable", "saving", "executed")
    now = [Column(key, FIGURES[key].heading, "money") for key in keys]
    rates = [Column(rate.key, rate.heading, "percent") for rate in (PERIOD, ANNUAL)]
    before = [
        Column(
            f"before_{key}",
            Words(f"{_BEFORE.zh}\n{FIGURES[key].name.zh}", f"{_BEFORE.en}\n{FIGURES[key].name.en}"),
            "money",
        )
        for key in ("allotted", "executed")
    ]
    rate_before = Column(
        "before_period", Words(f"{_BEFORE.zh}\n{PERIOD.name.zh}", f"{_BEFORE.en}\n{PERIOD.name.en}"), "percent"
    )
    return (*first, *now, *rates, *before, rate_before)


def _row(first: Sequence[Cell], now: HalfYearSums, before: HalfYearSums) -> TableRow:
    known = before.available != 0 or before.executed != 0
    return (
        *first,
        *(getattr(now, key) for key in ("available", "allotted", "realised", "payable", "saving", "executed")),
        now.period,
        now.annual,
        before.allotted if known else None,
        before.executed if known else None,
        before.period,
    )


def _table(found: HalfYear, key: str, zh: str, en: str, columns: tuple[Column, ...], said: tuple[Words, ...]) -> Table:
    return Table(
        name=f"half_year_{key}",
        key=key,
        fiscal_year=found.fiscal_year,
        title=Words(
            f"{found.fiscal_year}年度半年結算{zh}", f"Half-year settlement, fiscal year {found.fiscal_year}: {en}"
        ),
        label=Words(f"{zh} {found.fiscal_year}"[:28], f"{en} {found.fiscal_year}"[:28]),
        as_of=found.as_of,
        columns=columns,
        rows=[],
        notes=said,
    )


_CLASS: Final = (Column("class", Words("門別", "Class"), "text"),)


def _by_class(found: HalfYear, said: tuple[Words, ...]) -> Table:
    def of(name: str, figures: Iterable[HalfYearFigures]) -> HalfYearSums:
        return added_up(each for each in figures if name in ("all", each.economic_class))

    made = _table(found, "summary", "歲出總表", "expenditure", _columns(_CLASS), said)
    made.rows = [
        _row((ECONOMIC_CLASS[name],), of(name, found.figures), of(name, found.before))
        for name in ("current", "capital")
    ]
    made.total = _row((TOTAL,), of("all", found.figures), of("all", found.before))
    made.notes = (*said, *formulas.of("available", "executed"), formulas.ROUNDING)
    return made


def _by_unit(found: HalfYear, names: Names, unit: str, said: tuple[Words, ...]) -> Table:
    is_authority = unit == "authority"
    what = ("主管機關別表", "by authority") if is_authority else ("機關別表", "by agency")
    code = AUTHORITY_CODE if is_authority else AGENCY_CODE
    heading = Words("主管機關", "Authority") if is_authority else Words("機關", "Agency")
    called: Callable[[Names, str], Words] = authority_name if is_authority else agency_name
    made = _table(found, unit, *what, _columns(named(unit, heading, code)), said)
    now, before = _grouped(found.figures, unit), _grouped(found.before, unit)
    made.rows = [
        _row((each, called(names, each)), added_up(now.get(each, ())), added_up(before.get(each, ())))
        for each in sorted({*now, *before})
    ]
    total = _row((None, TOTAL), added_up(found.figures), added_up(found.before))
    made.total = total if made.rows else None
    return made


def _grouped(figures: Iterable[HalfYearFigures], unit: str) -> dict[str, list[HalfYearFigures]]:
    found: dict[str, list[HalfYearFigures]] = {}
    for each in figures:
        found.setdefault(getattr(each, unit), []).append(each)
    return found


_TIE_COLUMNS: Final = (
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    Column("reported", Words("已列報\n科目", "Lines\nreported"), "count"),
    Column("unreported", Words("未列報\n科目", "Lines not\nreported"), "count"),
    Column("differences", Words("不符\n科目", "Lines that\ndiffer"), "count"),
    Column("difference", Words("差額合計", "Sum of the\ndifferences"), "money"),
)


def _ties(found: HalfYear, names: Names) -> Table:
    made = _table(found, "ties", "與6月會計報告核對", "against the reports of June", _TIE_COLUMNS, ())
    for each in found.ties:
        apart = [one.reported - one.realised for one in found.differences if one.agency == each.agency]
        counts = each.reported, each.unreported, len(apart)
        made.rows.append((each.agency, agency_name(names, each.agency), *counts, sum(apart)))
    reported, unreported = (sum(getattr(each, key) for each in found.ties) for key in ("reported", "unreported"))
    difference = sum(one.reported - one.realised for one in found.differences)
    if made.rows:
        made.total = (None, TOTAL, reported, unreported, len(found.differences), difference)
    made.notes = (
        Words(
            "核對各科目會計報告 6 月底累計實現數與帳載 1 至 6 月實現數；未列報者為有預算而 6 月無列報之科目",
            "What each line's report says was realised by the end of June against the books of January to June; not"
            " reported: lines with money of which June's report says nothing",
        ),
    )
    return made


_DIFFERENCE_COLUMNS: Final = (
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    *named("line", Words("預算科目", "Line"), LINE_CODE),
    Column("reported", Words("會計報告數", "Reported"), "money"),
    Column("realised", Words("帳載實現數", "By the books"), "money"),
    Column("difference", Words("差額", "Difference"), "money"),
)


def _differences(found: HalfYear, names: Names) -> Table:
    made = _table(found, "differences", "核對不符明細", "lines that differ", _DIFFERENCE_COLUMNS, ())
    made.rows = [
        (
            each.agency,
            agency_name(names, each.agency),
            each.position,
            line_name(names, found.fiscal_year, each.position),
            each.reported,
            each.realised,
            each.reported - each.realised,
        )
        for each in found.differences
    ]
    return made


_LATE_COLUMNS: Final = (
    *named("agency", Words("機關", "Agency"), AGENCY_CODE),
    Column("booked_on", Words("入帳日", "Booked on"), "day"),
    Column("event", Words("事件", "Event"), "text"),
    Column("id", Words("事件編號", "Event id"), "text"),
    *named("line", Words("預算科目", "Line"), LINE_CODE),
    Column("amount", Words("金額", "Amount"), "money"),
    Column("at", Words("送達", "Arrived"), "text"),
)


def _late(found: HalfYear, names: Names, late: Sequence[LateBooking]) -> Table:
    made = _table(found, "late", "定稿後送達之異動", "what arrived after it was frozen", _LATE_COLUMNS, ())
    for event, at in late:
        kind = str(event.__struct_config__.tag)
        line = getattr(event, "line", None)
        amount = getattr(event, "amount", getattr(event, "realised", None))
        made.rows.append(
            (
                event.agency,
                agency_name(names, event.agency),
                event.booked_on,
                EVENT.get(kind, alike(kind)),
                event.id,
                line,
                None if line is None else line_name(names, found.fiscal_year, line),
                amount,
                moment_words(at),
            )
        )
    made.notes = (
        Words(
            "入帳日在 6 月 30 日以前而於定稿後送達者；已定稿之數字不因此變動",
            "Booked on or before 30 June and arrived after the freeze; the figures frozen do not change",
        ),
    )
    return made
