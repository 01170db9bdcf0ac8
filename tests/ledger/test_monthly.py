"""Monthly reports, summed by hand: what is wrong with one, which are drawn, and what becomes of a finding."""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace

from alerts import findings
from alerts.findings import DecidingReport
from ledger.books import AgencyYear, Position
from ledger.monthly import KINDS, FindingKind, MonthlyReport, ReportDifference, ReportedLine, differences
from ledger.sampling import SampleCandidate, SampledAgency, draw

A, B = "32020110101/current/2000", "32020110102/capital/3000"
CARRIED = ReportedLine(A, 40, origin_year=113, movement=0)
APRIL = MonthlyReport(
    114,
    "020011",
    4,
    (ReportedLine(A, 100, movement=10, allotted=120), ReportedLine(B, 50, movement=50, allotted=50), CARRIED),
)
MAY = MonthlyReport(
    114, "020011", 5,
    (ReportedLine(A, 130, movement=30, allotted=150), ReportedLine(B, 50, movement=0, allotted=60), CARRIED),
    {"current": 170, "capital": 50, "all": 220},
)  # fmt: skip


def year(**realised: int) -> AgencyYear:
    """Books in which so much is realised, by position, in March; and 7 on each in June."""
    found = AgencyYear(agency="020011", fiscal_year=114, authority="02", months={}, window=("", ""), id_seed=0)
    for name, line, origin in (
        ("a", A, 114),
        ("b", B, 114),
        ("carried", A, 113),
        ("other", "32020110199/current/2000", 114),
    ):
        position = Position(line=line, origin_year=origin)
        position.realised_by_month[2], position.realised_by_month[5] = realised.get(name, 0), 7
        found.positions[found.name_of(position)] = position
    return found


BOOKS = year(a=130, b=50, carried=40)


def test_a_report_that_agrees_with_itself_the_month_before_and_the_books_has_no_difference() -> None:
    assert differences(MAY, APRIL, BOOKS) == []
    assert differences(MAY, None, None) == [], "without the month before nothing is said of movements"


@pytest.mark.parametrize(
    ("report", "wanted"),
    [
        (replace(MAY, totals={"current": 171, "capital": 50, "all": 221}), [("sum", "current", 171, 170), ("sum", "all", 221, 220)]),
        (replace(MAY, totals={"current": 170, "capital": 50, "all": 219}), [("sum", "all", 219, 220), ("classes", "all", 219, 220)]),
        (replace(MAY, totals={"current": 170, "all": 220}), []),  # the capital lines stand for a total that is not stated
        (replace(MAY, totals={"capital": 49, "all": 220}), [("sum", "capital", 49, 50), ("classes", "all", 220, 219)]),
        (replace(MAY, totals={"all": 220}), []),
        (replace(MAY, totals={}, lines=(replace(MAY.lines[0], movement=29), *MAY.lines[1:])), [("movement", A, 130, 129)]),
        (replace(MAY, totals={}, lines=(replace(MAY.lines[0], allotted=129), *MAY.lines[1:])), [("over-allotted", A, 130, 129)]),
        (replace(MAY, totals={}, lines=(replace(MAY.lines[0], realised=131, movement=31), *MAY.lines[1:])), [("books", A, 131, 130)]),
        (replace(MAY, totals={}, lines=MAY.lines[:2]), [("left-out", f"{A}@113", 0, 40)]),
    ],
)  # fmt: skip
def test_each_kind_is_found_and_nothing_else(report: MonthlyReport, wanted: list[tuple[str, str, int, int]]) -> None:
    found = differences(report, APRIL, BOOKS)
    assert [(each.kind, each.line, each.reported, each.expected) for each in found] == wanted


def test_january_begins_from_nothing_and_december_covers_the_closing_period() -> None:
    january = MonthlyReport(114, "020011", 1, (ReportedLine(A, 5, movement=6),))
    assert differences(january, None, None) == [ReportDifference("movement", A, 5, 6)]
    closing = year(a=10)
    closing.positions[A].realised_by_month[13] = 3
    december = MonthlyReport(114, "020011", 12, (ReportedLine(A, 20), ReportedLine(B, 7), ReportedLine(A, 7, 113)))
    found = differences(december, None, closing)
    assert found == [ReportDifference("left-out", "32020110199/current/2000", 0, 7)], "10 + 7 in June + 3 in February"


CITY = [SampleCandidate(f"{number:06d}", times_sampled=1) for number in range(100)]


def test_a_sample_is_half_by_risk_and_half_by_lot_and_the_same_again() -> None:
    city = list(CITY)
    city[10] = replace(city[10], difference=500)
    city[20] = replace(city[20], repeated=2)
    city[30] = replace(city[30], times_sampled=0, difference=1)
    city[40] = replace(city[40], times_sampled=0)
    found = draw(city, 8, 7, 114, 5)
    risk = {one.agency: one.why for one in found if one.why != "lot"}
    assert risk == {"000010": "difference", "000020": "repeated", "000030": "difference", "000040": "never-sampled"}
    assert len(found) == 8
    assert found == draw(list(reversed(city)), 8, 7, 114, 5)
    assert found != draw(city, 8, 8, 114, 5)
    assert found != draw(city, 8, 7, 114, 6)
    assert draw(city, 3, 7, 114, 5)[0] == SampledAgency("000020", "repeated") or "000020" in {
        one.agency for one in draw(city, 3, 7, 114, 5)
    }
    assert len(draw(city, 1_000, 7, 114, 5)) == 100


def test_the_lot_favours_nobody() -> None:
    drawn = Counter(one.agency for seed in range(500) for one in draw(CITY, 10, seed, 114, 5))
    assert sum(drawn.values()) == 5_000
    assert min(drawn.values()) > 20
    assert max(drawn.values()) < 90


def test_a_finding_goes_one_way_and_a_later_report_decides() -> None:
    assert findings.after(None, "finding-opened") == "open"
    assert findings.after("open", "finding-corrected") == "corrected"
    assert findings.after("corrected", "finding-corrected") is None
    assert findings.after("verified", "finding-repeated") is None
    assert findings.after("verified", "finding-opened") is None
    assert findings.after("repeated", "finding-settled") == "verified"
    assert set(KINDS) == {"sum", "classes", "movement", "over-allotted", "books", "left-out"}


@pytest.mark.parametrize(
    ("kind", "line", "reports", "wanted"),
    [
        ("sum", "all", [(5, 3, [("sum", "all")])], ("finding-repeated", 5)),
        ("sum", "all", [(5, 3, [("sum", "current")])], ("finding-verified", 5)),
        ("sum", "all", [(4, 3, [])], None),  # kept before it was noted
        ("sum", "all", [(5, 1, [])], None),  # of an earlier month
        ("sum", "all", [(5, 2, []), (6, 3, [("sum", "all")])], ("finding-repeated", 6)),  # the last to come
        ("books", "x", [(5, 3, [])], None),  # it has no such line
        ("books", A, [(5, 3, [])], ("finding-verified", 5)),
        ("movement", A, [(5, 3, [])], None),
        ("movement", A, [(5, 3, [("movement", A)])], ("finding-repeated", 5)),
        ("movement", A, [(5, 2, []), (6, 3, [])], ("finding-verified", 5)),
        ("books", "x", [(5, 2, [])], ("finding-verified", 5)),  # taken out of its own month
        ("books", "x", [(5, 2, [("left-out", "x")])], ("finding-repeated", 5)),
        ("left-out", "x", [(5, 3, [])], ("finding-verified", 5)),
    ],
)
def test_what_can_tell_decides(
    kind: FindingKind,
    line: str,
    reports: list[tuple[int, int, list[tuple[FindingKind, str]]]],
    wanted: tuple[str, int] | None,
) -> None:
    """A finding about February, noted when report 4 was the newest."""
    came = [
        DecidingReport(number, month, (A,), [ReportDifference(kind, line, 1, 2) for kind, line in found])
        for number, month, found in reports
    ]
    decided = findings.decision(kind, line, 2, 4, came)
    assert (None if decided is None else (decided[0], decided[1].number)) == wanted
