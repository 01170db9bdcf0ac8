"""The central budget of 2019 (ROC 108): every dollar is mapped or reported, and the mapping is the one documented."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from producers.imported import Imported, ImportProblem
from producers.importers.g0v_budget import classify, read

FILE = Path(__file__).parent / "data" / "g0v-twbudget-tw2019ap.csv"
HEADER = "year,code,amount,name,topname,depname,depcat,cat,ref"
ROW = "2019,3202010100,887163000,無細項,總統府主管,總統府,一般行政,國務支出,1.1.1"


@cache
def real() -> Imported:
    return read(FILE)


@cache
def events() -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in real().events)


def written(folder: Path, *rows: str) -> Path:
    path = folder / "budget.csv"
    path.write_text("\n".join((HEADER, *rows, "")), encoding="utf-8")
    return path


def test_what_is_mapped_and_what_is_not_add_up_to_the_budget() -> None:
    mapped = sum(event.get("amount", 0) for event in events())
    unmapped = sum(item.amount or 0 for item in real().unmapped)
    assert (mapped, unmapped) == (1_644_504_697_000, 38_592_376_000)
    assert mapped + unmapped == 1_683_097_073_000


def test_every_row_is_counted() -> None:
    assert (real().rows_read, real().rows_mapped) == (1_177, 1_121)
    assert [(left_out.count, left_out.amount) for left_out in real().left_out()] == [(52, 0), (4, 38_592_376_000)]
    assert (len(real().registry), real().agencies_read) == (232, 235)


def test_agencies_and_their_adoption() -> None:
    kinds = Counter(event["type"] for event in events())
    assert kinds == {"appropriation.enacted": 892, "reserve.established": 229, "budget.adopted": 232}
    assert len(real().registry) == 232
    assert {event["fiscal_year"] for event in events()} == {108}
    assert {event["booked_on"] for event in events()} == {"2019-01-01"}


def test_first_reserves_are_established_and_never_enacted_as_well() -> None:
    reserves = [event for event in events() if event["type"] == "reserve.established"]
    assert {event["reserve"] for event in reserves} == {"first"}
    assert sum(event["amount"] for event in reserves) == 1_925_134_000
    assert not any("第一預備金" in event["note"] for event in events() if event["type"] == "appropriation.enacted")


@pytest.mark.parametrize(
    ("depcat", "cat", "expected"),
    [
        ("一般建築及設備", "國務支出", ("capital", "3000")),
        ("司法機關擴遷建計畫", "司法支出", ("capital", "3000")),
        ("檢察機關擴(遷)建計畫", "司法支出", ("capital", "3000")),
        ("鐵公路重要交通工程", "交通支出", ("capital", "3000")),
        ("投資支出", "其他經濟服務支出", ("capital", "3000")),
        ("營業基金", "其他經濟服務支出", ("capital", "3000")),
        ("非營業特種基金", "科學支出", ("current", "4000")),
        ("直轄市及縣市教育補助", "教育支出", ("current", "4000")),
        ("退除役官兵退休給付", "退休撫卹給付支出", ("current", "4000")),
        ("國債付息", "債務付息支出", ("current", "5000")),
        ("國債經理", "還本付息事務支出", ("current", "2000")),
        ("一般行政", "國務支出", ("current", "2000")),
        ("投資審議", "其他經濟服務支出", ("current", "2000")),
    ],
)
def test_class_and_object_follow_from_the_words(depcat: str, cat: str, expected: tuple[str, str]) -> None:
    assert classify(depcat, cat) == expected


def test_the_citys_own_reserves_are_known_by_name(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "108,9002010100,400,無細項,統籌,第二預備金,第二預備金,第二預備金,1",
        "108,8902020100,900,無細項,統籌,災害準備金,災害準備金,其他支出,2",
    )
    found = [json.loads(line) for line in read(path).events]
    assert [(event["reserve"], event["amount"]) for event in found if "reserve" in event] == [
        ("second", 400),
        ("disaster", 900),
    ]


def test_rows_of_one_code_add_up_on_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, ROW, ROW.replace("887163000", "2000"))
    enacted = [json.loads(line) for line in read(path).events][:2]
    assert {event["line"] for event in enacted} == {"3202010100/current/2000"}
    assert sum(event["amount"] for event in enacted) == 887_165_000
    assert len({event["id"] for event in enacted}) == 2


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (ROW.replace("887163000", "887163000.0"), "amount"),
        (ROW.replace("887163000", "eight"), "amount"),
        (ROW.replace("887163000", ""), "amount"),
        (ROW.replace("887163000", "-5"), "amount"),
        (ROW.replace("887163000", "9999999999999999"), "amount"),
        (ROW.replace("2019", "year"), "year"),
        (ROW.replace("2019", "1900"), "year"),
        (ROW.replace("3202010100", "3.2E+09"), "code"),
        (ROW.replace("總統府,", "國史館,"), "depname"),
        (ROW.replace("2019", "2020").replace("3202010100", "3202010200"), "year"),
    ],
)
def test_a_wrong_cell_is_a_problem_with_its_place(row: str, column: str, tmp_path: Path) -> None:
    with pytest.raises(ImportProblem, match=f"budget.csv, row 3, column {column}: ") as caught:
        read(written(tmp_path, ROW, row))
    assert (caught.value.row, caught.value.column) == (3, column)


def test_thousands_commas_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, ROW.replace("887163000", '"887,163,000"'))
    assert json.loads(read(path).events[0])["amount"] == 887_163_000
