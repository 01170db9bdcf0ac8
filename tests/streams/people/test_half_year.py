"""30 June frozen: folded from the log up to that day, kept under the trail, and what arrives later is told beside it."""

from __future__ import annotations

import threading
from typing import Any

import msgspec
import pytest

from alerts.catalogue import Catalogue
from dashboards.reports import half_year_report
from ledger.half_year import added_up, figures_on, half_year_end, settled
from ledger.names import Names
from ledger.registry import Registry
from producers.kafka.wire import EVENTS
from streams.log.day_books import LateBookings, books_of_day, books_of_lines
from streams.people import half_year_acts
from streams.people.half_year_acts import freeze_half_year, half_years, newest_half_year, settle_half_year
from streams.people.person import Person, RefusedAct
from streams.people.trail import HALF_YEAR_FROZEN, acts_of_kinds
from streams.scope import Scope
from streams.store import Store
from streams.store.mark import LogIdentity, begin_mark
from tests.streams.store.folding import Folding

AGENCY = "020011"
ROAD, PAPER = "32020110101/capital/3015", "32020110101/current/2000"
OFFICER = Person("王小明", ("officer",))
AFTER = "2025-07-20"
MONTHS = [100] * 12


def event(number: str, kind: str, booked_on: str, line: str | None = None, /, **fields: Any) -> bytes:
    year = int(booked_on[:4]) - 1911
    named = {} if line is None else {"line": line}
    common = {"id": number, "type": kind, "fiscal_year": year, "agency": AGENCY, "booked_on": booked_on}
    return msgspec.json.encode(common | named | fields)


# By June of 114: B 1,200 (the road 700 − 500 that come in August are left out) and 300; L 600; paid 350 and 40 + 5;
# a debt of 60. July's and August's are no part of it. June's report says 350 of the road, and 50 of the paper.
LINES = [
    event("a", "appropriation.enacted", "2025-01-02", ROAD, amount=1_200),
    event("b", "appropriation.enacted", "2025-01-02", PAPER, amount=300),
    event("c", "budget.adopted", "2025-01-02"),
    event("d", "allotment.approved", "2025-01-03", ROAD, months=MONTHS, revision=1),
    event("e", "disbursement.paid", "2025-03-05", ROAD, amount=350, voucher="1"),
    event("f", "disbursement.paid", "2025-06-30", PAPER, amount=40, voucher="2"),
    event("g", "disbursement.paid", "2025-05-01", PAPER, amount=5, voucher="3"),
    event("h", "payable.recognised", "2025-06-30", PAPER, amount=60, payable="P"),
    event("i", "disbursement.paid", "2025-07-01", ROAD, amount=111, voucher="4"),
    event("j", "appropriation.supplemented", "2025-08-01", ROAD, amount=500, ground=1),
    event("k", "balance.reported", "2025-06-30", ROAD, realised=350),
    event("l", "balance.reported", "2025-06-30", PAPER, realised=50),
    event("m", "report.filed", "2025-07-10", month=6, number=6),
    event("z", "disbursement.paid", "2024-06-30", PAPER, amount=33, voucher="9"),
    event("y", "disbursement.paid", "2024-07-01", PAPER, amount=34, voucher="8"),
]


@pytest.fixture
def kept(store: Store, city: Registry, catalogue: Catalogue) -> Folding:
    folding = Folding(store, city, catalogue)
    folding.feed(LINES)
    return folding


def test_the_figures_are_those_of_the_day(kept: Folding, store: Store, city: Registry) -> None:
    found = settle_half_year(store, city, 114)
    assert found.as_of == half_year_end(114) == "2025-06-30"
    whole = added_up(found.figures)
    assert (whole.available, whole.allotted, whole.realised, whole.payable) == (1_500, 600, 395, 60)
    assert (whole.period, whole.annual) == ("75.83", "30.33")  # 455 ÷ 600, 455 ÷ 1,500
    assert [(one.economic_class, one.realised) for one in found.figures] == [("current", 45), ("capital", 350)]
    assert added_up(found.before).realised == 33
    (tie,) = found.ties
    assert (tie.reported, tie.unreported) == (2, 0)
    assert [(one.position, one.reported, one.realised) for one in found.differences] == [(PAPER, 50, 45)]
    assert found.places == {"0": len(LINES)} and found.refused == 0


def test_of_a_log_in_partitions_every_one_is_read(store: Store, city: Registry, catalogue: Catalogue) -> None:
    """Whoever opens the store names no number of partitions: the marks tell it."""
    parts = [Store(store.engine, EVENTS, number, 2) for number in range(2)]
    foldings = []
    for part, year in zip(parts, (b"113", b"114"), strict=True):
        begin_mark(part, LogIdentity("c", "t", 2), 0)
        foldings.append(Folding(part, city, catalogue))
        foldings[-1].feed([line for line in LINES if b'"fiscal_year":' + year in line])
    opened = Store(store.engine, EVENTS)
    found = settle_half_year(opened, city, 114)
    assert (added_up(found.figures).realised, added_up(found.before).realised) == (395, 33)
    assert found.places == {"0": 2, "1": len(LINES) - 2}
    foldings[1].feed([event("n", "disbursement.paid", "2025-06-29", ROAD, amount=7, voucher="5")])
    assert [one.event.id for one in LateBookings(opened).of(1, found.places, 114, found.as_of)] == ["n"]


def test_a_line_that_junes_report_leaves_out_is_a_difference(
    store: Store, city: Registry, catalogue: Catalogue
) -> None:
    folding = Folding(store, city, catalogue)
    folding.feed([line for line in LINES if b'"l"' not in line])
    found = settle_half_year(store, city, 114)
    (tie,) = found.ties
    assert (tie.reported, tie.unreported) == (1, 1)
    assert [(one.position, one.reported, one.realised) for one in found.differences] == [(PAPER, 0, 45)]


def test_without_a_report_of_june_there_is_nothing_to_compare(
    store: Store, city: Registry, catalogue: Catalogue
) -> None:
    folding = Folding(store, city, catalogue)
    folding.feed([line for line in LINES if b'"balance.reported"' not in line])
    found = settle_half_year(store, city, 114)
    assert found.differences == [] and found.ties[0].unreported == 2


def test_who_had_figures_last_year_alone_has_a_row_and_rows_add_up(kept: Folding, store: Store, city: Registry) -> None:
    found = settle_half_year(store, city, 114)
    gone = msgspec.structs.replace(found.before[0], agency="030011", authority="03", realised=1_000)
    made = half_year_report.tables(msgspec.structs.replace(found, before=[*found.before, gone]), Names(city))
    table = next(each for each in made if each.key == "agency")
    at = [column.key for column in table.columns].index("before_executed")
    assert table.total is not None
    assert table.total[at] == sum(cell for row in table.rows if isinstance(cell := row[at], int))


def test_a_person_freezes_it_and_it_stays_as_it_was(kept: Folding, store: Store, city: Registry) -> None:
    made = freeze_half_year(store, city, 114, OFFICER, AFTER, anew=False)
    (act,) = acts_of_kinds(store, HALF_YEAR_FROZEN)
    assert (act.person, act.subject, act.after) == ("王小明", "114", {"digest": made.digest})
    late = [
        event("n", "disbursement.paid", "2025-06-29", ROAD, amount=7, voucher="5"),
        event("e", "disbursement.paid", "2025-03-05", ROAD, amount=350, voucher="1"),  # a duplicate
        event("o", "disbursement.paid", "2025-07-02", ROAD, amount=8, voucher="6"),
        event("p", "disbursement.paid", "2024-06-01", PAPER, amount=9, voucher="7"),  # another year's
        event("q", "carryover.declined", "2025-06-01", case="none", amount=1),  # refused
    ]
    kept.feed(late)
    found = newest_half_year(store, 114)
    assert found is not None and found.holds and found.settlement == made
    bookings = LateBookings(store)
    assert [one.event.id for one in bookings.of(found.n, made.places, 114, made.as_of)] == ["n"]
    kept.feed([event("r", "saving.declared", "2025-06-30", PAPER, amount=1)])
    assert [one.event.id for one in bookings.of(found.n, made.places, 114, made.as_of)] == ["n", "r"]


def test_once_more_only_where_it_is_wanted_and_by_whom_it_may(kept: Folding, store: Store, city: Registry) -> None:
    def refused(person: Person = OFFICER, today: str = AFTER, year: int = 114, *, anew: bool = False) -> str:
        with pytest.raises(RefusedAct) as found:
            freeze_half_year(store, city, year, person, today, anew=anew)
        return found.value.code

    assert refused(today="2025-06-30") == "half-year-early"
    assert refused(Person("x", ("reviewer",))) == "role"
    assert refused(Person("x", ("officer",), scope=Scope(frozenset([AGENCY])))) == "scope"
    assert refused(year=99) == "half-year-empty"
    assert half_years(store) == []
    freeze_half_year(store, city, 114, OFFICER, AFTER, anew=False)
    assert refused() == "half-year-again"
    freeze_half_year(store, city, 114, OFFICER, AFTER, anew=True)
    first, second = half_years(store)
    assert first.n > second.n and first.digest == second.digest


def test_one_is_frozen_at_a_time_and_the_second_of_two_is_told(
    kept: Folding, store: Store, city: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = half_year_acts.settle_half_year

    def overtaken(*given: Any) -> Any:
        with pytest.raises(RefusedAct) as found:
            freeze_half_year(store, city, 114, OFFICER, AFTER, anew=False)
        assert found.value.code == "half-year-busy"
        made = real(*given)
        monkeypatch.setattr(half_year_acts, "_FREEZING", threading.Lock())  # as of another process
        monkeypatch.setattr(half_year_acts, "settle_half_year", real)
        freeze_half_year(store, city, 114, OFFICER, AFTER, anew=False)
        return made

    monkeypatch.setattr(half_year_acts, "settle_half_year", overtaken)
    lock = half_year_acts._FREEZING
    with pytest.raises(RefusedAct) as found:
        freeze_half_year(store, city, 114, OFFICER, AFTER, anew=False)
    assert found.value.code == "half-year-again"
    assert len(half_years(store)) == 1 and not lock.locked()


def test_last_years_figures_are_those_that_were_frozen(kept: Folding, store: Store, city: Registry) -> None:
    freeze_half_year(store, city, 113, OFFICER, AFTER, anew=False)
    kept.feed([event("x", "disbursement.paid", "2024-06-01", PAPER, amount=1_000, voucher="0")])
    assert added_up(settle_half_year(store, city, 114).before).realised == 33


def test_a_simulated_year_on_its_30_june_is_what_replay_says(
    store: Store, city: Registry, catalogue: Catalogue, year: list[bytes]
) -> None:
    folding = Folding(store, city, catalogue)
    for at in range(0, len(year), 400):
        folding.feed(year[at : at + 400])
    books, refused, places = books_of_day(store, city, "2025-06-30")
    found = settled(books, 114, figures_on(books, 113), refused, places)
    alone, _ = books_of_lines([year], city, "2025-06-30")
    assert figures_on(alone, 114) == found.figures and added_up(found.figures).realised > 0
