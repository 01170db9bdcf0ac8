"""What is loaded is what was committed: every field of every row, every id, every line of the log."""

from __future__ import annotations

from array import array
from random import Random

import msgspec
import pytest
from msgspec import UNSET

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from ledger.admission import read
from ledger.books import Books, Position, Proposal, ProvisionalDay, ProvisionalSpending, Row
from ledger.events import Event
from ledger.identity import seed_of
from ledger.payments import payment_hash
from ledger.process import Effects
from ledger.registry import Registry
from streams.store import Origin, Store, open_store
from streams.store.batch import Batch
from streams.store.commit import commit_batch, commit_judgement
from streams.store.loading import load_partition
from streams.store.rows import BUDGET, KEPT
from streams.store.segments import Digests, StoredPayments, all_payments
from tests.machine.random_events import AGENCIES, Generator
from tests.streams.store.folding import LINE, WORKED_OUT, Folding, InMemory, differences, event

SUMS_BY_MONTH = {"realised_by_month", "prepaid_by_month", "counted_by_month"}


def test_a_simulated_year_is_loaded_as_it_was_folded(
    folding: Folding, year: list[bytes], city: Registry, store_url: str
) -> None:
    folding.feed(year, batch=500)
    other = open_store(store_url)
    loaded = load_partition(other)
    other.close()
    assert differences(folding.books, loaded.books) == []
    assert folding.seen.since(0) == loaded.seen.since(0)
    assert loaded.mark.place == len(year)
    assert loaded.mark.read == loaded.mark.accepted + loaded.mark.duplicate + loaded.mark.refused == len(year)


@pytest.mark.parametrize("seed", range(6))
def test_random_events_go_on_from_what_was_loaded(
    store: Store, registry: Registry, catalogue: Catalogue, seed: int
) -> None:
    """Loading between batches changes nothing: neither rows nor alerts nor refusals nor duplicates."""
    random = Random(seed)
    generator = Generator(random, (113, 114), AGENCIES)
    lines = [generator.line() for _ in range(300)]
    straight = InMemory(registry, catalogue)
    straight_effects = straight.fold(lines)
    at = 0
    transitions = []
    while at < len(lines):
        size = random.randint(1, 60)
        resumed = Folding(store, registry, catalogue)
        effects = resumed.commit(lines[at : at + size], [Origin(0, "test")])
        transitions += [(one.change, one.by, one.alert.rule, one.alert.key) for one in effects.transitions]
        at += size
    assert differences(straight.books, load_partition(store).books) == []
    # In their order too: an audit compares the history of alerts line by line.
    assert transitions == [(one.change, one.by, one.alert.rule, one.alert.key) for one in straight_effects.transitions]


def test_an_adoption_judges_in_the_same_order_before_and_after_a_restart(
    store: Store, registry: Registry, catalogue: Catalogue
) -> None:
    """Lines, objects and references come out of the store in the order of their keys, not of their arrival."""
    spent = [
        event(n, "disbursement.paid", line=f"{account}/current/2000", amount=5, voucher="v", booked_on=day)
        for n, (account, day) in enumerate((("39020110101", "2025-01-03"), ("31020110101", "2025-01-02")))
    ]
    proposed = [
        event(n, "appropriation.proposed", line=f"{account}/current/2000", amount=5)
        for n, account in enumerate(("39020110101", "31020110101"), start=2)
    ]
    adopted = event(4, "budget.adopted", booked_on="2025-02-01")
    straight = InMemory(registry, catalogue)
    straight_effects = straight.fold([*proposed, *spent, adopted])
    Folding(store, registry, catalogue).commit([*proposed, *spent], [Origin(0, "test")])
    resumed = Folding(store, registry, catalogue).commit([adopted], [Origin(0, "test")])
    found = [(one.change, one.alert.rule, one.alert.key) for one in resumed.transitions]
    by_adoption = [one for one in straight_effects.transitions if one.by.endswith(":e4")]
    assert len({key for _, _, key in found}) == 2
    assert found == [(one.change, one.alert.rule, one.alert.key) for one in by_adoption]


def test_time_rules_alerts_are_loaded(
    folding: Folding, year: list[bytes], city: Registry, catalogue: Catalogue
) -> None:
    folding.feed(year)
    transitions = judge_day(folding.books, catalogue, "2025-09-30")
    assert transitions, "the simulated city has time alerts on this day"
    commit_judgement(folding.store, "2025-09-30", transitions, folding.books)
    loaded = load_partition(folding.store).books
    assert loaded.time_alerts
    assert differences(folding.books, loaded) == []


def test_every_field_of_every_row_is_stored_or_worked_out_again() -> None:
    for kind, kept in KEPT.items():
        stored = {*kept.columns, *kept.detail}
        fields = set(kind.__struct_fields__)
        assert stored | kept.derived == fields, kind.__name__
        assert not stored & kept.derived, kind.__name__
    positions = next(kept for kind, kept in KEPT.items() if kind.__name__ == "Position")
    assert positions.derived == WORKED_OUT | {"alerts", *BUDGET.columns, *BUDGET.detail}
    assert not {*positions.columns} & {*BUDGET.columns, *BUDGET.detail}
    kinds = {kind for kind in _subclasses(Row) if kind.__module__ == "ledger.books"}
    assert set(KEPT) == kinds


def _subclasses(kind: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    return {one for direct in kind.__subclasses__() for one in ({direct} | _subclasses(direct))}


def test_sums_beyond_64_bits_are_exact(store: Store, registry: Registry, catalogue: Catalogue) -> None:
    """An amount is at most 10^15, but nothing bounds a sum: every sum of every kind of row is made larger than 2^63."""
    folding = Folding(store, registry, catalogue)
    generator = Generator(Random(3), (114,), AGENCIES[:1])
    lines = [generator.line() for _ in range(1_500)]
    folding.feed([*lines, event(0, "disbursement.paid", line=LINE, amount=1, voucher="v", commitment="elsewhere")])
    year = folding.books.years[114][AGENCIES[0]]
    assert year.first_reserve is not None
    references = (*year.commitments.values(), *year.payables.values(), *year.prepayments.values())
    rows: list[Row] = [year, year.first_reserve, *folding.books.funds.values(), *references]
    rows += [*year.positions.values(), *year.cases.values(), *year.objects.values()]
    rows += [*year.virements.values(), *year.carryover_cases.values()]
    grown = sum(_grow(row, _of_64_bits(row)) for row in rows)
    assert grown > 400
    touching_all = read(event(0, "budget.adopted"))
    assert isinstance(touching_all, Event)
    effects = Effects(touched=[(year, rows)], events=[touching_all], places=[folding.place])
    nothing = Digests(*folding.seen.since(len(folding.seen)))
    commit_batch(store, folding.place, Batch([b""], [Origin(0, "test")]), effects, nothing)
    assert differences(folding.books, load_partition(store).books) == []


def _of_64_bits(row: Row) -> set[str]:
    """The fields of a row that are no money, or are not stored."""
    kept = [KEPT[type(row)], *([BUDGET] if type(row) is Position else [])]
    stored = {name for one in kept for name in (*one.money, *one.months, *one.detail)}
    return set(row.__struct_fields__) - stored


def _grow(value: msgspec.Struct, small: set[str]) -> int:
    """Make every sum within a struct larger than 64 bits, but for some fields; returns how many were."""
    grown = 0
    for name in value.__struct_fields__:
        found = getattr(value, name)
        if name in small:
            continue
        if type(found) is int:
            setattr(value, name, 2**70 - found)
            grown += 1
        elif isinstance(found, array | list) and name in SUMS_BY_MONTH:
            setattr(value, name, [one - 2**65 for one in found])
            grown += 1
        elif isinstance(found, Proposal | ProvisionalSpending | ProvisionalDay):
            grown += _grow(found, set())
        elif name == "days":
            grown += sum(_grow(day, set()) for day in found.values())
        elif name in ("taken_on", "under", "carried") and found:
            setattr(value, name, {position: 2**66 + amount for position, amount in found.items()})
            grown += 1
    return grown


def test_an_agency_year_of_which_only_the_feed_is_touched(
    store: Store, registry: Registry, catalogue: Catalogue
) -> None:
    """A duplicate's running number is heard: its feed is saved though nothing else changed."""
    folding = Folding(store, registry, catalogue)
    paid = {"line": LINE, "amount": 5, "voucher": "v"}
    folding.feed([event(1, "disbursement.paid", **paid)])
    folding.feed([event(1, "disbursement.paid", **paid, source="cba", seq=3)])
    loaded = load_partition(store)
    assert loaded.mark.duplicate == 1
    assert loaded.books.years[114]["020011"].feeds["cba"].beyond == [3, 3]
    assert differences(folding.books, loaded.books) == []


def test_what_was_paid_is_known_after_a_restart(store: Store, registry: Registry, catalogue: Catalogue) -> None:
    """And so it is to whoever follows the store, or reads all of it."""
    paid = {"line": LINE, "amount": 12_000, "voucher": "v"}
    folding = Folding(store, registry, catalogue)
    folding.feed([event(1, "disbursement.paid", **paid), event(2, "disbursement.paid", **paid, item="1")], batch=1)
    folding.feed([event(3, "disbursement.paid", **paid), event(4, "disbursement.reversed", **paid)])
    wanted = [payment_hash(LINE, 12_000, "v", item, seed_of(114, "020011")) for item in (UNSET, "1", "2")]
    loaded = load_partition(store)
    assert loaded.books.payments is loaded.payments
    for known in (folding.books.payments, loaded.payments, all_payments(store), StoredPayments(store)):
        assert [known.unreversed(one) for one in wanted] == [1, 1, 0]
    resumed = Folding(store, registry, catalogue)
    resumed.feed([event(5, "disbursement.paid", **paid)])
    assert resumed.books.years[114]["020011"].repeats == 1
    assert StoredPayments(store).unreversed(wanted[0]) == 2


def test_an_empty_store_has_empty_books(store: Store, registry: Registry) -> None:
    loaded = load_partition(store)
    assert differences(loaded.books, Books()) == []
    assert (len(loaded.seen), loaded.mark.place) == (0, 0)
