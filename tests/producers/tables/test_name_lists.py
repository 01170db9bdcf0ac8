"""Lists of names come in: shown, confirmed, merged with what is there; nothing is written where anything is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ledger.names import parse_objects
from ledger.registry import parse
from producers.imported import ImportProblem
from producers.tables.name_lists import merge, rows_in
from producers.tables.sheet import read_sheet
from tests.house.test_words import ROOT
from tests.producers.tables.workbooks import Rows, csv_of, xlsx

AGENCIES: Rows = [
    ["高雄市各機關名冊"],
    ["機關編號", "機關名稱", "主管機關編號", "主管機關", "起始年度", "終止年度"],
    ["020011", "秘書處", "02", "市政府主管", "", ""],
    ["020021", "民政局　", "03", "民政局主管", "110", ""],
    ["020031", "舊局", "03", "民政局主管", "100", "113"],
]


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "budgetwatch", "names", "take", *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


def test_a_register_comes_in_with_its_years_once_confirmed(tmp_path: Path) -> None:
    xlsx(tmp_path / "名冊.xlsx", 名冊=AGENCIES)
    code, said = run(tmp_path, "agencies", "名冊.xlsx")
    assert code == 2 and "+ 020021 民政局" in said and "nothing was written; --yes takes them" in said
    assert not (tmp_path / "agencies.csv").exists()
    code, said = run(tmp_path, "agencies", "名冊.xlsx", "--yes")
    assert code == 0 and "agencies.csv: 3 new, 0 named otherwise, 0 the same" in said
    found = parse((tmp_path / "agencies.csv").read_bytes(), "agencies.csv").agencies
    assert found["020021"].name_zh == "民政局" and (found["020031"].from_year, found["020031"].to_year) == (100, 113)
    code, said = run(tmp_path, "agencies", "名冊.xlsx")
    assert code == 0 and "0 new, 0 named otherwise, 3 the same" in said, "the same again asks nothing"


def test_other_names_are_told_and_changed_only_if_wanted(tmp_path: Path) -> None:
    before = b"object_code,name_zh\n2000,\xe6\xa5\xad\xe5\x8b\x99\n"
    rows = rows_in(
        read_sheet(csv_of(tmp_path / "o.csv", [["code", "name"], ["2000", "業務費"], ["3000", "設備"]])), "objects"
    )
    kept = merge(before, rows, "objects", "objects.csv", replace=False)
    assert [now["name_zh"] for _, now in kept.changed] == ["業務費"]
    assert (
        parse_objects(kept.content, "o")["2000"].zh == "業務" and parse_objects(kept.content, "o")["3000"].zh == "設備"
    )
    changed = merge(before, rows, "objects", "objects.csv", replace=True)
    assert parse_objects(changed.content, "o")["2000"].zh == "業務費"


def test_work_plans_of_a_year(tmp_path: Path) -> None:
    rows = [
        ["年度", "工作計畫編號", "政事別", "業務計畫", "工作計畫"],
        ["114", "32020110101", "行政", "一般行政", "行政管理"],
    ]
    found = merge(
        None, rows_in(read_sheet(csv_of(tmp_path / "a.csv", rows, "cp950")), "accounts"), "accounts", "a", replace=False
    )
    assert found.content.decode().splitlines()[1] == "114,32020110101,行政,一般行政,行政管理"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["甲"], ["乙"]], "has no header with 機關編號／機關編碼"),
        (
            [*AGENCIES[:2], ["020011", "", "02", "市政府主管", "", ""]],
            "row 3, column 機關名稱: is blank, and is needed",
        ),
        (
            [*AGENCIES[:3], ["020011", "另一處", "02", "市政府主管", "", ""]],
            "row 4: 020011 stands twice, by different names",
        ),
        (AGENCIES[:2], "has a header but no rows below it"),
    ],
)
def test_a_list_that_cannot_be_taken(rows: Rows, said: str, tmp_path: Path) -> None:
    with pytest.raises(ImportProblem) as found:
        rows_in(read_sheet(csv_of(tmp_path / "a.csv", rows)), "agencies")
    assert said in str(found.value)
