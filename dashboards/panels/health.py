"""The monitor's own state: what waits, since when, what was refused, what could not be delivered, worker by worker."""

from __future__ import annotations

from typing import Final

from grafana_foundation_sdk.builders import bargauge, common, stat, table, timeseries
from grafana_foundation_sdk.models.common import BarGaugeNamePlacement, BigValueTextMode
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from alerts.vocabulary import DELIVERY_STATE
from dashboards.colours import ACTUAL, FORECAST, PLAN, STATUS_FILL
from dashboards.panels.looks import (
    COUNT,
    bars_panel,
    filled,
    lines_panel,
    one_fill,
    page_link,
    stat_panel,
    steps,
    styled,
    table_panel,
    with_unit,
    words_of,
)
from dashboards.panels.panel import panel
from dashboards.panels.queries import NO_TWICE, called, curve, instant, now, rows, series
from ledger.vocabulary import COUNT as OUTCOMES
from ledger.vocabulary import REASON
from ledger.words import Language, Words

_NONE_OR_SOME: Final = ((None, STATUS_FILL["normal"]), (1.0, STATUS_FILL["watch"]))
_WELL: Final = {
    "1": (Words("正常", "well"), STATUS_FILL["normal"]),
    "0": (Words("異常", "not well"), STATUS_FILL["breach"]),
}


_UNSENT: Final = ("waiting", "held", "failed", "given_up")


def _there(metric: str) -> str:
    """A metric of workers that answer: after a restart of Prometheus one that is gone would linger for five minutes."""
    return f"{series(metric)} and on (job, instance) (up == 1)"


@panel("health", 1, at=(0, 0, 4, 4))
def store_up(reader: Language) -> stat.Panel:
    """Whether commits are taken."""
    made = stat_panel(reader, Words("資料庫", "Store"), Words("資料庫能否寫入。", "Whether it takes commits."), COUNT)
    made = made.mappings(words_of(_WELL, reader)).with_target(instant(now("store_up")))
    return made.thresholds(steps((None, STATUS_FILL["breach"]), (1, STATUS_FILL["normal"]))).links(
        [page_link(reader, "/healthz")]
    )


@panel("health", 2, at=(4, 0, 5, 4))
def waiting(reader: Language) -> stat.Panel:
    """What was taken in and is not folded."""
    said = Words(
        "已收到而未入帳之筆數；Kafka 上為標記之後的紀錄。",
        "Events taken in that are not folded; on Kafka records behind the marks.",
    )
    made = stat_panel(reader, Words("待入帳", "Waiting to be folded"), said, "short").with_target(
        instant(now("log_lag_events"))
    )
    return made.thresholds(
        steps((None, STATUS_FILL["normal"]), (1_000, STATUS_FILL["watch"]), (100_000, STATUS_FILL["lagging"]))
    )


@panel("health", 3, at=(9, 0, 5, 4))
def committed(reader: Language) -> stat.Panel:
    """Since when nothing was committed."""
    said = Words("最近一次入帳至今。", "How long ago the latest commit was.")
    made = stat_panel(reader, Words("最近入帳", "Latest commit"), said, "dateTimeFromNow")
    return made.with_target(instant(f"{now('committed_timestamp_seconds')} * 1000"))


@panel("health", 4, at=(14, 0, 5, 4))
def undelivered(reader: Language) -> stat.Panel:
    """What waits to be delivered."""
    said = Words("等待送出之警示與拒收結果。", "Alerts and refusals that wait to be delivered.")
    made = stat_panel(reader, Words("待送出", "Waiting to be delivered"), said, "short").with_target(
        instant(now("relay_waiting"))
    )
    return made.thresholds(steps((None, STATUS_FILL["normal"]), (100, STATUS_FILL["watch"])))


@panel("health", 5, at=(19, 0, 5, 4))
def silent_feeds(reader: Language) -> stat.Panel:
    """Feeds that sent nothing for too long."""
    said = Words(
        "資料來源逾規定工作日未傳送之機關數（所有年度）。",
        "Agencies whose feed has been silent for more working days than the rule allows, of every year.",
    )
    made = stat_panel(reader, Words("資料中斷", "Silent feeds"), said, COUNT)
    made = made.with_target(instant(f"sum ({now('alerts_open', rule='feed-silent')})"))
    return made.thresholds(steps(*_NONE_OR_SOME)).links([page_link(reader, "/alerts?rule=feed-silent")])


@panel("health", 6, at=(0, 4, 12, 8))
def events(reader: Language) -> timeseries.Panel:
    """Events a second by outcome."""
    said = Words("每秒處理之事件，依結果；五分鐘平均。", "Events a second by outcome, the mean of five minutes.")
    made = lines_panel(reader, Words("事件", "Events"), said, COUNT).decimals(2).axis_soft_min(0)
    for (outcome, words), colour, ref_id in zip(
        [(key, OUTCOMES[key]) for key in ("accepted", "duplicate", "refused")],
        (ACTUAL, PLAN, FORECAST),
        "ABC",
        strict=True,
    ):
        name = words.text(reader)
        rate = f"{NO_TWICE} (rate({series('events_total', outcome=outcome)}[5m]))"
        made = styled(made.with_target(curve(rate, name, ref_id, "1m")), name, colour, dots=outcome == "refused")
    return made


@panel("health", 7, at=(12, 4, 12, 8))
def lag(reader: Language) -> timeseries.Panel:
    """What waited, over time."""
    said = Words("待入帳與待送出之筆數。", "What waits to be folded, and to be delivered.")
    made = lines_panel(reader, Words("等待中", "What waits"), said, "short").axis_soft_min(0)
    for metric, words, colour, ref_id in (
        ("log_lag_events", Words("待入帳", "to be folded"), ACTUAL, "A"),
        ("relay_waiting", Words("待送出", "to be delivered"), FORECAST, "B"),
    ):
        name = words.text(reader)
        made = styled(made.with_target(curve(now(metric), name, ref_id, "1m")), name, colour, dots=ref_id == "B")
    return made


@panel("health", 8, at=(0, 12, 8, 9))
def refusals(reader: Language) -> bargauge.Panel:
    """Refused and not settled, by reason."""
    said = Words(
        "拒收而尚未有同號事件入帳者，依原因。", "Refused events that nothing was accepted for since, by reason."
    )
    made = bars_panel(reader, Words("拒收原因", "Refusals by reason"), said, COUNT).thresholds(
        one_fill(STATUS_FILL["watch"])
    )
    made = made.with_target(instant(f"sort_desc({now('refusals_unsettled')} > 0)", "{{reason}}"))
    made = made.no_value(Words("無拒收", "none").text(reader))
    for reason, words in REASON.items():
        made = made.override_by_name(reason, [DynamicConfigValue(id_val="displayName", value=words.text(reader))])
    return made.links([page_link(reader, "/refusals")])


@panel("health", 9, at=(8, 12, 8, 9))
def deliveries(reader: Language) -> bargauge.Panel:
    """Messages that did not leave, by channel and state."""
    said = Words("各管道未送達之訊息，依狀態。", "Messages that did not leave, by channel and state.")
    made = bars_panel(reader, Words("未送達之訊息", "Messages not sent"), said, COUNT).thresholds(
        one_fill(STATUS_FILL["watch"])
    )
    for state, ref_id in zip(_UNSENT, "ABCD", strict=True):
        left = f"sum by (channel) ({now('deliveries', state=state)}) > 0"
        made = made.with_target(instant(left, "{{channel}} " + DELIVERY_STATE[state].text(reader), ref_id))
    return made.no_value(Words("全部送達", "all sent").text(reader)).name_placement(BarGaugeNamePlacement.TOP)


@panel("health", 10, at=(16, 12, 8, 9))
def silent_longest(reader: Language) -> bargauge.Panel:
    """Agencies of which nothing was booked for longest."""
    said = Words(
        "最久沒有入帳之 15 個機關，天數。", "The 15 agencies of which nothing was booked for longest, in days."
    )
    age = f"(time() - {now('booked_timestamp_seconds', level='agency')}) / 86400"
    made = bars_panel(
        reader,
        Words("最久沒有資料之機關", "Agencies longest without data"),
        said,
        "suffix:天" if reader == "zh" else "suffix:days",
    )
    made = made.decimals(0).with_target(instant(f"topk(15, {called(age, reader)})", "{{name_" + reader + "}}"))
    return made.links([page_link(reader, "/alerts?rule=feed-silent")])


@panel("health", 11, at=(0, 21, 8, 7), only="postgresql")
def workers(reader: Language) -> stat.Panel:
    """Whether each worker keeps up."""
    said = Words(
        "各工作行程是否跟得上；離開者不再顯示。", "Whether each worker keeps up; one that is gone is no longer shown."
    )
    made = stat_panel(reader, Words("工作行程", "Workers"), said, COUNT).mappings(words_of(_WELL, reader))
    made = made.text_mode(BigValueTextMode.VALUE_AND_NAME).thresholds(
        steps((None, STATUS_FILL["breach"]), (1, STATUS_FILL["normal"]))
    )
    return made.with_target(instant(f"max by (instance) ({_there('worker_healthy')})", "{{instance}}"))


@panel("health", 12, at=(8, 21, 8, 7), only="postgresql")
def worker_lag(reader: Language) -> bargauge.Panel:
    """What waits in each partition."""
    said = Words("各分割區待處理之紀錄。", "Records that wait in each partition.")
    made = bars_panel(reader, Words("各分割區待處理", "Waiting by partition"), said, "short")
    name = "分割區 {{partition}}" if reader == "zh" else "partition {{partition}}"
    made = made.with_target(instant(f"max by (partition) ({_there('worker_lag_records')})", name))
    return made.thresholds(steps((None, ACTUAL), (1_000, STATUS_FILL["watch"])))


@panel("health", 13, at=(16, 21, 8, 7), only="postgresql")
def worker_idle(reader: Language) -> bargauge.Panel:
    """Since when each worker committed nothing."""
    said = Words("各工作行程最近一次寫入至今。", "How long ago each worker committed.")
    made = bars_panel(reader, Words("工作行程最近寫入", "Workers: latest commit"), said, "s")
    made = made.name_placement(BarGaugeNamePlacement.TOP)
    return made.with_target(instant(f"max by (instance) ({_there('worker_idle_seconds')})", "{{instance}}"))


@panel("health", 14, at=(0, 21, 12, 7), only="embedded")
def batch_seconds(reader: Language) -> timeseries.Panel:
    """How long a batch takes."""
    said = Words(
        "一批資料入帳、判定並寫入之時間，第 95 百分位。", "Time to fold, judge and commit a batch, the 95th percentile."
    )
    made = lines_panel(reader, Words("每批時間", "Time of a batch"), said, "s").axis_soft_min(0)
    name = Words("第 95 百分位", "95th percentile").text(reader)
    buckets = f"{NO_TWICE} (rate({series('batch_seconds_bucket')}[5m]))"
    return styled(made.with_target(curve(f"histogram_quantile(0.95, {buckets})", name, "A", "1m")), name, ACTUAL)


@panel("health", 15, at=(0, 28, 24, 9))
def agencies(reader: Language) -> table.Panel:
    """Every agency's latest day, those of longest ago first."""
    titles = {
        f"agency_{reader}": Words("機關", "Agency"),
        f"authority_{reader}": Words("主管機關", "Authority"),
        "fiscal_year": Words("年度", "Year"),
        "latest": Words("最近入帳日", "Latest day booked"),
        "days": Words("距今天數", "Days ago"),
        "adopted_on": Words("預算審議完成日", "Adopted on"),
        "agency": Words("代碼", "Code"),
    }
    shown = ", ".join(f'{sql} AS "{words.text(reader)}"' for sql, words in titles.items())
    sql = f"SELECT {shown} FROM board_agencies ORDER BY fiscal_year DESC, latest NULLS FIRST, agency LIMIT 500"  # noqa: S608  # our own words
    said = Words("各機關最近入帳日及審議完成日。", "Each agency's latest day booked, and when its budget was adopted.")
    made = table_panel(reader, Words("各機關資料", "Agencies' data"), said).with_target(rows(sql))
    days = titles["days"].text(reader)
    made = with_unit(made, COUNT, days, titles["fiscal_year"].text(reader))
    fills = steps((None, STATUS_FILL["normal"]), (14, STATUS_FILL["watch"])).build()
    made = made.override_by_name(days, [*filled(), DynamicConfigValue(id_val="thresholds", value=fills)])
    return made.sort_by([common.TableSortByFieldState().display_name(days).desc(True)])
