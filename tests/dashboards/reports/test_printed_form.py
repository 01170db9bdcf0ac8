"""Tables as the forms print them: title lines, 款項目節, a unit, zero as a dash, totals that re-add; in every format."""

from __future__ import annotations

import csv
import io
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook

from dashboards.reports.formats import FORMATS
from dashboards.reports.formats.cells import head_lines, shown
from dashboards.reports.printed_form import ROUNDING_ROW, UNITS, UnitName, as_form, rounded
from dashboards.reports.table import LINE_CODE, Column, Table, named
from ledger.city import City
from ledger.words import Words, alike

CITY = City(name=Words("高雄市", "Kaohsiung"), office=Words("高雄市政府主計處", "Accounting Office"))
# A book prints 96,143 + 8,750 + 44 + 56 = 104,993 (千元). The amounts in NT$ are made up, so that the rounded parts come to
# one more than the rounded total: 96,143 + 8,751 + 44 + 56 = 104,994 against 104,993.
PARTS = (96_142_700, 8_750_500, 43_600, 55_700)
CODES = ("32020110101/current/1000", "32020110101/current/2000", "32020110199/current/4000", "32029801/x")


def table(**more: Any) -> Table:
    columns = (
        *named("line", Words("預算科目", "Line"), LINE_CODE),
        Column("amount", Words("預算數", "Budget"), "money"),
        Column("other", Words("比較", "Change"), "money"),
        Column("share", Words("比率", "Share"), "percent"),
    )
    rows = [(code, alike("行政"), amount, 0, "50.00") for code, amount in zip(CODES, PARTS, strict=True)]
    total = (None, Words("合計", "Total"), sum(PARTS), 0, "50.00")
    found = Table("t", Words("歲出表", "Spending"), Words("表", "T"), "2026-05-31", columns, list(rows), total, **more)
    found.fiscal_year = 115
    return found


def test_the_lines_above_say_whose_which_until_when_and_in_what() -> None:
    assert head_lines(as_form(table(), "thousand", CITY), "zh") == [
        "高雄市政府主計處", "歲出表", "中華民國115年度　截至115年5月31日止　單位：新臺幣千元",
    ]  # fmt: skip
    assert head_lines(as_form(table(), "hundred_million", CITY), "en") == [
        "Accounting Office, Kaohsiung", "Spending", "Fiscal year 115 · to 2026-05-31 · unit: NT$ 100 million",
    ]  # fmt: skip
    assert head_lines(as_form(table(), "one"), "zh")[0] == "歲出表", "a city that says nothing of itself is not named"
    assert head_lines(table(), "zh") == ["歲出表", "截至民國115年5月31日　單位：新臺幣元"]


def test_what_is_rounded_re_adds() -> None:
    found = as_form(table(), "thousand", CITY)
    amounts = found.column("amount")
    assert amounts == [96_143, 8_751, 44, 56, -1] and found.rows[-1][4] == ROUNDING_ROW
    assert found.total is not None
    by_key = found.by_key(found.total)
    assert sum(amounts) == by_key["amount"] == 104_993  # type: ignore[arg-type]
    exact = as_form(table(), "one", CITY)
    assert exact.column("amount") == list(PARTS), "NT$ need no rounding"


def test_titles_stand_in_columns() -> None:
    found = as_form(table(), "one", CITY)
    assert [column.key for column in found.columns][:5] == ["kuan", "xiang", "mu", "jie", "line"]
    assert found.rows[0][:4] == ("02", "011", "01", "01") and found.rows[2][:4] == ("02", "011", "01", "99")
    assert found.rows[3][:4] == ("", "", "", ""), "a code of another length is not guessed at"
    assert found.rows[0][4] == alike("行政 32020110101/current/1000")
    assert found.total is not None and found.total[4] == Words("合計", "Total")


@pytest.mark.parametrize(
    ("amount", "unit", "printed"),
    [
        (20_477_082_028, "one", "20,477,082,028"), (20_477_082_028, "thousand", "20,477,082"), (1_729_808_000, "thousand", "1,729,808"),
        (0, "one", "-"), (499, "thousand", "-"), (500, "thousand", "1"), (-1_500, "thousand", "-2"), (1_234_567, "one", "1,234,567"),
        (100_500_000, "hundred_million", "1.01"), (-4_999_999, "hundred_million", "-0.05"), (10**15, "hundred_million", "10,000,000.00"),
    ],
)  # fmt: skip
def test_an_amount_in_its_unit(amount: int, unit: UnitName, printed: str) -> None:
    found = UNITS[unit]
    assert shown(rounded(amount, found.divisor), found.kind, "zh") == printed


def test_every_format_writes_it() -> None:
    found = as_form(table(notes=(Words("說明", "Note"),)), "hundred_million", CITY)
    book = load_workbook(io.BytesIO(FORMATS["xlsx"].render([found], "zh")))
    sheet = book.active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "高雄市政府主計處" and rows[3][:2] == ["款", "項"] and rows[4][5] == 0.96
    assert sheet["G5"].value == 0 and sheet["G5"].number_format.endswith('"-"')
    ods = pd.read_excel(io.BytesIO(FORMATS["ods"].render([found], "zh")), engine="calamine", header=None)
    assert ods.iloc[0, 0] == "高雄市政府主計處" and ods.iloc[4, 5] == 0.96
    lines = list(csv.reader(io.StringIO(FORMATS["csv"].render([found], "zh").decode("utf-8-sig"))))
    assert lines[0][:2] == ["款", "項"] and lines[1][5:7] == ["0.96", "-"]
    assert "0.96" in FORMATS["table"].render([found], "zh").decode()
    assert FORMATS["pdf"].render([found], "zh").startswith(b"%PDF")
    assert b'"amount"' in FORMATS["json"].render([table()], "zh")


def test_a_total_that_is_no_sum_gets_no_row() -> None:
    plain = table()
    plain.total = (None, Words("最大", "Largest"), max(PARTS), 0, None)
    assert len(as_form(plain, "thousand").rows) == len(PARTS)
