"""Lists: who lags and what changed, alerts with article and message, carry-over, refusals, lines by month, commitments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from grafana_foundation_sdk.builders import bargauge, common, statushistory, table, text
from grafana_foundation_sdk.models.common import BarGaugeNamePlacement
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from alerts.vocabulary import ALERT_STATE, SEVERITY
from dashboards.colours import ACTUAL, SEVERITY_FILL, STATUS_FILL
from dashboards.panels.joined import JoinedColumn, joined
from dashboards.panels.looks import (
    COUNT,
    MONEY,
    POINTS,
    SHARE,
    bars_panel,
    filled,
    hidden,
    history_panel,
    linked,
    narrow,
    one_fill,
    page_link,
    steps,
    table_panel,
    text_panel,
    with_unit,
    words_of,
    wrapped,
    yi,
)
from dashboards.panels.panel import panel
from dashboards.panels.queries import PostgresQuery, ReadyQuery, cells, now, rows
from dashboards.panels.rates import AGENCY_PAGE
from ledger.figures import PREDICTED_CAPITAL, PREDICTED_IN_FULL
from ledger.other_figures import CARRYOVER_FIGURES
from ledger.vocabulary import CARRYOVER_FIGURE, REASON
from ledger.words import Language, Words, as_sentence

_YEAR: Final = {"fiscal_year": "$year"}
_TAIPEI: Final = "to_char(at::timestamptz AT TIME ZONE 'Asia/Taipei', 'YYYY-MM-DD HH24:MI:SS')"
_THE_PAGE: Final = Words("網頁", "The page")


@panel("cases", 1, at=(0, 0, 24, 11))
def lagging(reader: Language) -> table.Panel:
    """The lagging list as the page has it, with what changed since the last meeting."""
    said = Words(
        f"{PREDICTED_IN_FULL.zh}。變動：與上次提報之名單比較，百分點；尚須執行＝達到標準於年底前還要執行的數額。"
        "未能判定者不在名單上，並非達成。",
        f"{PREDICTED_IN_FULL.en}. Change: against the list presented last, in points; still to execute: what is missing to the"
        " target by the end of the year. Who could not be judged is on no list, and no good news.",
    )
    heads = [
        JoinedColumn("Value #B", Words("名次", "Rank")),
        JoinedColumn(f"name_{reader}", Words("主管機關", "Authority")),
        JoinedColumn("Value #C", PREDICTED_CAPITAL.name),
        JoinedColumn("Value #D", Words("較上次", "Since last")),
        JoinedColumn("Value #E", Words("新列入", "Joined")),
        JoinedColumn("Value #F", Words("尚須執行", "Still to execute")),
        JoinedColumn("key", Words("代碼", "Code")),
    ]
    made = table_panel(reader, Words("資本支出落後名單", "Lagging list"), said)
    listed = f"max by (key) ({now('lagging_rank', **_YEAR)})"
    capital = {"level": "authority", "economic_class": "capital", "rate": "predicted", **_YEAR}
    for ref_id, expression in {
        "A": f"max by (key, name_{reader}) ({now('level_info', level='authority')}) and on (key) {listed}",
        "B": listed,
        "C": f"max by (key) ({now('execution_ratio', **capital)}) and on (key) {listed}",
        "D": f"max by (key) ({now('lagging_change_ratio', **_YEAR)}) * 100",
        "E": f"max by (key) ({now('lagging_joined', **_YEAR)})",
        "F": f"max by (key) ({now('shortfall_twd', **_YEAR)})",
    }.items():
        made = made.with_target(cells(expression, ref_id))
    made = joined(made, reader, heads)
    rank, name, predicted, changed, new, short, code = (head.words.text(reader) for head in heads)
    joining = {"1": (Words("新列入", "joined"), None), "0": (Words("—", "–"), None)}
    made = with_unit(with_unit(made, SHARE, predicted, decimals=2), MONEY, short)
    made = with_unit(made, POINTS.text(reader), changed, decimals=2)
    made = made.override_by_name(new, [DynamicConfigValue(id_val="mappings", value=words_of(joining, reader))])
    url = "${page}/authorities/${__data.fields[" + f'"{code}"' + "]:percentencode}?year=${year}"
    made = linked(made, name, _THE_PAGE.text(reader), url).links([page_link(reader, "/lagging")])
    made = narrow(made, {rank: 64, predicted: 170, changed: 150, new: 100, short: 170, code: 80})
    return made.sort_by([common.TableSortByFieldState().display_name(rank).desc(False)])


def _quoted(columns: Mapping[str, Words], reader: Language) -> str:
    """What is selected, each under its name."""
    return ", ".join(f'{sql} AS "{words.text(reader)}"' for sql, words in columns.items())


def _alert_table(reader: Language, title: Words, said: Words, where: str, page: str) -> table.Panel:
    state, severity = Words("狀態", "State"), Words("程度", "Severity")
    titles = {
        "severity": severity,
        "state": state,
        f"agency_{reader}": Words("機關", "Agency"),
        f"authority_{reader}": Words("主管機關", "Authority"),
        f"rule_{reader}": Words("規則", "Rule"),
        f"message_{reader}": Words("情形及法條", "What happened, and the article"),
        "opened_on": Words("發生日", "Since"),
        "days": Words("已過天數", "Days"),
    }
    sql = (
        f"SELECT {_quoted(titles, reader)}, id FROM board_alerts WHERE fiscal_year = $year"  # noqa: S608  # our own words
        f" AND state IN ('open', 'acknowledged'){where}"
        " ORDER BY array_position(ARRAY['critical', 'high', 'warn', 'info'], severity), opened_on DESC, id LIMIT 500"
    )
    made = table_panel(reader, title, said).with_target(rows(sql))
    fills = {key: (words, SEVERITY_FILL[key]) for key, words in SEVERITY.items()}
    made = made.override_by_name(
        severity.text(reader), [*filled(), DynamicConfigValue(id_val="mappings", value=words_of(fills, reader))]
    )
    states = {key: (words, None) for key, words in ALERT_STATE.items()}
    made = made.override_by_name(
        state.text(reader), [DynamicConfigValue(id_val="mappings", value=words_of(states, reader))]
    )
    widths = (
        ("severity", 76),
        ("state", 76),
        (f"agency_{reader}", 130),
        (f"authority_{reader}", 130),
        (f"rule_{reader}", 210),
    )
    made = narrow(made, {titles[key].text(reader): width for key, width in (*widths, ("opened_on", 100), ("days", 84))})
    made = with_unit(made, COUNT, titles["days"].text(reader))
    message, url = titles[f"message_{reader}"].text(reader), "${page}/alerts/${__data.fields.id}"
    made = wrapped(made, message)
    return linked(hidden(made, "id"), message, _THE_PAGE.text(reader), url).links([page_link(reader, page)])


@panel("cases", 2, at=(0, 11, 24, 13))
def alerts(reader: Language) -> table.Panel:
    """Unfinished alerts, the gravest first."""
    said = Words(
        "未結（未處理或已簽收）之警示，重者在前，最多 500 筆。", "Unfinished alerts, the gravest first, 500 at most."
    )
    return _alert_table(reader, Words("未結警示", "Unfinished alerts"), said, "", "/alerts?year=${year}")


@panel("unit", 21, at=(0, 24, 24, 10))
def agency_alerts(reader: Language) -> table.Panel:
    """An agency's unfinished alerts, with how long they wait to be acknowledged."""
    said = Words(
        "未結之警示；未處理者為尚未簽收，已過天數自發生日起算。",
        "Unfinished alerts; an open one is not acknowledged yet, its days count from when it was opened.",
    )
    title = Words("${agency:text}：未結警示", "${agency:text}: unfinished alerts")
    page = "/alerts?year=${year}&agency=${agency:percentencode}"
    return _alert_table(reader, title, said, " AND agency = ${agency:sqlstring}", page)


@panel("unit", 22, at=(0, 34, 24, 11))
def lines_by_month(reader: Language) -> statushistory.Panel:
    """Month by line: what was realised and prepaid of what was allotted by then."""
    said = Words(
        "各科目（經費最多的 40 個）各月底：實現數與預付數之和÷累計分配數。逾 100% 者為違規之色：分配預算不得超支（預算法第61條）。",
        "Of the 40 largest lines at each month's end: (realised + prepaid) ÷ allotted by then. Above 100 % is a breach: what is"
        " allotted may not be exceeded (Budget Act, Art. 61).",
    )
    sql = (
        "SELECT m.until AS time, m.name AS metric, (m.realised_to_date + m.prepaid_to_date) / nullif(m.allotted_to_date, 0) AS value"
        " FROM board_line_months m JOIN (SELECT name FROM board_lines WHERE fiscal_year = $year AND agency = ${agency:sqlstring}"
        " AND available > 0 ORDER BY available DESC, name LIMIT 40) l USING (name)"
        " WHERE m.fiscal_year = $year AND m.agency = ${agency:sqlstring} AND m.month <= 12 AND m.until <= now()"
        " AND m.allotted_to_date > 0 ORDER BY m.until, m.name"
    )
    made = history_panel(
        reader, Words("${agency:text}：各科目各月執行", "${agency:text}: lines by month"), said, SHARE
    ).decimals(0)
    made = made.with_target(ReadyQuery(PostgresQuery(sql, "A", "time_series")))
    made = made.thresholds(steps((None, STATUS_FILL["normal"]), (1.000_000_1, STATUS_FILL["breach"])))
    return made.links([page_link(reader, AGENCY_PAGE)])


@panel("unit", 23, at=(18, 15, 6, 9))
def commitments(reader: Language) -> bargauge.Panel:
    """What stands open under contracts, by the year that its money comes from."""
    said = Words(
        "未清償之契約責任數，依經費所屬年度：年度越早，拖得越久。",
        "What stands open of commitments, by the year that the money comes from: the earlier, the older.",
    )
    named = "origin_year || '年度'" if reader == "zh" else "'FY ' || origin_year"
    sql = (
        f"SELECT {named} AS year, sum(outstanding) / 1e8 AS outstanding FROM board_commitments"  # noqa: S608  # a word
        " WHERE fiscal_year = $year AND agency = ${agency:sqlstring} GROUP BY origin_year ORDER BY origin_year"
    )
    made = bars_panel(
        reader, Words("${agency:text}：契約責任之年齡", "${agency:text}: age of commitments"), said, yi(reader)
    )
    made = (
        made.name_placement(BarGaugeNamePlacement.TOP).decimals(2).thresholds(one_fill(ACTUAL)).with_target(rows(sql))
    )
    return made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(True).fields("")).links(
        [page_link(reader, AGENCY_PAGE)]
    )


@panel("cases", 5, at=(0, 34, 24, 8))
def carryover(reader: Language) -> table.Panel:
    """Carry-over that was applied for."""
    titles = {
        f"agency_{reader}": Words("機關", "Agency"),
        "id": Words("保留案", "Case"),
        "line": Words("預算科目", "Budget line"),
        "origin_year": Words("原年度", "From year"),
        **CARRYOVER_FIGURE,
    }
    sql = (
        f"SELECT {_quoted(titles, reader)}, agency FROM board_carryover_cases WHERE fiscal_year = $year"  # noqa: S608  # our own words
        " ORDER BY awaiting DESC, applied DESC, agency, id LIMIT 500"
    )
    said = as_sentence(CARRYOVER_FIGURES["awaiting"].formula)
    made = table_panel(reader, Words("保留案", "Carry-over cases"), said).with_target(rows(sql))
    amounts = [titles[key].text(reader) for key in CARRYOVER_FIGURE]
    made = with_unit(with_unit(made, MONEY, *amounts), COUNT, titles["origin_year"].text(reader))
    made = narrow(made, {titles["line"].text(reader): 210, titles["origin_year"].text(reader): 80})
    url = "${page}/agencies/${__data.fields.agency:percentencode}?year=${year}"
    made = linked(hidden(made, "agency"), titles[f"agency_{reader}"].text(reader), _THE_PAGE.text(reader), url)
    return made.links([page_link(reader, "/?year=${year}")])


@panel("cases", 6, at=(0, 42, 24, 9))
def refusals(reader: Language) -> table.Panel:
    """What was refused and nothing was accepted for since, the latest first."""
    reason = Words("原因", "Reason")
    titles = {
        _TAIPEI: Words("時刻", "At"),
        "reason": reason,
        f"agency_{reader}": Words("機關", "Agency"),
        "id": Words("事件編號", "Event"),
        "origin": Words("來源", "From"),
        "line": Words("行", "Line"),
    }
    sql = (
        f"SELECT {_quoted(titles, reader)} FROM board_refusals WHERE NOT settled ORDER BY at DESC, place DESC LIMIT 200"  # noqa: S608  # our own words
    )
    said = Words(
        "拒收而尚未重新送達之資料，最近 200 筆。", "Events refused that nothing was accepted for since, the latest 200."
    )
    made = table_panel(reader, Words("拒收", "Refusals"), said).with_target(rows(sql))
    reasons = {key: (words, None) for key, words in REASON.items()}
    made = made.override_by_name(
        reason.text(reader), [DynamicConfigValue(id_val="mappings", value=words_of(reasons, reader))]
    )
    made = linked(made, titles["id"].text(reader), _THE_PAGE.text(reader), "${page}/refusals")
    return made.links([page_link(reader, "/refusals")])


@panel("cases", 9, at=(0, 51, 24, 6), only="embedded")
def lists_on_the_page(reader: Language) -> text.Panel:
    """Where the lists are that an embedded store cannot give to Grafana."""
    content = Words(
        "單機版之資料庫不供 Grafana 查詢，下列清單請看網頁：\n\n- [未結警示](${page}/alerts?year=${year})\n"
        "- [預備金動支案](${page}/reserves?year=${year})\n- [拒收](${page}/refusals)\n- [落後名單](${page}/lagging)",
        "Grafana cannot ask the embedded store; these lists are on the page:\n\n- [Unfinished alerts](${page}/alerts?year=${year})\n"
        "- [Reserve cases](${page}/reserves?year=${year})\n- [Refusals](${page}/refusals)\n- [Lagging list](${page}/lagging)",
    )
    said = Words("單機版以網頁代替清單。", "The page takes the place of lists.")
    return text_panel(reader, Words("清單在網頁上", "The lists are on the page"), said, content)
