"""The city's reserves judged after a batch are what they are when judged event by event."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from alerts.catalogue import Catalogue
from alerts.engine import Engine
from alerts.subjects import alert_id
from ledger.books import Books, Fund
from ledger.identity import SeenIds
from ledger.process import Context, Judge, Transition, process
from ledger.registry import parse
from streams.fold.reserves import CityReserves
from tests.machine.random_events import AGENCIES, REGISTRY, Generator

REGISTER = parse("\n".join([",".join(REGISTRY[0]), *(",".join(row.values()) for row in REGISTRY)]).encode(), "register")


class Fold:
    """Books of their own, and the lines folded into them."""

    def __init__(self) -> None:
        self.books, self.seen, self.lines = Books(), SeenIds(), list[bytes]()

    def fold(self, lines: list[bytes], judge: Judge) -> list[Transition]:
        first = len(self.lines)
        self.lines += lines
        context = Context(REGISTER.agencies, self.seen, judge, self.lines.__getitem__)
        return process(first, lines, self.books, context).transitions


def told(transitions: list[Transition]) -> list[Any]:
    """What is told of transitions, an event's own in any order."""
    found = [
        (alert_id(one.alert), one.by, one.change, one.severity_before, one.severity, one.evidence)
        for one in transitions
    ]
    order = {by: number for number, by in enumerate(dict.fromkeys(one[1] for one in found))}
    return sorted(found, key=lambda one: (order[one[1]], one[0], one[2]))


@pytest.mark.parametrize("seed", range(40))
def test_in_batches_it_comes_to_the_same(catalogue: Catalogue, seed: int) -> None:
    random = Random(seed)
    generator = Generator(random, (113, 114), AGENCIES)
    at_once, in_batches, engine = Fold(), Fold(), Engine(catalogue)
    kept: dict[tuple[int, str], Fund] = {}
    changes = 0
    for _ in range(12):
        lines = [generator.line() for _ in range(random.choice((1, 7, 60, 150)))]
        wanted = at_once.fold(lines, engine)
        in_batches.books.funds = {}
        judge = CityReserves(engine)
        found = in_batches.fold(lines, judge)
        judge.settle(kept, found)
        kept |= in_batches.books.funds
        assert told(found) == told(wanted)
        changes += sum(one.alert.level == "reserve" for one in found)
        assert {key: msgspec.to_builtins(fund) for key, fund in kept.items()} == {
            key: msgspec.to_builtins(fund) for key, fund in at_once.books.funds.items()
        }
    if seed == 0:
        assert changes and kept


def test_a_batch_that_leaves_the_reserves_alone_needs_no_lock(catalogue: Catalogue) -> None:
    judge = CityReserves(Engine(catalogue))
    event = b'{"id":"a","type":"budget.adopted","fiscal_year":114,"agency":"%s","booked_on":"2025-01-02"}'
    Fold().fold([event % AGENCIES[0].encode()], judge)
    assert not judge.are_touched
