"""What stands in a cell, in the forms in which offices write it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ledger.codes import is_line
from producers.tables import cells
from producers.tables.cells import CellProblem
from producers.tables.columns import derived_code


@pytest.mark.parametrize(
    ("cell", "unit", "wanted"),
    [
        ("1234", 1, 1_234), ("1,234,567", 1, 1_234_567), ("-1,234", 1, -1_234), ("(1,234)", 1, -1_234),
        ("△1,234", 1, -1_234), ("▲1,234", 1, -1_234), ("1,234-", 1, -1_234), ("－１，２３４", 1, -1_234),
        ("　１，２３４　", 1, 1_234), ("1,234", 1_000, 1_234_000), ("1.5", 1_000, 1_500), (12.0, 1, 12), (0.1, 1_000, 100),
        (5, 1_000, 5_000), ("0", 1, 0), ("999999999999999", 1, 10**15 - 1),
    ],
)  # fmt: skip
def test_amounts(cell: Any, unit: int, wanted: int) -> None:
    assert cells.amount(cell, unit) == wanted


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("1.23E+09", "scientific notation"), ("1,23", "is no amount"), ("12元", "is no amount"), ("", "is no amount"),
        ("1.5", "no whole NT\\$"), (2.0**53, "last digits are lost"), ("10000000000000000", "beyond 10\\^15"),
        (True, "no amount"), ("--5", "is no amount"), (0.5, "no whole NT\\$"),
    ],
)  # fmt: skip
def test_what_is_no_amount(cell: Any, said: str) -> None:
    with pytest.raises(CellProblem, match=said):
        cells.amount(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "2025-03-05", "1140305", "114/03/05", "114/3/5", "114.3.5", "114-3-5", "114年3月5日", "中華民國114年3月5日",
        "１１４／３／５", dt.datetime(2025, 3, 5, tzinfo=dt.UTC), dt.date(2025, 3, 5), "2025-03-05 00:00:00",
    ],
)  # fmt: skip
def test_days(cell: Any) -> None:
    assert cells.day(cell) == "2025-03-05"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("14/03/05", "ROC year 14 .* is 114 meant"), ("45721", "2025-03-05 is meant"), (45721.0, "2025-03-05 is meant"),
        ("114/02/30", "no day of the calendar"), ("114/13/01", "no day of the calendar"), ("March", "is no date"),
    ],
)  # fmt: skip
def test_what_is_no_day(cell: Any, said: str) -> None:
    with pytest.raises(CellProblem, match=said):
        cells.day(cell)


def test_years_months_codes_and_names() -> None:
    assert [cells.year(each) for each in ("114", "114年度", "中華民國114年度", 2025, 114.0)] == [114] * 5
    assert [cells.month(each) for each in ("5", "05", "5月", "5月份", 5.0)] == [5] * 5
    for wrong in ("13", "0", "第", ""):
        with pytest.raises(CellProblem, match="is no month"):
            cells.month(wrong)
    with pytest.raises(CellProblem, match="is 114 meant"):
        cells.year("14")
    assert cells.code(20011.0, 6) == "020011" and cells.code(" 70a01 ") == "70a01" and cells.code("７０", 3) == "070"
    assert cells.name("道路　橋梁\n工程") == "道路 橋梁 工程", "names keep their own signs"
    assert cells.name("衛生局（本部）") == "衛生局（本部）"


def test_a_code_made_of_a_name_is_an_account_and_stays_the_same() -> None:
    found = derived_code("道路橋梁工程")
    assert is_line(f"{found}/current/2000") and found == derived_code("道路橋梁工程") != derived_code("道路橋樑工程")
