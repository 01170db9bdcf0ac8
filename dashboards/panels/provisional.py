"""Spending before the budget is adopted: who is under it, what was counted against base and month, what is blocked."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import bargauge, stat, table
from grafana_foundation_sdk.models.common import BigValueTextMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards.colours import ACTUAL, SEVERITY_FILL, STATUS_FILL
from dashboards.panels.looks import (
    COUNT,
    MONEY,
    SHARE,
    bars_panel,
    hidden,
    link_to,
    linked,
    narrow,
    page_link,
    stat_panel,
    steps,
    table_panel,
    with_unit,
    yi,
)
from dashboards.panels.panel import panel
from dashboards.panels.queries import called, instant, now, rows
from ledger.figures import small
from ledger.other_figures import PROVISIONAL_FIGURES, PROVISIONAL_SPENT
from ledger.vocabulary import FIELD
from ledger.words import Language, Words

_YEAR: Final = {"fiscal_year": "$year"}
_BASE, _COUNTED, _HEADROOM = PROVISIONAL_FIGURES.values()
_NOT_KNOWN: Final = Words("尚未得知", "not known")
_NOTHING_BARRED: Final = Words("—", "–")
_NOBODY: Final = Words("無（預算均已審議完成）", "none (every budget is adopted)")


@panel("reserves", 11, at=(0, 31, 4, 8))
def agencies_under(reader: Language) -> stat.Panel:
    """How many agencies have no adopted budget."""
    said = Words("預算尚未審議完成之機關數；完成者不再計。", "Agencies whose budget is not adopted yet.")
    made = stat_panel(reader, Words("審議未完成之機關", "Under continuing resolution"), said, COUNT).decimals(0)
    made = made.with_target(instant(now("provisional_agencies", **_YEAR)))
    return made.thresholds(steps((None, STATUS_FILL["normal"]), (1, STATUS_FILL["watch"]))).links(
        [page_link(reader, "/?year=${year}")]
    )


@panel("reserves", 12, at=(4, 31, 5, 8))
def headroom(reader: Language) -> stat.Panel:
    """What the city's agencies under continuing resolution may still spend."""
    said = Words(
        f"{_BASE.formula.zh}；{_HEADROOM.formula.zh}。超出者逐科目加總，不互抵。",
        f"{_BASE.formula.en}; {small(_HEADROOM.formula.en)}. What is beyond is added up line by line.",
    )
    made = stat_panel(reader, Words("審議完成前可支用", "Before adoption"), said, yi(reader)).decimals(2)
    made = made.no_value(_NOBODY.text(reader)).text_mode(BigValueTextMode.VALUE_AND_NAME)
    city = {"level": "city", **_YEAR}
    left = _HEADROOM.put_together(" + ", " - ", lambda key: now(f"provisional_{key}_twd", **city))
    for asked, words, ref_id in (
        (f"{now('provisional_counted_twd', **city)} / 1e8", _COUNTED.name, "A"),
        (f"({left}) / 1e8", _HEADROOM.name, "B"),
        (f"{now('provisional_over_base_twd', **city)} / 1e8", Words("超出基準", "Beyond the base"), "C"),
    ):
        made = made.with_target(instant(asked, words.text(reader), ref_id))
    return made.links([page_link(reader, "/alerts?year=${year}&rule=cr-over-base")])


@panel("reserves", 13, at=(9, 31, 6, 8))
def against_base(reader: Language) -> bargauge.Panel:
    """Counted ÷ base, of the agencies that are furthest."""
    said = Words(
        f"各機關{PROVISIONAL_SPENT.formula.zh}，最高的 12 個；逾 100% 者為落後之色。",
        f"{_COUNTED.name.en} ÷ {_BASE.short.en}, the 12 highest agencies.",
    )
    share = f"{now('provisional_counted_twd', level='agency', **_YEAR)} / ({now('provisional_base_twd', level='agency', **_YEAR)} > 0)"
    return _shares(reader, Words("對基準之支用比例", "Spent of the base"), said, share)


@panel("reserves", 14, at=(15, 31, 5, 8))
def against_month(reader: Language) -> bargauge.Panel:
    """This month's payments ÷ what is allotted to it."""
    said = Words(
        "各機關本月已計入之支付÷本月分配數，最高的 12 個。",
        "This month's payments counted ÷ what is allotted to the month, the 12 highest.",
    )
    month = {"level": "agency", **_YEAR}
    share = f"{now('provisional_month_counted_twd', **month)} / ({now('provisional_month_allotted_twd', **month)} > 0)"
    return _shares(reader, Words("對本月分配之支用比例", "Spent of the month"), said, share)


def _shares(reader: Language, title: Words, said: Words, share: str) -> bargauge.Panel:
    made = bars_panel(reader, title, said, SHARE).decimals(1).max(1).no_value(_NOBODY.text(reader))
    made = made.with_target(instant(f"topk(12, {called(share, reader)})", "{{name_" + reader + "}}"))
    made = made.thresholds(steps((None, ACTUAL), (1.0, STATUS_FILL["lagging"])))
    return made.links([page_link(reader, "/?year=${year}")])


@panel("reserves", 15, at=(20, 31, 4, 8))
def blocked(reader: Language) -> stat.Panel:
    """Spending that may not be made before adoption, and was."""
    said = Words(
        "審議完成前支用之未結警示：新增資本支出、新增科目、新增計畫，及逾基準、逾月分配等。",
        "Unfinished alerts about spending before adoption: what is new, beyond the base, beyond the month.",
    )
    made = stat_panel(reader, Words("審議前支用之警示", "Alerts before adoption"), said, COUNT).decimals(0)
    made = made.with_target(instant(f"sum ({now('alerts_open', rule='~cr-.*', **_YEAR)})"))
    link = link_to(Words("警示", "Alerts").text(reader), "${page}/alerts?year=${year}")
    return made.thresholds(steps((None, STATUS_FILL["normal"]), (1, SEVERITY_FILL["high"]))).links([link])


@panel("reserves", 16, at=(0, 39, 24, 10))
def lines_before_adoption(reader: Language) -> table.Panel:
    """Line by line: what may be spent before adoption, what was, and what waits for it."""
    agency, line = Words("機關", "Agency"), Words("預算科目", "Budget line")
    base, counted, left = _BASE.name, _COUNTED.name, _HEADROOM.name
    barred = Words("審議完成前不得支用", "Barred until adoption")
    flags = ", ".join(
        f"CASE WHEN {flag} THEN '{FIELD[flag].text(reader)}' END"
        for flag in ("new_capital", "new_account", "new_program")
    )
    between = "、" if reader == "zh" else ", "
    sql = (
        f'SELECT agency_{reader} AS "{agency.text(reader)}", name AS "{line.text(reader)}", base AS "{base.text(reader)}",'  # noqa: S608  # our own words
        f' counted AS "{counted.text(reader)}", headroom AS "{left.text(reader)}",'
        f" concat_ws('{between}', {flags}) AS \"{barred.text(reader)}\", agency FROM board_provisional_lines"
        " WHERE fiscal_year = $year ORDER BY (new_capital OR new_account OR new_program) DESC, headroom NULLS LAST, agency, name"
        " LIMIT 500"
    )
    said = Words(
        "審議未完成之機關逐科目：不得支用者（新增資本支出、新增科目、新增計畫；法定經費及災害除外）在前，次依餘額由少至多，最多 500 筆。",
        "Of agencies without an adopted budget, line by line: what is barred (new capital spending, new accounts, new programs;"
        " statutory money and disasters apart) first, then the least headroom, 500 at most.",
    )
    made = table_panel(reader, Words("審議完成前各科目", "Lines before adoption"), said).with_target(rows(sql))
    made = with_unit(made, MONEY, *(each.text(reader) for each in (base, counted, left)))
    made = narrow(made, {agency.text(reader): 180, line.text(reader): 260}).no_value(_NOBODY.text(reader))
    for column, blank in ((base, _NOT_KNOWN), (left, _NOT_KNOWN), (barred, _NOTHING_BARRED)):
        none = DynamicConfigValue(id_val="noValue", value=blank.text(reader))
        made = made.override_by_name(column.text(reader), [none])
    url = "${page}/agencies/${__data.fields.agency:percentencode}?year=${year}"
    made = linked(hidden(made, "agency"), agency.text(reader), Words("機關網頁", "The agency").text(reader), url)
    return made.links([page_link(reader, "/?year=${year}")])
