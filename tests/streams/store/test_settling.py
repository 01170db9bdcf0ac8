"""A refusal is settled once an event of its agency, year and id is accepted, in whatever batch."""

from __future__ import annotations

import pytest

from alerts.catalogue import Catalogue
from ledger.registry import Registry
from streams.store import Store, schema, settling
from streams.store.queries import RefusalCount, refusals, refusals_by_reason
from streams.upkeep.audit import audit
from tests.streams.store.folding import LINE, Folding, event

GOOD = {"line": LINE, "amount": 5, "voucher": "v"}


def paid(number: int, **changes: object) -> bytes:
    return event(number, "disbursement.paid", **GOOD | changes)


def settled(store: Store) -> dict[int, int | None]:
    """By the place of each refusal, the place of the event that settled it."""
    return {one.place: one.settled_by for one in refusals(store)}


@pytest.mark.parametrize("batch", [1, 2, 10])
@pytest.mark.parametrize("few", [settling._FEW, 0])
def test_what_was_sent_again_and_accepted_is_settled(
    store: Store, registry: Registry, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, batch: int, few: int
) -> None:
    monkeypatch.setattr(settling, "_FEW", few)
    folding = Folding(store, registry, catalogue)
    lines = [
        paid(1, amount=0),
        paid(1, amount=-1),
        paid(2, voucher=None),
        paid(1),
        paid(1, amount=6),  # a conflict: no event of this id can be accepted any more
        paid(2, agency="020012"),  # another agency's
        paid(2, fiscal_year=113, booked_on="2024-03-05"),  # another year's
        paid(3, agency="999999"),
        paid(3),
    ]
    folding.feed(lines, batch=batch)
    assert settled(store) == {0: 3, 1: 3, 2: None, 4: None, 7: None}
    folding.feed([paid(2)])
    assert settled(store) == {0: 3, 1: 3, 2: 9, 4: None, 7: None}


def test_what_is_settled_is_asked_for_counted_and_audited(
    store: Store, registry: Registry, catalogue: Catalogue
) -> None:
    folding = Folding(store, registry, catalogue)
    folding.feed([paid(1, amount=0), b"{", paid(2, amount=0), paid(1)])
    assert [one.place for one in refusals(store, settled=True)] == [0]
    assert [one.place for one in refusals(store, settled=False)] == [2, 1]
    assert refusals_by_reason(store) == {"invalid_value": RefusalCount(2, 1), "malformed": RefusalCount(1, 0)}
    assert refusals_by_reason(store)["invalid_value"].unsettled == 1
    assert list(audit(store, registry, catalogue)) == []
    with store.writing() as connection:
        connection.execute(schema.refusals.update().values(settled_by=None))
    (difference,) = audit(store, registry, catalogue)
    assert (difference.what, difference.key) == ("refusals", "0")
    assert difference.folded.endswith("3)") and difference.stored.endswith("None)")


def test_a_duplicate_accepts_nothing(store: Store, registry: Registry, catalogue: Catalogue) -> None:
    folding = Folding(store, registry, catalogue)
    folding.feed([paid(1), paid(1, amount=6), paid(1, source="cba", seq=1), paid(1)])
    assert settled(store) == {1: None}


def test_what_does_not_tell_whose_it_is_is_never_settled(
    store: Store, registry: Registry, catalogue: Catalogue
) -> None:
    folding = Folding(store, registry, catalogue)
    folding.feed([b"{", paid(1, fiscal_year="114"), paid(1, agency=7), paid(1, id=5), paid(1)])
    assert settled(store) == {0: None, 1: None, 2: None, 3: None}
