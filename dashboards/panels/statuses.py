"""How authorities and agencies stand, in words beside colours; alerts by severity; what is not known."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import common, stat, table
from grafana_foundation_sdk.models.common import BigValueTextMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from alerts.vocabulary import SEVERITY
from dashboards.colours import SEVERITY_FILL, STATUS_FILL
from dashboards.metrics.warnings import STATUS_VALUE
from dashboards.panels.joined import JoinedColumn, joined
from dashboards.panels.looks import (
    COUNT,
    SHARE,
    filled,
    link_to,
    linked,
    narrow,
    page_link,
    stat_panel,
    steps,
    table_panel,
    words_of,
)
from dashboards.panels.panel import panel
from dashboards.panels.queries import cells, instant, now
from dashboards.web.names import STATUS
from ledger.figures import ANNUAL, PREDICTED_CAPITAL, PREDICTED_IN_FULL
from ledger.words import Language, Words

_YEAR: Final = {"fiscal_year": "$year"}
_STATUS: Final = Words("狀態", "Status")
_EXPLAINED: Final = Words(
    "狀態：有重大警示為違規，列入落後名單為落後，另有嚴重或警告者、或預估執行率低於標準者為注意，無從預估者為未能判定。",
    "Status: breach with a critical alert, lagging when on the list, watch with another high or warning alert or a prediction"
    " under the limit, not judged where nothing can be predicted. ",
)

_AWAITED: Final = {"due": Words("期限內", "within time"), "overdue": Words("已逾期", "overdue")}


def _alerts(reader: Language, title: Words, page: str, **labels: str) -> stat.Panel:
    """Unfinished alerts by severity, each on its fill; none of a severity is a pale 0."""
    said = Words(
        "未結（未處理或已簽收）之警示，含所屬機關。",
        "Unfinished alerts (open or acknowledged), with those of what is below.",
    )
    made = stat_panel(reader, title, said, COUNT).decimals(0).text_mode(BigValueTextMode.VALUE_AND_NAME)
    for (severity, words), ref_id in zip(SEVERITY.items(), "ABCD", strict=True):
        name = words.text(reader)
        made = made.with_target(instant(now("level_alerts_open", severity=severity, **labels), name, ref_id))
        fills = steps((None, STATUS_FILL["normal"]), (1, SEVERITY_FILL[severity])).build()
        made = made.override_by_name(name, [DynamicConfigValue(id_val="thresholds", value=fills)])
    return made.links([page_link(reader, page)])


@panel("overview", 12, at=(18, 4, 6, 9))
def city_alerts(reader: Language) -> stat.Panel:
    """Of the city."""
    return _alerts(reader, Words("未結警示", "Unfinished alerts"), "/alerts?year=${year}", level="city", **_YEAR)


@panel("unit", 7, at=(20, 3, 4, 9))
def authority_alerts(reader: Language) -> stat.Panel:
    """Of an authority."""
    page = "/alerts?year=${year}&authority=${authority:percentencode}"
    title = Words("${authority:text}：未結警示", "${authority:text}: unfinished alerts")
    return _alerts(reader, title, page, level="authority", key="$authority", **_YEAR)


@panel("unit", 16, at=(10, 15, 4, 9))
def agency_alerts(reader: Language) -> stat.Panel:
    """Of an agency."""
    page = "/alerts?year=${year}&agency=${agency:percentencode}"
    title = Words("${agency:text}：未結警示", "${agency:text}: unfinished alerts")
    return _alerts(reader, title, page, level="agency", key="$agency", **_YEAR)


@panel("unit", 24, at=(14, 15, 4, 9))
def agency_answers(reader: Language) -> stat.Panel:
    """What an agency was asked about and has not answered."""
    said = Words(
        "已通知而尚待機關回復之警示：期限內與已逾期者。",
        "Alerts that the agency was asked about and is to answer: within the time given, and beyond it.",
    )
    title = Words("${agency:text}：待回復之通知", "${agency:text}: notices unanswered")
    made = stat_panel(reader, title, said, COUNT).decimals(0).text_mode(BigValueTextMode.VALUE_AND_NAME)
    for (state, words), ref_id in zip(_AWAITED.items(), "AB", strict=True):
        asked = now("answers_awaited", level="agency", key="$agency", state=state)
        made = made.with_target(instant(f"sum ({asked}) or vector(0)", words.text(reader), ref_id))
    fills = steps((None, STATUS_FILL["normal"]), (1, STATUS_FILL["watch"])).build()
    made = made.override_by_name(
        _AWAITED["overdue"].text(reader), [DynamicConfigValue(id_val="thresholds", value=fills)]
    )
    return made.links([page_link(reader, "/alerts?year=${year}&agency=${agency:percentencode}")])


def _levels(reader: Language, title: Words, level: str, path: str, names: str) -> table.Panel:
    """Levels with their status, worst predictions first."""
    said = Words(f"{PREDICTED_IN_FULL.zh}。{_EXPLAINED.zh}", f"{PREDICTED_IN_FULL.en}. {_EXPLAINED.en}")
    of = {"level": level, **_YEAR}
    heads = [
        JoinedColumn(
            f"name_{reader}", Words("主管機關", "Authority") if level == "authority" else Words("機關", "Agency")
        ),
        JoinedColumn("Value #B", _STATUS),
        JoinedColumn("Value #C", PREDICTED_CAPITAL.name),
        JoinedColumn(
            "Value #D", Words(f"{ANNUAL.name.zh} {ANNUAL.formula.zh}", f"{ANNUAL.name.en} {ANNUAL.formula.en}")
        ),
        JoinedColumn("Value #E", Words("未結警示", "Unfinished alerts")),
        JoinedColumn("key", Words("代碼", "Code")),
    ]
    made = table_panel(reader, title, said)
    for ref_id, expression in {
        "A": f"max by (key, name_{reader}) ({names})",
        "B": f"max by (key) ({now('level_status', **of)})",
        "C": f"max by (key) ({now('execution_ratio', rate='predicted', economic_class='capital', **of)})",
        "D": f"max by (key) ({now('execution_ratio', rate='annual', economic_class='all', **of)})",
        "E": f"sum by (key) ({now('level_alerts_open', **of)})",
    }.items():
        made = made.with_target(cells(expression if ref_id == "A" else f"{expression} and on (key) {names}", ref_id))
    made = joined(made, reader, heads)
    words = {str(STATUS_VALUE[key]): (STATUS[key], STATUS_FILL[key]) for key in STATUS_VALUE}
    status, predicted, annual = (heads[at].words.text(reader) for at in (1, 2, 3))
    made = made.override_by_name(
        status, [*filled(), DynamicConfigValue(id_val="mappings", value=words_of(words, reader))]
    )
    made = made.override_by_name(
        predicted, [DynamicConfigValue(id_val="unit", value=SHARE), DynamicConfigValue(id_val="decimals", value=2)]
    )
    made = made.override_by_name(
        annual, [DynamicConfigValue(id_val="unit", value=SHARE), DynamicConfigValue(id_val="decimals", value=2)]
    )
    code = "${__data.fields[" + f'"{heads[5].words.text(reader)}"' + "]:percentencode}"
    url = "${page}/" + path + "/" + code + "?year=${year}"
    made = linked(made, heads[0].words.text(reader), Words("網頁", "The page").text(reader), url)
    widths = zip(heads[1:], (76, 136, 128, 92, 72), strict=True)
    made = narrow(made, {head.words.text(reader): width for head, width in widths})
    return made.sort_by([common.TableSortByFieldState().display_name(predicted).desc(False)])


@panel("overview", 13, at=(0, 13, 12, 12))
def authorities(reader: Language) -> table.Panel:
    """Every authority."""
    title = Words("各主管機關（預估執行率低者在前）", "Authorities, the lowest prediction first")
    return _levels(reader, title, "authority", "authorities", now("level_info", level="authority"))


@panel("unit", 6, at=(10, 3, 10, 9))
def agencies(reader: Language) -> table.Panel:
    """The agencies of an authority."""
    names = now("level_info", level="agency", authority="$authority")
    title = Words("所屬機關", "Its agencies")
    return _levels(reader, title, "agency", "agencies", names)


@panel("overview", 14, at=(18, 13, 6, 6))
def not_known(reader: Language) -> stat.Panel:
    """What could not be judged, and who is not heard of: silence is no good news."""
    said = Words(
        "有資本預算而無從預估之主管機關，以及資料中斷或尚無資料之機關。不在名單上不等於達成。",
        "Authorities with capital money that nothing can be predicted for, and agencies whose feed is silent or that sent"
        " nothing. Not to be listed is no good news.",
    )
    made = stat_panel(reader, Words("尚不知道的", "What is not known"), said, COUNT).decimals(0)
    made = made.text_mode(BigValueTextMode.VALUE_AND_NAME)
    made = made.thresholds(steps((None, STATUS_FILL["normal"]), (1, STATUS_FILL["unjudged"])))
    unjudged, unheard = (
        Words("未能判定之主管機關", "Authorities not judged"),
        Words("資料中斷之機關", "Agencies not heard of"),
    )
    made = made.with_target(instant(now("unjudged_authorities", **_YEAR), unjudged.text(reader), "A"))
    made = made.with_target(instant(now("unheard_agencies", **_YEAR), unheard.text(reader), "B"))
    return made.links([link_to(Words("名單", "The list").text(reader), "${page}/lagging")])


@panel("overview", 15, at=(18, 19, 6, 6))
def freshness(reader: Language) -> stat.Panel:
    """Of when the figures are."""
    said = Words(
        "帳載最近入帳日、最近判定日與最近入帳時刻，距今多久。",
        "How long ago: the latest day booked on, the last day judged, the latest commit.",
    )
    made = stat_panel(reader, Words("資料截至", "Figures as of"), said, "dateTimeFromNow")
    made = made.text_mode(BigValueTextMode.VALUE_AND_NAME)
    for metric, words, ref_id in (
        (now("booked_timestamp_seconds", level="city"), Words("最近入帳日", "Latest day booked"), "A"),
        (now("judged_timestamp_seconds"), Words("最近判定日", "Last day judged"), "B"),
        (now("committed_timestamp_seconds"), Words("最近入帳時刻", "Latest commit"), "C"),
    ):
        made = made.with_target(instant(f"{metric} * 1000", words.text(reader), ref_id))
    return made.links([page_link(reader, "/")])
