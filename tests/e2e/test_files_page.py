"""A file loaded by hand: chosen, looked through and taken in at a browser, in both languages, each page accessible."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page

from tests.dashboards.web.test_files import rows
from tests.e2e.conftest import Open
from tests.e2e.serving import Serving
from tests.e2e.test_pages import AXE, AXE_RUN, CHECKS
from tests.producers.tables.workbooks import csv_of

MILLISECONDS = 30_000


def check_accessible(page: Page) -> None:
    problems = page.evaluate(CHECKS)
    assert problems == [], json.dumps(problems, ensure_ascii=False, indent=1)
    page.evaluate(AXE)
    findings = page.evaluate(AXE_RUN)
    assert findings == [], json.dumps(findings, ensure_ascii=False, indent=1)


def test_a_file_is_loaded_by_hand(small: Serving, open_page: Open, tmp_path: Path) -> None:
    page = open_page(f"{small.url}/files?lang=zh")
    page.set_input_files("input[type=file]", str(csv_of(tmp_path / "支付.csv", rows(2_000, 3_000))))
    page.get_by_role("button", name="上傳並預覽").press("Enter")
    page.get_by_role("button", name="確認入帳").wait_for(timeout=MILLISECONDS)
    at = page.url
    for language in ("zh", "en"):
        page.goto(f"{at}?lang={language}")
        check_accessible(page)
    page.get_by_label("Your name").fill("王小明")
    page.get_by_role("button", name="Take it in").press("Enter")
    page.get_by_text("2 accepted, 0 duplicates, 0 refused").wait_for(timeout=MILLISECONDS)
    check_accessible(page)
