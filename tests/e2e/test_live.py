"""Pages change by themselves when something is committed."""

from __future__ import annotations

import re
import time

import msgspec
from playwright.sync_api import expect

from tests.e2e.conftest import Open
from tests.e2e.serving import Serving


def test_a_new_alert_appears_without_a_reload_and_is_announced(small: Serving, open_page: Open) -> None:
    page = open_page(small.url + "/alerts")
    expect(page.locator("#live-state")).to_have_class("live-state is-live")
    page.evaluate("window.same = true")
    small.overspend("first")
    expect(page.locator("#table-alerts tbody")).to_contain_text("未編列預算，已支用")
    news = page.locator("#news .news-item")
    expect(news).to_contain_text("新增警示")
    assert page.locator("#news").get_attribute("aria-live") == "polite"
    expect(page.locator("#status")).to_contain_text(re.compile("已處理事件\\s*1\\b"))
    assert page.evaluate("window.same"), "the page was loaded again"
    news.get_by_role("button", name="關閉").click()
    expect(news).to_have_count(0)


def test_an_alert_that_ends_goes_by_itself(small: Serving, open_page: Open) -> None:
    small.overspend("first", amount=1_000)
    page = open_page(small.url + "/alerts?severity=critical")
    expect(page.locator("#table-alerts tbody th")).to_have_count(1)
    expect(page.locator("#live-state")).to_have_class("live-state is-live")
    small.send(
        {
            "id": "r",
            "type": "disbursement.reversed",
            "line": "32020110199/current/2000",
            "amount": 1_000,
            "voucher": "r",
        }
    )
    expect(page.locator("#table-alerts tbody")).to_contain_text("（無）")


def test_an_empty_page_fills_and_charts_are_drawn_on(small: Serving, open_page: Open) -> None:
    page = open_page(small.url)
    expect(page.locator("#empty")).to_contain_text("尚無資料")
    page.goto(small.url + "/refusals")
    expect(page.locator("#live-state")).to_have_class("live-state is-live")
    small.send({"id": "x", "type": "no.such.type"})
    expect(page.locator(".refused")).to_contain_text("未知事件種類")


def test_a_chart_follows_a_payment(small: Serving, open_page: Open) -> None:
    line = "32020110101/current/2000"
    small.send(
        {"id": "a", "type": "appropriation.enacted", "line": line, "amount": 900_000_000, "booked_on": "2025-01-02"},
        {"id": "b", "type": "budget.adopted", "booked_on": "2025-01-02"},
    )
    page = open_page(small.url)
    page.wait_for_selector("#chart-all .main-svg")
    expect(page.locator("#live-state")).to_have_class("live-state is-live")
    before = page.evaluate("document.querySelector('#chart-all').data.at(-1).y.slice(0, 9).at(-1)")
    small.send({"id": "p", "type": "disbursement.paid", "line": line, "amount": 500_000_000, "voucher": "v"})
    expect(page.locator("#overview-top")).to_contain_text("55.56%")
    page.wait_for_function("document.querySelector('#chart-all').data.some(line => line.y.includes(5))")
    assert before == 0


def test_an_open_detail_and_the_focus_survive_a_refresh(small: Serving, open_page: Open) -> None:
    small.send({"id": "x", "type": "no.such.type"})
    page = open_page(small.url + "/refusals")
    expect(page.locator("#live-state")).to_have_class("live-state is-live")
    page.locator(".refused summary").first.focus()
    page.keyboard.press("Enter")
    small.send({"id": "y", "type": "no.such.type.either"})
    expect(page.locator(".refused > li")).to_have_count(2)
    assert page.locator(".refused details[open]").count() == 1
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_forms_are_left_alone_by_a_refresh(small: Serving, open_page: Open) -> None:
    small.overspend("first")
    page = open_page(small.url + "/alerts")
    page.locator("#table-alerts tbody th a").first.click()
    expect(page.locator("#live-state")).to_have_class("live-state is-live")
    page.locator("#ack-reason").fill("查證中")
    small.overspend("second")
    expect(page.locator("#alert-top")).to_contain_text("10,000,000")
    assert page.locator("#ack-reason").input_value() == "查證中"


def test_a_post_is_seen_soon(small: Serving, open_page: Open) -> None:
    page = open_page(small.url + "/alerts")
    expect(page.locator("#live-state")).to_have_class("live-state is-live")
    started = time.monotonic()
    small.overspend("first")
    page.wait_for_selector("#table-alerts tbody th a")
    assert time.monotonic() - started < 3


def test_trouble_shows_and_goes_without_a_reload(small: Serving, open_page: Open) -> None:
    page = open_page(small.url)
    expect(page.locator("#live-state")).to_have_class("live-state is-live")
    page.evaluate("window.same = true")
    msgspec.structs.force_setattr(small.monitor, "stopped", lambda: "disk full")
    expect(page.locator("#status [role=alert]")).to_have_text("示範已停止，恢復後自動繼續：disk full")
    msgspec.structs.force_setattr(small.monitor, "stopped", lambda: None)
    expect(page.locator("#status [role=alert]")).to_have_count(0)
    assert page.evaluate("window.same"), "the page was loaded again"
