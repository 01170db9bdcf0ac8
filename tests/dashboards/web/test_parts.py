from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from alerts.catalogue import Catalogue
from alerts.naming import split_key, subject
from dashboards.level_status import NO_ALERTS, LevelCounts, status_of
from dashboards.reports.formats.cells import large_sum
from dashboards.reports.table import Column, Table, TableRow
from dashboards.web import answer, shown
from dashboards.web.charts import course, course_figure
from dashboards.web.grid import Bar, Grid, share, view
from dashboards.web.live import Live
from dashboards.web.pages.check import event_of
from dashboards.web.pages.reserves import Runway
from dashboards.web.subjects import page_of
from ledger.books import Alert, Position
from ledger.fiscal import days_gone
from ledger.process import Transition
from ledger.registry import Registry
from ledger.rollup import Level
from ledger.sums import Sums
from ledger.words import Words
from ledger.year_sums import NO_TOTALS, months_in, together, totals_of
from streams.monitor import Committed
from streams.settings import read_names


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [
        (123_456_000_000, "1,234.56 億元", "NT$ 123.46 bn"),
        (10_000_000, "0.10 億元", "NT$ 10.0 m"),
        (9_999_999, "1,000.0 萬元", "NT$ 9,999,999"),
        (9_999, "9,999 元", "NT$ 9,999"),
        (0, "0 元", "NT$ 0"),
        (-123_450_000_000, "−1,234.50 億元", "−NT$ 123.45 bn"),
        (10**30, "10,000,000,000,000,000,000,000.00 億元", "NT$ 1,000,000,000,000,000,000,000.00 bn"),
    ],
)
def test_large_sums_are_written_in_hundred_millions_and_smaller_ones_below(amount: int, zh: str, en: str) -> None:
    """A small authority's money is no 0.0 億元."""
    assert large_sum(amount) == Words(zh, en)


def test_large_sums_in_thousands_where_the_city_says_so() -> None:
    assert large_sum(1_234_567_500, "thousand").zh == "1,234,568 千元"
    assert large_sum(-499, "thousand").zh == "0 千元"


def test_values_are_written_as_finance_writes_them() -> None:
    assert shown.money(-1_234) == "−1,234" and shown.money(None) == "–"
    assert shown.change(1_234) == "+1,234" and shown.change(0) == "0" and shown.change(-5) == "−5"
    assert shown.percent("-5.20") == "−5.20%" and shown.percent(None) == "–"
    assert shown.moment("2025-06-30T16:30:00.000Z", "zh") == "114年7月1日 00:30:00"
    assert shown.moment("2025-06-30T16:30:00.000Z", "en") == "2025-07-01 00:30:00"
    assert shown.raw(b"\xff\x00a") == "\ufffd\ufffda"


def test_a_data_block_cannot_be_ended_from_within() -> None:
    text = str(answer._spec({"a": "</script><!--\u2028&"}))
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!--\u2028&"}


def table(rows: list[TableRow]) -> Table:
    columns = (
        Column("name", Words("名稱", "Name"), "text"),
        Column("executed", Words("執行數 E", "Executed E"), "money"),
        Column("available", Words("可支用 B", "Available B"), "money"),
        Column("annual", Words("達成率\nE÷B", "Annual\nE÷B"), "percent"),
    )
    return Table(
        name="t", title=Words("表", "Table"), label=Words("表", "T"), as_of="2025-06-30", columns=columns, rows=rows
    )


def test_a_rate_in_a_table_names_the_figures_it_divides() -> None:
    rows = view(Grid(table=table([("甲", 1_200, 4_000, "30.00")]), name="t", bars={"annual": [Bar(30.0)]}), "zh")[
        "rows"
    ]
    cell = rows[0][3]
    assert cell["text"] == "30.00%" and cell["title"] == "E÷B＝1,200 ÷ 4,000" and cell["bar"].share == 30.0
    assert rows[0][0]["header"] and not cell["header"]


def test_shares_for_drawing_stay_within_the_bar() -> None:
    assert [share(*each) for each in ((1, 2), (3, 2), (-1, 2), (1, 0), (1, -1))] == [50.0, 100.0, 0.0, 0.0, 0.0]


def level(**sums: int) -> Level:
    """One with capital money: normal, as long as nothing is said."""
    capital = Sums(**({"available": 100, "allotted": 50, "realised": 50} | sums))
    return Level("authority", "A", 114, classes={"capital": capital})


def test_the_gravest_status_holds() -> None:
    fine = level()
    assert status_of(fine, LevelCounts({"critical": 1}), lagging=True, limit=90) == "breach"
    assert status_of(fine, LevelCounts({"high": 1}), lagging=True, limit=90) == "lagging"
    assert status_of(fine, LevelCounts({"warn": 1}), lagging=False, limit=90) == "watch"
    assert status_of(fine, LevelCounts({"info": 9}), lagging=False, limit=90) == "normal"


def test_a_prediction_under_the_limit_is_never_normal_and_none_is_no_good_news() -> None:
    behind, unknown = level(realised=20), level(allotted=0)
    assert status_of(behind, NO_ALERTS, lagging=False, limit=90) == "watch"
    assert status_of(behind, NO_ALERTS, lagging=False, limit=40) == "normal"
    assert status_of(unknown, NO_ALERTS, lagging=False, limit=90) == "unjudged"
    assert status_of(unknown, LevelCounts({"warn": 1}), lagging=False, limit=90) == "watch"
    assert status_of(level(available=0, allotted=0), NO_ALERTS, lagging=False, limit=90) == "normal"


def test_the_calendar_knows_leap_years_and_the_days_beside_the_year() -> None:
    assert days_gone(113, "2024-12-31") == (366, 366)
    assert days_gone(114, "2025-01-01") == (1, 365)
    assert days_gone(114, "2024-12-31") == (0, 365) and days_gone(114, "2026-02-01") == (365, 365)


def test_a_year_by_month_is_cumulated_and_ends_today() -> None:
    one, other = Position(line="32020110101/capital/3000", origin_year=114), Position(line="x", origin_year=113)
    one.realised_by_month[0], one.realised_by_month[2], one.allotment = 10, 5, [1] * 12
    other.realised_by_month[1], other.carryover = 7, 100
    sums = Sums(available=112, allotted=103, realised=22)
    anew = Position(line="y", origin_year=113, carryover=50, allotment=[2] + [0] * 11)
    assert months_in(totals_of(anew)).carryover == 0, "what is allotted anew is not due at once"
    found = course(months_in(together([totals_of(one), totals_of(other)])), sums, 114, "2025-03-31")
    assert found.actual[:4] == [10, 17, 22, None] and found.plan[:3] == [101, 102, 103] and found.plan[-1] == 112
    assert found.limit == 112 and found.forecast == 22 * 112 // 103
    assert [line["name"] for line in course_figure(found, "en")["data"]][-1] == "Predicted at year-end"
    one.realised_by_month[12] = 3
    beside = course(months_in(totals_of(one)), sums, 114, "2025-03-31", months_in(totals_of(other)))
    assert beside.monthly[:4] == [*one.realised_by_month[:3], None]
    assert beside.month_before[:5] == [other.realised_by_month[11], *one.realised_by_month[:3], None]
    assert beside.year_before == list(other.realised_by_month[:12])
    assert set(found.year_before) == {None} and found.month_before[0] is None, "nothing of last year is known"
    assert len(course(months_in(totals_of(one)), sums, 114, "2026-02-01").labels) == 13, (
        "the closing period where it has bookings"
    )


def test_nothing_at_all_has_a_course_too() -> None:
    assert course(months_in(NO_TOTALS), Sums(), 114, "2024-06-30").actual == [None] * 12


def test_a_runway_stands_by_the_steps_of_its_rule() -> None:
    def status(remaining: int) -> str:
        return Runway("second", 100, 0, 0, remaining, 0, None, watch_at=20, lagging_at=10).status

    assert [status(each) for each in (21, 20, 11, 10, 0, -1)] == [
        "normal",
        "watch",
        "watch",
        "lagging",
        "lagging",
        "breach",
    ]


def test_subjects_lead_to_their_pages(registry: Registry) -> None:
    agency = next(iter(registry.agencies.values()))
    line = "32020110101/current/2000@113"
    names = read_names(registry, None)
    assert split_key(registry, f"{agency.code}:second:a:b") == (agency.code, "second:a:b")
    assert (
        page_of(registry, "line", f"{agency.code}:{line}", 114)
        == f"/lines/114/{agency.code}/32020110101/current/2000%40113"
    )
    assert page_of(registry, "reserve", "second", 114) == "/reserves?year=114"
    assert (
        subject(names, "line", f"{agency.code}:{line}", 114).zh
        == f"{agency.name_zh} 32020110101—經常門—業務費（113年度保留）"
    )
    assert subject(names, "agency", "gone", 114).zh == "gone"


def test_a_form_makes_the_event_it_describes() -> None:
    form = {
        "type": "virement.approved",
        "fiscal_year": "114",
        "agency": "a",
        "booked_on": "2025-06-30",
        "disaster": "yes",
    }
    form |= {"from_line": " x ", "to_line": "y", "amount": "1,000", "voucher": "left out", "ground": "1"}
    assert json.loads(event_of(form)) == {
        "type": "virement.approved",
        "fiscal_year": 114,
        "agency": "a",
        "booked_on": "2025-06-30",
        "from_line": "x",
        "to_line": "y",
        "amount": 1000,
        "disaster": True,
    }
    assert json.loads(event_of({"type": "disbursement.paid", "amount": "1e3"})) == {
        "type": "disbursement.paid",
        "amount": "1e3",
        "voucher": "draft",
    }


def alert(number: int) -> Alert:
    return Alert("cr-over-base", "high", "line", f"a:{number}", 114, "open", f"a:e{number}", "2025-01-01", {})


def test_commits_between_two_messages_are_told_together(catalogue: Catalogue) -> None:
    live = Live(catalogue)

    async def listen() -> list[dict[str, object]]:
        stream = live.listen()
        first = await anext(stream)
        assert first.data is None and first.retry
        for number in range(12):
            live.committed(Committed(number + 1, [Transition(alert(number), "opened", f"a:e{number}")]))
        await asyncio.sleep(0)
        told = [json.loads(str((await anext(stream)).encode().partition(b"data: ")[2], "utf-8"))]
        live.close()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        return told

    with ThreadPoolExecutor(1) as apart:  # a browser in the same process has a loop of its own in this thread
        told = apart.submit(asyncio.run, listen()).result()
    assert told[0]["position"] == 12 and told[0]["changes"] == 12
    alerts = told[0]["alerts"]
    assert isinstance(alerts, list) and [each["key"] for each in alerts] == [f"a:{n}" for n in range(7, 12)]
    assert live.version == 13
