"""Silence is no good news: whom the list cannot judge, and whose feed is dead, stand on every form of it."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from tests.e2e.serving import DAY, Serving, serving

CAPITAL = "32020110101/capital/3000"
OTHER = "38030010101/capital/3000"
"""Of an agency whose authority has capital money and no allotment."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("silent")) as found:
        adopted: dict[str, Any] = {"type": "budget.adopted"}
        for agency, line in (("020011", CAPITAL), ("030011", OTHER)):
            enacted = {"type": "appropriation.enacted", "line": line, "amount": 120_000_000}
            for number, event in enumerate((enacted, adopted)):
                found.send(event | {"id": f"{agency}{number}", "agency": agency, "booked_on": "2025-01-01"})
        months = {"type": "allotment.approved", "line": CAPITAL, "months": [10_000_000] * 12, "revision": 1}
        paid = {"type": "disbursement.paid", "line": CAPITAL, "amount": 50_000_000, "voucher": "V1"}
        found.send(months | {"id": "a", "booked_on": "2025-01-01"}, paid | {"id": "p", "booked_on": "2025-05-02"})
        found.monitor.replica.judge(DAY).result()
        yield found


def text_of(content: bytes, kind: str, folder: Path) -> str:
    """What a reader of a file reads."""
    match kind:
        case "csv":
            return content.decode("utf-8-sig")
        case "xlsx":
            book = openpyxl.load_workbook(io.BytesIO(content))
            return "\n".join(str(cell) for sheet in book for row in sheet.values for cell in row if cell is not None)
        case "ods":
            return zipfile.ZipFile(io.BytesIO(content)).read("content.xml").decode()
        case _:
            path = folder / "list.pdf"
            path.write_bytes(content)
            return subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout


def test_the_api_tells_both(served: Serving) -> None:
    with httpx.Client(base_url=served.url, timeout=20) as client:
        (row,) = client.get("/v1/lagging").json()
        assert {"agency": "020011", "last_booked_on": "2025-05-02"} in row["silent_agencies"]
        (left_out,) = client.get("/v1/lagging/unjudged", params={"fiscal_year": 114}).json()
        assert (left_out["authority"], left_out["available"], left_out["reason"]) == ("03", 120_000_000, "no-allotment")
        assert client.get("/v1/lagging/unjudged", params={"fiscal_year": 113}).json() == []
        away = {one["agency"] for one in client.get("/v1/lagging/absent").json()}
        assert "020021" in away and not {"020011", "030011"} & away


@pytest.mark.parametrize(
    ("language", "no_data", "left_out"),
    [("zh", "136 天無資料", "尚無分配預算"), ("en", "136 days", "nothing is allotted yet")],
)
def test_the_page_tells_both(served: Serving, language: str, no_data: str, left_out: str) -> None:
    text = httpx.get(f"{served.url}/lagging", params={"lang": language}, timeout=20).text
    assert no_data in text
    assert left_out in text
    assert "無主管機關低於" not in text


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods", "pdf"])
def test_every_download_of_the_list_tells_of_the_dead_feed(served: Serving, kind: str, tmp_path: Path) -> None:
    asked = {"export": kind, "table": "lagging-114", "lang": "zh"}
    content = httpx.get(f"{served.url}/lagging", params=asked, timeout=60).content
    assert "136天無資料" in "".join(text_of(content, kind, tmp_path).split())


def test_the_sheet_for_the_meeting_tells_whom_it_does_not_judge(served: Serving, tmp_path: Path) -> None:
    asked = {"export": "pdf", "table": "sheet-114", "lang": "zh"}
    text = text_of(httpx.get(f"{served.url}/lagging", params=asked, timeout=60).content, "pdf", tmp_path)
    text = "".join(text.split())
    assert "秘書處136天無資料" in text
    assert "未能判定（未列入，非謂達成）：" in text and "可支用預算數1.20億元：尚無分配預算" in text
