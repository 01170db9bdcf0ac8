"""A dated value in a rule's YAML changes what the pages say, draw and export from its day on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.dashboards.dated import catalogue_from, says
from tests.e2e.serving import DAY, serving, simulated

FUTURE = "2026-11-01"


@pytest.fixture(scope="module", params=[DAY, FUTURE], ids=["changed", "not yet"])
def pages(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[bool, Callable[[str], str]]]:
    """Whether the numbers have changed, and what an address answers in either language."""
    folder: Path = tmp_path_factory.mktemp("dated")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alerts.catalogue.FOLDER", catalogue_from(request.param, folder))
        with serving(folder / "data", simulated()) as running, httpx.Client(base_url=running.url, timeout=60) as client:

            def read(address: str) -> str:
                sign = "&" if "?" in address else "?"
                answers = [client.get(f"{address}{sign}lang={language}") for language in ("zh", "en")]
                assert [answer.status_code for answer in answers] == [200, 200]
                return "".join(answer.text for answer in answers)

            yield request.param == DAY, read


def test_what_lags_is_said_and_drawn_at_the_percentage_in_force(pages: tuple[bool, Callable[[str], str]]) -> None:
    changed, read = pages
    said, unsaid = ("80", "90") if changed else ("90", "80")
    lagging = re.findall(r'href="/authorities/([^"?]+)\?', read("/lagging"))
    # The alert of another rule says that rule's own 80 %.
    alone = next(code for code in lagging if "allotment-underspent" not in read(f"/authorities/{code}"))
    for address in ("/", "/lagging", f"/authorities/{alone}"):
        text = read(address)
        assert f"{said}%" in text and f'class="tick" x="{said}.00"' in text, address
        assert not re.search(rf"(?<![\d.]){unsaid} ?%", text), address
        assert f'class="tick" x="{unsaid}.00"' not in text, address
    exported = read("/lagging?export=csv")
    assert says(exported, f"{said}%\n尚須執行數") or f"達 {said}%" in exported
    assert f"{unsaid}%" not in exported and f"{unsaid} %" not in exported


def test_a_reserve_stands_by_the_steps_in_force(pages: tuple[bool, Callable[[str], str]]) -> None:
    changed, read = pages
    text = read("/reserves")
    said, unsaid = ("30", "20") if changed else ("20", "30")
    assert f'class="tick" x="{said}.00"' in text and f'class="tick" x="{unsaid}.00"' not in text
    amounts = ("40,000,000", "50,000,000") if changed else ("50,000,000", "40,000,000")
    assert f"逾 {amounts[0]} 元" in text and f"more than NT$ {amounts[0]}" in text
    assert f"逾 {amounts[1]} 元" not in text and f"more than NT$ {amounts[1]}" not in text


def test_predictions_that_diverge_are_flagged_by_the_points_in_force(pages: tuple[bool, Callable[[str], str]]) -> None:
    changed, read = pages
    said, unsaid = ("15", "10") if changed else ("10", "15")
    lagging = read("/lagging")
    assert f"相差逾 {said} 個百分點" in lagging and f"more than {said} points" in lagging
    flagged = [
        text
        for code in re.findall(r'href="/authorities/([^"?]+)\?', lagging)
        if "二者相差" in (text := read(f"/authorities/{code}"))
    ]
    assert flagged
    for text in (lagging, *flagged):
        assert f"相差逾 {said} 個百分點" in text and f"more than {said} points" in text
        assert f"相差逾 {unsaid} 個百分點" not in text and f"more than {unsaid} points" not in text
