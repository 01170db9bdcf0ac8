"""Columns that a table may have or not, rows below zero, numbers that begin anew each month, objects of one digit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from producers.imported import ImportProblem
from tests.conftest import Replay, read_registry
from tests.producers.tables.test_import_table import REGISTER
from tests.producers.tables.test_mappings import LINE, SAMPLES, events, taken
from tests.producers.tables.workbooks import Rows, csv_of

PAYMENTS = SAMPLES["payments"][0][0]
FIRST = ["114", "020011", *LINE]


def payments(folder: Path, *rows: list[str], header: Any = PAYMENTS) -> Any:
    return taken(csv_of(folder / "p.csv", [header, *rows]), "payments")


@pytest.mark.parametrize("name", ["payments", "commitments", "allotments", "balances"])
def test_money_carried_over_keeps_its_year(name: str, tmp_path: Path) -> None:
    header, *rows = SAMPLES[name][0]
    before: Rows = [[*header, "經費年度"], [*rows[0], "113"], [*rows[0], ""]]
    carried, ours = events(taken(csv_of(tmp_path / "c.csv", before), name))
    assert carried["origin_year"] == 113 and "origin_year" not in ours and carried["id"] != ours["id"]
    without = taken(csv_of(tmp_path / "w.csv", [header, rows[0]]), name)
    assert events(without) == [ours], "without the column the same as with a blank"
    assert "has no column 經費年度／保留年度: it is read as blank" in [each.en for each in without.assumptions]


def test_a_column_that_is_needed_is_still_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ImportProblem, match="the header has no 傳票號碼"):
        payments(
            tmp_path, [*FIRST, "1", "114/02/01", "70", "", ""], header=[each for each in PAYMENTS if each != "傳票號碼"]
        )


def test_what_was_paid_back_is_reversed_and_vouchers_begin_anew_each_month(tmp_path: Path, replay: Replay) -> None:
    rows = [
        [*FIRST, "V-1", "1", "114/02/01", "100", "", ""],
        [*FIRST, "V-1", "1", "114/03/01", "70", "", ""],
        [*FIRST, "V-2", "1", "114/03/02", "(30)", "", "支出收回"],
        ["", "", "", "", "", "合計", "", "", "140", "", ""],
    ]
    found = payments(tmp_path, *rows)
    assert [(each["type"], each["amount"]) for each in events(found)] == [
        ("disbursement.paid", 100), ("disbursement.paid", 70), ("disbursement.reversed", 30),
    ]  # fmt: skip
    assert found.rows_mapped == 3
    positions = replay(b"".join(found.events), "2025-12-31", read_registry(REGISTER))["positions"]
    assert {one["realised"] for one in positions if one["economic_class"] != "capital"} == {140}
    with pytest.raises(ImportProblem, match=r"row 2.*makes no disbursement\.paid"):
        payments(tmp_path, [*FIRST, "V-1", "1", "114/02/01", "0", "", ""])


@pytest.mark.parametrize("code", ["0001", "0100", "100", "20", "0"])
def test_an_object_is_four_digits_or_its_level_one(code: str, tmp_path: Path) -> None:
    row = ["114", "020011", "3202001100", "經常門", "2", "V-1", "1", "114/02/01", "70", "", ""]
    (payment,) = map(json.loads, payments(tmp_path, row).events)
    assert payment["line"] == "3202001100/current/2000"
    row[4] = code
    with pytest.raises(ImportProblem, match=f"column 用途別: '{code}' is no object of four digits"):
        payments(tmp_path, row)
