"""Scheduled papers leave by themselves, as `routing.yaml` says; what was attached is kept as it was sent."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
import structlog

from alerts.routing.routes import Paper
from alerts.routing.scheduled import is_due
from dashboards.reports.papers import TITLES, attached, paper_tables
from ledger.fiscal import roc_day
from ledger.words import Words
from streams.notices.bulletins import Saying, leave_bulletin
from streams.notices.settings import NoticeSettings, readers
from streams.people.trail import head
from streams.sources import OpenedBooks
from streams.store import Store, schema
from streams.taipei import TAIPEI

log = structlog.get_logger()


def leave_papers(store: Store, settings: NoticeSettings, books: Callable[[], OpenedBooks]) -> int:
    """Leave the papers that are due and have not left; how many. `books` loads what they are made of."""
    routing, at = settings.routing(), settings.now().astimezone(TAIPEI)
    opened: OpenedBooks | None = None
    count = 0
    for name, paper in routing.papers.items():
        if not is_due(paper, settings.catalogue.calendar, at):
            continue
        for key in _keys(paper, settings):
            message = f"paper-{name}-{at.date().isoformat()}-{key or 'office'}"
            if _has_left(store, message):
                continue
            opened = opened or books()
            count += _leave(store, settings, paper, key, message, opened)
    return count


def _leave(store: Store, settings: NoticeSettings, paper: Paper, key: str, message: str, opened: OpenedBooks) -> bool:
    day = opened.as_of or settings.today()
    tables = paper_tables(paper.paper, key, opened, day)
    if not tables:
        return False
    language = settings.routing().language or settings.names().city.language
    title, made = TITLES[paper.paper], roc_day(day)
    files = attached(
        paper, tables, f"{title.text(language)}{made}", language, made_up=settings.demonstration, head=head(store)
    )
    lines = (Words(f"{title.zh}（{made}）如附件。", f"{title.en} as of {day} is attached."),)
    saying = Saying(message, "paper", Words(f"{title.zh}（{made}）", f"{title.en}, {day}"), lines, "", files)
    with store.writing() as connection:
        people = readers(store.within(connection))
        return leave_bulletin(connection, settings, saying, paper.to, key, people)


def _keys(paper: Paper, settings: NoticeSettings) -> list[str]:
    registry = settings.names().registry
    match paper.to:
        case "authority":
            return sorted(registry.authorities)
        case "agency":
            return sorted(registry.agencies)
        case "office":
            return [""]


def _has_left(store: Store, message: str) -> bool:
    with store.reading() as connection:
        return connection.execute(sa.select(schema.outbox.c.n).where(schema.outbox.c.id == message)).first() is not None
