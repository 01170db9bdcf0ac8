"""Guards only save time: judging with them finds what judging without them finds, and a rule they do not know is asked."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

import ledger
from alerts.catalogue import Catalogue
from alerts.engine import Engine
from alerts.guards import AFTER, AFTER_UNDER_CR, COVERED, UNGUARDED
from ledger.books import Alert, Books, Position
from ledger.effects import BOOKINGS
from ledger.events import (
    EVENTS,
    AllotmentApproved,
    AppropriationCorrected,
    AppropriationProposed,
    BudgetAdopted,
    CarryoverApplied,
    CarryoverCancelled,
    CarryoverDeclined,
    ForecastDeclared,
    HoldPlaced,
    HoldReleased,
    ReportFiled,
    ReserveCancelled,
    ReserveDeclined,
    ReserveEstablished,
    ReserveReturned,
    SavingDeclared,
    SavingWithdrawn,
    VirementCancelled,
)
from ledger.identity import SeenIds
from ledger.process import Context, process
from ledger.registry import Registry
from producers.simulator import registry_csv, simulate
from tests.conftest import read_registry
from tests.machine.random_events import AGENCIES, Generator


def judged(
    catalogue: Catalogue, registry: Registry, lines: list[bytes], covered: frozenset[str]
) -> tuple[list[Any], list[Any]]:
    """Every transition in order as it was, and every alert as it is in the end."""
    alerts: list[Alert] = []
    transitions: list[Any] = []
    context = Context(registry.agencies, SeenIds(), Engine(catalogue, covered), lines.__getitem__)
    books = Books()
    for place, line in enumerate(lines):
        for each in process(place, [line], books, context).transitions:
            alert = msgspec.to_builtins(each.alert)
            transitions.append((place, each.change, each.by, each.severity_before, alert))
            if each.change == "opened":
                alerts.append(each.alert)
    return transitions, msgspec.to_builtins(alerts)


@pytest.mark.parametrize("seed", range(60))
def test_random_events_are_judged_alike_with_guards_and_without(
    catalogue: Catalogue, registry: Registry, seed: int
) -> None:
    random = Random(seed)
    generator = Generator(random, random.choice(((114,), (113, 114))), AGENCIES[: random.choice((1, 2, 3))])
    lines = [generator.line() for _ in range(300)]
    guarded = judged(catalogue, registry, lines, COVERED)
    assert guarded == judged(catalogue, registry, lines, frozenset())
    assert guarded[0], "a stream of this length opens alerts"


def test_a_base_corrected_below_nothing_is_judged_with_guards_too(catalogue: Catalogue, registry: Registry) -> None:
    """Whatever was paid, and be it nothing, is above a negative base (comparisons are literal)."""
    common = {"fiscal_year": 114, "agency": AGENCIES[0], "booked_on": "2025-01-02", "line": "32020110101/capital/3000"}
    proposed = {"type": "appropriation.proposed", "amount": 9, "authorised_plan": "P"}
    corrected = {"type": "appropriation.corrected", "stage": "proposed", "amount": -19}
    lines = [json.dumps({"id": f"e{n}", **common, **each}).encode() for n, each in enumerate((proposed, corrected))]
    guarded = judged(catalogue, registry, lines, COVERED)
    assert [(alert["rule"], alert["evidence"]) for alert in guarded[1]] == [
        ("cr-over-base", {"counted": 0, "base": -10, "excess": 10})
    ]
    assert guarded == judged(catalogue, registry, lines, frozenset())


def test_a_simulated_year_is_judged_alike_with_guards_and_without(catalogue: Catalogue) -> None:
    lines = list(simulate(114, 4, 6_000))
    registry = read_registry(registry_csv())
    assert judged(catalogue, registry, lines, COVERED) == judged(catalogue, registry, lines, frozenset())


def test_a_new_folder_is_judged_without_further_edits(with_new_rules: Catalogue, registry: Registry) -> None:
    """Ordinary payments within the budget, which every guard lets pass: the state rule and the act rule see each."""
    head = '"fiscal_year":114,"agency":"020011","line":"32020110101/current/2000"'
    lines = [
        f'{{"id":"1","type":"appropriation.enacted",{head},"booked_on":"2025-01-01","amount":90000}}',
        '{"id":"2","type":"budget.adopted","fiscal_year":114,"agency":"020011","booked_on":"2025-01-01"}',
        f'{{"id":"3","type":"disbursement.paid",{head},"booked_on":"2025-02-03","amount":1000,"voucher":"v"}}',
        f'{{"id":"4","type":"disbursement.paid",{head},"booked_on":"2025-02-04","amount":2000,"voucher":"v"}}',
        f'{{"id":"5","type":"disbursement.paid",{head},"booked_on":"2025-02-05","amount":7,"voucher":"v"}}',
        f'{{"id":"6","type":"disbursement.reversed",{head},"booked_on":"2025-02-06","amount":3007,"voucher":"v"}}',
    ]
    transitions, alerts = judged(with_new_rules, registry, [line.encode() for line in lines], COVERED)
    assert [(place, change, alert["rule"]) for place, change, _, _, alert in transitions] == [
        (2, "opened", "any-payment"),
        (2, "opened", "round-payment"),
        (5, "resolved", "any-payment"),
    ]
    state, act = alerts
    assert (state["state"], state["evidence"]) == ("resolved", {"realised": 3007})
    assert act["evidence"] == {"count": 2, "sum": 3000, "last": "020011:4"}


def test_new_rules_leave_the_others_alerts_as_they_are(
    with_new_rules: Catalogue, catalogue: Catalogue, registry: Registry
) -> None:
    random = Random(11)
    generator = Generator(random, (114,), AGENCIES)
    lines = [generator.line() for _ in range(600)]
    _, standing = judged(catalogue, registry, lines, COVERED)
    _, all_alerts = judged(with_new_rules, registry, lines, COVERED)
    new = ("any-payment", "round-payment")
    assert {alert["rule"] for alert in all_alerts} >= {*new}
    assert [alert for alert in all_alerts if alert["rule"] not in new] == standing


def test_every_event_type_says_what_tells_of_the_rows_it_touches() -> None:
    """Of a type that nobody names, the guard of a position is dropped; so it is of spending before the adoption."""
    assert set(AFTER) == set(AFTER_UNDER_CR) == set(EVENTS)
    dropping = {kind for kind, tells in AFTER.items() if tells[Position] is UNGUARDED[Position]}
    assert dropping == {
        AppropriationProposed,
        AppropriationCorrected,
        BudgetAdopted,
        AllotmentApproved,
        HoldPlaced,
        HoldReleased,
        SavingDeclared,
        ReserveEstablished,
        ReserveDeclined,
        ReserveCancelled,
        ReserveReturned,
        ForecastDeclared,
        VirementCancelled,
        CarryoverApplied,
        CarryoverDeclined,
        CarryoverCancelled,
        SavingWithdrawn,
        ReportFiled,
    }
    assert all(AFTER_UNDER_CR[kind][Position] is UNGUARDED[Position] for kind in BOOKINGS)


def test_nothing_of_the_fold_touches_a_guard() -> None:
    """What an effect does to the books is its own; whether a guard outlives it is said by the type of the event alone."""
    for path in Path(ledger.__file__ or "").parent.glob("*.py"):
        written = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        }
        assert written.isdisjoint(("guarded", "ceiling", "spent_ceiling", "floor_day")), path.name


def test_a_type_that_nobody_thought_of_is_judged_in_full(
    catalogue: Catalogue, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were every type forgotten in the table of guards, the same alerts would be found."""
    generator = Generator(Random(7), (114,), AGENCIES)
    lines = [generator.line() for _ in range(400)]
    expected = judged(catalogue, registry, lines, COVERED)
    for table in ("AFTER", "AFTER_UNDER_CR"):
        monkeypatch.setattr(f"alerts.engine.{table}", dict.fromkeys(EVENTS, UNGUARDED))
    assert judged(catalogue, registry, lines, COVERED) == expected
