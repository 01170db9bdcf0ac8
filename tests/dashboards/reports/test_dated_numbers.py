"""A dated value in a rule's YAML changes what the lists and prints say from its day on, and nothing else is edited."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest

from alerts.catalogue import Catalogue, load
from dashboards.reports import lagging_list
from dashboards.reports.formats import FORMATS
from dashboards.reports.replay_summary import print_summary
from dashboards.reports.table import Table
from ledger.words import Language
from streams.files import EventFiles
from streams.replay import fold, output
from tests.dashboards.dated import catalogue_from, says
from tests.dashboards.reports.conftest import SMALL, Fold, Year, forecast

BEFORE, AFTER = "2026-10-31", "2026-11-01"
LATER_YEAR = [
    {**event, "fiscal_year": 115, "booked_on": event["booked_on"].replace("2025", "2026")}
    for event in [*SMALL, forecast("020011", "2025-10-01", 800_000), forecast("020021", "2025-10-01", 475_000)]
] + [{"type": "forecast.declared", "fiscal_year": 115, "agency": "030011", "booked_on": "2026-10-01", "amount": 70_001}]
"""Authority 02 declares 85 %, authority 03 70.0003 %."""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return load(catalogue_from(AFTER, tmp_path_factory.mktemp("dated")))


Judged = Callable[[str], Year]


@pytest.fixture(scope="module")
def judged(changed: Catalogue, fold_events: Fold, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """The year judged on a day by the changed catalogue."""
    path = tmp_path_factory.mktemp("dated") / "events"
    registry = fold_events(SMALL, "2025-06-30").registry

    def run(day: str) -> Year:
        path.write_bytes(b"\n".join(msgspec.json.encode({"id": f"e{n}", **e}) for n, e in enumerate(LATER_YEAR)))
        with EventFiles([str(path)]) as files:
            return Year(fold(files, registry, changed, day), registry, day)

    return run


def printed(made: list[Table], form: str, language: Language, pages: Callable[[bytes], list[str]]) -> str:
    content = FORMATS[form].render(made, language)
    if form == "pdf":
        return "\n".join(pages(content))
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        return "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value)
    return content.decode("utf-8-sig")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf", "table"])
def test_the_lagging_list_says_the_percentage_in_force(
    judged: Judged, changed: Catalogue, pdf_pages: Callable[[bytes], list[str]], form: str, language: Language
) -> None:
    for day, said, unsaid in ((BEFORE, "90", "80"), (AFTER, "80", "90")):
        year = judged(day)
        made = lagging_list.tables(year.replayed.alerts, year.replayed.books, year.names, changed, day)
        text = printed(made, form, language, pdf_pages)
        assert says(text, said) and not says(text, unsaid), text


def test_who_lags_and_by_how_much_follows_it(judged: Judged, changed: Catalogue) -> None:
    """02: B 1,500,000, E 150,000; 03: B 100,001, E 30,000."""
    found: dict[str, list[tuple[str, int]]] = {}
    for day in (BEFORE, AFTER):
        year = judged(day)
        rows = output(year.replayed, year.registry, changed).lagging
        found[day] = [(row.authority, row.shortfall) for row in rows]
        shown = lagging_list.rows(year.replayed.alerts, year.replayed.books, year.names, changed, day)
        assert [(row.authority, row.shortfall) for row in shown] == found[day]
        evidence: list[tuple[Any, Any]] = [
            (alert.key, alert.evidence["shortfall"])
            for alert in year.replayed.alerts
            if alert.rule == "capital-execution-lagging"
        ]
        assert sorted(evidence) == sorted(found[day])
    assert found == {BEFORE: [("03", 60_001), ("02", 1_200_000)], AFTER: [("03", 50_001)]}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_summary_of_a_replay_says_it(
    judged: Judged, changed: Catalogue, capsys: pytest.CaptureFixture[str], language: Language
) -> None:
    for day, said, unsaid in ((BEFORE, "90", "80"), (AFTER, "80", "90")):
        year = judged(day)
        print_summary(year.replayed, year.names, changed, language)
        text = capsys.readouterr().out
        assert says(text, said) and not says(text, unsaid), text


def test_no_number_of_the_law_stands_in_code_or_templates() -> None:
    """The figures themselves; what a person reads is tested above and on the page."""
    root = Path(lagging_list.__file__).parents[2]
    for folder in ("alerts", "dashboards", "ledger", "streams"):
        for path in (root / folder).rglob("*"):
            if path.suffix in (".py", ".html") and path.parts[-3] != "rules":
                text = path.read_text(encoding="utf-8")
                for number in ("90 %", "90%", "0.9×", "0.9 ×", "50,000,000", "50_000_000", "五千萬"):
                    assert number not in text, (path, number)
