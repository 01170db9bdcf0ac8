"""The agency's own desk and the office's, as the people who sit there use them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from alerts.subjects import alert_id
from streams.people import accounts
from streams.people.accounts import Domain
from streams.people.answers import ask, questions
from streams.people.escalating import remind
from streams.store import alert_lists
from streams.store.alert_lists import Overlay, Wanted
from tests.e2e.conftest import DESKTOP, PHONE, Open
from tests.e2e.serving import AGENCY, DAY, Serving, serving
from tests.e2e.test_pages import AXE, AXE_RUN, CHECKS

PASSWORD = "correct horse battery"  # noqa: S105
FORM = {
    "reason": "mistyped",
    "measure": "轉正",
    "responsible": "林專員",
    "expected_day": "2025-10-20",
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path / "data") as running:
        running.overspend("over")
        running.overspend("second", line="32020110298/current/2000")
        store = running.monitor.store
        ask(store, alerts_of(running), "agency:020011", "2025-09-11", "key")
        remind(store, running.monitor.catalogue, None, DAY)
        accounts.add_user(store, "clerk", "林專員", PASSWORD, ["officer"], Domain(frozenset([AGENCY])))
        accounts.add_user(store, "chief", "王科長", PASSWORD, ["officer"])
        yield running


def alerts_of(serving: Serving) -> list[str]:
    wanted = Wanted(rule="spending-without-appropriation")
    return [alert_id(each) for each in alert_lists.find(serving.monitor.store, wanted, Overlay(), "newest")]


def logged_in(open_page: Open, office: Serving, name: str, path: str, size: tuple[int, int] = DESKTOP) -> Page:
    page = open_page(f"{office.url}/log-in?next={path}", size)
    page.locator("#log-in-name").fill(name)
    page.locator("#log-in-password").fill(PASSWORD)
    page.locator("form.act button[type=submit]").click()
    page.wait_for_url(f"**{path}")
    return page


def looked_through(page: Page, size: tuple[int, int]) -> None:
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    problems = page.evaluate(CHECKS)
    assert problems == [], json.dumps(problems, ensure_ascii=False, indent=1)
    page.evaluate(AXE)
    assert page.evaluate(AXE_RUN) == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_agency_answers_two_at_once_and_the_office_decides(
    office: Serving, open_page: Open, size: tuple[int, int]
) -> None:
    first, second = alerts_of(office)
    desk = logged_in(open_page, office, "clerk", "/desk", size)
    looked_through(desk, size)
    assert desk.locator(".matter").count() >= 2 and "逾 2 工作天" in desk.locator("main").inner_text()
    for alert in (first, second):
        desk.locator(f"#m-{alert}").check()
    for name, value in FORM.items():
        field = desk.locator(f".desk [name={name}]")
        field.select_option(value) if name == "reason" else field.fill(value)
    desk.get_by_role("button", name="送出回復").click()
    desk.locator(".result.done").wait_for()
    assert {each.state for each in questions(office.monitor.store).values()} == {"answered"}

    chief = logged_in(open_page, office, "chief", "/desk", size)
    looked_through(chief, size)
    assert chief.locator("#desk-decide tbody tr").count() == 2
    chief.goto(f"{office.url}/alerts/{first}")
    looked_through(chief, size)
    chief.get_by_role("button", name="同意回復").click()
    chief.locator(".result.done").wait_for()
    chief.goto(f"{office.url}/alerts/{second}")
    chief.get_by_label("退回意見").fill("請附核定文號")
    chief.get_by_role("button", name="退回補充").click()
    chief.locator(".result.done").wait_for()
    assert [questions(office.monitor.store)[alert].state for alert in (first, second)] == ["accepted", "returned"]
    story = chief.locator(".timeline").inner_text()
    places = [story.index(word) for word in ("發生", "通知機關回復", "催辦", "轉正", "退回回復")]
    assert places == sorted(places)


def test_the_offices_desk_is_live(office: Serving, open_page: Open) -> None:
    chief = logged_in(open_page, office, "chief", "/desk")
    assert chief.locator("#desk-late tbody tr").count() == 2
    with httpx.Client(base_url=office.url) as client:
        token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/log-in").text)
        assert token is not None
        client.post("/log-in", data={"name": "clerk", "password": PASSWORD, "_csrf_token": token[1]})
        token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/desk").text)
        assert token is not None
        chosen = {f"matter-{alert}": "yes" for alert in alerts_of(office)}
        sent = client.post("/desk/answer", data=FORM | chosen | {"_csrf_token": token[1]})
        assert sent.status_code == 303
    chief.locator("#desk-decide tbody tr").nth(1).wait_for(timeout=15_000)


def test_a_letter_is_taken_and_its_number_entered(office: Serving, open_page: Open) -> None:
    alert = alerts_of(office)[0]
    page = logged_in(open_page, office, "chief", f"/alerts/{alert}")
    for form, starts in (("odt", b"PK"), ("pdf", b"%PDF")):
        with page.expect_download() as download:
            page.locator(f'a[href$="letter.{form}"]').click()
        assert Path(download.value.path()).read_bytes().startswith(starts)
    page.locator("#letter-number").fill("府授主預字第1140001號")
    page.locator("#letter-date").fill("2025-09-12")
    page.get_by_role("button", name="登錄發文").click()
    page.locator(".result.done").wait_for()
    assert "府授主預字第1140001號，114年9月12日" in page.locator(".timeline").inner_text()
