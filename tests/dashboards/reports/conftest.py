"""A small year worked out by hand, a simulated one, and what a PDF needs of the system."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts.catalogue import Catalogue
from dashboards.reports.formats import pdf
from dashboards.reports.table import ReportProblem
from ledger.names import Names
from ledger.registry import HEADER, Registry, parse
from producers.simulator import registry_csv, simulate
from streams.files import EventFiles
from streams.replay import Replayed, fold
from streams.settings import read_names
from tests.real_parts.postgres import missing

ROWS = (
    ("020011", "秘書處", "Secretariat", "02", "高雄市政府主管", "City Government HQ group"),
    ("020021", "主計處", "Accounting Office", "02", "高雄市政府主管", "City Government HQ group"),
    ("030011", "民政局", "Civil Affairs Bureau", "03", "民政局主管", "Civil Affairs group"),
)


class Year(msgspec.Struct):
    """What a report is given."""

    replayed: Replayed
    registry: Registry
    day: str

    @property
    def names(self) -> Names:
        """The register's, and those of the objects that ship."""
        return read_names(self.registry, None)


Fold = Callable[..., Year]


@pytest.fixture(scope="session")
def fold_events(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Fold:
    """Fold events (dictionaries without ids) and judge the day."""
    path: Path = tmp_path_factory.mktemp("reports") / "events"

    def run(events: Iterable[dict[str, Any]], day: str, rows: Iterable[tuple[str, ...]] = ROWS) -> Year:
        lines = [json.dumps({"id": f"e{n}", "fiscal_year": 114} | event) for n, event in enumerate(events)]
        path.write_text("\n".join(lines), encoding="utf-8")
        text = "\n".join(",".join(cells) for cells in (HEADER, *((*row, "") for row in rows)))
        registry = parse(text.encode(), "agencies.csv")
        with EventFiles([str(path)]) as files:
            replayed = fold(files, registry, catalogue, day)
        assert replayed.refusals == []
        return Year(replayed, registry, day)

    return run


def capital(agency: str, line: str, amount: int, months: list[int], paid: int) -> list[dict[str, Any]]:
    """An adopted budget of one capital line, its allotment, and one payment in March."""
    common = {"agency": agency, "booked_on": "2025-01-01"}
    return [
        common | {"type": "appropriation.enacted", "line": line, "amount": amount},
        common | {"type": "budget.adopted"},
        common | {"type": "allotment.approved", "line": line, "months": months, "revision": 1},
        common | {"type": "disbursement.paid", "booked_on": "2025-03-03", "line": line, "amount": paid, "voucher": "v"},
    ]


def forecast(agency: str, day: str, amount: int) -> dict[str, Any]:
    return {"agency": agency, "booked_on": day, "type": "forecast.declared", "amount": amount}


SMALL = [
    *capital("020011", "32020110101/capital/3000", 1_000_000, [50_000] * 12, 100_000),
    *capital("020021", "32020210101/capital/3010", 500_000, [0] * 5 + [100_000] + [0] * 5 + [400_000], 50_000),
    *capital("030011", "38030110101/capital/3000", 100_001, [10_000] * 12, 30_000),
    forecast("020011", "2025-05-01", 700_000),
    forecast("020021", "2025-06-20", 400_000),
]
"""Authority 02: B 1,500,000, L 400,000, E 150,000, declared 1,100,000. Authority 03: B 100,001, L 60,000, E 30,000."""


@pytest.fixture(scope="session")
def small(fold_events: Fold) -> Year:
    return fold_events(SMALL, "2025-06-30")


@pytest.fixture(scope="session")
def simulated(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Year:
    """A year of the synthetic city with its mistakes, as of 30 September."""
    path: Path = tmp_path_factory.mktemp("simulated") / "events.ndjson"
    path.write_bytes(b"".join(simulate(114, 7, 6_000)))
    registry = parse(registry_csv().encode(), "agencies.csv")
    with EventFiles([str(path)]) as files:
        return Year(fold(files, registry, catalogue, "2025-09-30"), registry, "2025-09-30")


@pytest.fixture(scope="session")
def pdf_pages() -> Callable[[bytes], list[str]]:
    """The text of each page of a PDF, by poppler's pdftotext."""
    try:
        pdf.font()
    except ReportProblem as problem:
        missing(str(problem))
    command = shutil.which("pdftotext")
    if command is None:
        missing("pdftotext (Debian's package poppler-utils)")

    def pages(content: bytes) -> list[str]:
        made = subprocess.run([command, "-layout", "-", "-"], input=content, capture_output=True, check=True)
        return made.stdout.decode().split("\f")[:-1]

    return pages


@pytest.fixture
def pdf_ends(pdf_pages: object) -> Callable[[bytes], tuple[float, list[float]]]:
    """The width of a PDF's first page, and where each word on it ends, in points; `pdf_pages` is there for what it needs."""

    def ends(content: bytes) -> tuple[float, list[float]]:
        made = subprocess.run(
            ["pdftotext", "-bbox", "-l", "1", "-", "-"], input=content, capture_output=True, check=True
        )
        boxes = made.stdout.decode()
        (width,) = re.findall(r'<page width="([\d.]+)"', boxes)
        return float(width), [float(end) for end in re.findall(r'<word .*xMax="([\d.]+)"', boxes)]

    return ends
