"""What people do on the page, by keyboard too, and what is kept of it."""

from __future__ import annotations

import httpx
from playwright.sync_api import Page, expect

from streams.people import accounts, lagging_acts, trail
from streams.people.person import Person
from streams.store import queries
from streams.store.under_trail import unguard_tables
from tests.e2e.conftest import Open
from tests.e2e.serving import Serving

BETWEEN = {"type": "virement.approved", "from_line": "32020110101/current/2000", "to_line": "32020210101/current/2000"}


def alert_page(serving: Serving, open_page: Open, rule: str) -> Page:
    page = open_page(f"{serving.url}/alerts?rule={rule}")
    page.locator("#table-alerts tbody th a").first.click()
    return page


def press(page: Page, selector: str, most: int = 80) -> None:
    """Reach something with the Tab key alone."""
    for _ in range(most):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {selector}")


def test_an_alert_is_acknowledged_with_the_keyboard_alone(small: Serving, open_page: Open) -> None:
    small.overspend("first")
    page = open_page(small.url + "/alerts")
    press(page, "#table-alerts tbody th a")
    page.keyboard.press("Enter")
    page.wait_for_selector("#acknowledge")
    press(page, "#ack-person")
    page.keyboard.type("王科長")
    press(page, "#ack-reason")
    page.keyboard.type("追加預算案審議中")
    press(page, "#ack-due")
    page.keyboard.type("10312025")
    press(page, "#acknowledge button")
    page.keyboard.press("Enter")
    expect(page.locator(".result")).to_contain_text("已登錄簽收")
    expect(page.locator("#alert-top .state-acknowledged")).to_have_text("已簽收")
    expect(page.locator(".timeline")).to_contain_text("王科長")
    act = trail.newest_acts(small.monitor.store)[0]
    assert (act.kind, act.person, act.role, act.address) == ("acknowledge", "王科長", "local", "127.0.0.1")
    assert act.after == {
        "reason": "追加預算案審議中",
        "due_on": "2025-10-31",
        "excess": 5_000_000,
        "severity": "critical",
        "openings": 1,
    }

    small.overspend("second")  # the excess doubles: the acknowledgement lapses, on the open page too
    expect(page.locator("#alert-top .state-open")).to_have_text("未處理")
    expect(page.locator("#alert-top")).to_contain_text("因超出數倍增而失效")


def test_an_act_without_its_reason_or_with_a_past_date_is_refused_in_words(small: Serving, open_page: Open) -> None:
    small.overspend("first")
    page = open_page(f"{small.url}/alerts?rule=spending-without-appropriation", expected=("422",))
    page.locator("#table-alerts tbody th a").first.click()
    page.locator("#ack-person").fill("王科長")
    page.locator("#ack-reason").fill("查證中")
    page.locator("#ack-due").fill("2025-09-15")
    page.locator("#acknowledge button").click()
    expect(page.locator(".result.problem")).to_contain_text("期限須為今日之後")
    assert page.get_by_label("理由").input_value() == "查證中", "what was typed is not lost"
    page.get_by_label("姓名").fill("   ")
    page.get_by_role("button", name="送出").click()
    expect(page.locator(".result.problem")).to_contain_text("請填寫姓名")
    assert trail.newest_acts(small.monitor.store)[0].kind == "store-begun"
    page.get_by_label("姓名").fill("王科長")
    page.get_by_label("期限").fill("2025-10-15")
    page.get_by_role("button", name="送出").click()
    expect(page.locator(".result")).to_contain_text("已登錄簽收")
    assert trail.newest_acts(small.monitor.store)[0].after["reason"] == "查證中"


def test_a_closed_alert_stays_closed_and_a_further_act_opens_another(small: Serving, open_page: Open) -> None:
    small.send(BETWEEN | {"id": "v1", "amount": 7_000})
    page = alert_page(small, open_page, "virement-between-programs")
    page.locator("#close-person").fill("李處長")
    page.locator("#close-reason").fill("已撤銷")
    page.locator("form[action$=close] button").click()
    expect(page.locator(".result")).to_contain_text("已結案")
    expect(page.locator("#alert-top .state-closed")).to_have_text("已結案")
    assert page.locator("#acknowledge").count() == 0

    small.send(BETWEEN | {"id": "v2", "amount": 9_000})
    page.goto(small.url + "/alerts?rule=virement-between-programs&state=all")
    states = page.locator("#table-alerts tbody .chip[class*=state-]")
    assert sorted(states.all_inner_texts()) == ["已結案", "未處理"]
    act = trail.newest_acts(small.monitor.store)[0]
    assert act.kind == "close" and act.after["position"] == 1 and act.after["reason"] == "已撤銷"


def test_a_closed_alert_is_reopened_with_a_reason(small: Serving, open_page: Open) -> None:
    small.send(BETWEEN | {"id": "v1", "amount": 7_000})
    page = alert_page(small, open_page, "virement-between-programs")
    assert page.locator("form[action$=reopen]").count() == 0
    page.locator("#close-person").fill("李處長")
    page.locator("#close-reason").fill("已撤銷")
    page.locator("form[action$=close] button").click()
    page.locator("#reopen-person").fill("李處長")
    page.locator("#reopen-reason").fill("查未撤銷")
    page.locator("form[action$=reopen] button").click()
    expect(page.locator(".result")).to_contain_text("已重新立案")
    expect(page.locator("#alert-top .chip.state-open")).to_have_text("未處理")
    expect(page.locator(".timeline")).to_contain_text("重新立案")
    act = trail.newest_acts(small.monitor.store)[0]
    assert act.kind == "reopen" and act.before == {"state": "closed"} and act.after["reason"] == "查未撤銷"


def test_a_state_rule_is_not_closed(small: Serving, open_page: Open) -> None:
    small.overspend("first")
    page = alert_page(small, open_page, "spending-without-appropriation")
    assert page.locator("#acknowledge").count() == 1
    assert page.locator("form[action$=close]").count() == 0


def test_a_note_is_kept_beside_an_alert(small: Serving, open_page: Open) -> None:
    small.overspend("first")
    page = alert_page(small, open_page, "spending-without-appropriation")
    page.locator("#note-person").fill("陳專員")
    page.locator("#note-text").fill("電洽業務單位\n下週回覆")
    page.locator("form[action$=note] button").click()
    expect(page.locator(".timeline .said-text")).to_have_text("電洽業務單位\n下週回覆")


def test_what_a_program_does_by_api_is_seen_on_the_page(small: Serving, open_page: Open) -> None:
    small.overspend("first")
    page = open_page(small.url + "/alerts?severity=critical")
    expect(page.locator("#table-alerts tbody .chip[class*=state-]")).to_have_text("未處理")
    _, secret = accounts.add_token(small.monitor.store, "cba", ["officer"])
    alert = httpx.get(small.url + "/v1/alerts?severity=critical").json()[0]["id"]
    done = httpx.post(
        f"{small.url}/v1/alerts/{alert}/acknowledge",
        json={"reason": "查證中", "due_on": "2025-12-31"},
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert done.status_code == 200, done.text
    page.reload()
    expect(page.locator("#table-alerts tbody .chip[class*=state-]")).to_have_text("已簽收")


def test_a_program_closes_and_reopens_by_api(small: Serving) -> None:
    """200 with the act; 409 while it was not closed, 401 without a token, 403 where the token's role may not."""
    small.send(BETWEEN | {"id": "v1", "amount": 7_000})
    store = small.monitor.store
    _, officer = accounts.add_token(store, "cba", ["officer"])
    _, feeder = accounts.add_token(store, "feed", ["feeder"])
    alert = httpx.get(small.url + "/v1/alerts?rule=virement-between-programs").json()[0]["id"]

    def act(what: str, reason: str, secret: str | None = officer) -> httpx.Response:
        headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
        return httpx.post(f"{small.url}/v1/alerts/{alert}/{what}", json={"reason": reason}, headers=headers)

    assert act("reopen", "不應結案").status_code == 409
    assert act("close", "已撤銷").status_code == 200
    assert act("reopen", "不應結案", None).status_code == 401
    assert act("reopen", "不應結案", feeder).status_code == 403
    assert act("reopen", "").status_code == 400
    done = act("reopen", "不應結案")
    assert (done.status_code, done.json()["kind"], done.json()["after"]["reason"]) == (200, "reopen", "不應結案")
    assert httpx.get(f"{small.url}/v1/alerts?rule=virement-between-programs").json()[0]["state"] == "open"


def test_the_list_is_presented_explained_and_compared_with_next_time(own: Serving, open_page: Open) -> None:
    page = open_page(own.url + "/lagging")
    first = page.locator("#lagging-lists tbody th a").first
    name = first.inner_text()
    first.click()
    page.locator("#reason-person").fill("林局長")
    page.locator("#reason-text").fill("用地取得延宕")
    page.locator("#reason-on").fill("2025-12-15")
    page.get_by_role("button", name="登錄原因").click()
    expect(page.locator(".said")).to_contain_text("用地取得延宕")

    page.goto(own.url + "/lagging")
    expect(page.locator("#lagging-lists tbody tr").first).to_contain_text("用地取得延宕")
    page.locator("#present-person").fill("主計處長")
    page.get_by_role("button", name="存為市政會議提報名單").click()
    expect(page.locator(".result")).to_contain_text("存檔")
    page.get_by_role("link", name="主計處長").click()
    expect(page.locator("tbody tr").first).to_contain_text(name)
    expect(page.locator("tbody tr").first).to_contain_text("用地取得延宕")

    monitor = own.monitor
    kept = lagging_acts.presented_lists(monitor.store)[0]
    chief = Person("主計處長", ("officer",))
    lagging_acts.keep_list(monitor.store, "2025-08-15", "2025-08-15", chief, kept.payload)  # as if a month before
    trail.record(monitor.store, "王小明", "officer", "", "note", "x", None, {"text": "the page looks again"})
    page.goto(own.url + "/lagging")
    head = page.locator("#lagging-lists thead").first.inner_text()
    assert "上次" in head and "連續" in head
    row = page.locator("#lagging-lists tbody tr").first.locator("td.number").all_inner_texts()
    assert row[-3:] == ["1", "2", "0"]


def test_the_audit_trail_lists_every_act_and_says_when_it_was_tampered_with(small: Serving, open_page: Open) -> None:
    for number in range(3):
        trail.record(
            small.monitor.store,
            f"人員{number}",
            "officer",
            "10.0.0.1",
            "note",
            "a",
            None,
            {"text": "x", "state": "acknowledged"},
        )
    page = open_page(small.url + "/audit-trail")
    expect(page.locator(".agrees")).to_contain_text("雜湊鏈完整")
    expect(page.locator("tbody tr").first).to_contain_text("已簽收")
    assert page.locator("tbody th").all_inner_texts()[:3] == ["人員2", "人員1", "人員0"]
    with small.monitor.store.writing() as connection:
        unguard_tables(connection)
        connection.exec_driver_sql("UPDATE acts SET person = 'somebody else' WHERE n = 4")
    page.reload()
    expect(page.locator(".result.problem")).to_contain_text("第 4 筆")


def test_the_time_rules_are_judged_at_a_button(small: Serving, open_page: Open) -> None:
    page = open_page(small.url + "/lagging")
    before = len(queries.judgements(small.monitor.store))
    page.fill("#judge-person", "王科長")
    page.click("form[action='/lagging/judge'] button")
    expect(page.locator(".result")).to_contain_text("已依今日重新判定")
    assert len(queries.judgements(small.monitor.store)) == before + 1
    act = trail.newest_acts(small.monitor.store)[0]
    assert (act.kind, act.person, act.subject) == ("judge", "王科長", small.monitor.today())
