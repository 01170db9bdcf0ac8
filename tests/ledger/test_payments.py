"""Payments are remembered by what makes two of them equal, and taken back by reversals."""

from __future__ import annotations

from array import array
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from ledger.books import AgencyYear, Books, Row
from ledger.events import DisbursementPaid, Event, ProvisionalSpent
from ledger.identity import SeenIds, seed_of
from ledger.payments import OnTrial, PaymentsNoted, PaymentsSeen, payment_hash
from ledger.process import Context, Transition, process
from ledger.registry import Registry
from tests.ledger.hand_made_lines import LINE, OTHER, line

ACTS = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=60)


@given(ACTS)
def test_of_each_payment_is_told_how_many_of_the_same_stand(acts: list[tuple[bool, int]]) -> None:
    """Against a counter, in any order: reversals may come before what they take back."""
    plain, noting, paid, taken_back = PaymentsSeen(), PaymentsNoted(), Counter[int](), Counter[int]()
    for is_payment, number in acts:
        what = (LINE, 5, "v", UNSET if number == 0 else str(number), 1)
        stands = paid[number] - taken_back[number]
        assert plain.unreversed(payment_hash(*what)) == OnTrial(plain).pay(*what) == stands
        if is_payment:
            assert plain.pay(*what) == noting.pay(*what) == stands
            paid[number] += 1
        else:
            plain.reverse(*what)
            noting.reverse(*what)
            taken_back[number] += 1
    again, digests = PaymentsSeen(), noting.noted()
    again.extend(digests)
    assert (len(digests[0]), len(digests[1])) == (paid.total(), taken_back.total())
    assert noting.noted() == (array("Q"), array("Q"))
    for number in range(6):
        wanted = payment_hash(LINE, 5, "v", UNSET if number == 0 else str(number), 1)
        assert again.unreversed(wanted) == noting.unreversed(wanted) == paid[number] - taken_back[number]


def test_a_hundred_thousand_equal_vouchers_and_ten_thousand_others() -> None:
    seen = PaymentsSeen()
    assert [seen.pay(LINE, 5, "v", UNSET, 1) for _ in range(100_000)] == list(range(100_000))
    assert {seen.pay(LINE, n, "w", UNSET, 1) for n in range(10_000)} == {0}


def test_a_payment_takes_no_more_than_24_bytes() -> None:
    """At the worst moment too: just after the table has grown."""
    random, seen, most = Random(1), PaymentsSeen(), 0.0
    for count in range(1, 200_000):
        seen.take(random.getrandbits(64))
        if count >= 2_000 and (count % 1_000 == 0 or count & (count - 1) == 0):
            most = max(most, seen.bytes_held() / count)
    assert 20 < most <= 24


class Listening:
    """A judge that notes what each payment was told: how many of the same stood before it."""

    def __init__(self) -> None:
        self.told: list[int] = []

    def judge(self, year: AgencyYear, event: Event, touched: list[Row], transitions: list[Transition]) -> None:
        if isinstance(event, DisbursementPaid | ProvisionalSpent):
            self.told.append(year.repeats)


def told(registry: Registry, *changes: dict[str, Any]) -> list[int]:
    judge, lines = Listening(), [line(**{"id": f"e{n}"} | one) for n, one in enumerate(changes)]
    effects = process(0, lines, Books(), Context(registry.agencies, SeenIds(), judge, lines.__getitem__))
    assert effects.refusals == []
    return judge.told


def test_a_voucher_paid_again_is_told(registry: Registry) -> None:
    assert told(registry, {}, {}, {}) == [0, 1, 2]


@pytest.mark.parametrize(
    "other",
    [
        {"line": OTHER},
        {"origin_year": 113},
        {"voucher": "w"},
        {"item": "1"},
        {"amount": 6},
        {"agency": "020012"},
        {"fiscal_year": 115, "booked_on": "2026-01-05"},
    ],
)
def test_what_differs_in_anything_is_another_payment(registry: Registry, other: dict[str, Any]) -> None:
    assert told(registry, {}, other, other) == [0, 0, 1]


def test_what_does_not_make_payments_differ(registry: Registry) -> None:
    further = {"booked_on": "2025-04-01", "commitment": "c", "basis_ref": "字號", "note": "再付"}
    assert told(registry, {}, further, {"origin_year": 114}) == [0, 1, 2]


def test_spending_before_the_adoption_and_a_payment_after_it_are_the_same(registry: Registry) -> None:
    provisional = {"type": "provisional.spent", "basis": "prior_year"}
    assert told(registry, provisional, {}, provisional) == [0, 1, 2]


def test_what_was_reversed_may_be_paid_again_once(registry: Registry) -> None:
    back = {"type": "disbursement.reversed"}
    assert told(registry, {}, back, {}, {}) == [0, 0, 1]
    assert told(registry, back, {}, {}, {}) == [-1, 0, 1]
    assert told(registry, {}, back | {"amount": 4}, {}) == [0, 1]


def test_a_duplicate_and_a_refused_event_pay_nothing(registry: Registry) -> None:
    judge, lines = (
        Listening(),
        [line(id="a"), line(id="a"), line(id="a", amount=6), line(id="b", amount=6), line(id="c")],
    )
    books = Books()
    effects = process(0, lines, books, Context(registry.agencies, SeenIds(), judge, lines.__getitem__))
    assert (effects.duplicates, [one.refusal.reason for one in effects.refusals]) == ([1], ["conflicting_duplicate"])
    assert judge.told == [0, 0, 1]
    assert books.payments.unreversed(payment_hash(LINE, 5, "v", UNSET, seed_of(114, "020011"))) == 2
