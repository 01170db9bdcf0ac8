"""Every page, in both languages and at both widths: filled, labelled, readable, and no wider than the screen."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import DESKTOP, PHONE, Open
from tests.e2e.serving import Serving

CHECKS = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8")

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
AXE_RUN = """async () => {
  const options = { rules: { "label-content-name-mismatch": { enabled: true } } };
  const found = await axe.run(document, options);
  return found.violations.map((each) => [each.id, each.help, each.nodes.map((node) => node.html.slice(0, 160)).slice(0, 4)]);
}"""

FILLED = {
    "/": "#overview-authorities tbody tr",
    "/lagging": "#lagging-lists tbody tr",
    "/authorities/05": "#authority-agencies tbody tr",
    "/agencies/050011": "#agency-lines tbody tr",
    "line": ".steps .step",
    "/desk": "main section table",
    "/notices": "#table-notices",
    "/alerts": "#alert-list tbody tr",
    "alert": ".timeline li",
    "/reserves": "#table-cases tbody tr",
    "/carryover": "#carryover-cases tbody tr",
    "/half-year": "#table-authority tbody tr",
    "/refusals": ".refused > li",
    "/rules": "#table-rules tbody tr",
    "/rules/virement-over-inflow": ".article",
    "/check": "#c-type option",
    "/audit-trail": "#trail table",
    "/log-in": "#log-in-name",
    "/search?q=050011": "main ul li a",
    "/api": ".operation pre",
}
"""Each page, and what stands on it when it is filled."""


def address_of(city: Serving, page: str) -> str:
    """The address of a page; of a line and an alert, some that there are."""
    with httpx.Client(base_url=city.url) as client:
        if page == "alert":
            found = client.get("/v1/alerts", params={"rule": "virement-between-programs"}).json()[0]
            return f"{city.url}/alerts/{found['id']}"
        if page == "line":
            found = client.get("/v1/alerts", params={"rule": "virement-between-programs"}).json()[0]
            agency, line = found["subject"]["key"].split(":")
            return f"{city.url}/lines/114/{agency}/{line}"
    return city.url + page


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", FILLED)
def test_a_page_is_filled_labelled_and_fits_the_screen(
    city: Serving, open_page: Open, page: str, language: str, size: tuple[int, int]
) -> None:
    found = open_page(f"{address_of(city, page)}{'&' if '?' in page else '?'}lang={language}", size)
    assert found.locator(FILLED[page]).count() >= 1
    found.wait_for_load_state("load")
    assert found.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert found.locator("html").get_attribute("lang") == {"zh": "zh-Hant-TW", "en": "en"}[language]
    assert found.locator("main h1").count() == 1 and found.locator("main h1").inner_text().strip()
    problems = found.evaluate(CHECKS)
    assert problems == [], json.dumps(problems, ensure_ascii=False, indent=1)
    if size == DESKTOP:
        found.evaluate(AXE)
        findings = found.evaluate(AXE_RUN)
        assert findings == [], json.dumps(findings, ensure_ascii=False, indent=1)


def test_charts_are_drawn_without_a_policy_violation(city: Serving, open_page: Open) -> None:
    page = open_page(city.url)
    page.wait_for_selector("#chart-all .main-svg")
    page.wait_for_selector("#chart-capital .scatterlayer .js-line", state="attached")
    colours = page.evaluate(
        "[...document.querySelectorAll('#chart-capital .scatterlayer .js-line')].map(e => getComputedStyle(e).stroke)"
    )
    assert {"rgb(0, 114, 178)", "rgb(110, 110, 110)", "rgb(213, 94, 0)", "rgb(0, 0, 0)"} <= set(colours)


def test_only_pages_with_charts_allow_inline_styles_and_none_allows_scripts(city: Serving) -> None:
    with httpx.Client(base_url=city.url) as client:
        for path in ("/", "/alerts", "/rules", "/check", "/nothing-here"):
            policy = client.get(path).headers["content-security-policy"]
            assert (
                "default-src 'none'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
            )
            assert ("unsafe-inline" in policy) == (path == "/")


def test_the_language_is_switched_and_remembered(city: Serving, open_page: Open) -> None:
    page = open_page(city.url + "/alerts")
    assert page.locator("h1").inner_text() == "違規與警示"
    page.get_by_role("link", name="English").click()
    assert page.locator("h1").inner_text() == "Alerts"
    page.get_by_role("link", name="Reserves", exact=True).click()
    assert page.locator("h1").inner_text() == "Reserves, fiscal year 114"
    page.get_by_role("link", name="中文").click()
    assert page.locator("h1").inner_text() == "114年度預備金"


def test_each_percentage_says_what_it_divides(city: Serving, open_page: Open) -> None:
    page = open_page(city.url)
    for card in page.locator(".rates li").all():
        assert "÷" in (card.get_attribute("title") or "")
        assert "÷" in card.locator(".rate-formula").inner_text()
    cell = page.locator("#table-authorities tbody td.percent, #table-authorities tbody td.number").filter(has_text="%")
    assert "÷" in (cell.first.get_attribute("title") or "")
    assert "可支用預算數 B＝" in page.locator("#table-authorities .notes").inner_text()


def test_the_first_tab_leads_to_the_content(city: Serving, open_page: Open) -> None:
    page = open_page(city.url + "/rules")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_figures_of_the_overview_are_those_of_the_api(city: Serving, open_page: Open) -> None:
    with httpx.Client(base_url=city.url) as client:
        sums = client.get("/v1/positions", params={"level": "city", "economic_class": "all"}).json()[0]
    page = open_page(city.url)
    total = page.locator("#table-authorities tfoot").inner_text()
    for name in ("available", "allotted", "realised", "remaining"):
        assert f"{sums[name]:,}" in total
    assert f"{sums['rates']['annual']}%" in page.locator(".rates").inner_text()


def test_alerts_are_filtered_by_form(city: Serving, open_page: Open) -> None:
    page = open_page(city.url + "/alerts")
    page.get_by_label("程度").select_option("critical")
    page.get_by_role("button", name="套用").click()
    page.wait_for_url("**severity=critical**")
    marks = page.locator("#table-alerts tbody .chip[class*=severity]")
    marks.first.wait_for()
    assert marks.count() > 0 and set(marks.all_inner_texts()) == {"重大"}
    with httpx.Client(base_url=city.url) as client:
        critical = client.get("/v1/alerts", params={"severity": "critical", "state": "open"}).json()
    assert marks.count() == len(critical)


def test_a_line_tells_its_history_and_it_agrees_with_the_books(city: Serving, open_page: Open) -> None:
    page = open_page(address_of(city, "line"))
    assert page.locator(".agrees").count() == 1
    assert page.locator(".set-off").get_by_text("不同計畫間流用").count() >= 1
    step = page.locator(".step").filter(has_text="法定預算").first
    assert "原預算數" in step.inner_text() and "+" in step.inner_text()


def test_check_answers_and_records_nothing(city: Serving, open_page: Open) -> None:
    position = city.monitor.replica.lines
    page = open_page(city.url + "/check?agency=020011")
    page.get_by_label("預算科目").fill("32020110199/current/2000")
    page.get_by_label("金額（元）").fill("1,000,000")
    page.get_by_role("button", name="試算").click()
    assert page.locator(".verdict").inner_text() == "不可辦理"
    assert "未編列預算" in page.locator("#check-answer").inner_text()
    assert "-1,000,000" in page.locator("#table-headroom").inner_text()
    assert city.monitor.replica.lines == position


def test_an_unknown_page_and_a_foreign_host_are_answered_in_words(city: Serving) -> None:
    with httpx.Client(base_url=city.url) as client:
        for path in ("/nothing", "/agencies/nobody", "/lines/114/020011/no/such/line", "/alerts/zzz", "/rules/none"):
            found = client.get(path)
            assert found.status_code == 404 and "<h1>" in found.text, path
        assert client.get("/", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("here", ["notices", "audit-trail"])
def test_the_navigation_shows_where_one_is(city: Serving, open_page: Open, here: str, size: tuple[int, int]) -> None:
    page = open_page(f"{city.url}/{here}?lang=en", size)
    shown, bar = page.locator(".main-nav [aria-current]").bounding_box(), page.locator(".main-nav").bounding_box()
    assert shown is not None and bar is not None
    assert bar["x"] <= shown["x"] and shown["x"] + shown["width"] <= bar["x"] + bar["width"] + 1


def test_on_a_phone_the_answer_of_a_check_is_in_view(city: Serving, open_page: Open) -> None:
    page = open_page(city.url + "/check?agency=020011", PHONE)
    page.get_by_label("預算科目").fill("32020110199/current/2000")
    page.get_by_label("金額（元）").fill("5")
    page.get_by_role("button", name="試算").click()
    page.locator(".verdict").wait_for()
    assert page.evaluate("document.querySelector('.verdict').getBoundingClientRect().top") < PHONE[1]
