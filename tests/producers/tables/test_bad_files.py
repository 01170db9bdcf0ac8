"""Files that nobody should take: each told in one line with file, sheet, row and column, and nothing half taken."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from producers.imported import ImportProblem
from producers.tables import opening
from producers.tables.opening import kind_of
from producers.tables.sheet import read_sheet
from tests.producers.tables.test_mappings import SAMPLES, taken
from tests.producers.tables.workbooks import csv_of, xlsx

ROWS: Any = SAMPLES["payments"][0]


def refused(path: Path, name: str = "payments") -> str:
    with pytest.raises(ImportProblem) as found:
        taken(path, name)
    return str(found.value)


def test_what_is_no_file_of_a_table(tmp_path: Path) -> None:
    assert refused(tmp_path).endswith("is a folder; name one file in it")
    assert "cannot be read" in refused(tmp_path / "none.csv")
    for name, content, said in (
        ("empty.csv", b" \r\n", "is empty"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is no table"),
        ("other.zip", zipped({"a.txt": b"x"}), "is a zip file, and no workbook"),
        ("damaged.xlsx", zipped({"xl/workbook.xml": b"<x"}), "is damaged"),
        ("cut.xlsx", xlsx(tmp_path / "whole.xlsx", 表=ROWS).read_bytes()[:-200], "is damaged"),
        ("secret.xlsx", opening._OLE + "EncryptedPackage".encode("utf-16-le"), "is encrypted"),
        ("old.xls", opening._OLE + b"x" * 600, "is damaged"),
    ):
        (tmp_path / name).write_bytes(content)
        found = refused(tmp_path / name)
        assert found.startswith(f"{name}: {said}") and "\n" not in found


def zipped(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return content.getvalue()


def test_a_large_file_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as out:
        os.truncate(out.fileno(), 200 * 1024 * 1024)
    assert refused(path) == "large.csv: has more than 150 MB; split it, or save it as CSV"


@pytest.mark.parametrize("lies", [False, True], ids=["says its size", "lies about its size"])
def test_a_zip_bomb_is_not_unpacked(lies: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "UNPACKED_BYTES_MAX", 10 * 1024 * 1024)
    content = bytearray(zipped({"xl/workbook.xml": b" " * (30 * 1024 * 1024)}))
    if lies:  # what the directory and the member say of it is a hundred bytes
        for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
            struct.pack_into("<I", content, content.index(mark) + at, 100)
    with pytest.raises(ImportProblem, match=r"bomb.xlsx: unpacks to more than .* it is not opened"):
        kind_of(bytes(content), "bomb.xlsx")


def test_two_sheets_must_be_told_apart(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "two.xlsx", 一月=ROWS, 二月=ROWS)
    assert refused(path) == "two.xlsx: has 2 sheets: 一月, 二月; say which with --sheet"
    assert read_sheet(path, "二月").name == "二月"
    with pytest.raises(ImportProblem, match=r"two\.xlsx, sheet 三月: is none of 一月, 二月"):
        read_sheet(path, "三月")
    assert len(taken(xlsx(tmp_path / "one.xlsx", 一月=ROWS, 空白=[]), "payments").events) == 2


def _hide(sheet: Worksheet) -> None:
    sheet.row_dimensions[3].hidden = True


def _formula(sheet: Worksheet) -> None:
    sheet["I2"] = "=35*2"


@pytest.mark.parametrize(
    ("change", "said"),
    [(_hide, "sheet 表, row 3: is hidden"), (_formula, "sheet 表, row 2, column I: holds a formula without its value")],
)
def test_what_nobody_sees_in_a_workbook(change: Callable[[Worksheet], None], said: str, tmp_path: Path) -> None:
    assert refused(xlsx(tmp_path / "a.xlsx", change, 表=ROWS)).startswith(f"a.xlsx, {said}")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("金額", "7.0E+01", "row 2, column 金額: '7.0E+01' is in scientific notation"),
        ("金額", "", "row 2, column 金額: is blank"),
        ("金額", "0", "row 2: makes no disbursement.paid"),
        ("年度", "14", "row 2, column 年度: '14' is of ROC year 14 (1925); is 114 meant?"),
        ("付款日期", "45689", "row 2, column 付款日期: 45689 is a spreadsheet's number of a day"),
        ("付款日期", "114/13/01", "row 2, column 付款日期: '114/13/01' is no day of the calendar"),
        ("門別", "特別門", "row 2, column 門別: '特別門' is none of 經常門, 資本門"),
        ("工作計畫編號", "320", "row 2: makes no disbursement.paid"),
        ("用途別", "20000", "row 2, column 用途別: '20000' is no object of four digits"),
    ],
)
def test_a_cell_that_cannot_be_read_stops_everything(column: str, value: str, said: str, tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[1][rows[0].index(column)] = value
    assert refused(csv_of(tmp_path / "a.csv", rows)).startswith(f"a.csv, {said}")


def test_every_wrong_cell_is_told_up_to_twenty(tmp_path: Path) -> None:
    rows = [list(ROWS[0]), *([*ROWS[1][:5], f"V{n}", "1", "114/02/30", "x", "", ""] for n in range(30))]
    lines = refused(csv_of(tmp_path / "a.csv", rows)).splitlines()
    assert len(lines) == 21 and lines[-1] == "… and 40 more"


def test_headers_totals_and_rows_that_differ(tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[0][rows[0].index("金額")] = "數額"
    assert refused(csv_of(tmp_path / "a.csv", rows)) == "a.csv, row 1: the header has no 金額"
    assert "is this the right mapping?" in refused(csv_of(tmp_path / "b.csv", [["甲", "乙"], ["1", "2"]]))
    twice = [[*ROWS[0], "金額"], *([*row, "1"] for row in ROWS[1:])]
    assert (
        refused(csv_of(tmp_path / "c.csv", twice))
        == "c.csv, row 1, column 金額: stands twice in the header; rename one"
    )
    both = [[*SAMPLES["allotments-cba"][0][2], "機關代碼"], *([*row, "9"] for row in SAMPLES["allotments-cba"][0][3:5])]
    assert "two columns for one: 機關編碼, 機關代碼" in refused(csv_of(tmp_path / "d.csv", both), "allotments-cba")
    differs = [*ROWS[:3], [*ROWS[3][:8], "31", *ROWS[3][9:]]]
    assert "row 4: is told apart from row 3 by nothing in `identity`, and differs" in refused(
        csv_of(tmp_path / "e.csv", differs)
    )
    wrong = [list(row) for row in SAMPLES["reserve-cases"][0]]
    wrong[3][wrong[0].index("核准數")] = "60,005,001"
    assert refused(csv_of(tmp_path / "f.csv", wrong), "reserve-cases") == (
        "f.csv, row 4, column 核准數: says 60,005,001 NT$ in all, and the rows it sums come to 60,005,000"
    )
    (tmp_path / "g.csv").write_text("a,b\n1,2\n1,2,3\n")
    assert refused(tmp_path / "g.csv").startswith("g.csv")
