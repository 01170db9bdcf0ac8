"""City of Cape Town: the events give the execution that Municipal Money's own test expects, to two decimals."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from producers.imported import Imported, ImportProblem
from producers.importers.municipal_money_capital import read as read_capital
from producers.importers.municipal_money_operating import read as read_operating
from producers.municipal_money import even_months

DATA = Path(__file__).parent / "data"
CAPITAL = DATA / "municipal-money-capital_facts_v1.csv"
OPERATING = DATA / "municipal-money-income_expenditure_facts_v1.csv"
HEADER = "demarcation_code,function_code,item_code,amount,financial_year,period_length,amount_type_code"
SIGNS = {
    "appropriation.enacted": ("budget", 1),
    "appropriation.corrected": ("budget", 1),
    "disbursement.paid": ("actual", 1),
    "disbursement.reversed": ("actual", -1),
}


def events(found: Imported) -> list[dict[str, Any]]:
    return [json.loads(line) for line in found.events]


def sums(found: Imported) -> Counter[tuple[int, str]]:
    """Budget and actual by fiscal year."""
    result: Counter[tuple[int, str]] = Counter()
    for event in events(found):
        if event["type"] in SIGNS:
            side, sign = SIGNS[event["type"]]
            result[event["fiscal_year"], side] += sign * event["amount"]
    return result


def counts(found: Imported) -> dict[str, int]:
    """How many rows were left out for each reason."""
    return {left_out.reason.en: left_out.count for left_out in found.left_out()}


def percent(part: int, whole: int) -> str:
    return str((Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def written(folder: Path, *rows: str) -> Path:
    path = folder / "facts.csv"
    path.write_text("\n".join((HEADER, *rows, "")), encoding="utf-8")
    return path


def test_capital_execution_is_what_the_peer_expects() -> None:
    found = sums(read_capital(CAPITAL))
    rates = [percent(found[year, "actual"], found[year, "budget"]) for year in range(105, 109)]
    assert rates == ["88.54", "92.63", "72.80", "80.51"]


def test_operating_execution_is_what_the_peer_expects() -> None:
    found = sums(read_operating(OPERATING))
    rates = [percent(found[year, "actual"] - found[year, "budget"], found[year, "budget"]) for year in range(105, 109)]
    assert rates == ["-5.20", "-7.57", "-8.11", "-5.97"]


@pytest.mark.parametrize(
    ("read", "path", "column"), [(read_capital, CAPITAL, "total_assets"), (read_operating, OPERATING, "amount")]
)
def test_every_figure_of_the_file_is_in_the_events(read: Callable[[Path], Imported], path: Path, column: str) -> None:
    header, *rows = (line.split(",") for line in path.read_text(encoding="utf-8").splitlines())
    place = header.index(column)
    assert sum(sums(read(path)).values()) == sum(int(row[place]) for row in rows)


def test_only_zeros_are_left_out_of_the_real_files() -> None:
    assert counts(read_capital(CAPITAL)) == {"amount is 0: nothing was budgeted or spent": 84}
    assert counts(read_operating(OPERATING)) == {"amount is 0: nothing was budgeted or spent": 5}


def test_the_two_files_can_be_read_into_one_year_without_a_clash() -> None:
    both = events(read_capital(CAPITAL)) + events(read_operating(OPERATING))
    assert len({(event["fiscal_year"], event["id"]) for event in both}) == len(both)


def test_a_budget_is_allotted_in_full_over_twelve_months() -> None:
    allotted = {(e["fiscal_year"], e["line"]): sum(e["months"]) for e in events(read_capital(CAPITAL)) if "months" in e}
    enacted = {
        (event["fiscal_year"], event["line"]): event["amount"]
        for event in events(read_capital(CAPITAL))
        if event["type"] == "appropriation.enacted"
    }
    assert allotted == enacted


@pytest.mark.parametrize(("amount", "first", "last"), [(1_200, 100, 100), (1_211, 100, 111), (5, 0, 5)])
def test_even_months(amount: int, first: int, last: int) -> None:
    assert even_months(amount) == [first] * 11 + [last]


def test_negative_figures_are_corrections_and_reversals(tmp_path: Path) -> None:
    path = written(tmp_path, "CPT,0202,4600,-700,2018,year,ADJB", "CPT,0202,4600,-30,2018,year,AUDA")
    found = {event["type"]: event.get("amount") for event in events(read_operating(path))}
    assert found == {"appropriation.corrected": -700, "budget.adopted": None, "disbursement.reversed": 30}


def test_other_figures_are_counted_by_reason(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "CPT,0101,4600,5,2018,year,ADJB",
        "CPT,0101,4600,5,2018,year,ORGB",
        "CPT,0102,4600,5,2018,year,ORGB",
        "CPT,0101,0200,5,2018,year,ADJB",
        "CPT,0101,4600,5,2018,month,ADJB",
    )
    found = read_operating(path)
    assert counts(found) == {
        "amount type ORGB is neither ADJB nor AUDA": 2,
        "item 0200 is not 4600": 1,
        "period month is not a year": 1,
    }
    assert [item.row for item in found.unmapped] == [3, 4, 5, 6]


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("CPT,0101,4600,5.5,2018,year,ADJB", "column amount"),
        ("CPT,0101,4600,5,18th,year,ADJB", "column financial_year"),
        ("CPT,01x1,4600,5,2018,year,ADJB", "column function_code"),
        ("cape town,0101,4600,5,2018,year,ADJB", "column demarcation_code"),
        ("CPT,0102,4600,6,2018,year,ADJB", "stands twice"),
    ],
)
def test_a_wrong_cell_is_a_problem_with_its_place(row: str, place: str, tmp_path: Path) -> None:
    with pytest.raises(ImportProblem, match=f"facts.csv, row 3.*{place}"):
        read_operating(written(tmp_path, "CPT,0102,4600,5,2018,year,ADJB", row))
