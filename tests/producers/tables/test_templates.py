"""The workbooks to fill in: each is what its mapping reads, and three agencies come in by them, with their names."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from producers.imported import ImportProblem
from producers.tables.events import events_of
from producers.tables.header import closest
from producers.tables.mapping import load_mapping, shipped
from producers.tables.sheet import read_sheet
from producers.tables.templates import template
from tests.conftest import Replay, read_registry

AGENCIES = ("020011", "020021", "030011")


@pytest.mark.parametrize("name", shipped())
def test_every_template_has_what_its_mapping_reads(name: str, tmp_path: Path) -> None:
    _, mapping = load_mapping(name)
    (tmp_path / "t.xlsx").write_bytes(template(mapping))
    sheet = read_sheet(tmp_path / "t.xlsx")
    assert closest(sheet, mapping).missing == []
    with pytest.raises(ImportProblem, match="has a header but no rows below it"):
        events_of(sheet, mapping, name)


def filled(name: str, rows: list[dict[str, Any]], path: Path) -> list[bytes]:
    _, mapping = load_mapping(name)
    book = load_workbook(io.BytesIO(template(mapping)))
    sheet = book.active
    assert sheet is not None
    heads = [cell.value for cell in sheet[3]]
    for at, row in enumerate(rows, 4):
        assert set(row) <= set(heads)
        for column, value in row.items():
            sheet.cell(at, heads.index(column) + 1).value = value
    book.save(path)
    return events_of(read_sheet(path), mapping, name).events


def test_three_agencies_come_in_without_a_line_of_json(tmp_path: Path, replay: Replay) -> None:
    line = {"年度": 114, "工作計畫編號": "32020110101", "用途別": "2000"}
    rows = [line | {"機關編號": agency} for agency in AGENCIES]
    months = {f"{month}月": 1_000 for month in range(1, 13)}
    allotted = [
        row | months | {"門別": "經常門", "核定日期": "114/01/05", "修正次別": 1, "工作計畫名稱": "行政管理"}
        for row in rows
    ]
    paid = [
        row | {"門別": "經常門", "傳票號碼": f"V{n}", "項次": "1", "付款日期": "114/02/03", "金額": 500}
        for n, row in enumerate(rows)
    ]
    reported = [row | {"門別": "經常門", "月份": 2, "累計實現數": 500, "工作計畫名稱": "行政管理"} for row in rows]
    taken = [
        *filled("allotments", allotted, tmp_path / "a.xlsx"),
        *filled("payments", paid, tmp_path / "p.xlsx"),
        *filled("balances", reported, tmp_path / "b.xlsx"),
    ]
    assert len(taken) == 9 and {json.loads(each)["agency"] for each in taken} == set(AGENCIES)
    register = "code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email\n"
    register += "".join(
        f"{code},局{code},Office {code},{code[:2]},主管{code[:2]},Authority {code[:2]},\n" for code in AGENCIES
    )
    found = replay(b"".join(taken), "2025-03-01", read_registry(register))
    assert found["counts"]["accepted"] == 9
    shown = [one for one in found["positions"] if one["level"] == "agency" and one["economic_class"] == "all"]
    assert {(one["allotted"], one["realised"]) for one in shown} == {(3_000, 500)} and len(shown) == 3
