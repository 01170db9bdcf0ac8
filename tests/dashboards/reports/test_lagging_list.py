"""The lagging list: a small year worked out by hand, and the simulated one against the contract's output."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from alerts.catalogue import Catalogue
from alerts.lagging import lagging
from dashboards.reports import lagging_list
from dashboards.reports.formats import FORMATS
from dashboards.reports.lagging_list import Plan, months_left
from ledger.books import Books
from ledger.words import Words
from streams.replay import output
from tests.dashboards.reports.conftest import SMALL, Fold, Year, forecast

EARLIER = {114: [{"02": 1}, {"02": 3, "03": 1}, {"03": 2}]}


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

    assert (second.rank, second.authority, second.predicted) == (2, "02", "73.33")
    assert (second.declared, second.computed, second.cash, second.diverges) == ("73.33", "37.50", "37.50", True)
    assert (second.declared_days_oldest, second.declared_days_newest) == (60, 10)
    assert (second.available, second.allotted, second.executed) == (1_500_000, 400_000, 150_000)
    assert (second.shortfall, second.monthly) == (1_200_000, 200_000)
    assert [(plan.agency, plan.unexecuted) for plan in second.plans] == [("020011", 900_000), ("020021", 450_000)]
    assert (second.rank_before, second.times) == (1, 3)


def test_without_earlier_lists_nothing_is_said_of_them(small: Year, catalogue: Catalogue) -> None:
    assert [(row.rank_before, row.times) for row in rows(small, catalogue)] == [(None, None)] * 2
    replayed = small.replayed
    table = lagging_list.tables(replayed.alerts, replayed.books, small.names, catalogue, small.day)[0]
    assert "times" not in [column.key for column in table.columns]
    assert [(row.rank_before, row.times) for row in rows(small, catalogue, earlier={})] == [(None, 1)] * 2


def test_the_total_adds_the_rows_up(small: Year, catalogue: Catalogue) -> None:
    replayed = small.replayed
    table = lagging_list.tables(replayed.alerts, replayed.books, small.names, catalogue, small.day)[0]
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
    tables = lagging_list.tables([], small.replayed.books, small.names, catalogue, small.day)
    assert [(table.name, table.rows, table.total) for table in tables] == [("lagging", [], None)]
    assert "114年度" in tables[0].title.zh
    assert FORMATS["json"].render(tables, "zh") == b"[]\n"
    assert "（無）" in FORMATS["table"].render(tables, "zh").decode()


def test_json_is_the_array_of_the_contract(simulated: Year, catalogue: Catalogue) -> None:
    replayed = simulated.replayed
    tables = lagging_list.tables(replayed.alerts, replayed.books, simulated.names, catalogue, simulated.day)
    expected = msgspec.to_builtins(output(replayed, simulated.registry, catalogue).lagging)
    assert len(expected) >= 3
    assert msgspec.json.decode(FORMATS["json"].render(tables, "zh")) == expected
    printed = [[row["rank"], row["predicted"]] for row in map(tables[0].by_key, tables[0].rows)]
    assert printed == [[row["rank"], row["predicted"]] for row in expected]


def test_every_percentage_names_its_formula_and_the_rule_its_source(small: Year, catalogue: Catalogue) -> None:
    replayed = small.replayed
    table = lagging_list.tables(replayed.alerts, replayed.books, small.names, catalogue, small.day)[0]
    for column in table.columns:
        assert column.kind != "percent" or "÷" in column.heading.zh or column.key == "predicted"
    notes = "".join(note.zh for note in table.notes)
    assert "預估執行率（資本門）" in notes and "÷B" in notes
    assert "高雄市政府提升資本支出預算執行率實施計畫" in notes
