"""Tables of a month's end: the next month's meet the same rows; the unit that a paper says; budgets that are law."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from producers.imported import ImportProblem
from producers.tables.corrections import compare
from producers.tables.mapping import parse_mapping
from tests.conftest import Replay, read_registry
from tests.producers.tables.test_mappings import HERE, SAMPLES, taken
from tests.producers.tables.workbooks import csv_of

REGISTER = (
    "code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email\n"
    "02,市政府主管,City Government,02,市政府主管,City Government,\n"
)
HEADER = SAMPLES["execution-by-authority"][0][1:3]


def month(folder: Path, day: str, allotted: str, executed: str) -> list[bytes]:
    row = ["2", "市政府主管", "1,000", "", allotted, "", executed, "", ""]
    return taken(
        csv_of(folder / "e.csv", [*HEADER, row]), "execution-by-authority", {"fiscal_year": "115", "booked_on": day}
    ).events


def booked(replay: Replay, lines: list[bytes]) -> dict[str, Any]:
    found = replay(b"".join(lines), "2026-07-31", read_registry(REGISTER))
    assert found["counts"]["refused"] == found["counts"]["duplicate"] == 0
    (whole,) = (one for one in found["positions"] if one["level"] == "agency" and one["economic_class"] == "all")
    assert isinstance(whole, dict)
    return whole


def test_the_next_month_adds_what_it_tells_and_doubles_nothing(tmp_path: Path, replay: Replay) -> None:
    may, june = month(tmp_path, "115/05/31", "400", "300"), month(tmp_path, "115/06/30", "600", "450")
    found = compare(june, may, cumulative=True)
    assert found.new == [] and found.same == 2, "the budget and its adoption are the same"
    added = [line for each in found.conflicts for line in each.corrections]
    whole = booked(replay, [*may, *added])
    assert (whole["available"], whole["allotted"], whole["realised"]) == (1_000_000, 600_000, 450_000)
    allotment, payment = (json.loads(line) for line in added)
    assert allotment["months"] == [0, 0, 0, 0, 400_000, 200_000, 0, 0, 0, 0, 0, 0]
    assert (payment["amount"], payment["booked_on"]) == (150_000, "2026-06-30")
    again = compare(june, [*may, *added], cumulative=True)
    assert (again.same, again.new, again.conflicts) == (4, [], [])
    july = compare(month(tmp_path, "115/07/31", "500", "440"), [*may, *added], cumulative=True)
    whole = booked(replay, [*may, *added, *(line for each in july.conflicts for line in each.corrections)])
    assert (whole["allotted"], whole["realised"]) == (500_000, 440_000), "less than in June"
    older = compare(may, [*june], cumulative=True)
    assert older.conflicts and not any(each.corrections for each in older.conflicts), "an earlier day is for a person"


def test_a_cumulated_mapping_is_not_identified_by_its_day() -> None:
    text = (HERE.parents[2] / "producers/tables/mappings/execution-by-program.yaml").read_text("utf-8")
    with pytest.raises(ImportProblem, match="take booked_on out of `identity`"):
        parse_mapping(text.replace("identity: [agency, fiscal_year, line]", ""), "own.yaml")


@pytest.mark.parametrize("said", ["單位：元", "單位: 新臺幣百萬元", "單 位：新台幣仟元"])
def test_a_unit_that_the_paper_says_is_the_mappings(said: str, tmp_path: Path) -> None:
    rows, given = SAMPLES["execution-by-authority"]
    path = csv_of(tmp_path / "e.csv", [["截至115年5月底", "", said], *rows[1:]])
    if "仟" in said:
        assert taken(path, "execution-by-authority", given).events
        return
    with pytest.raises(
        ImportProblem, match=r"e\.csv, row 1: says that its figures are in .*元, and the mapping reads 千元"
    ):
        taken(path, "execution-by-authority", given)


def test_reserves_in_a_budget_are_funds_and_no_lines(tmp_path: Path) -> None:
    sample, given = SAMPLES["budget-by-agency"]
    rows = [list(row) for row in sample]
    for row in rows[4:8]:
        row[6:8] = ["37", "27"]
    rows += [
        ["", "", "", "3", "32020040103", "第一預備金", "5", "5", "-"],
        ["", "", "", "4", "32020040104", "第二預備金", "2", "2", "-"],
    ]
    found = [json.loads(line) for line in taken(csv_of(tmp_path / "b.csv", rows), "budget-by-agency", given).events]
    assert [(one["type"], one.get("reserve"), one.get("amount")) for one in found] == [
        ("appropriation.enacted", None, 18_000),
        ("appropriation.enacted", None, 2_000),
        ("appropriation.enacted", None, 10_000),
        ("reserve.established", "first", 5_000),
        ("reserve.established", "second", 2_000),
        ("budget.adopted", None, None),
    ]
    rows[-1][5] = "統籌科目第二預備金"
    with pytest.raises(ImportProblem, match="column 名稱: '統籌科目第二預備金' is none of 第一預備金"):
        taken(csv_of(tmp_path / "b.csv", rows), "budget-by-agency", given)


def test_an_agencys_budget_is_law_once_its_lines_are_enacted(tmp_path: Path, replay: Replay) -> None:
    rows, given = SAMPLES["budget-by-agency"]
    lines = taken(csv_of(tmp_path / "b.csv", rows), "budget-by-agency", given).events
    kinds = [json.loads(line)["type"] for line in lines]
    assert kinds == ["appropriation.enacted"] * 3 + ["budget.adopted"]
    lines = month(tmp_path, "115/05/31", "400", "300")
    found = replay(b"".join(lines), "2026-05-31", read_registry(REGISTER))
    assert not [one for one in found["alerts"] if one["rule"].startswith("cr-")]
    assert [json.loads(line)["type"] for line in lines] == [
        "appropriation.enacted", "budget.adopted", "allotment.approved", "disbursement.paid",
    ]  # fmt: skip
