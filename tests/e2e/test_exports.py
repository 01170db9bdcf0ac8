"""Every table can be taken along, and opens again."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import httpx
import openpyxl
import pytest

from tests.e2e.serving import Serving
from tests.e2e.test_pages import FILLED, address_of


@pytest.mark.parametrize(
    "page", [page for page in FILLED if "search" not in page and page not in ("/check", "/log-in", "/api")]
)
def test_every_table_of_a_page_opens_again(city: Serving, page: str) -> None:
    with httpx.Client(timeout=60) as client:
        text = client.get(address_of(city, page)).text
        links = set(re.findall(r'href="([^"]*export=[^"]+)" download', text))
        assert {re.search(r"export=(\w+)", link)[1] for link in links} >= {"csv", "xlsx", "ods"}  # type: ignore[index]
        for link in links:
            found = client.get(city.url + link.replace("&amp;", "&"))
            assert found.status_code == 200, link
            name = re.fullmatch(r'attachment; filename="([A-Za-z0-9._-]+)"', found.headers["content-disposition"])
            assert name is not None
            opened(found.content, name[1])


def opened(content: bytes, name: str) -> None:
    """Read a file as its reader would."""
    if name.endswith(".csv"):
        assert content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert len(rows) >= 1 and len({len(row) for row in rows if row}) == 1
        assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    elif name.endswith(".ods"):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            assert file.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
            assert "table:table-row" in file.read("content.xml").decode()
    elif name.endswith(".xlsx"):
        book = openpyxl.load_workbook(io.BytesIO(content))
        assert book.worksheets[0].max_row >= 1
        assert not any(cell.data_type == "f" for sheet in book.worksheets for row in sheet.iter_rows() for cell in row)
    else:
        assert name.endswith(".pdf") and content.startswith(b"%PDF-")


def test_an_export_holds_every_alert_and_not_one_page_of_them(city: Serving) -> None:
    with httpx.Client(base_url=city.url) as client:
        page = client.get("/alerts", params={"state": "all"}).text
        total = re.search(r"共 (\d+) 筆", page)
        assert total is not None
        rows = list(csv.reader(io.StringIO(client.get("/alerts?state=all&export=csv").content.decode("utf-8-sig"))))
        assert len(rows) - 1 == int(total[1])


def test_the_totals_of_the_authorities_add_up(city: Serving) -> None:
    content = httpx.get(city.url + "/?export=csv&table=authorities").content
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    for column in (3, 4, 5, 6, 7):
        assert sum(int(row[column]) for row in rows[1:-1]) == int(rows[-1][column])


def test_the_report_on_an_agency_is_a_pdf(city: Serving) -> None:
    found = httpx.get(city.url + "/agencies/050011/report.pdf", timeout=60)
    assert found.headers["content-type"] == "application/pdf" and found.content.startswith(b"%PDF-")


def test_a_table_that_is_none_is_not_found(city: Serving) -> None:
    assert httpx.get(city.url + "/alerts?export=csv&table=none").status_code == 404
    assert httpx.get(city.url + "/alerts?export=exe").headers["content-type"].startswith("text/html")


def test_what_is_taken_from_a_demonstration_says_so(city: Serving) -> None:
    assert city.monitor.demonstration
    found = httpx.get(city.url + "/?export=xlsx&table=authorities&lang=en")
    assert 'filename="demonstration-overview-authorities-' in found.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(found.content)).worksheets[0]
    texts = " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)
    assert "[Demonstration data]" in texts and "must not be cited" in texts


def test_one_character_set_is_named_once(city: Serving) -> None:
    for path in (
        "/",
        "/nothing",
        "/static/page.css",
        "/static/page.js",
        "/alerts?export=csv",
        "/alerts?export=csv&table=none",
        "/v1/alerts",
    ):
        assert httpx.get(city.url + path).headers["content-type"].count("charset") <= 1, path
