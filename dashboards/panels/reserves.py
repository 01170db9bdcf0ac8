"""The reserves: what is left, how long it lasts, how the balance went, and every case that drew on it."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import bargauge, stat, table, timeseries
from grafana_foundation_sdk.models.common import BigValueTextMode
from grafana_foundation_sdk.models.dashboard import (
    DashboardRangeMapOptions,
    DynamicConfigValue,
    RangeMap,
    ValueMappingResult,
)

from dashboards.colours import ACTUAL, FORECAST, STATUS_FILL
from dashboards.panels.looks import (
    MONEY,
    bars_panel,
    hidden,
    lines_panel,
    link_to,
    linked,
    narrow,
    page_link,
    stat_panel,
    steps,
    styled,
    table_panel,
    with_unit,
    yi,
)
from dashboards.panels.panel import panel
from dashboards.panels.queries import by_day, called, curve, instant, now, rows
from dashboards.runway import DAYS_A_MONTH, RUNWAY
from ledger.other_figures import RESERVE_FIGURES, RESERVE_LEFT
from ledger.vocabulary import FUND, RESERVE
from ledger.words import Language, Words, as_sentence

_YEAR: Final = {"fiscal_year": "$year"}
_PAGE: Final = "/reserves?year=${year}"
_REMAINING: Final = as_sentence(RESERVE_FIGURES["remaining"].formula)
_NET: Final = as_sentence(RESERVE_FIGURES["net"].formula)
_BELOW_ZERO: Final = ((None, STATUS_FILL["breach"]), (0.0, STATUS_FILL["normal"]))

_NOT_ENTERED: Final = Words("未登錄", "not entered")


def _by_reserve(made: stat.Panel, reader: Language, metric: str, divided: str = "") -> stat.Panel:
    for (reserve, words), ref_id in zip(RESERVE.items(), "ABC", strict=True):
        asked = f"sum by (reserve) ({now(metric, reserve=reserve, **_YEAR)}){divided}"
        made = made.with_target(instant(asked, words.text(reader), ref_id))
    return made.text_mode(BigValueTextMode.VALUE_AND_NAME).links([page_link(reader, _PAGE)])


def _remaining(reader: Language) -> stat.Panel:
    made = stat_panel(reader, Words("預備金可動支餘額", "Reserves: remaining"), _REMAINING, yi(reader)).decimals(2)
    return _by_reserve(made.thresholds(steps(*_BELOW_ZERO)), reader, "reserve_remaining_twd", " / 1e8")


def _runway(reader: Language) -> stat.Panel:
    said = Words(
        f"{RUNWAY.zh}，每月以 {DAYS_A_MONTH} 日計；僅為推估，尚未動支者不顯示。",
        f"{RUNWAY.en}, {DAYS_A_MONTH} days a month: an estimate, left out while nothing is drawn.",
    )
    made = stat_panel(
        reader,
        Words("照目前速度可用", "Lasts at this pace"),
        said,
        "suffix:個月" if reader == "zh" else "suffix:months",
    )
    beyond = Words("10 年以上", "over 10 years").text(reader)
    ages = RangeMap(options=DashboardRangeMapOptions(from_val=120, to=None, result=ValueMappingResult(text=beyond)))
    return _by_reserve(made.decimals(1).mappings([ages]), reader, "reserve_runway_months")


@panel("overview", 16, at=(12, 13, 3, 12))
def city_remaining(reader: Language) -> stat.Panel:
    """What can be drawn."""
    return _remaining(reader)


@panel("overview", 17, at=(15, 13, 3, 12))
def city_runway(reader: Language) -> stat.Panel:
    """How long it lasts."""
    return _runway(reader)


@panel("reserves", 1, at=(0, 0, 12, 4))
def remaining(reader: Language) -> stat.Panel:
    """What can be drawn."""
    return _remaining(reader)


@panel("reserves", 2, at=(12, 0, 12, 4))
def runway(reader: Language) -> stat.Panel:
    """How long it lasts."""
    return _runway(reader)


@panel("reserves", 3, at=(0, 4, 12, 9))
def balance(reader: Language) -> timeseries.Panel:
    """The balance of the city's two funds, in steps."""
    made = (
        lines_panel(reader, Words("可動支餘額變動", "Balance over time"), _REMAINING, yi(reader))
        .decimals(2)
        .axis_soft_min(0)
    )
    for reserve, colour, ref_id in (("second", ACTUAL, "A"), ("disaster", FORECAST, "B")):
        name = RESERVE[reserve].text(reader)
        asked = by_day("reserve_remaining_twd", reserve=reserve, **_YEAR)
        made = made.with_target(curve(f"{asked} / 1e8", name, ref_id))
        made = styled(made, name, colour, width=3, dots=reserve == "disaster", stepped=True)
    return made.links([page_link(reader, _PAGE)])


@panel("reserves", 4, at=(12, 4, 12, 9))
def first_reserves(reader: Language) -> bargauge.Panel:
    """What agencies have left of their own first reserves, the least first."""
    share = f"{now('reserve_remaining_twd', reserve='first', **_YEAR)} / ({now('reserve_established_twd', reserve='first', **_YEAR)} > 0)"
    level = f'label_replace(label_replace({share}, "key", "$1", "agency", "(.*)"), "level", "agency", "", "")'
    said = Words(
        f"各機關第一預備金：{RESERVE_LEFT.formula.zh}，最少的 15 個機關。",
        f"First reserves: {RESERVE_LEFT.formula.en}, the 15 agencies with the least.",
    )
    made = (
        bars_panel(reader, Words("第一預備金剩餘比例", "First reserves: share left"), said, "percentunit")
        .max(1)
        .decimals(1)
    )
    made = made.with_target(instant(f"bottomk(15, {called(level, reader)})", "{{name_" + reader + "}}"))
    return made.thresholds(steps((None, STATUS_FILL["breach"]), (0.0, ACTUAL))).links([page_link(reader, _PAGE)])


def _cases(reader: Language, title: Words, said: Words, where: str) -> table.Panel:
    names = (
        Words("機關", "Agency"),
        Words("預備金", "Reserve"),
        Words("動支案", "Case"),
        Words("預算科目", "Budget line"),
    )
    agency, reserve, case, line = (each.text(reader) for each in names)
    called_by = " ".join(f"WHEN '{key}' THEN '{words.text(reader)}'" for key, words in RESERVE.items())
    amounts = {key: FUND[key].text(reader) for key in ("pending", "approved", "cancelled", "returned", "net")}
    notified = Words("送議會備查日", "Council notified").text(reader)
    money = ", ".join(f'{key} AS "{name}"' for key, name in amounts.items())
    sql = (
        f'SELECT agency_{reader} AS "{agency}", CASE reserve {called_by} END AS "{reserve}", id AS "{case}", line AS "{line}", '  # noqa: S608  # our own words
        f'{money}, notified_on AS "{notified}", agency FROM board_reserve_cases WHERE fiscal_year = $year{where} '
        "ORDER BY net DESC, agency, id LIMIT 1000"
    )
    made = with_unit(table_panel(reader, title, said), MONEY, *amounts.values()).with_target(rows(sql))
    wide = 1 if reader == "zh" else 1.4  # English names are longer
    widths = {agency: 150, reserve: 110, notified: 120}
    made = narrow(made, {case: 100, line: 210} | {name: int(width * wide) for name, width in widths.items()})
    made = made.override_by_name(notified, [DynamicConfigValue(id_val="noValue", value=_NOT_ENTERED.text(reader))])
    url = "${page}/agencies/${__data.fields.agency:percentencode}?year=${year}"
    made = linked(hidden(made, "agency"), agency, Words("機關網頁", "The agency").text(reader), url)
    return made.links([page_link(reader, _PAGE)])


@panel("reserves", 5, at=(0, 13, 24, 10))
def cases(reader: Language) -> table.Panel:
    """Every case of the year."""
    return _cases(reader, Words("動支案", "Cases"), _NET, "")


@panel("reserves", 6, at=(0, 23, 24, 8))
def without_notice(reader: Language) -> table.Panel:
    """Cases that the council has not been notified of."""
    said = Words(
        "已核准而未登錄送議會備查日之第一、第二預備金動支案，災害除外；超過規定金額者另有警示。",
        "Approved draws on the first and second reserves without a day of notice to the council, disasters left out; those"
        " above the amount of the law have an alert.",
    )
    where = " AND approved > 0 AND notified_on IS NULL AND NOT disaster AND reserve <> 'disaster'"
    return _cases(reader, Words("未登錄送議會備查之動支案", "Cases without notice to the council"), said, where)


@panel("cases", 4, at=(0, 24, 24, 10))
def cases_listed(reader: Language) -> table.Panel:
    """Every case of the year, among the other lists."""
    return _cases(reader, Words("預備金動支案", "Reserve cases"), _NET, "").links(
        [link_to(Words("網頁", "The page").text(reader), "${page}" + _PAGE)]
    )
