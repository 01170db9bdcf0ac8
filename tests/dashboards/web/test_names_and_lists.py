"""Names on the page, searched for and suggested; a list that is presented twice, withdrawn, or not judged yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dashboards.web.pages.check import event_of
from producers.city_names import account_rows, accounts_csv, city_yaml
from producers.simulator import registry_csv, simulate
from streams.people import lagging_acts
from tests.running import Running, running

DAY = "2025-10-15"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("named") / "data"
    folder.mkdir()
    (folder / "agencies.csv").write_text(registry_csv(), encoding="utf-8")
    (folder / "accounts.csv").write_text(accounts_csv(account_rows(114)), encoding="utf-8")
    (folder / "city.yaml").write_text(city_yaml(), encoding="utf-8")
    with running(folder) as found:
        lines = [line.rstrip(b"\n") for line in simulate(114, 1, 3_000)]
        found.monitor.replica.submit(lines, "test").result()
        found.monitor.replica.judge(DAY).result()
        yield found


@pytest.fixture
def client(city: Running) -> Iterator[httpx.Client]:
    with city.client() as found:
        yield found


def test_a_line_is_called_by_its_plan_and_the_city_by_its_name(client: httpx.Client) -> None:
    text = client.get("/lines/114/110011/60110013001/capital/3000").text
    assert "<h1>道路橋梁工程—資本門—設備及投資（114年度）</h1>" in text
    assert "60110013001/capital/3000" in text and "高雄市" in text
    assert "交通支出" in text and "道路橋梁" in text


def test_a_line_leads_to_itself_in_the_next_year_and_to_what_is_carried_over(
    city: Running, client: httpx.Client
) -> None:
    line = "60110013001/capital/3000"
    common = f'"fiscal_year":115,"agency":"110011","line":"{line}"'
    enacted = f'{{"id":"n1","type":"appropriation.enacted","booked_on":"2026-01-01",{common},"amount":5}}'
    carried = (
        f'{{"id":"n2","type":"carryover.approved","booked_on":"2026-01-01",{common},'
        '"amount":5,"origin_year":114,"kind":"encumbrance"}'
    )
    city.monitor.replica.submit([enacted.encode(), carried.encode()], "test").result()
    here = client.get(f"/lines/114/110011/{line}").text
    assert f"/lines/115/110011/{line}" in here and f"/lines/115/110011/{line}%40114" in here
    there = client.get(f"/lines/115/110011/{line}@114").text
    assert f'href="/lines/114/110011/{line}"' in there and "114年度保留" in there


def test_alerts_are_found_by_the_name_of_an_agency_or_plan(client: httpx.Client) -> None:
    every = client.get("/v1/alerts", params={"limit": 1000}).json()
    of_lines = [each for each in every if each["subject"]["level"] == "line"]
    plan = of_lines[0]["message_zh"].split("—")[0].split(" ")[-1]
    found = client.get("/alerts", params={"state": "all", "words": plan}).text
    assert of_lines[0]["id"] in found
    assert "table-alerts" in client.get("/alerts", params={"words": "不存在之名稱"}).text


def test_messages_name_the_agency_and_no_code(client: httpx.Client, city: Running) -> None:
    every = client.get("/v1/alerts", params={"limit": 1000}).json()
    assert len(every) > 10
    for each in every:
        key = each["subject"]["key"]
        assert ":" not in key or key not in each["message_zh"], each
    names = {agency.name_zh for agency in city.monitor.registry.agencies.values()}
    of_lines = [each for each in every if each["subject"]["level"] == "line"]
    assert all(any(each["message_zh"].startswith(name) for name in names) for each in of_lines)


def test_the_check_form_is_told_the_lines_of_the_agency_chosen(client: httpx.Client) -> None:
    found = client.get("/check/lines", params={"agency": "110011", "year": "114"}).json()
    assert ["60110013001/capital/3000", "道路橋梁工程—資本門—設備及投資 60110013001/capital/3000"] in found
    assert client.get("/check/lines", params={"agency": "nobody", "year": "x"}).json() == []


def test_full_width_digits_in_the_check_form_are_digits() -> None:
    event = event_of({"type": "disbursement.paid", "fiscal_year": "１１４", "amount": "１，２３４"})
    assert b'"fiscal_year":114' in event and b'"amount":1234' in event


def press(client: httpx.Client, page: str, action: str, **fields: str) -> httpx.Response:
    token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get(page).text)
    assert token is not None
    data = {"_csrf_token": token[1], "person": "主計處長", **fields}
    return client.post(action, data=data, follow_redirects=True)


def test_a_second_press_within_the_hour_asks_first_and_a_list_is_withdrawn_with_a_reason(
    city: Running, client: httpx.Client
) -> None:
    store = city.monitor.store
    assert "存檔" in press(client, "/lagging", "/lagging/present").text
    assert len(lagging_acts.presented_lists(store)) == 1
    asked = press(client, "/lagging", "/lagging/present")
    assert "確定要再存一份" in asked.text and len(lagging_acts.presented_lists(store)) == 1
    press(client, "/lagging?again=yes", "/lagging/present", again="yes")
    assert len(lagging_acts.presented_lists(store)) == 2

    no_reason = press(client, "/lagging/presented/2", "/lagging/presented/2/withdraw", reason=" ")
    assert "請填寫理由" in no_reason.text
    withdrawn = press(client, "/lagging/presented/2", "/lagging/presented/2/withdraw", reason="誤按")
    assert "誤按" in withdrawn.text and "名單已撤回" in withdrawn.text and "/withdraw" not in withdrawn.text
    assert [one.withdrawn is not None for one in lagging_acts.presented_lists(store)] == [True, False]
    assert "已撤回" in client.get("/lagging").text
    assert lagging_acts.presented_lists(store)[0].payload["figures"]["114"], "what it said stays"


def test_while_the_days_judging_is_due_the_page_says_so(client: httpx.Client) -> None:
    """The day judged last lies before today: neither the list nor the overview may read like good news."""
    for path in ("/lagging", "/?year=114"):
        text = client.get(path).text
        assert "今日尚未判定；以下為 114年10月15日 判定之名單" in text, path
        assert "無低於" not in text, path


def test_the_day_booked_ahead_is_on_the_overview(city: Running, client: httpx.Client) -> None:
    line = b'{"id":"ahead","type":"budget.adopted","fiscal_year":998,"agency":"110011","booked_on":"2909-01-01"}'
    city.monitor.replica.submit([line], "test").result()
    assert "最遠入帳日 998年1月1日" in client.get("/?year=114").text


def test_times_in_exports_are_those_of_taipei(client: httpx.Client) -> None:
    """No moment of an export ends in Z: 00:30 in Taipei would be told as the day before."""
    text = client.get("/audit-trail?export=csv").content.decode("utf-8-sig")
    assert "時間（臺北）" in text and not re.search(r"\d\dT\d\d:\d\d", text)


def test_the_language_is_the_citys_until_another_is_chosen(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "city.yaml").write_text("name: {zh: 甲市, en: Alpha}\nlanguage: en\n", encoding="utf-8")
    with running(folder) as found, found.client() as client:
        assert 'lang="en"' in client.get("/rules").text and "Alpha" in client.get("/rules").text
        assert "甲市" in client.get("/rules?lang=zh").text


def test_the_page_of_an_alert_has_the_code_in_small_print(client: httpx.Client) -> None:
    every = client.get("/v1/alerts", params={"limit": 1000}).json()
    one = next(each for each in every if each["subject"]["level"] == "line")
    text = client.get(f"/alerts/{one['id']}").text
    assert f'<small class="code">{one["subject"]["key"]}</small>' in text
