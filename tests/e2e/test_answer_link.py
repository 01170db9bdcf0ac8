"""The page behind a one-time link, as a browser, a mail scanner and somebody with a bad copy of the address find it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog

from alerts.letters.compose import recipient_of
from alerts.subjects import alert_id
from streams.people import accounts, trail
from streams.people.answers import questions
from streams.people.links import make_link, openings_of
from streams.store import alert_lists
from streams.store.alert_lists import Overlay, Wanted
from tests.e2e.conftest import DESKTOP, PHONE, Open
from tests.e2e.serving import AGENCY, Serving, serving
from tests.e2e.test_pages import AXE, AXE_RUN, CHECKS

FORM = {
    "reason": "approved",
    "text": "府授主預字第1140001號",
    "measure": "轉正至本年度科目",
    "responsible": "林專員",
    "expected_day": "2099-01-31",
    "amount": "5,000,000",
    "person": "林專員",
}


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path / "data") as running:
        running.overspend("over")
        running.overspend("second", line="32020110298/current/2000")
        yield running


def alerts_of(serving: Serving) -> list[str]:
    wanted = Wanted(rule="spending-without-appropriation")
    return [alert_id(each) for each in alert_lists.find(serving.monitor.store, wanted, Overlay(), "newest")]


def link_to(serving: Serving, alerts: list[str], notice: str = "key") -> str:
    recipient = recipient_of(serving.monitor.names(), "agency", AGENCY)
    with serving.monitor.store.writing() as connection:
        return make_link(connection, serving.url, notice, recipient, alerts)


def token_on(client: httpx.Client, address: str) -> dict[str, str]:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', client.get(address).text)
    return {} if found is None else {"_csrf_token": found[1]}


def posted(client: httpx.Client, address: str, alerts: list[str], **changes: str) -> httpx.Response:
    chosen = {f"matter-{alert}": "yes" for alert in alerts}
    return client.post(address, data=token_on(client, address) | FORM | chosen | changes)


def test_ten_visits_then_one_answer_and_none_after_it(answering: Serving) -> None:
    first, second = alerts_of(answering)
    address = link_to(answering, [first, second])
    with httpx.Client() as client:
        for _ in range(10):
            assert client.get(address).status_code == 200
        assert client.head(address).status_code in (200, 405)
        open_still = token_on(client, address)
        answer = posted(client, address, [first])
        assert answer.status_code == 200 and "已收到回復" in answer.text
        assert posted(client, address, [second], **open_still).status_code == 410, "from a page that stayed open"
        assert "已回復過" in client.get(address).text
    known = questions(answering.monitor.store)
    assert known[first].state == "answered" and second not in known
    given = known[first].answer
    assert given is not None and (given.person, given.role, given.after["amount"]) == ("林專員", "link", 5_000_000)
    assert len(openings_of(answering.monitor.store, first)) >= 10


def test_what_is_wrong_is_said_and_what_was_typed_stays(answering: Serving) -> None:
    alerts = alerts_of(answering)
    address = link_to(answering, alerts)
    with httpx.Client() as client:
        for changes, says in (
            ({"expected_day": "2020-01-01"}, "預計完成日須為今日之後"),
            ({"text": ""}, "此原因須填寫說明"),
            ({"amount": "many"}, "金額須為"),
            ({"person": " "}, "請填寫姓名"),
        ):
            answer = posted(client, address, alerts, **changes)
            assert answer.status_code == 422 and says in answer.text and "轉正至本年度科目" in answer.text
        assert "請勾選至少一項" in posted(client, address, []).text
        assert posted(client, address, alerts).status_code == 200, "none of them consumed it"


def test_another_alert_and_a_changed_address_are_turned_away(answering: Serving) -> None:
    first, second = alerts_of(answering)
    address = link_to(answering, [first])
    with httpx.Client() as client:
        page = client.get(address).text
        assert first in page and second not in page
        assert posted(client, address, [second]).status_code == 422
        token = token_on(client, address)
        for other in (address[:-1], address + "A", address[:-1] + ("A" if address[-1] != "A" else "B")):
            assert client.get(other).status_code == 404
            assert posted(client, other, [first], **token).status_code == 404
    assert questions(answering.monitor.store) == {}


def test_the_address_is_told_to_nobody(
    answering: Serving, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = alerts_of(answering)
    address = link_to(answering, alerts)
    secret = address.rpartition("/")[2]
    with httpx.Client() as client:
        answer = client.get(address)
        assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
        assert client.post(address, data=FORM).headers["Referrer-Policy"] == "no-referrer"

        def fails(*_: object) -> None:
            raise RuntimeError("a defect")

        monkeypatch.setattr("dashboards.web.pages.answer_link.find_link", fails)
        # As the program writes its log (agents.logs); without that structlog would print what each frame holds.
        structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
        try:
            assert client.get(address).status_code == 500
        finally:
            structlog.reset_defaults()
    logged = capfd.readouterr()
    assert "a page failed" in logged.out + logged.err
    assert secret not in logged.out and secret not in logged.err
    assert not any(secret in str(act) for act in trail.newest_acts(answering.monitor.store))


def test_once_there_are_users_it_opens_without_logging_in_and_nothing_else_does(answering: Serving) -> None:
    alerts = alerts_of(answering)
    address = link_to(answering, alerts)
    accounts.add_user(answering.monitor.store, "chief", "Chief", "correct horse battery", ["officer"])
    with httpx.Client() as client:
        page = client.get(address)
        assert page.status_code == 200
        assert client.get(f"{answering.url}/alerts").status_code == 303
        inside = set(re.findall(r'(?:href|action|src)="([^"]+)"', page.text))
        own = {address.removeprefix(answering.url), f"{address.removeprefix(answering.url)}?lang=en"}
        assert {each for each in inside if not each.startswith("/static/")} <= own, "it leads nowhere else"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_readable_and_answered_in_a_browser(
    answering: Serving, open_page: Open, language: str, size: tuple[int, int]
) -> None:
    alerts = alerts_of(answering)
    page = open_page(f"{link_to(answering, alerts)}?lang={language}", size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    problems = page.evaluate(CHECKS)
    assert problems == [], json.dumps(problems, ensure_ascii=False, indent=1)
    page.evaluate(AXE)
    assert page.evaluate(AXE_RUN) == []
    for name, value in FORM.items():
        field = page.locator(f"[name={name}]")
        field.select_option(value) if name == "reason" else field.fill(value)
    page.locator("button[type=submit]").click()
    page.wait_for_selector(".result.done")
    assert set(questions(answering.monitor.store)) == set(alerts)


HOSTILE = "<script>alert(1)</script>\u202e\"'{{ 7*7 }}"


def test_what_is_answered_is_text_wherever_it_is_shown(answering: Serving, open_page: Open) -> None:
    alerts = alerts_of(answering)
    address = link_to(answering, alerts)
    with httpx.Client() as client:
        sent = posted(client, address, alerts, text=HOSTILE, measure=HOSTILE, responsible=HOSTILE, person=HOSTILE)
        assert sent.status_code == 200
    for path in (f"/alerts/{alerts[0]}", "/desk", "/audit-trail"):
        page = open_page(answering.url + path)
        assert page.locator("main script").count() == 0
        assert "<script>alert(1)</script>" in page.locator("main").inner_text()
