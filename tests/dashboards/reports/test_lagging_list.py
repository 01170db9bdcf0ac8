"""The lagging list: a small year worked out by hand, and the simulated one against the contract's output."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from alerts.catalogue import Catalogue
from alerts.lagging import lagging
from dashboards.reports import lagging_list
from dashboards.reports.formats import FORMATS
from dashboards.reports.lagging_changes import BETTER, JOINED, WORSE, ListChange, Listed, earlier_lists
from dashboards.reports.lagging_list import Plan, months_left
from dashboards.reports.lagging_sheet import NO_REASON
from dashboards.reports.not_judged import silent_words
from ledger.books import Books
from ledger.city import City
from ledger.names import agency_name, parse_accounts
from ledger.output import SilentAgency
from ledger.words import Words
from streams.people.lagging_acts import Presented
from streams.people.trail import TrailEntry
from streams.replay import output
from tests.dashboards.reports.conftest import SMALL, Fold, Year, forecast

EARLIER = {114: [{"02": Listed(1, "80.00", 900_000)}, {"02": Listed(3), "03": Listed(1)}, {"03": Listed(2)}]}


def rows(year: Year, catalogue: Catalogue, **more: Any) -> list[lagging_list.LaggingRow]:
    return lagging_list.rows(year.replayed.alerts, year.replayed.books, year.names, catalogue, year.day, **more)


def test_the_small_year_by_hand(small: Year, catalogue: Catalogue) -> None:
    """03: E/L = 30,000/60,000. 02: declared 1,100,000/1,500,000, computed 150,000/400,000, 35.83 points apart."""
    third, second = rows(small, catalogue, earlier=EARLIER)
    assert (third.rank, third.authority, third.name) == (1, "03", Words("民政局主管", "Civil Affairs group"))
    assert (third.predicted, third.declared, third.computed, third.cash) == ("50.00", None, "50.00", "50.00")
    assert (third.declared_days_oldest, third.declared_days_newest, third.diverges) == (None, None, False)
    assert (third.available, third.allotted, third.executed) == (100_001, 60_000, 30_000)
    assert third.shortfall == 90_001 - 30_000  # 0.9 × 100,001 = 90,000.9
    assert third.monthly == 10_001  # 60,001 ÷ 6 = 10,000.17
    assert third.plans == [Plan("030011", "38030110101/capital/3000", 100_001, 30_000)]
    assert (third.rank_before, third.times) == (None, 1)
    assert third.change == ListChange(JOINED)

    assert (second.rank, second.authority, second.predicted) == (2, "02", "73.33")
    assert (second.declared, second.computed, second.cash, second.diverges) == ("73.33", "37.50", "37.50", True)
    assert (second.declared_days_oldest, second.declared_days_newest) == (60, 10)
    assert (second.available, second.allotted, second.executed) == (1_500_000, 400_000, 150_000)
    assert (second.shortfall, second.monthly) == (1_200_000, 200_000)
    assert [(plan.agency, plan.unexecuted) for plan in second.plans] == [("020011", 900_000), ("020021", 450_000)]
    assert (second.rank_before, second.times) == (1, 3)
    # 73.33 after 80.00; 1,200,000 left after 900,000.
    assert second.change == ListChange(WORSE, "-6.67", 300_000)


def test_without_earlier_lists_nothing_is_said_of_them(small: Year, catalogue: Catalogue) -> None:
    assert [(row.rank_before, row.times) for row in rows(small, catalogue)] == [(None, None)] * 2
    replayed = small.replayed
    table = lagging_list.tables(replayed.alerts, replayed.books, small.names, catalogue, small.day)[1]
    assert "times" not in [column.key for column in table.columns]
    assert [(row.rank_before, row.times) for row in rows(small, catalogue, earlier={})] == [(None, 1)] * 2


def test_the_total_adds_the_rows_up(small: Year, catalogue: Catalogue) -> None:
    replayed = small.replayed
    table = lagging_list.tables(replayed.alerts, replayed.books, small.names, catalogue, small.day)[1]
    total = dict(zip([column.key for column in table.columns], table.total or (), strict=True))
    assert (total["available"], total["allotted"], total["executed"]) == (1_600_001, 460_000, 180_000)
    assert (total["shortfall"], total["monthly"], total["cash"]) == (1_260_001, 210_001, "39.13")
    assert (total["rank"], total["predicted"]) == (None, None)


@pytest.mark.parametrize(
    ("as_of", "months"),
    [
        ("2024-12-31", 12),
        ("2025-01-01", 12),
        ("2025-06-29", 7),
        ("2025-06-30", 6),
        ("2025-12-30", 1),
        ("2025-12-31", 0),
        ("2026-02-28", 0),
    ],
)
def test_months_left_counts_the_month_until_its_last_day(as_of: str, months: int) -> None:
    assert months_left(114, as_of) == months


def test_after_december_no_month_is_left_to_execute_in(fold_events: Fold, catalogue: Catalogue) -> None:
    assert {row.monthly for row in rows(fold_events(SMALL, "2026-01-15"), catalogue)} == {None}


def test_three_plans_at_most_the_heaviest_first_carried_over_money_on_its_own(
    fold_events: Fold, catalogue: Catalogue
) -> None:
    carried = {
        "agency": "030011",
        "booked_on": "2025-01-02",
        "type": "carryover.approved",
        "line": "38030110101/capital/3000",
        "amount": 80_000,
        "origin_year": 113,
        "kind": "encumbrance",
    }
    more = [
        {"agency": "030011", "booked_on": "2025-01-01", "type": "appropriation.enacted"}
        | {"line": f"3803011010{n}/capital/3000", "amount": amount}
        for n, amount in ((2, 10_000), (3, 75_000), (4, 5_000))
    ]
    row = rows(fold_events([*SMALL, carried, *more], "2025-06-30"), catalogue)[0]
    assert [(plan.line, plan.unexecuted) for plan in row.plans] == [
        ("38030110101/capital/3000@113", 80_000),
        ("38030110103/capital/3000", 75_000),
        ("38030110101/capital/3000", 70_001),
    ]


def test_exactly_ten_points_apart_is_no_gap(fold_events: Fold, catalogue: Catalogue) -> None:
    """03 computes 50 %: 60,000.6 of 100,001 would be ten points more."""
    at = [
        rows(fold_events([*SMALL, forecast("030011", "2025-06-01", each)], "2025-06-30"), catalogue)
        for each in (60_000, 60_001)
    ]
    assert [next(row.diverges for row in each if row.authority == "03") for each in at] == [False, True]


@pytest.mark.parametrize(("state", "listed"), [("acknowledged", 2), ("resolved", 0), ("closed", 0)])
def test_an_acknowledged_authority_stays_on_the_list(
    small: Year, catalogue: Catalogue, state: str, listed: int
) -> None:
    changed = [msgspec.structs.replace(alert, state=state) for alert in small.replayed.alerts]
    assert len(lagging(changed, small.replayed.books, small.registry, catalogue, small.day)) == listed


def test_an_authority_without_a_prediction_is_left_out_until_it_is_judged_again(
    small: Year, catalogue: Catalogue
) -> None:
    """The page may ask between two judgements: the alert still stands, but the books hold nothing to rank it by."""
    assert lagging(small.replayed.alerts, Books(), small.registry, catalogue, small.day) == []
    before_the_first_allotment = "2024-12-31"
    codes = [
        row.authority
        for row in lagging(
            small.replayed.alerts, small.replayed.books, small.registry, catalogue, before_the_first_allotment
        )
    ]
    assert codes == ["02"]


def test_nobody_lags_is_an_empty_list(small: Year, catalogue: Catalogue) -> None:
    """JSON says too what could not be judged, and who is absent: an empty list alone could be taken for good news."""
    tables = lagging_list.tables([], small.replayed.books, small.names, catalogue, small.day)
    assert [(table.name, table.rows, table.total) for table in tables] == [
        (name, [], None) for name in ("lagging", "unjudged", "absent")
    ]
    assert "114年度" in tables[0].title.zh
    assert FORMATS["json"].render(tables, "zh") == b'{"lagging":[],"unjudged":[],"absent":[]}\n'
    printed = FORMATS["table"].render(tables, "zh").decode()
    assert "（無）" in printed and "未能判定" not in printed


def test_json_is_the_array_of_the_contract(simulated: Year, catalogue: Catalogue) -> None:
    replayed = simulated.replayed
    tables = lagging_list.tables(replayed.alerts, replayed.books, simulated.names, catalogue, simulated.day)
    expected = msgspec.to_builtins(output(replayed, simulated.registry, catalogue).lagging)
    assert len(expected) >= 3
    assert msgspec.json.decode(FORMATS["json"].render(tables, "zh"))["lagging"] == expected
    printed = [[row["rank"], row["predicted"]] for row in map(tables[1].by_key, tables[1].rows)]
    assert printed == [[row["rank"], row["predicted"]] for row in expected]


UNJUDGED = [
    {"agency": "030011", "booked_on": "2025-01-01", "type": "appropriation.enacted"}
    | {"line": "38030110101/capital/3000", "amount": 5_000},
    {"agency": "030011", "booked_on": "2025-01-01", "type": "budget.adopted"},
]


def test_what_cannot_be_judged_and_who_is_not_heard_of_stands_below_the_list(
    fold_events: Fold, catalogue: Catalogue
) -> None:
    """03 has capital money and no allotment; nothing came of 02's agencies, so that silence is no good news."""
    year = fold_events(UNJUDGED, "2025-06-30")
    tables = lagging_list.tables(year.replayed.alerts, year.replayed.books, year.names, catalogue, year.day)
    lagging_, unjudged, absent = tables
    assert lagging_.rows == []
    assert unjudged.by_key(unjudged.rows[0])["authority"] == Words("民政局主管", "Civil Affairs group")
    assert "尚無分配" in str(unjudged.by_key(unjudged.rows[0])["reason"])
    assert [(row["agency_code"], row["last_booked_on"], row["days"]) for row in map(absent.by_key, absent.rows)] == [
        ("020011", None, None),
        ("020021", None, None),
        ("030011", "2025-01-01", 180),
    ]
    found = msgspec.json.decode(FORMATS["json"].render(tables, "zh"))
    assert found["unjudged"] == [
        {"authority": "03", "name_zh": "民政局主管", "fiscal_year": 114}
        | {"available": 5_000, "executed": 0, "reason": "no-allotment"}
    ]
    assert [each["agency"] for each in found["absent"]] == ["020011", "020021"]
    for name in ("csv", "table"):
        text = FORMATS[name].render(tables, "zh").decode()
        assert "未能判定之主管機關" in text and "資料中斷之機關" in text


def test_an_authority_whose_feed_is_dead_is_marked_on_the_list_and_on_the_sheet(
    small: Year, catalogue: Catalogue
) -> None:
    """020011 booked last on 1 May and is silent; 60 days before 30 June."""
    replayed = small.replayed
    sheet, table = lagging_list.tables(replayed.alerts, replayed.books, small.names, catalogue, small.day)[:2]
    marks = [str(row["silent"]) for row in map(table.by_key, table.rows)]
    assert all("天無資料" in mark for mark in marks)
    assert "※" in str(sheet.by_key(sheet.rows[0])["authority"]) and sheet.paper and sheet.points == 10


def test_agencies_of_equal_silence_are_named_together(small: Year) -> None:
    """1 May to 30 June are 60 days; of two agencies nothing was ever heard."""
    agencies = {"020011": "2025-05-01", "020021": None, "030011": None}
    silent = [SilentAgency(agency, last) for agency, last in agencies.items()]
    called = [agency_name(small.names, agency).zh for agency in agencies]
    said = silent_words(silent, small.names, "2025-06-30")
    assert said.zh == f"※{called[0]} 60 天無資料；{called[1]}、{called[2]} 本年度無資料"
    assert said.en.count("nothing") == 2


def test_who_left_the_list_is_named_with_both_predictions(small: Year, catalogue: Catalogue) -> None:
    replayed = small.replayed
    only_second = [alert for alert in replayed.alerts if alert.key != "03"]
    earlier = {114: [{"03": Listed(1, "40.00", 1), "02": Listed(2, "70.00", 1_300_000)}]}
    tables = lagging_list.tables(only_second, replayed.books, small.names, catalogue, small.day, earlier)
    notes = "".join(note.zh for note in tables[1].notes)
    assert "上次列入、本次未列入：民政局主管（40.00% → 50.00%）" in notes
    row = tables[1].by_key(tables[1].rows[0])
    assert (row["change"], row["change_points"], row["change_amount"]) == (BETTER, "+3.33", -100_000)


def test_a_reason_not_given_is_said(small: Year, catalogue: Catalogue) -> None:
    replayed = small.replayed
    tables = lagging_list.tables(replayed.alerts, replayed.books, small.names, catalogue, small.day, None, {})
    assert [str(cell) for cell in tables[1].column("reason")] == [str(NO_REASON)] * 2


def test_a_list_that_was_withdrawn_is_compared_with_no_more() -> None:
    def kept(number: int, day: str, withdrawn: TrailEntry | None) -> Presented:
        payload = {"ranks": {"114": {"02": number}}, "figures": {"114": {"02": ["80.00", 5]}}, "tables": []}
        return Presented(number, day, day, "x", payload, f"{day}T00:00:00Z", withdrawn)

    entry = TrailEntry(1, "2025-06-02T00:00:00Z", "x", "officer", "", "lagging-withdrawn", "2", None, {}, "", "")
    lists = [kept(2, "2025-06-01", entry), kept(1, "2025-05-01", None)]
    assert earlier_lists(lists, "2025-06-30") == {114: [{"02": Listed(1, "80.00", 5)}]}


def test_every_percentage_names_its_formula_and_the_rule_its_source(small: Year, catalogue: Catalogue) -> None:
    replayed = small.replayed
    table = lagging_list.tables(replayed.alerts, replayed.books, small.names, catalogue, small.day)[1]
    for column in table.columns:
        assert column.kind != "percent" or "÷" in column.heading.zh or column.key == "predicted"
    notes = "".join(note.zh for note in table.notes)
    assert "預估執行率（資本門）" in notes and "÷B" in notes
    assert "高雄市政府提升資本支出預算執行率實施計畫" in notes


def test_the_sheet_names_the_two_heaviest_plans_in_the_unit_of_the_city(small: Year, catalogue: Catalogue) -> None:
    """02: 900,000 and 450,000 are not executed on its two plans."""
    replayed = small.replayed
    city = City(unit="thousand")
    accounts = parse_accounts(
        b"fiscal_year,account,function_zh,program_zh,work_plan_zh\n114,32020110101,a,b,\xe5\xbb\xb3\xe8\x88\x8d\n", "x"
    )
    names = msgspec.structs.replace(small.names, city=city, accounts=accounts)
    sheet = lagging_list.tables(replayed.alerts, replayed.books, names, catalogue, small.day)[0]
    row = sheet.by_key(sheet.rows[1])
    assert (row["rank"], row["shortfall"]) == (2, Words("1,200 千元", "NT$ 1,200 thousand"))
    assert isinstance(row["plans"], Words)
    assert row["plans"].zh.split("\n") == ["廳舍 900 千元（秘書處）", "科目 32020210101 450 千元（主計處）"]
