"""The page 通知: an officer sees what was said to whom and what became of it, and decides what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from playwright.sync_api import expect

from alerts.letters.compose import Happening, compose, recipient_of
from alerts.subjects import alert_id
from streams.notices import wishes
from streams.notices.archive import counts
from streams.notices.listing import deliveries
from streams.notices.switch import turn_on
from streams.store import alert_lists, schema
from streams.store.alert_lists import Overlay, Wanted
from streams.store.deliveries_sealed import sealed_run
from streams.store.times import now
from tests.e2e.conftest import DESKTOP, PHONE, Open
from tests.e2e.serving import AGENCY, DAY, Serving, serving
from tests.e2e.test_pages import AXE, AXE_RUN, CHECKS

STATES = ("sent", "given_up", "held")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Serving]:
    """One notice that was given up, one that left, and what a storm holds."""
    with serving(tmp_path / "data") as running:
        running.overspend("over")
        monitor = running.monitor
        (alert,) = alert_lists.find(monitor.store, Wanted(rule="spending-without-appropriation"), Overlay(), "newest")
        to = recipient_of(monitor.names(), "agency", AGENCY)
        said = compose([Happening(alert, "opened")], to, monitor.catalogue, monitor.names(), day=DAY)
        with monitor.store.writing() as connection:
            (message,) = connection.execute(
                schema.outbox.select().where(schema.outbox.c.subject == alert_id(alert)).limit(1)
            ).all()
            for number, state in enumerate(STATES):
                notice = None if state == "held" else f"n-{number}"
                if notice is not None:
                    kept = {"id": notice, "key": said.key, "recipient_kind": "agency", "recipient_key": AGENCY}
                    kept |= {"payload": msgspec.json.encode(said).decode(), "made_at": now()}
                    connection.execute(schema.notices.insert(), kept)
                row = {"message": message.id, "channel": "mail", "address": f"{state}@agency.example", "n": message.n}
                row |= {"subject": alert_id(alert), "state": state, "attempts": number, "recipient_kind": "agency"}
                row |= {"recipient_key": AGENCY, "mode": "immediately", "routed_by": "breach", "notice": notice}
                row |= {"made_at": now(), "sent_at": now() if state == "sent" else None}
                row |= {"cause": {"given_up": "address", "held": "storm"}.get(state)}
                row |= {"last_error": "550 <script>alert(1)</script>" if state == "given_up" else None}
                connection.execute(schema.deliveries.insert(), row)
        yield running


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", ["/notices", "/notices/n-1"])
def test_it_is_filled_labelled_and_fits(
    office: Serving, open_page: Open, path: str, language: str, size: tuple[int, int]
) -> None:
    page = open_page(f"{office.url}{path}?lang={language}", size)
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    problems = page.evaluate(CHECKS)
    assert problems == [], json.dumps(problems, ensure_ascii=False, indent=1)
    page.evaluate(AXE)
    assert page.evaluate(AXE_RUN) == []
    assert "<script>alert(1)</script>" in page.locator("main").inner_text()


def test_an_officer_tries_once_more_and_drops_what_a_storm_held(office: Serving, open_page: Open) -> None:
    page = open_page(f"{office.url}/notices?state=given_up")
    assert page.locator("#table-notices tbody tr").count() == 1
    page.locator("#table-notices a", has_text="內容").click()
    page.wait_for_url("**/notices/n-1")
    assert "未編列預算" in page.locator(".mail").inner_text()
    page.locator("#retry-person").fill("王科長")
    page.locator("#retry-reason").fill("信箱已更正")
    page.get_by_role("button", name="重送").click()
    page.locator(".result.done").wait_for()
    assert counts(office.monitor.store) == {"sent": 1, "waiting": 1, "held": 1}
    page.goto(f"{office.url}/notices")
    page.locator("#drop-person").fill("王科長")
    page.locator("#drop-reason").fill("匯入舊帳所致")
    page.get_by_role("button", name="捨棄").click()
    page.locator(".result.done").wait_for()
    assert {one.state for one in deliveries(office.monitor.store)} == {"sent", "waiting", "suppressed"}


def test_where_the_page_may_only_add_it_records_what_a_worker_then_does(
    office: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = office.monitor.store
    with monkeypatch.context() as limited, httpx.Client(base_url=office.url) as client:
        limited.setattr("streams.notices.wishes.may_change", lambda _: False)
        token = re.search(r'_csrf_token" value="([^"]+)"', client.get("/notices/n-1").text)
        assert token is not None
        form = {"_csrf_token": token[1], "person": "王科長", "reason": "信箱已更正"}
        sent = client.post("/notices/n-1/retry", data=form, follow_redirects=True)
        assert sent.status_code == 200 and "數秒內" in sent.text
        assert counts(store)["given_up"] == 1
        assert "1 項決定已登錄" in client.get("/notices").text
        assert wishes.do_waiting(store) == 1
        assert counts(store).get("given_up", 0) == 0
        assert "項決定已登錄" not in client.get("/notices").text


@pytest.mark.parametrize("path", ["/", "/desk"])
def test_what_was_given_up_and_what_is_held_is_said(office: Serving, open_page: Open, path: str) -> None:
    said = open_page(office.url + path).locator(".callout").all_inner_texts()
    assert "1 筆通知暫緩" in said and "1 筆通知已放棄" in said


def test_the_story_of_an_alert_tells_what_left(office: Serving, open_page: Open) -> None:
    page = open_page(f"{office.url}/notices/n-0")
    page.locator(".plain-list a").click()
    page.wait_for_url("**/alerts/*")
    assert "已交付郵件伺服器" in page.locator(".timeline").inner_text()


def test_while_notices_are_off_it_shows_what_would_leave(office: Serving, open_page: Open) -> None:
    store = office.monitor.store
    page = open_page(f"{office.url}/notices")
    said = page.locator("#table-plan").inner_text()
    assert "未開始發送" in said or "尚未" in said
    assert page.locator("#table-plan tbody tr").count() >= 1
    assert deliveries(store, ("waiting",)) == [], "looking at it changes nothing"
    turn_on(store, DAY)
    page.goto(f"{office.url}/notices")
    assert page.locator("#table-plan").count() == 0


def test_what_another_process_sent_is_shown_without_a_reload(office: Serving, open_page: Open) -> None:
    page = open_page(f"{office.url}/notices")
    expect(page.locator("#live-state")).to_have_class("live-state is-live")
    page.evaluate("window.same = true")
    store, rows = office.monitor.store, schema.deliveries
    with store.writing() as connection, sealed_run(connection, "mail", rows.c.address == "given_up@agency.example"):
        connection.execute(
            rows.update().where(rows.c.address == "given_up@agency.example").values(state="sent", sent_at=now())
        )
    expect(page.locator("#table-notices tbody")).not_to_contain_text("已放棄")
    assert page.evaluate("window.same"), "the page was loaded again"
