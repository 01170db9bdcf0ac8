"""That the store takes nothing, or the demonstration stands still, is said on every page, whoever reads it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import msgspec
import pytest

from tests.dashboards.web.test_scope import (
    DOCUMENT,
    LINK,
    PEOPLE,
    address,
    city,
    csrf,
    link_of,
    logged_in,
    routes,
)
from tests.running import Running

__all__ = ["city", "logged_in"]

BROKEN = {"zh": "目前無法寫入：the disk is full", "en": "Nothing can be written now: the disk is full"}
STOPPED = {
    "zh": "示範已停止，恢復後自動繼續：no such year",
    "en": "The demonstration has stopped; it goes on by itself: no such year",
}


@pytest.fixture
def troubled(city: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A monitor whose store takes nothing, and whose demonstration stands still."""
    monkeypatch.setattr(type(city.monitor.replica), "broken", property(lambda _: "the disk is full"))
    msgspec.structs.force_setattr(city.monitor, "stopped", lambda: "no such year")
    yield city
    msgspec.structs.force_setattr(city.monitor, "stopped", lambda: None)


def pages_of(city: Running, client: httpx.Client, language: str) -> dict[str, str]:
    """Every page that a route of the application answers with, by the route."""
    found = {}
    for method, path in routes(city):
        if method != "GET" or path == "/events" or f"GET {path}" in LINK | DOCUMENT:
            continue
        answer = client.get(address(city, path), params={"lang": language, "year": "114"}, follow_redirects=True)
        if answer.headers.get("content-type", "").startswith("text/html"):
            found[path] = answer.text
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("who", ["own", "whole"])
def test_it_is_said_on_every_page(
    troubled: Running, logged_in: dict[str, httpx.Client], who: str, language: str
) -> None:
    pages = pages_of(troubled, logged_in[who], language)
    assert len(pages) > 20, sorted(pages)
    with troubled.client() as link:
        pages["a link"] = link.get(link_of(troubled), params={"lang": language}).text
    pages["an unknown page"] = logged_in[who].get("/nothing-here", params={"lang": language}).text
    form = {"_csrf_token": csrf(logged_in[who]), "agency": "020011"}
    pages["an answer to a form"] = logged_in[who].post(f"/check?lang={language}", data=form).text
    for path, text in pages.items():
        if path in ("a link", "an unknown page"):
            assert "the disk is full" not in text, "who is asking is not known there, and the reason not for strangers"
            assert BROKEN[language].partition("：" if language == "zh" else ":")[0] in text
            continue
        assert BROKEN[language] in text and STOPPED[language] in text, (who, path)
        assert 'id="live-state"' in text, (path, "the stop of live updates is shown there")


@pytest.mark.parametrize("who", PEOPLE)
def test_part_of_a_page_that_is_fetched_anew_says_it_too(
    troubled: Running, logged_in: dict[str, httpx.Client], who: str
) -> None:
    text = logged_in[who].get("/", params={"lang": "zh"}, headers={"x-fragment": "1"}).text
    assert BROKEN["zh"] in text and STOPPED["zh"] in text


def test_a_stranger_is_not_told_why(troubled: Running) -> None:
    with troubled.client() as client:
        text = client.get("/log-in").text
    assert "目前無法寫入" in text and "the disk is full" not in text and "no such year" not in text
