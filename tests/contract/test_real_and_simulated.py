"""A simulated year and imported real budgets give what the naive model says, field by field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.registry import HEADER, parse
from producers.importers import reader_of
from producers.simulation.mistake_notes import mistake_in
from producers.simulator import registry_csv, registry_rows, simulate
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


def test_each_deliberate_mistake_raises_its_alert(replay: Replay) -> None:
    """By the event whose note says so; what is put right later is resolved by it."""
    stream, known = b"".join(simulate(114, 7, 20_000)), parse(registry_csv().encode(), "agencies.csv")
    noted = {
        f"{event['agency']}:{event['id']}": what
        for event in map(json.loads, stream.splitlines())
        if (what := mistake_in(event.get("note", "")))
    }
    raised: dict[str, dict[str, str]] = {}
    for alert in replay(stream, None, known)["alerts"]:
        if alert["opened_by"] in noted:
            raised.setdefault(noted[alert["opened_by"]], {})[alert["rule"]] = alert["state"]
    assert raised["voucher paid twice"]["payment-duplicated"] == "open"
    for what, rule in (
        ("reversed more than was paid", "realised-below-zero"),
        ("saving that is not there", "saving-over-balance"),
        ("released what was not held", "released-over-held"),
        ("virement of more than there is", "available-below-zero"),
    ):
        assert raised[what][rule] == "resolved", what
    assert raised["over appropriation"]["spending-over-appropriation"]


def test_what_time_brings_to_light_is_there_too(replay: Replay) -> None:
    stream, known = b"".join(simulate(114, 7, 20_000)), parse(registry_csv().encode(), "agencies.csv")
    found = {alert["rule"] for alert in replay(stream, None, known)["alerts"] if alert["state"] == "open"}
    assert {
        "carryover-unapproved",
        "report-late",
        "report-number-gap",
        "feed-gap",
        "capital-execution-lagging",
    } <= found
