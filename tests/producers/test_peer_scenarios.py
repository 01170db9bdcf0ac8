"""Other systems' scenarios: what can be said in events is said in full, the rest is named with its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from producers.imported import ImportProblem
from producers.importers.peer_scenarios import read

FILE = Path(__file__).parent / "data" / "peer-scenarios.csv"


def of(agency: str) -> list[dict[str, Any]]:
    return [event for event in map(json.loads, read(FILE).events) if event["agency"] == agency]


def paid(agency: str) -> int:
    return sum(event["amount"] for event in of(agency) if event["type"] == "disbursement.paid")


def enacted(agency: str) -> int:
    return sum(event["amount"] for event in of(agency) if event["type"] == "appropriation.enacted")


def test_each_scenario_is_an_agency_or_is_reported() -> None:
    found = read(FILE)
    assert {row["code"] for row in found.registry} == {
        *("OCA-01", "OCA-02", "OCA-04", "OCA-05", "OCA-08", "ERP-03", "ERP-04", "TB-01"),
        *("MM-01.1", "MM-01.2", "MM-01.3"),
    }
    assert [item.what for item in found.unmapped] == [
        *("OCA-08 (a part)", "ERP-02", "BLNK-02", "TB-03", "MM-01 (a part)", "MM-02"),
    ]


@pytest.mark.parametrize(
    ("agency", "budget", "spent"),
    [("OCA-01", 2400, 401), ("OCA-02", 2400, 2000), ("OCA-08", 70, 45), ("TB-01", 100, 70), ("MM-01.2", 4, 8)],
)
def test_amounts_are_those_of_the_source(agency: str, budget: int, spent: int) -> None:
    assert (enacted(agency), paid(agency)) == (budget, spent)


def test_what_was_committed_and_cancelled_leaves_nothing_open() -> None:
    for agency in ("OCA-05", "OCA-08"):
        made = sum(event["amount"] for event in of(agency) if event["type"] == "commitment.made")
        cancelled = sum(event["amount"] for event in of(agency) if event["type"] == "commitment.cancelled")
        assert made == cancelled + paid(agency)


def test_an_allotment_may_differ_from_the_appropriation_as_in_the_source() -> None:
    months = {agency: sum(of(agency)[-1]["months"]) for agency in ("ERP-03", "ERP-04")}
    assert months == {"ERP-03": 24_000, "ERP-04": 120_000}
    assert (enacted("ERP-03"), enacted("ERP-04")) == (12_000, 120_000)


def test_the_outcome_expected_by_the_source_is_in_the_last_note() -> None:
    assert of("OCA-01")[-1]["note"] == "OCA-01: source expects REJECT (line-level limit)"
    assert of("OCA-02")[-1]["note"].startswith("OCA-02: source expects ACCEPT balance 400")


def test_a_scenario_with_other_words_is_reported_and_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "scenarios.csv"
    path.write_text("id,setup,action,expected,note\nOCA-05,300; order of 298,cancel order,x,y\nNEW-1,a,b,c,d\n")
    found = read(path)
    assert found.events == []
    assert [item.reason.en for item in found.unmapped] == [
        "its words differ from those this importer was written for",
        "this importer does not know the scenario; add it to _SCENARIOS",
    ]


def test_a_scenario_that_stands_twice_is_a_problem(tmp_path: Path) -> None:
    row = "ERP-04,annual 120000 evenly by month,read,12 x 10000,even allotment\n"
    path = tmp_path / "scenarios.csv"
    path.write_text(f"id,setup,action,expected,note\n{row}{row}")
    with pytest.raises(ImportProblem, match="row 3: scenario ERP-04 stands twice"):
        read(path)
