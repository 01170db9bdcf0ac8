"""Random streams of legal and illegal events give what the slow naive model, written separately, says they must."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from alerts.catalogue import Catalogue
from alerts.engine import Engine
from ledger.books import Books
from ledger.identity import SeenIds
from ledger.output import positions, reserves
from ledger.process import Context, process
from ledger.registry import Registry
from tests.conftest import Replay
from tests.machine import naive
from tests.machine.comparison import comparable
from tests.machine.random_events import AGENCIES, REGISTRY, Generator

SEEDS = st.integers(0, 2**32)
DAYS = (None, None, "2025-03-15", "2025-06-30", "2026-06-01")


def stream(random: Random, size: int) -> bytes:
    years = random.choice(((114,), (114,), (113, 114)))
    generator = Generator(random, years, AGENCIES[: random.choice((1, 1, 2, 3))])
    return b"\n".join(generator.line() for _ in range(random.randint(5, size))) + b"\n"


@pytest.mark.parametrize("seed", range(120))
def test_a_random_stream_gives_the_naive_models_figures_alerts_and_refusals(replay: Replay, seed: int) -> None:
    random = Random(seed)
    data = stream(random, 110)
    as_of = random.choice(DAYS)
    assert comparable(replay(data, as_of)) == naive.replay([("f", data)], REGISTRY, as_of)


class Machine(RuleBasedStateMachine):
    """Send events one at a time, of a kind and with chance drawn by hypothesis; compare whenever asked, and at the end."""

    replay: Replay

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[bytes] = []

    @rule(seed=st.integers(0, 2**32), count=st.integers(1, 6))
    def send(self, seed: int, count: int) -> None:
        generator = Generator(Random(seed), (114,), AGENCIES[:2])
        generator.number = 1000 * len(self.lines)
        self.lines += [generator.line() for _ in range(count)]

    @rule(which=st.integers(0, 1000))
    def send_again(self, which: int) -> None:
        if self.lines:
            self.lines.append(self.lines[which % len(self.lines)])

    @invariant()
    def agrees_with_the_naive_model(self) -> None:
        if self.lines:
            data = b"\n".join(self.lines)
            assert comparable(self.replay(data)) == naive.replay([("f", data)], REGISTRY, None)


def test_a_machine_of_events_keeps_in_step_with_the_naive_model(replay: Replay) -> None:
    Machine.replay = staticmethod(replay)
    run_state_machine_as_test(Machine, settings=settings(max_examples=12, stateful_step_count=12, deadline=None))


def folded(catalogue: Catalogue, registry: Registry, lines: list[bytes], cuts: list[int]) -> tuple[Any, ...]:
    books, found = Books(), []
    context = Context(registry.agencies, SeenIds(), Engine(catalogue), lambda place: lines[place])
    start = 0
    for end in [*sorted(cuts), len(lines)]:
        effects = process(start, lines[start:end], books, context)
        found += [(t.alert.rule, t.alert.key, t.change, t.alert.opened_by) for t in effects.transitions]
        start = end
    return found, list(positions(books, "2025-12-31")), reserves(books)


@settings(max_examples=60)
@given(seed=SEEDS, cuts=st.lists(st.integers(0, 60), max_size=6))
def test_how_batches_are_cut_changes_nothing(
    catalogue: Catalogue, registry: Registry, seed: int, cuts: list[int]
) -> None:
    lines = stream(Random(seed), 80).split(b"\n")
    cuts = [min(cut, len(lines)) for cut in cuts]
    assert folded(catalogue, registry, lines, cuts) == folded(catalogue, registry, lines, [])


@settings(max_examples=20)
@given(seed=SEEDS)
def test_the_books_are_the_same_whether_the_effects_follow_each_event_or_not(
    catalogue: Catalogue, registry: Registry, seed: int
) -> None:
    lines = stream(Random(seed), 80).split(b"\n")
    outcomes = []
    for follow in (True, False):
        books = Books()
        context = Context(registry.agencies, SeenIds(), Engine(catalogue), lines.__getitem__, follow=follow)
        effects = process(0, lines, books, context)
        named = {len(effects.touched), len(effects.events), len(effects.places)}
        assert len(named) == 1 and (named == {0} or follow)
        told = [(t.alert.rule, t.alert.key, t.change, t.by) for t in effects.transitions]
        outcomes.append((told, effects.duplicates, len(effects.refusals), list(positions(books, "2025-12-31"))))
    assert outcomes[0] == outcomes[1]


@settings(max_examples=40)
@given(seed=SEEDS)
def test_duplicates_anywhere_change_no_figure_and_no_alert(replay: Replay, seed: int) -> None:
    random = Random(seed)
    lines = [line for line in stream(random, 60).split(b"\n") if line]
    plain = [line for line in lines if b'"seq"' not in line]
    once = replay(b"\n".join(plain) or b"\n \n")
    while once["refusals"]:  # a refused event's id is free: sent again it may be accepted
        refused = {one["line"] for one in once["refusals"]}
        plain = [line for n, line in enumerate(plain, 1) if n not in refused]
        once = replay(b"\n".join(plain) or b"\n \n")
    repeated = [copy for line in plain for copy in [line] * random.randint(1, 3)] + random.sample(plain, len(plain))
    again = replay(b"\n".join(repeated) or b"\n \n")
    for part in ("as_of", "positions", "reserves", "alerts", "lagging"):
        assert again[part] == once[part]
    assert again["counts"]["accepted"] == once["counts"]["accepted"]


@settings(max_examples=40)
@given(seed=SEEDS)
def test_levels_are_the_sums_of_their_lines(replay: Replay, seed: int) -> None:
    result = replay(stream(Random(seed), 80))
    figures = (
        "original",
        "available",
        "allotted",
        "realised",
        "prepaid",
        "payable",
        "saving",
        "committed",
        "remaining",
    )
    for level in ("agency", "authority", "city"):
        for name in figures:
            lines = sum(p[name] for p in result["positions"] if p["level"] == "line")
            assert (
                sum(p[name] for p in result["positions"] if p["level"] == level and p["economic_class"] == "all")
                == lines
            )


@settings(max_examples=30)
@given(seed=SEEDS)
def test_a_virement_or_reclassification_moves_but_never_makes_money(replay: Replay, seed: int) -> None:
    random = Random(seed)
    lines = [line for line in stream(random, 60).split(b"\n") if line]
    generator = Generator(random, (114,), AGENCIES[:1])
    generator.number = 5_000
    moves: list[bytes] = []
    for kind in ("virement.approved", "reclassification.booked") * 5:
        move = {"id": f"m{len(moves)}", "type": kind, "fiscal_year": 114, "agency": "020011", "booked_on": "2025-05-05"}
        moves.append(json.dumps(move | generator.two_lines()).encode())

    def city(result: dict[str, Any]) -> list[tuple[int, int]]:
        rows = [p for p in result["positions"] if p["level"] == "city" and p["fiscal_year"] == 114]
        return [(p["available"], p["realised"]) for p in rows if p["economic_class"] == "all"]

    before, after = replay(b"\n".join(lines)), replay(b"\n".join([*lines, *moves]))
    assert (city(before) or [(0, 0)]) == city(after)
