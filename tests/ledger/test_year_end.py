"""Two years worked out by hand: what is applied for, what lapses, what opens in the next year, what it lacks."""

from __future__ import annotations

from typing import Any

import msgspec

from ledger.books import Books, CarryoverCase
from ledger.identity import SeenIds
from ledger.lacking import Lacking, lacking
from ledger.process import Context, process
from ledger.registry import HEADER, parse
from ledger.year_end import carried_references, case_of, drafts, outstanding
from ledger.year_end_sums import year_end, year_ends
from producers.year_drafts import application_lines, opening_lines
from streams.log.accepted import NoRules

AGENCY = "020011"
REGISTRY = parse(
    f"{','.join(HEADER)}\n{AGENCY},秘書處,Secretariat,02,市政府主管,City Government,\n".encode(), "agencies.csv"
)
ROAD, DESKS, PAPER = "32020110101/capital/3015", "32020110101/capital/3035", "32020110101/current/2000"


def fold(*events: dict[str, Any]) -> Books:
    """Books of events; each must be accepted."""
    books = Books()
    lines = [msgspec.json.encode({"id": f"e{n}", "agency": AGENCY} | event) for n, event in enumerate(events)]
    effects = process(0, lines, books, Context(REGISTRY.agencies, SeenIds(), NoRules(), lines.__getitem__))
    assert [(refused.place, refused.refusal.reason) for refused in effects.refusals] == []
    return books


def of(fiscal_year: int, kind: str, line: str | None = None, /, **fields: Any) -> dict[str, Any]:
    named = {} if line is None else {"line": line}
    booked_on = f"{fiscal_year + 1911}-06-15"
    return {"type": kind, "fiscal_year": fiscal_year, "booked_on": booked_on} | named | fields


# A road of 1,000: 400 paid of a contract of 900, so 500 stand open. Desks of 300: a debt of 120, an advance of 50, and 80
# paid. Paper of 200: 150 paid, nothing owed. And 112's road, carried over into 113: 90, of which a contract binds 60.
YEAR = (
    of(113, "appropriation.enacted", ROAD, amount=1_000),
    of(113, "appropriation.enacted", DESKS, amount=300),
    of(113, "appropriation.enacted", PAPER, amount=200),
    of(113, "budget.adopted"),
    of(113, "commitment.made", ROAD, amount=900, commitment="C1"),
    of(113, "disbursement.paid", ROAD, amount=400, voucher="V1", commitment="C1"),
    of(113, "payable.recognised", DESKS, amount=120, payable="P1"),
    of(113, "prepayment.made", DESKS, amount=50, prepayment="A1"),
    of(113, "disbursement.paid", DESKS, amount=80, voucher="V2"),
    of(113, "disbursement.paid", PAPER, amount=150, voucher="V3"),
    of(113, "carryover.approved", ROAD, amount=90, origin_year=112, kind="encumbrance"),
    of(113, "commitment.made", ROAD, amount=60, commitment="C0", origin_year=112),
)


def test_each_debt_contract_and_advance_is_an_application() -> None:
    books = fold(*YEAR)
    found = drafts(books.years[113][AGENCY], None)
    assert [(each.case, each.kind, each.origin_year, each.amount, each.left) for each in found] == [
        ("113C-C1", "encumbrance", 113, 500, 600),
        ("113C-C0", "encumbrance", 112, 60, 90),
        ("113P-P1", "payable", 113, 120, 220),
        ("113A-A1", "encumbrance", 113, 50, 220),
    ]
    assert [each.drafted for each in found] == [500, 60, 170, 170]
    assert not any(each.exceeds for each in found)
    assert {each.match for each in found} == {"draft"}


def test_what_is_bound_by_nothing_lapses() -> None:
    found = year_end(fold(*YEAR).years[113][AGENCY], None)
    # road 600 - 500, 112's road 90 - 60, desks 220 - 170, paper 50
    assert (found.left, found.bound, found.lapsed) == (600 + 90 + 220 + 50, 500 + 60 + 170, 100 + 30 + 50 + 50)
    assert (found.unapplied_count, found.unapplied, found.differing, found.openings) == (4, 730, (), ())


def test_sums_are_those_of_what_is_drafted_one_by_one() -> None:
    """Whatever the next year's books know: nothing, all, one in another amount, one under a case of its own."""
    events = applications(fold(*YEAR))
    own = of(
        114, "carryover.applied", ROAD, case="K7", amount=480, origin_year=113, kind="encumbrance", commitment="C1"
    )
    less = [event | ({"amount": event["amount"] - 1} if number == 2 else {}) for number, event in enumerate(events)]
    for known in ([], events, less, events[:2], [own], [own, *less[1:]]):
        books = fold(*YEAR, *known)
        before, following = books.years[113][AGENCY], books.find(114, AGENCY)
        found, listed = year_end(before, following), drafts(before, following)
        new = [each for each in listed if each.match == "draft"]
        assert (found.unapplied_count, found.unapplied) == (len(new), sum(each.amount for each in new))
        assert list(found.differing) == [each for each in listed if each.match == "differs"]
        assert found.bound == sum(each.amount for each in listed) == 730
        assert list(found.openings) == ([] if following is None else carried_references(following, before))


def test_what_is_kept_or_asked_for_apart_does_not_lapse() -> None:
    """Road: C1's own application binds nothing twice; K1 asks for 80 more and has 10 of it declined. Desks: 30 carried as
    special under no case. Paper: 50 asked for and declined."""
    books = fold(
        *YEAR,
        *applications(fold(*YEAR))[:1],
        of(114, "carryover.approved", ROAD, case="113C-C1", amount=500, origin_year=113, kind="encumbrance"),
        of(114, "carryover.applied", ROAD, case="K1", amount=80, origin_year=113, kind="special"),
        of(114, "carryover.declined", case="K1", amount=10),
        of(114, "carryover.approved", DESKS, amount=170, origin_year=113, kind="payable"),
        of(114, "carryover.approved", DESKS, amount=30, origin_year=113, kind="special"),
        of(114, "carryover.applied", PAPER, case="K2", amount=50, origin_year=113, kind="special"),
        of(114, "carryover.declined", case="K2", amount=50),
    )
    found = year_end(books.years[113][AGENCY], books.years[114][AGENCY])
    # bound 500, 60, 170, 0; apart 70, 0, 30, 0; so 30, 30, 20 and 50 lapse
    assert (found.left, found.bound, found.apart, found.lapsed) == (960, 730, 100, 130)


def test_more_owed_than_is_left_is_said_and_not_cut() -> None:
    books = fold(
        of(113, "appropriation.enacted", ROAD, amount=100),
        of(113, "commitment.made", ROAD, amount=130, commitment="C1"),
    )
    (only,) = drafts(books.years[113][AGENCY], None)
    assert (only.amount, only.left, only.exceeds) == (130, 100, True)
    assert year_end(books.years[113][AGENCY], None).lapsed == 0


def applications(books: Books, **changes: Any) -> list[dict[str, Any]]:
    """The events drafted of 113, for this and another fold."""
    made = [
        msgspec.json.decode(line) for line in application_lines(drafts(books.years[113][AGENCY], None), "2025-01-10")
    ]
    return [event | changes for event in made]


def test_drafts_are_events_and_are_not_drafted_again() -> None:
    events = applications(fold(*YEAR))
    assert [(event["case"], event.get("commitment"), event["booked_on"]) for event in events] == [
        ("113C-C1", "C1", "2025-01-10"),
        ("113C-C0", "C0", "2025-01-10"),
        ("113P-P1", None, "2025-01-10"),
        ("113A-A1", None, "2025-01-10"),
    ]
    assert len({event["id"] for event in events}) == 4 and events == applications(fold(*YEAR)), "ids repeat"
    books = fold(*YEAR, *events)
    again = drafts(books.years[113][AGENCY], books.years[114][AGENCY])
    assert [each.match for each in again] == ["applied"] * 4
    assert list(application_lines(again, "2025-01-11")) == []


def test_an_application_under_a_case_of_its_own_is_found_by_its_contract() -> None:
    own = of(
        114, "carryover.applied", ROAD, case="K7", amount=480, origin_year=113, kind="encumbrance", commitment="C1"
    )
    books = fold(*YEAR, own)
    first = drafts(books.years[113][AGENCY], books.years[114][AGENCY])[0]
    assert (first.match, first.applied, first.amount) == ("differs", 480, 500)


def test_no_more_opens_than_was_approved() -> None:
    """C1 of 500 is approved to 450, P1 whole, A1 declined; 100 more of the desks' contracts are approved without a case."""
    events = applications(fold(*YEAR))
    decided = (
        of(114, "carryover.approved", ROAD, case="113C-C1", amount=450, origin_year=113, kind="encumbrance"),
        of(114, "carryover.approved", DESKS, case="113P-P1", amount=120, origin_year=113, kind="payable"),
        of(114, "carryover.declined", case="113A-A1", amount=50, ground="已無必要"),
    )
    books = fold(*YEAR, *events, *decided)
    year, before = books.years[114][AGENCY], books.years[113][AGENCY]
    found = {each.reference: (each.amount, each.outstanding) for each in carried_references(year, before)}
    assert found == {"C1": (450, 500), "C0": (0, 60), "P1": (120, 120), "A1": (0, 50)}
    lines = list(opening_lines(carried_references(year, before), 114))
    opened = [msgspec.json.decode(line) for line in lines]
    assert [(e["type"], e["amount"], e["origin_year"], e["booked_on"]) for e in opened] == [
        ("commitment.made", 450, 113, "2025-01-01"),
        ("payable.recognised", 120, 113, "2025-01-01"),
    ]
    after = fold(*YEAR, *events, *decided, *opened)
    year = after.years[114][AGENCY]
    assert [each.reference for each in carried_references(year, before)] == ["C0", "A1"]
    assert (year.positions[f"{ROAD}@113"].committed, year.positions[f"{DESKS}@113"].payable) == (450, 120)


def test_an_application_approved_as_another_kind_opens_what_it_was_for() -> None:
    """P1 of 120 is approved as special, A1 of 50 as payable."""
    books = fold(
        *YEAR,
        *applications(fold(*YEAR)),
        of(114, "carryover.approved", DESKS, case="113P-P1", amount=110, origin_year=113, kind="special"),
        of(114, "carryover.approved", DESKS, case="113A-A1", amount=50, origin_year=113, kind="payable"),
    )
    found = carried_references(books.years[114][AGENCY], books.years[113][AGENCY])
    assert {each.reference: each.amount for each in found} == {"C1": 0, "C0": 0, "P1": 110, "A1": 50}


def test_what_is_approved_without_a_case_goes_to_the_references_of_its_kind_in_their_order() -> None:
    books = fold(
        *YEAR,
        of(114, "carryover.approved", DESKS, amount=30, origin_year=113, kind="payable"),
        of(114, "carryover.approved", DESKS, amount=70, origin_year=113, kind="special"),
    )
    found = carried_references(books.years[114][AGENCY], books.years[113][AGENCY])
    assert {each.reference: each.amount for each in found} == {"C1": 0, "C0": 0, "P1": 30, "A1": 50}


def missing(books: Books) -> list[Lacking]:
    return lacking(books, 114, year_ends(books, 113, lambda _: True), lambda _: True)


def test_what_a_year_lacks_is_said() -> None:
    events = applications(fold(*YEAR))[:1]
    approved = of(114, "carryover.approved", ROAD, case="113C-C1", amount=450, origin_year=113, kind="encumbrance")
    books = fold(
        *YEAR,
        of(113, "reserve.established", reserve="second", amount=77),
        of(113, "report.filed", month=6, number=6),
        of(114, "appropriation.enacted", PAPER, amount=210),
        *events,
        approved,
    )
    assert missing(books) == [
        Lacking(AGENCY, "no-adoption", 1),
        Lacking(AGENCY, "no-allotment", 1, 210),
        Lacking(AGENCY, "undecided", 1, 50),
        Lacking(AGENCY, "carryover-not-allotted", 1, 450),
        Lacking(AGENCY, "december-report", 1),
        Lacking(AGENCY, "not-applied", 3, 230),
        Lacking(AGENCY, "references-not-opened", 1, 450),
        Lacking(None, "no-second-reserve", 1, 77),
    ]
    assert [each.what for each in missing(fold(*YEAR))][:1] == ["no-events"]


def test_a_long_reference_still_makes_an_id() -> None:
    long = "C" * 128
    books = fold(of(113, "commitment.made", ROAD, amount=1, commitment=long))
    ((_, reference),) = outstanding(books.years[113][AGENCY])
    assert len(case_of(113, reference)) <= 128
    assert (
        len(msgspec.json.decode(next(application_lines(drafts(books.years[113][AGENCY], None), "2025-01-10")))["id"])
        <= 128
    )


def test_how_far_a_review_has_come() -> None:
    def case(**sums: Any) -> CarryoverCase:
        return CarryoverCase(id="K", line=ROAD, origin_year=113, **sums)

    assert case(applied=9).review == "pending"
    assert case(applied=9, approved=4, decided_on="2025-01-20").review == "partly"
    assert case(applied=9, approved=9, decided_on="2025-01-20").review == "approved"
    assert case(applied=9, approved=5, declined=4, decided_on="2025-01-20").review == "reduced"
    assert case(applied=9, approved=7, cancelled=2, decided_on="2025-01-20").review == "reduced"
    assert case(applied=9, declined=9, decided_on="2025-01-20").review == "declined"
    assert case(applied=9, cancelled=9, decided_on="2025-01-20").review == "cancelled"
    assert (case(applied=9, approved=7, cancelled=2).awaiting, case(applied=9, approved=7).awaiting) == (0, 2)
