"""A browser, and pages in it that may show no error, ask nobody else and break no policy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from streams.people.half_year_acts import freeze_half_year
from streams.people.person import Person
from tests.e2e.serving import Serving, serving, simulated
from tests.real_parts.postgres import missing

CHROMIUM = "/usr/bin/chromium"
DESKTOP, PHONE = (1440, 900), (390, 844)

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    path = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")
    if path is None:
        missing("Chromium (Debian's packages chromium and fonts-noto-cjk)")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield found
        found.close()


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A city in mid-September, whose half-year settlement is frozen; tests only read it."""
    with serving(tmp_path_factory.mktemp("city") / "data", simulated()) as found:
        monitor = found.monitor
        freeze_half_year(
            monitor.store, monitor.registry, 114, Person("王小明", ("officer",)), monitor.today(), anew=False
        )
        yield found


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Serving]:
    """A monitor of a test's own, with nothing in it."""
    with serving(tmp_path / "data") as found:
        yield found


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A city of a module's own, to act on."""
    with serving(tmp_path_factory.mktemp("own") / "data", simulated()) as found:
        yield found


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens pages; afterwards none may have shown an error, broken the policy or asked another host."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def watch(page: Page, host: str, expected: tuple[str, ...]) -> None:
        def console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not any(part in message.text for part in expected):
                troubles.append(f"{page.url}: {message.text}")

        def asked(request: Request) -> None:
            address = urlsplit(request.url)
            if address.scheme not in ("data", "blob", "about") and address.netloc != host:
                troubles.append(f"{page.url} asked {request.url}")

        page.on("console", console)
        page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
        page.on("request", asked)
        page.on("dialog", lambda dialog: troubles.append(f"{page.url}: dialog {dialog.message}"))

    def open_(
        address: str,
        size: tuple[int, int] = DESKTOP,
        expected: tuple[str, ...] = (),
        context: BrowserContext | None = None,
    ) -> Page:
        if context is None:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]}, locale="zh-TW", timezone_id="Asia/Taipei"
            )
            contexts.append(context)
        page = context.new_page()
        watch(page, urlsplit(address).netloc, expected)
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []
