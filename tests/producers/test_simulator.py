"""The simulator: the same bytes from the same seed, the contract's shapes, and a plausible year with its mistakes."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from producers.city_registry import authorities, registry_rows
from producers.simulation.mistake_notes import MISTAKES, mistake_in
from producers.simulation.sender import REFUSED_ID
from producers.simulator import line_count_for, simulate
from tests.producers.event_shapes import EVENT_TYPES, problems

EVENTS = 20_000
REFUSED = {
    "unknown agency",
    "amount written as text",
    "unknown reference",
    "cancels more than is open",
    "unknown virement",
    "approves more than was applied for",
    "conflicting duplicate",
}


@cache
def year_lines(fiscal_year: int, seed: int) -> tuple[bytes, ...]:
    return tuple(simulate(fiscal_year, seed, EVENTS))


@cache
def year(fiscal_year: int = 114, seed: int = 7) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in year_lines(fiscal_year, seed))


def mistake(event: dict[str, Any]) -> str:
    """What a deliberate mistake says it is, or nothing."""
    return mistake_in(event.get("note", ""))


def accepted(events: tuple[dict[str, Any], ...]) -> Iterator[dict[str, Any]]:
    """The events that count: neither refused on purpose nor sent before."""
    seen = set()
    for event in events:
        key = (event["agency"], event["id"])
        if mistake(event) not in REFUSED and key not in seen:
            seen.add(key)
            yield event


def digest(lines: Iterator[bytes]) -> str:
    return hashlib.sha256(b"".join(lines)).hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    first = digest(iter(simulate(114, 1, 5_000)))
    assert digest(iter(simulate(114, 1, 5_000))) == first
    assert digest(iter(simulate(114, 2, 5_000))) != first
    assert digest(iter(simulate(115, 1, 5_000))) != first


def test_the_bytes_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "import hashlib; from producers.simulator import simulate;"
        "print(hashlib.sha256(b''.join(simulate(114, 1, 3_000))).hexdigest())"
    )
    root = Path(__file__).parents[2]
    digests = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, cwd=root, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("events", [0, 1, 7, 100, 1_999, 2_000, 3_333, 20_000])
def test_there_are_exactly_as_many_events_as_asked_for(events: int) -> None:
    assert sum(1 for _ in simulate(114, 3, events)) == events


@pytest.mark.parametrize(("events", "lines"), [(20_000, 400), (300_000, 6_000), (3_000_000, 100_000)])
def test_lines_follow_the_events(events: int, lines: int) -> None:
    assert line_count_for(events) == lines


def test_a_year_has_the_lines_asked_for() -> None:
    lines = {
        (event["agency"], event["line"])
        for event in map(json.loads, simulate(114, 1, 4_000, lines=250))
        if event["type"] == "appropriation.enacted"
    }
    assert len(lines) == 250


@pytest.mark.parametrize(("fiscal_year", "seed"), [(114, 7), (115, 1), (1, 2), (999, 3)])
def test_every_event_keeps_the_contracts_shape(fiscal_year: int, seed: int) -> None:
    wrong = [
        (line, found)
        for line in year_lines(fiscal_year, seed)
        if (found := problems(line)) and mistake(json.loads(line)) != "amount written as text"
    ]
    assert wrong == []


@pytest.mark.parametrize("seed", [1, 7])
def test_a_year_covers_every_event_type(seed: int) -> None:
    assert {event["type"] for event in year(114, seed)} == EVENT_TYPES


def test_a_year_has_every_deliberate_mistake() -> None:
    found = Counter(mistake(event) for event in year())
    assert {
        *REFUSED,
        "over appropriation",
        "over allotment",
        "spent what is held",
        "names an unknown commitment",
        "above its commitment",
        "virement above 20 %",
        "virement between programs",
        "virement into personnel",
        "virement into a line the council cut",
        "virement from capital to current",
        "new capital under continuing resolution",
        "new account under continuing resolution",
        "statutory without a paper",
        "wrong balance",
        "commitment after the year's end",
        "the feed skipped a number",
        "reserve draw without ground",
        "reserve draw without notice to the council",
        "reserve drawn under continuing resolution",
        "voucher paid twice",
        "reversed more than was paid",
        "saving that is not there",
        "released what was not held",
        "virement of more than there is",
        "of a year that was not carried over",
        "a report number is missing",
    } <= set(found)
    assert sum(number for what, number in found.items() if what) < EVENTS // 200


def test_what_is_to_be_refused_is_known_by_its_id_and_takes_no_feed_number() -> None:
    refused = [event for event in year() if mistake(event) in REFUSED]
    assert refused
    for event in refused:
        assert event["id"].startswith(REFUSED_ID) or mistake(event) == "conflicting duplicate"
        assert "seq" not in event
        assert "source" not in event


def test_ids_are_unique_but_for_what_is_sent_again() -> None:
    lines: dict[tuple[str, str], set[bytes]] = defaultdict(set)
    again = 0
    for line, event in zip(year_lines(114, 7), year(), strict=True):
        if mistake(event) != "conflicting duplicate":
            again += line in lines[event["agency"], event["id"]]
            lines[event["agency"], event["id"]].add(line)
    assert all(len(versions) == 1 for versions in lines.values())
    assert again >= 10


def test_agencies_are_the_registrys_and_one_stranger_is_not() -> None:
    codes = {row["code"] for row in registry_rows()}
    strangers = [event for event in year() if event["agency"] not in codes]
    assert strangers
    assert {mistake(event) for event in strangers} == {"unknown agency"}


def test_proposals_and_reserves_add_up_to_the_citys_budget() -> None:
    events = list(accepted(year()))
    proposed = sum(event["amount"] for event in events if event["type"] == "appropriation.proposed")
    reserves = sum(event["amount"] for event in events if event["type"] == "reserve.established")
    assert proposed + reserves == sum(one.total_ntd_million for one in authorities()) * 1_000_000 == 193_837_000_000


def test_enacted_is_proposed_less_cuts_and_capital_is_the_authoritys() -> None:
    capital: Counter[str] = Counter()
    proposed: dict[tuple[str, str], int] = {}
    enacted: Counter[tuple[str, str]] = Counter()
    for event in accepted(year()):
        key = (event["agency"], event.get("line", ""))
        if event["type"] == "appropriation.proposed":
            proposed[key] = event["amount"]
            if "/capital/" in event["line"]:
                capital[event["agency"][:2]] += event["amount"]
        elif event["type"] in ("appropriation.enacted", "appropriation.corrected"):
            enacted[key] += event["amount"] + event.get("council_cut", 0)
    assert proposed == enacted
    for authority in authorities():
        assert capital[authority.code] == authority.capital_ntd_million * 1_000_000


def test_an_agency_is_enacted_before_it_is_adopted_and_adopted_once() -> None:
    adopted: set[str] = set()
    for event in accepted(year()):
        if event["type"] == "appropriation.enacted":
            assert event["agency"] not in adopted
        elif event["type"] == "budget.adopted":
            assert event["agency"] not in adopted
            adopted.add(event["agency"])
    assert {event["agency"] for event in accepted(year()) if "line" in event} <= adopted


def test_fiscal_year_115_is_adopted_on_the_real_day() -> None:
    assert {event["booked_on"] for event in year(115, 1) if event["type"] == "budget.adopted"} == {"2026-02-06"}


@pytest.mark.parametrize("seed", range(5))
def test_other_years_are_adopted_on_a_day_of_january_or_february(seed: int) -> None:
    adopted = {
        event["booked_on"] for event in map(json.loads, simulate(114, seed, 1_000)) if event["type"] == "budget.adopted"
    }
    assert len(adopted) == 1
    assert "2025-01-02" < adopted.pop() < "2025-02-28"


def test_bookings_come_in_order_but_for_late_ones() -> None:
    latest = ""
    late = 0
    for event in year():
        if mistake(event) == "booked ahead of its day":
            continue
        late += event["booked_on"] < latest
        latest = max(latest, event["booked_on"])
    assert 10 < late < EVENTS // 50


def test_feeds_count_from_one_and_skip_only_on_purpose() -> None:
    seen: dict[str, int] = defaultdict(int)
    for event in accepted(year()):
        if "seq" in event:
            skipped = event["seq"] - seen[event["agency"]] - 1
            assert skipped == (mistake(event) == "the feed skipped a number")
            seen[event["agency"]] = event["seq"]
    assert len(seen) > 50


def test_two_agencies_fall_silent_and_no_other_one() -> None:
    last: dict[str, str] = {}
    for event in accepted(year()):
        if event["booked_on"] <= "2025-12-31":
            last[event["agency"]] = max(last.get(event["agency"], ""), event["booked_on"])
    assert sorted(day[:7] for day in last.values() if day < "2025-12-01") == ["2025-04", "2025-08"]


def test_reserves_keep_within_what_was_established() -> None:
    established: Counter[tuple[str, str]] = Counter()
    approved: Counter[tuple[str, str]] = Counter()
    current: Counter[str] = Counter()
    for event in accepted(year()):
        key = (event.get("reserve", ""), event["agency"] if event.get("reserve") == "first" else "")
        if event["type"] == "reserve.established":
            established[key] += event["amount"]
        elif event["type"] == "reserve.approved":
            approved[key] += event["amount"]
        elif event["type"] == "appropriation.enacted" and "/current/" in event["line"]:
            current[event["agency"]] += event["amount"]
    assert established["second", ""] == 400_000_000
    assert established["disaster", ""] == 1_950_000_000
    assert approved["second", ""] == 398_670_000  # as in the real fiscal year 113
    for key, amount in approved.items():
        assert amount <= established[key]
    for (reserve, agency), amount in established.items():
        assert reserve != "first" or amount * 100 <= current[agency]


class Figures:
    """A naive fold of one year: realised, open references and B of each position, as the contract has them."""

    def __init__(self) -> None:
        self.realised: Counter[tuple[str, str, int]] = Counter()
        self.available: Counter[tuple[str, str, int]] = Counter()
        self.held: Counter[tuple[str, str, int]] = Counter()
        self.executed: Counter[tuple[str, str, int]] = Counter()
        self.open: dict[tuple[str, str, str], tuple[tuple[str, str, int], int]] = {}
        self.cases: dict[tuple[str, str, str], tuple[str, str, int]] = {}
        self.virements: dict[tuple[str, str], tuple[str, str]] = {}
        self.under: dict[tuple[str, str, str], str] = {}

    def obligated(self, key: tuple[str, str, int]) -> int:
        return self.realised[key] + sum(int(amount) for where, amount in self.open.values() if where == key)

    def settle(self, event: dict[str, Any], sign: int) -> None:
        for kind in ("commitment", "payable", "prepayment"):
            name = (event["agency"], kind, event.get(kind, ""))
            if name in self.open:
                key, amount = self.open[name]
                self.open[name] = (key, max(0, amount - sign * event["amount"]))

    def add(self, event: dict[str, Any]) -> None:
        year_, agency, amount = event["fiscal_year"], event["agency"], event.get("amount", 0)
        key = (agency, event.get("line", ""), event.get("origin_year", year_))
        match event["type"]:
            case (
                "appropriation.enacted"
                | "appropriation.corrected"
                | "appropriation.supplemented"
                | "carryover.approved"
            ):
                self.available[key] += amount
            case "hold.placed" | "hold.released":
                signed = amount if event["type"] == "hold.placed" else -amount
                self.available[key] -= signed
                self.held[key] += signed
            case "virement.approved":
                self.available[agency, event["from_line"], year_] -= amount
                self.available[agency, event["to_line"], year_] += amount
                self.virements[agency, event.get("virement", event["id"])] = (event["from_line"], event["to_line"])
            case "reserve.approved":
                self.available[key] += amount
                self.cases[agency, event["reserve"], event["case"]] = key
            case "reserve.cancelled" | "reserve.returned":
                self.available[self.cases[agency, event["reserve"], event["case"]]] -= amount
            case "disbursement.paid" | "provisional.spent":
                self.realised[key] += amount
                self.settle(event, 1)
            case "disbursement.reversed":
                self.realised[key] -= amount
                self.settle(event, -1)
            case "disbursement.recovered":
                self.realised[key] -= amount if event["original_year"] == year_ else 0
            case "reclassification.booked":
                self.realised[agency, event["from_line"], year_] -= amount
                self.realised[agency, event["to_line"], year_] += amount
            case "commitment.made":
                self.open[agency, "commitment", event["commitment"]] = (key, amount)
            case "payable.recognised" | "prepayment.made":
                self.settle({k: v for k, v in event.items() if k not in ("payable", "prepayment")}, 1)
                kind = event["type"].split(".")[0]
                self.open[agency, kind, event[kind]] = (key, amount)
                if "commitment" in event:
                    self.under[agency, kind, event[kind]] = event["commitment"]
            case "commitment.cancelled" | "payable.cleared" | "prepayment.settled":
                kind = event["type"].split(".")[0]
                where, opened = self.open[agency, kind, event[kind]]
                assert opened >= amount
                self.open[agency, kind, event[kind]] = (where, opened - amount)
                contract = (agency, "commitment", self.under.get((agency, kind, event[kind]), ""))
                if contract in self.open:  # what is cleared of it goes back to its commitment
                    where, opened = self.open[contract]
                    self.open[contract] = (where, opened + amount)
            case "saving.declared":
                self.executed[key] += amount
            case _:
                self.take_back(event, key, amount)

    def take_back(self, event: dict[str, Any], key: tuple[str, str, int], amount: int) -> None:
        match event["type"]:
            case "virement.cancelled":
                from_line, to_line = self.virements[key[0], event["virement"]]
                self.available[key[0], from_line, event["fiscal_year"]] += amount
                self.available[key[0], to_line, event["fiscal_year"]] -= amount
            case "carryover.cancelled":
                self.available[key] -= amount
            case "saving.withdrawn":
                self.executed[key] -= amount


def test_the_years_end_is_healthy_and_only_mistakes_break_the_budget() -> None:
    figures = Figures()
    broken_on_purpose = {"over appropriation", "spent what is held", "of a year that was not carried over"}
    allowed: set[tuple[str, str]] = set()
    for event in accepted(year()):
        figures.add(event)
        if mistake(event) in broken_on_purpose:
            allowed.add((event["agency"], event["line"]))
        if event["type"] == "balance.reported" and not mistake(event):
            key = (event["agency"], event["line"], event["fiscal_year"])
            assert event["realised"] == figures.realised[key], event
    obligated = Counter(figures.realised)
    for key, amount in figures.open.values():
        obligated[key] += amount
    over = {key[:2] for key, amount in obligated.items() if amount > figures.available[key]}
    assert over <= allowed
    for economic_class, least in (("current", 94), ("capital", 85)):
        available = sum(amount for key, amount in figures.available.items() if f"/{economic_class}/" in key[1])
        realised = sum(amount for key, amount in figures.realised.items() if f"/{economic_class}/" in key[1])
        assert least < realised * 100 // available < 99


def test_some_authorities_lag_in_capital_execution_and_most_do_not() -> None:
    figures = Figures()
    for event in accepted(year()):
        figures.add(event)
    available: Counter[str] = Counter()
    executed: Counter[str] = Counter()
    for key, amount in figures.available.items():
        if "/capital/" in key[1]:
            available[key[0][:2]] += amount
            executed[key[0][:2]] += figures.realised[key] + figures.executed[key]
    lagging = [authority for authority in available if executed[authority] * 100 < 90 * available[authority]]
    assert 3 <= len(lagging) <= len(available) // 3


def test_most_events_are_payments_and_commitments() -> None:
    kinds = Counter(event["type"] for event in year())
    payments = kinds["disbursement.paid"] + kinds["provisional.spent"]
    assert 60 <= payments * 100 // EVENTS <= 72
    assert kinds["commitment.made"] * 100 // EVENTS >= 7


def test_december_is_the_busiest_month() -> None:
    months = Counter(event["booked_on"][:7] for event in year())
    assert months.most_common(1)[0][0] == "2025-12"


def test_a_registry_of_ones_own_is_used_and_its_money_spread_evenly() -> None:
    rows = [
        {"code": f"單位{number}", "authority_code": f"M{number % 3}", "name_zh": "", "name_en": ""}
        for number in range(12)
    ]
    events = [json.loads(line) for line in simulate(114, 5, 6_000, rows)]
    spent: Counter[str] = Counter()
    for event in events:
        if event["type"] == "appropriation.proposed":
            spent[event["agency"]] += event["amount"]
    assert set(spent) == {row["code"] for row in rows}
    assert max(spent.values()) * 100 < min(spent.values()) * 102
    assert {event["agency"] for event in events} - set(spent) == {"UNKNOWN"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"fiscal_year": 0, "seed": 1}, "fiscal year 0"),
        ({"fiscal_year": 1000, "seed": 1}, "fiscal year 1000"),
        ({"fiscal_year": 114, "seed": 1, "events": -1}, "-1 events"),
        ({"fiscal_year": 114, "seed": 1, "lines": 0}, "0 budget lines"),
        ({"fiscal_year": 114, "seed": 1, "registry": []}, "registry has no agency"),
        (
            {"fiscal_year": 114, "seed": 1, "lines": 100_000, "registry": [{"code": "A", "authority_code": "A"}]},
            "agency A",
        ),
    ],
)
def test_wrong_arguments_are_told_before_any_event(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        simulate(**arguments)


def test_every_deliberate_mistake_is_made_and_says_so_in_both_languages() -> None:
    notes = {event["note"] for event in map(json.loads, simulate(114, 7, 60_000)) if mistake(event)}
    assert {mistake_in(note) for note in notes} == set(MISTAKES)
    assert all(MISTAKES[mistake_in(note)] in note for note in notes)
    assert mistake_in("道路養護工程款") == mistake_in("") == ""


def test_what_is_booked_ahead_comes_weeks_before_its_day() -> None:
    before = ""
    for event in year():
        if mistake(event) == "booked ahead of its day":
            ahead = date.fromisoformat(event["booked_on"]) - date.fromisoformat(before)
            assert event["type"] == "commitment.made" and ahead.days >= 20
            break
        before = event["booked_on"]
    else:
        pytest.fail("nothing is booked ahead")
