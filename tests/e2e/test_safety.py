"""What comes from outside is only ever text; forms cannot be forged; reading needs a login where others can reach."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from dashboards.web.live import LOOK_SECONDS
from streams.people import accounts, failed_log_ins, lagging_acts, sessions, trail
from streams.people.person import Person
from streams.reach import Reach
from streams.store import StoreError
from tests.e2e.conftest import Open
from tests.e2e.serving import LINE, Serving, serving
from tests.running import listening

EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"
REGISTER = (
    "code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email\n"
    f'020011,{EVIL},"=cmd|""/c calc""!A1",02,<b>主管</b>,</script><svg onload=alert(3)>,a@b"><script>alert(4)</script>\n'
)
PASSWORD = "correct horse battery"  # noqa: S105


@pytest.fixture
def attacked(tmp_path: Path) -> Iterator[Serving]:
    """A monitor whose register, events and people all carry markup."""
    with serving(tmp_path / "data", register=REGISTER) as found:
        found.send(
            {"id": EVIL, "type": "disbursement.paid", "line": LINE, "amount": 5, "voucher": EVIL, "note": EVIL},
            {"id": "c", "type": "disbursement.paid", "line": LINE, "amount": 5, "voucher": "v", "commitment": EVIL},
            {"id": "</script><script>alert(5)</script>", "type": EVIL},
            {"id": "n", "type": "reserve.established", "reserve": "second", "amount": 100},
            {"id": "r", "type": "reserve.approved", "reserve": "second", "case": EVIL, "line": LINE, "amount": 5},
        )
        found.monitor.replica.judge("2025-09-15").result()
        yield found


def test_markup_in_names_notes_and_ids_is_inert_on_every_page(attacked: Serving, open_page: Open) -> None:
    with httpx.Client(base_url=attacked.url) as client:
        alerts = [alert["id"] for alert in client.get("/v1/alerts").json()]
    trail.record(attacked.monitor.store, EVIL, "officer", EVIL, EVIL, EVIL, None, {"text": EVIL, "reason": EVIL})
    trail.record(attacked.monitor.store, EVIL, "officer", "", "note", alerts[0], None, {"text": EVIL})
    evil = Person(EVIL, ("officer",))
    lagging_acts.keep_list(attacked.monitor.store, "2025-09-01", "2025-09-01", evil, {"ranks": {}, "tables": []})
    paths = [
        "/",
        "/lagging",
        "/authorities/02",
        "/agencies/020011",
        f"/lines/114/020011/{LINE}",
        "/alerts",
        "/reserves",
    ]
    paths += ["/refusals", "/rules", "/check", "/audit-trail", *(f"/alerts/{alert}" for alert in alerts)]
    page = open_page(attacked.url)
    for language in ("zh", "en"):
        for path in paths:
            page.goto(f"{attacked.url}{path}?lang={language}")
            assert page.locator("img, main script:not([type='application/json']), svg[onload], [onerror]").count() == 0
    page.goto(attacked.url + "/refusals")
    assert EVIL in page.locator(".refused").inner_text()
    page.goto(f"{attacked.url}/lines/114/020011/{LINE}")
    assert EVIL in page.locator(".steps").inner_text()
    page.goto(f"{attacked.url}/alerts?words=%22%3E%3Cscript%3Ealert(6)%3C/script%3E&rule=%3Cb%3E&done=%3Cb%3E&page=x")
    assert page.locator("#f-words").input_value() == '"><script>alert(6)</script>'


def test_markup_in_the_news_is_inert(attacked: Serving, open_page: Open) -> None:
    page = open_page(attacked.url + "/rules")
    expect(page.locator("#live-state")).to_have_class("live-state is-live")
    attacked.send(
        {"id": "r2", "type": "reserve.approved", "reserve": "second", "case": f"{EVIL}2", "line": LINE, "amount": 50}
    )
    expect(page.locator("#news .news-item").first).to_contain_text("<img")
    assert page.locator("#news img").count() == 0


def test_a_form_without_its_token_is_refused(small: Serving) -> None:
    small.overspend("first")
    with httpx.Client(base_url=small.url) as client:
        alert = client.get("/v1/alerts").json()[0]["id"]
        form = {"person": "x", "reason": "y", "due_on": "2025-12-31"}
        refused = client.post(f"/alerts/{alert}/acknowledge", data=form)
        assert refused.status_code == 403 and "<h1>" in refused.text
        token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get(f"/alerts/{alert}").text)
        assert token is not None
        taken = client.post(f"/alerts/{alert}/acknowledge", data=form | {"_csrf_token": token[1]})
        assert taken.status_code == 303 and taken.headers["location"] == f"/alerts/{alert}?done=acknowledged"
        stolen = httpx.post(f"{small.url}/alerts/{alert}/note", data={"text": "z", "_csrf_token": token[1]})
        assert stolen.status_code == 403
    assert [act.kind for act in trail.newest_acts(small.monitor.store)][:-2] == ["acknowledge"]


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A monitor that others can reach, with an officer and a reviewer."""
    path = tmp_path_factory.mktemp("public") / "data"
    with serving(path) as found:
        accounts.add_user(found.monitor.store, "wang", "王科長", PASSWORD, ["officer"])
        accounts.add_user(found.monitor.store, "chen", "陳審核", PASSWORD, ["reviewer"])
    with serving(path, reach=Reach("0.0.0.0")) as found:  # noqa: S104  # it listens on loopback, and believes otherwise
        found.overspend("first")
        yield found


def test_reading_needs_a_login_where_others_can_reach(public: Serving, open_page: Open) -> None:
    with httpx.Client(base_url=public.url) as client:
        for path in ("/", "/alerts", "/lagging", "/audit-trail", "/rules", "/alerts?export=csv", "/agencies/020011"):
            found = client.get(path)
            assert found.status_code == 303 and found.headers["location"].startswith("/log-in?next="), path
        assert client.get("/events").status_code == 401
        assert client.get("/v1/alerts").status_code == 401
        assert client.get("/healthz").status_code == 200
    page = open_page(public.url + "/alerts?year=114", expected=("401",))
    assert "/log-in" in page.url
    page.get_by_label("帳號").fill("wang")
    page.get_by_label("密碼").fill("wrong password")
    page.get_by_role("button", name="登入").click()
    expect(page.locator(".result.problem")).to_contain_text("不正確")
    page.get_by_label("帳號").fill("wang")
    page.get_by_label("密碼").fill(PASSWORD)
    page.get_by_role("button", name="登入").click()
    expect(page.locator("h1")).to_have_text("違規與警示")
    assert page.url == f"{public.url}/alerts?year=114"
    expect(page.locator("#live-state")).to_have_class("live-state is-live")
    cookie = next(each for each in page.context.cookies() if each["name"] == "bw_session")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"

    page.locator("#table-alerts tbody th a").first.click()
    assert page.locator("#ack-person").count() == 0, "who is logged in is not asked for a name"
    page.locator("#ack-reason").fill("處理中")
    page.locator("#ack-due").fill("2025-12-31")
    page.locator("#acknowledge button").click()
    expect(page.locator(".timeline")).to_contain_text("wang")
    page.get_by_role("button", name="登出").click()
    assert "/log-in" in page.url
    page.goto(public.url + "/alerts")
    assert "/log-in" in page.url
    kinds = [(act.kind, act.person, act.role) for act in trail.newest_acts(public.monitor.store)]
    assert kinds[:3] == [("log-out", "wang", ""), ("acknowledge", "wang", "officer"), ("log-in", "wang", "")]
    tries = failed_log_ins.newest(public.monitor.store)
    assert [(one.name, one.address) for one in tries] == [("wang", "127.0.0.1")], "in a log of their own"


def test_logging_out_holds_over_a_restart_and_on_another_page_of_the_store(tmp_path: Path) -> None:
    """Somebody kept the cookie: two pages on one store, of which one is started again."""
    key = b"k" * 32
    with serving(tmp_path / "data") as served:
        accounts.add_user(served.monitor.store, "wang", "王小明", PASSWORD, ["officer"])
    with serving(tmp_path / "data", reach=Reach("0.0.0.0")) as served:  # noqa: S104  # it listens on loopback, and believes otherwise
        monitor = served.monitor
        with listening(monitor, key) as one, listening(monitor, key) as other:
            with httpx.Client(base_url=one) as client:
                assert log_in(client, "wang", PASSWORD).status_code == 303
                kept = {"bw_session": client.cookies["bw_session"]}
                assert [httpx.get(f"{url}/alerts", cookies=kept).status_code for url in (one, other)] == [200, 200]
                token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/alerts").text)
                assert token is not None
                assert client.post("/log-out", data={"_csrf_token": token[1]}).status_code == 303
            assert [httpx.get(f"{url}/alerts", cookies=kept).status_code for url in (one, other)] == [303, 303]
        with listening(monitor, key) as again:
            assert httpx.get(f"{again}/alerts", cookies=kept).status_code == 303


def test_a_stream_ends_with_the_session_it_began_in(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served:
        accounts.add_user(served.monitor.store, "wang", "王小明", PASSWORD, ["officer"])
    with serving(tmp_path / "data", reach=Reach("0.0.0.0")) as served, httpx.Client(base_url=served.url) as client:  # noqa: S104
        assert log_in(client, "wang", PASSWORD).status_code == 303
        with client.stream("GET", "/events", timeout=20) as stream:
            received = stream.iter_text()
            assert "open" in next(received)
            served.overspend("before")
            assert "commit" in next(received)
            sessions.begin_generation(
                served.monitor.store, Person("wang", ("officer",))
            )  # as logging out elsewhere does
            time.sleep(LOOK_SECONDS)
            served.overspend("after")
            assert "after" not in "".join(received), "it ends"


def test_a_log_out_that_cannot_be_kept_is_forgotten_here_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path / "data") as served:
        accounts.add_user(served.monitor.store, "wang", "王小明", PASSWORD, ["officer"])
    with serving(tmp_path / "data", reach=Reach("0.0.0.0")) as served, httpx.Client(base_url=served.url) as client:  # noqa: S104
        assert log_in(client, "wang", PASSWORD).status_code == 303
        token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/alerts").text)
        assert token is not None

        def fail(*_: object) -> None:
            raise StoreError("disk full")

        monkeypatch.setattr(sessions, "begin_generation", fail)
        answer = client.post("/log-out", data={"_csrf_token": token[1]})
        assert answer.status_code == 503 and "無法寫入" in answer.text
        assert "bw_session" not in client.cookies
        assert [act.kind for act in trail.newest_acts(served.monitor.store)][:-2] == ["log-in", "user-added"], (
            "all or nothing"
        )


def log_in(client: httpx.Client, name: str, password: str, target: str = "/") -> httpx.Response:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/log-in").text)
    assert token is not None
    fields = {"name": name, "password": password, "next": target, "_csrf_token": token[1]}
    return client.post("/log-in", data=fields)


def test_a_reviewer_reads_and_does_not_act(public: Serving) -> None:
    with httpx.Client(base_url=public.url) as client:
        assert log_in(client, "chen", PASSWORD).status_code == 303
        alert = client.get("/v1/alerts").json()[0]["id"]
        text = client.get(f"/alerts/{alert}").text
        assert 'id="acknowledge"' not in text and "登入後始得為此行為" not in text
        token = re.search(r'name="_csrf_token" value="([^"]+)"', text)
        assert token is not None
        form = {"reason": "y", "due_on": "2025-12-31", "person": "wang", "_csrf_token": token[1]}
        refused = client.post(f"/alerts/{alert}/acknowledge", data=form)
        assert refused.status_code == 403 and "您的角色不得為此行為" in refused.text


def test_a_forged_or_ended_session_is_none_and_a_login_leads_nowhere_else(public: Serving) -> None:
    with httpx.Client(base_url=public.url) as client:
        for target in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
            assert log_in(client, "chen", PASSWORD, target).headers["location"] == "/"
        cookie = client.cookies["bw_session"]
    said, _, signature = cookie.partition(".")
    for forged in (f"{said}x.{signature}", f"{said}.{'0' * 64}", said, "", "é.é"):
        found = httpx.get(public.url, headers={b"Cookie": f"bw_session={forged}".encode()})
        assert found.status_code == 303
    assert httpx.get(public.url, headers={"Cookie": f"bw_session={cookie}"}).status_code == 200
    accounts.disable_user(public.monitor.store, "chen")
    assert httpx.get(public.url, headers={"Cookie": f"bw_session={cookie}"}).status_code == 303


def test_wrong_passwords_have_to_wait(public: Serving) -> None:
    with httpx.Client(base_url=public.url) as client:
        for _ in range(5):
            assert log_in(client, "nobody", "guess").status_code == 401
        waiting = log_in(client, "nobody", "guess")
        assert waiting.status_code == 429 and int(waiting.headers["retry-after"]) > 200
        assert log_in(client, "wang", PASSWORD).status_code == 303, "others are not kept out"
