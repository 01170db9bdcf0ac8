"""Scheduled papers: due by the one calendar, once a day, with what they held kept as it left."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from agents.papers import leave_papers
from alerts.catalogue import load
from alerts.routing.routes import Paper
from alerts.routing.scheduled import is_due
from streams.notices.settings import NoticeSettings
from streams.sources import stored_books
from streams.store import schema
from tests.e2e.serving import DAY, serving
from tests.streams.notices.saying import SHIPPED

TAIPEI = ZoneInfo("Asia/Taipei")


@pytest.mark.parametrize(
    ("paper", "at", "due"),
    [
        (Paper("morning-digest", "office", at="08:00"), "2026-11-24 08:00", True),
        (Paper("morning-digest", "office", at="08:00"), "2026-11-24 07:59", False),
        (Paper("morning-digest", "office", at="08:00"), "2026-11-28 09:00", False),  # a Saturday
        (Paper("month-summary", "authority", days=[31]), "2026-11-30 09:00", True),  # its last day
        (Paper("month-summary", "authority", days=[1]), "2026-11-02 09:00", True),  # the 1st is a Sunday
        (Paper("lagging-list", "office", days=[15], before=2), "2026-12-11 09:00", True),  # the 15th is a Tuesday
        (Paper("lagging-list", "office", days=[15], before=2), "2026-12-14 09:00", False),
        (Paper("lagging-list", "office", days=[1], before=1), "2026-11-30 09:00", True),  # of the next month
    ],
)
def test_it_is_due_by_the_calendar(paper: Paper, at: str, due: bool) -> None:
    assert is_due(paper, load().calendar, datetime.fromisoformat(at).replace(tzinfo=TAIPEI)) is due


def test_each_paper_leaves_once_with_what_it_held(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as running:
        monitor = running.monitor
        running.overspend("over")
        values = {"name": "lin", "shown_as": "林", "password_hash": "", "roles": '["officer"]', "created_at": ""}
        with monitor.store.writing() as connection:
            connection.execute(schema.users.insert(), values | {"rights": "[]", "email": "lin@city.test"})
        at = datetime(2026, 12, 7, 2, 0, tzinfo=UTC)  # the 5th is a Saturday
        settings = NoticeSettings(
            monitor.catalogue, monitor.names, lambda: SHIPPED, lambda: DAY, demonstration=True, now=lambda: at
        )

        def books() -> object:
            return stored_books(tmp_path / "data" / "budgetwatch.db", monitor.names(), monitor.catalogue, DAY)

        left = leave_papers(monitor.store, settings, books)  # type: ignore[arg-type]
        assert left >= 2, "the morning's digest, and the month's summary to the authority that has something"
        assert leave_papers(monitor.store, settings, books) == 0  # type: ignore[arg-type]
        rows, files = schema.deliveries.c, schema.notice_attachments.c
        with monitor.store.reading() as connection:
            to = set(connection.execute(sa.select(rows.address).where(rows.routed_by == "paper")).scalars())
            kept = connection.execute(sa.select(files.media_type, files.content)).all()
        assert {"lin@city.test", "budget@agency-020011.example"} <= to
        assert {row.media_type for row in kept} == {"application/pdf", "application/vnd.oasis.opendocument.spreadsheet"}
        assert all(row.content[:4] in (b"%PDF", b"PK\x03\x04") for row in kept)
        sheets = [row.content for row in kept if row.content[:2] == b"PK"]
        for sheet in sheets:
            with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
                assert "稽核鏈首" in archive.read("content.xml").decode(), "the head of the trail is on every report"
