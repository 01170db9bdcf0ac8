"""Every page that a route of the application answers with is accessible: found from the routes, so that none is forgotten."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from tests.dashboards.web.test_scope import DOCUMENT, address, city, link_of, logged_in, routes
from tests.e2e.conftest import Open
from tests.e2e.test_pages import AXE, AXE_RUN, CHECKS, FILLED
from tests.running import Running

__all__ = ["city", "logged_in"]

LOOKED_AT = [re.sub(r"[?].*", "", path) for path in FILLED]
"""These are looked at when they are full (`test_pages`)."""
BESIDE = {"/alerts/{name:str}", "/lines/{fiscal_year:int}/{agency:str}/{name:path}", "/files/{ident:str}"}
"""They too, under addresses that are looked up there (a file's page: `test_files_page`)."""


def is_looked_at(path: str) -> bool:
    """Whether a route's page is among those."""
    pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))
    return path in BESIDE or any(pattern.fullmatch(each) for each in LOOKED_AT)


def addresses(city: Running, client: httpx.Client) -> list[str]:
    """Where the rest is: each answers with a page."""
    found = [link_of(city), "/nothing-here"]
    for method, path in routes(city):
        if method != "GET" or path in ("/events", "/answer/{secret:str}") or f"GET {path}" in DOCUMENT:
            continue
        if is_looked_at(path):
            continue
        answer = client.get(address(city, path), params={"year": "114", "agency": "020011"})
        if answer.headers.get("content-type", "").startswith("text/html"):
            found.append(address(city, path))
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_accessible(
    city: Running, logged_in: dict[str, httpx.Client], open_page: Open, language: str
) -> None:
    client = logged_in["whole"]
    paths = addresses(city, client)
    assert len(paths) >= 5, paths
    page = open_page(f"{city.url}/log-in", expected=("404",))
    page.context.add_cookies(
        [{"name": name, "value": value, "url": city.url} for name, value in client.cookies.items()]
    )
    for path in paths:
        page.goto(f"{city.url}{path}?lang={language}")
        problems = page.evaluate(CHECKS)
        assert problems == [], path + json.dumps(problems, ensure_ascii=False, indent=1)
        page.evaluate(AXE)
        findings = page.evaluate(AXE_RUN)
        assert findings == [], path + json.dumps(findings, ensure_ascii=False, indent=1)
