"""A simulated year and imported real budgets give what the naive model says, field by field."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.registry import HEADER, parse
from producers.importers import reader_of
from producers.simulator import registry_rows, simulate
from tests.conftest import Replay
from tests.machine import naive
from tests.machine.comparison import comparable

REAL = Path(__file__).parent.parent / "producers" / "data"


def agrees(replay: Replay, stream: bytes, rows: list[dict[str, str]]) -> None:
    table = [",".join(HEADER), *(",".join(f'"{row[name]}"' for name in HEADER) for row in rows)]
    known = parse("\n".join(table).encode(), "agencies.csv")
    assert comparable(replay(stream, None, known)) == naive.replay([("f", stream)], rows, None)


@pytest.mark.parametrize("fiscal_year", [114, 115])
def test_a_simulated_year_agrees(replay: Replay, fiscal_year: int) -> None:
    agrees(replay, b"".join(simulate(fiscal_year, 9, 700)), [dict(row) for row in registry_rows()])


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("peer-scenarios", "peer-scenarios.csv"),
        ("municipal-money-capital", "municipal-money-capital_facts_v1.csv"),
        ("g0v-budget", "g0v-twbudget-tw2019ap.csv"),
    ],
)
def test_an_imported_budget_agrees(replay: Replay, source: str, file: str) -> None:
    read = reader_of(source)
    assert read is not None
    imported = read(REAL / file)
    agrees(replay, b"".join(imported.events), [dict(row) for row in imported.registry])
