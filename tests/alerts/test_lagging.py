"""What stands beside the lagging list: who could not be judged, who sent nothing, whose feed is silent (CONTRACT §5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.registry import Registry, RegistryProblem
from tests.conftest import Replay, read_registry
from tests.machine.random_events import REGISTRY

LINE = "32020110101/capital/3000"


def event(number: int, kind: str, day: str, agency: str = "020011", year: int = 114, **fields: Any) -> bytes:
    common = {"id": f"e{number}", "type": kind, "fiscal_year": year, "agency": agency, "booked_on": day}
    return json.dumps(common | fields).encode()


def lagging_year() -> list[bytes]:
    """120 of capital, 10 a month; 30 of the 50 allotted by May is paid: 60 % is predicted, 108 − 30 = 78 is short."""
    return [
        event(1, "appropriation.enacted", "2025-01-01", line=LINE, amount=120),
        event(2, "allotment.approved", "2025-01-01", line=LINE, months=[10] * 12, revision=1),
        event(3, "budget.adopted", "2025-01-01"),
        event(4, "disbursement.paid", "2025-05-02", line=LINE, amount=30, voucher="V1"),
    ]


def test_an_authority_without_allotment_stands_with_those_that_could_not_be_judged(replay: Replay) -> None:
    """Capital money of which nothing is allotted is at 0 % on 31 December and on no list: that is no good news."""
    lines = [
        event(1, "appropriation.enacted", "2025-01-01", line=LINE, amount=120),
        event(2, "budget.adopted", "2025-01-01"),
    ]
    result = replay(b"\n".join(lines), "2025-12-31")
    assert result["lagging"] == []
    assert result["unjudged"] == [
        {
            "authority": "02",
            "name_zh": REGISTRY[0]["authority_name_zh"],
            "fiscal_year": 114,
            "available": 120,
            "executed": 0,
            "reason": "no-allotment",
        }
    ]
    allotted = [*lines, event(3, "allotment.approved", "2025-01-01", line=LINE, months=[10] * 12, revision=1)]
    result = replay(b"\n".join(allotted), "2025-12-31")
    assert [row["authority"] for row in result["lagging"]] == ["02"] and result["unjudged"] == []


def test_the_list_says_whose_feed_is_silent_and_for_how_long(replay: Replay) -> None:
    """5 May 2025 was a Monday: 16 May is the tenth working day after 2 May, and 19 May the eleventh."""
    (row,) = replay(b"\n".join(lagging_year()), "2025-05-16")["lagging"]
    assert (row["predicted"], row["shortfall"]) == ("60.00", 78)
    assert row["silent_agencies"] == [{"agency": "020012", "last_booked_on": None}], "one that sent nothing is absent"
    (row,) = replay(b"\n".join(lagging_year()), "2025-05-19")["lagging"]
    assert row["silent_agencies"] == [
        {"agency": "020011", "last_booked_on": "2025-05-02"},
        {"agency": "020012", "last_booked_on": None},
    ]


def test_an_absent_agency_is_told_for_every_year_that_has_begun(replay: Replay) -> None:
    """Its latest booking may be of another year; a year without events, or still to come, lists nobody."""
    lines = [
        *lagging_year(),
        event(5, "appropriation.enacted", "2024-01-01", agency="020012", year=113, line=LINE, amount=1),
        event(6, "appropriation.enacted", "2025-04-01", agency="050011", year=115, line=LINE, amount=1),
    ]
    result = replay(b"\n".join(lines), "2025-05-19")
    assert [(row["fiscal_year"], row["agency"], row["authority"]) for row in result["absent"]] == [
        (114, "020012", "02"),
        (114, "050011", "05"),
        (113, "020011", "02"),
        (113, "050011", "05"),
    ]
    (row,) = [row for row in result["lagging"] if row["fiscal_year"] == 114]
    assert row["silent_agencies"][1] == {"agency": "020012", "last_booked_on": "2024-01-01"}


def with_years(first: str, last: str) -> Registry:
    rows = [",".join((*REGISTRY[0], "from_year", "to_year"))]
    rows += [",".join((*row.values(), *((first, last) if row["code"] == "050011" else ("", "")))) for row in REGISTRY]
    return read_registry("\n".join(rows))


@pytest.mark.parametrize(("first", "last", "listed"), [("115", "", False), ("", "113", False), ("114", "114", True)])
def test_an_agency_is_missed_only_in_the_years_in_which_it_exists(
    replay: Replay, first: str, last: str, listed: bool
) -> None:
    result = replay(b"\n".join(lagging_year()), "2025-05-19", with_years(first, last))
    assert ("050011" in {row["agency"] for row in result["absent"]}) == listed


def test_a_year_of_the_register_that_is_none_is_refused_with_its_line() -> None:
    with pytest.raises(RegistryProblem, match=r"agencies.csv: line 4: to_year: '1e2' is no year"):
        with_years("", "1e2")
