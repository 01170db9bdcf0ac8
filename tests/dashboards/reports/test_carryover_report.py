"""Carry-over on paper: the hand-made years of `tests.ledger.test_year_end`, and the drafts there and back as a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from alerts.catalogue import Catalogue
from dashboards.reports import carryover_report, reserve_report
from dashboards.reports.formats import FORMATS
from dashboards.reports.formats.cells import shown
from dashboards.reports.printed_form import as_form
from dashboards.reports.table import Table, of_key
from dashboards.reports.year_end import difference_table, draft_table, lacking_table, opening_table
from ledger.books import Books
from ledger.lacking import lacking
from ledger.names import NO_NAMES
from ledger.vocabulary import GROUND
from ledger.words import Language
from ledger.year_end import carried_references, drafts
from ledger.year_end_sums import year_ends
from producers.tables.events import events_of
from producers.tables.mapping import load_mapping
from producers.tables.sheet import read_sheet
from producers.year_drafts import application_lines
from tests.ledger.test_year_end import AGENCY, DESKS, PAPER, ROAD, YEAR, applications, fold, of

DAY = "2025-03-01"
DECIDED = (
    of(
        114,
        "carryover.approved",
        ROAD,
        case="113C-C1",
        amount=450,
        origin_year=113,
        kind="encumbrance",
        approval_ref="1",
    ),
    of(114, "carryover.approved", DESKS, case="113P-P1", amount=120, origin_year=113, kind="payable"),
    of(114, "carryover.cancelled", DESKS, case="113P-P1", amount=20, origin_year=113, kind="payable"),
    of(114, "carryover.declined", case="113A-A1", amount=50, ground="已無必要"),
    of(114, "disbursement.paid", ROAD, amount=90, origin_year=113, voucher="W1"),
)


@pytest.fixture
def books() -> Books:
    return fold(*YEAR, *applications(fold(*YEAR)), *DECIDED)


def report(books: Books, catalogue: Catalogue, **more: Any) -> dict[str, Table]:
    found = carryover_report.tables(books, NO_NAMES, catalogue, DAY, 114, **more)
    return {table.key: table for table in found}


def test_the_review_adds_up(books: Books, catalogue: Catalogue) -> None:
    review = report(books, catalogue)["review"]
    # 500 + 60 + 120 + 50; 450 and 120 − 20; A1's 50; 20 taken back; of C1 50 and C0's 60 are under review
    wanted: dict[str, Any] = {
        "cases": 4,
        "pending": 2,
        "applied": 730,
        "approved": 550,
        "declined": 50,
        "cancelled": 20,
        "awaiting": 110,
    }
    # 113's budgets: 1,000 + 300 + 200 + 90 carried over
    wanted.update(share="75.34", available=1_590, of_budget="45.91")
    assert review.total is not None
    for row in (review.row(0), review.by_key(review.total)):
        assert {key: row[key] for key in wanted} == wanted
    assert wanted["applied"] == sum(wanted[key] for key in ("approved", "declined", "cancelled", "awaiting"))


def test_each_case_says_how_it_stands(books: Books, catalogue: Catalogue) -> None:
    found = report(books, catalogue)
    reviews = {row[0]: row[-4].zh for row in found["decisions"].rows}  # type: ignore[union-attr]
    assert reviews == {"113C-C1": "部分審定", "113C-C0": "審查中", "113P-P1": "核減", "113A-A1": "不予保留"}
    assert [(row[0], row[-6]) for row in found["form"].rows] == [("113C-C0", 60), ("113C-C1", 50)]


def test_age_and_what_lapses(catalogue: Catalogue) -> None:
    older = of(114, "carryover.approved", ROAD, amount=70, origin_year=110, kind="continuing")
    third = of(114, "carryover.approved", ROAD, amount=8, origin_year=111, kind="continuing")
    paper = of(114, "carryover.applied", PAPER, case="K9", amount=40, origin_year=113, kind="special", ground="展期")
    books = fold(*YEAR, *applications(fold(*YEAR)), *DECIDED, older, third, paper)
    found = report(books, catalogue)
    ages = [found["ageing"].row(at) for at in range(len(found["ageing"].rows))]
    assert [(row["origin_year"], row["age"], row["carryover"], row["rest"]) for row in ages] == [
        ("110", 4, 70, 70), ("111", 3, 8, 8), ("113", 1, 550, 460),
    ]  # fmt: skip
    remarks = [row["remark"].zh for row in ages]  # type: ignore[union-attr]
    assert remarks == ["已達第 4 年，年度終了未實現者得不再保留", "明年為第 4 年", ""]
    lapsed = found["lapsed"].row(0)
    # left 600 + 90 + 220 + 50; bound 730, all applied for; of 230 bound by nothing 40 are asked for apart
    keys = ("left", "bound", "unapplied", "apart", "lapsed")
    assert [lapsed[key] for key in keys] == [960, 730, 0, 40, 190]


def test_only_what_is_within_is_in_it(books: Books, catalogue: Catalogue) -> None:
    found = report(books, catalogue, within=lambda code: code != AGENCY)
    assert [table.key for table in found.values() if table.rows] == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["ods", "xlsx", "csv"])
def test_the_drafts_come_back_from_a_workbook_as_the_events_that_they_are(
    tmp_path: Path, catalogue: Catalogue, name: str, language: Language
) -> None:
    books = fold(*YEAR)
    found = drafts(books.years[113][AGENCY], None)
    table = draft_table(found, NO_NAMES, catalogue, 114, "2025-01-10", DAY)
    path = tmp_path / f"drafts.{name}"
    path.write_bytes(FORMATS[name].render([table], language))
    short, mapping = load_mapping("carryover-applications")
    back = events_of(read_sheet(path), mapping, short)
    assert sorted(back.events) == sorted(application_lines(found, "2025-01-10"))
    assert len(back.events) == 4


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["ods", "xlsx", "csv"])
def test_lists_filled_in_come_back_as_what_is_taken_back_and_allotted(
    books: Books, catalogue: Catalogue, tmp_path: Path, name: str, language: Language
) -> None:
    """Of C1's 450 a hundred are taken back; the rest of the road is allotted in June."""
    found = report(books, catalogue)

    def back(key: str, mapping_name: str, changes: dict[str, Any], wanted: str) -> dict[str, Any]:
        table = found[key]
        keys = [column.key for column in table.columns]
        rows = [
            tuple(changes.get(column, cell) for column, cell in zip(keys, row, strict=True)) if wanted in row else row
            for row in table.rows
        ]
        path = tmp_path / f"{key}.{name}"
        path.write_bytes(FORMATS[name].render([replace(table, rows=rows)], language))
        short, mapping = load_mapping(mapping_name)
        (event,) = (
            made
            for line in events_of(read_sheet(path), mapping, short).events
            if (made := msgspec.json.decode(line)).get("case", wanted) == wanted or key == "allotments"
            if made["line"] == ROAD
        )
        return {key: value for key, value in event.items() if key != "id"}

    taken = {"reduce": 100, "reduced_on": "2025-06-20", "ground": "工程減項"}
    assert back("reductions", "carryover-reductions", taken, "113C-C1") == {
        "type": "carryover.cancelled", "fiscal_year": 114, "agency": AGENCY, "booked_on": "2025-06-20", "line": ROAD,
        "case": "113C-C1", "origin_year": 113, "kind": "encumbrance", "amount": 100, "note": "工程減項",
    }  # fmt: skip
    rows = found["allotments"].rows
    assert [(row[3], row[7], row[8]) for row in rows] == [("32020110101", 113, 450), ("32020110101", 113, 100)]
    allotted = {"allotted_on": "2025-06-01", "month_6": 350}
    found["allotments"].rows[1:] = []
    event = back("allotments", "allotments", allotted, "32020110101")
    assert (event["type"], event["origin_year"], event["booked_on"]) == ("allotment.approved", 113, "2025-06-01")
    assert event["months"] == [0] * 5 + [350] + [0] * 6


FILLED: list[tuple[str, str, dict[str, Any]]] = [
    ("drafts", "carryover-applications", {"expected_on": "2025-09-30", "ground": "履約中"}),
    ("form", "carryover-decisions", {"approve": 10, "decided_on": "2025-02-20", "approval_ref": "府主會字第1號"}),
    ("form", "carryover-decisions", {"decline": 10, "decided_on": "2025-02-20", "declined_ground": "已無必要"}),
    ("reductions", "carryover-reductions", {"reduce": 10, "reduced_on": "2025-06-20", "ground": "工程減項"}),
    ("allotments", "allotments", {"allotted_on": "2025-06-01", **{f"month_{month}": month for month in range(1, 13)}}),
]
"""Every list that is meant to be filled in and loaded, the mapping that reads it, and what is filled in."""


@pytest.mark.parametrize("name", ["ods", "xlsx", "csv"])
@pytest.mark.parametrize(("key", "mapping_name", "changes"), FILLED)
def test_a_list_made_in_english_comes_back_as_the_very_events_of_the_chinese_one(
    books: Books, catalogue: Catalogue, tmp_path: Path, key: str, mapping_name: str, changes: dict[str, Any], name: str
) -> None:
    """Their ids too: whoever loads both has not filed twice."""
    waiting = fold(*YEAR, *applications(fold(*YEAR)))
    asked = report(waiting if key == "form" else books, catalogue)
    asked["drafts"] = draft_table(drafts(books.years[113][AGENCY], None), NO_NAMES, catalogue, 114, "2025-01-10", DAY)
    table = asked[key]
    keys = [column.key for column in table.columns]
    table = replace(
        table, rows=[tuple(changes.get(at, cell) for at, cell in zip(keys, row, strict=True)) for row in table.rows[:1]],
        total=None,
    )  # fmt: skip
    short, mapping = load_mapping(mapping_name)

    def back(language: Language) -> list[bytes]:
        path = tmp_path / f"{language}.{name}"
        path.write_bytes(FORMATS[name].render([table], language))
        return events_of(read_sheet(path), mapping, short).events

    chinese = back("zh")
    assert len(chinese) == 1
    assert back("en") == chinese


def test_what_differs_what_opens_and_what_is_missing_is_told(books: Books, catalogue: Catalogue) -> None:
    own = of(
        114, "carryover.applied", ROAD, case="K7", amount=480, origin_year=113, kind="encumbrance", commitment="C1"
    )
    other = fold(*YEAR, own)
    found = drafts(other.years[113][AGENCY], other.years[114][AGENCY])
    (row,) = difference_table(found, NO_NAMES, 114, DAY).rows
    assert row[-3:] == (500, 480, -20)
    assert len(draft_table(found, NO_NAMES, catalogue, 114, DAY, DAY).rows) == 3
    openings = opening_table(carried_references(books.years[114][AGENCY], books.years[113][AGENCY]), NO_NAMES, 114, DAY)
    assert openings.total is not None and openings.total[-3:] == (730, 550, 180)
    lacks = lacking(books, 114, year_ends(books, 113, lambda _: True), lambda _: True)
    assert len(lacking_table(lacks, NO_NAMES, 114, DAY).rows) == len(lacks) > 3


def test_the_schedule_of_draws_tells_what_can_be_told_apart(catalogue: Catalogue) -> None:
    """A case alone on its line: 900 less 100 cancelled, 620 paid, 50 carried over, 30 returned. Another on a line with money."""
    fund, told = {"reserve": "second"}, {"council_notified_on": "2024-05-01"}
    books = fold(
        of(113, "reserve.established", amount=5_000, **fund),
        of(113, "reserve.requested", DESKS, case="S1", amount=900, ground=1, **fund),
        of(113, "reserve.approved", DESKS, case="S1", amount=900, ground=3, approval_ref="府字第1號", **told, **fund),
        of(113, "reserve.cancelled", case="S1", amount=100, **fund),
        of(113, "reserve.returned", case="S1", amount=30, **fund),
        of(113, "disbursement.paid", DESKS, amount=620, voucher="V1"),
        of(113, "appropriation.enacted", ROAD, amount=1_000),
        of(113, "reserve.requested", ROAD, case="S2", amount=70, ground=2, **fund),
        of(113, "reserve.approved", ROAD, case="S2", amount=70, **fund),
        of(113, "reserve.requested", ROAD, case="S3", amount=7, ground=2, **fund),
        of(114, "carryover.approved", DESKS, amount=50, origin_year=113, kind="special"),
    )  # fmt: skip
    schedule = of_key(reserve_report.tables(books, NO_NAMES, catalogue, DAY, 113), "schedule")
    first, second = (schedule.row(at) for at in range(2))
    keys = ("case", "approval_ref", "approved_on", "drawn", "realised", "carryover", "returned", "notified_on")
    assert [first[key] for key in keys] == ["S1", "府字第1號", "2024-06-15", 800, 620, 50, 30, "2024-05-01"]
    assert first["ground"] == GROUND[3], "the approval's, where it states one"
    assert [second[key] for key in keys] == ["S2", None, "2024-06-15", 70, None, None, 0, None]
    assert second["ground"] == GROUND[2] and len(schedule.rows) == 2, "what is not approved is not in it"
    assert schedule.total is not None
    assert (first["remark"], second["remark"].zh) == (None, "科目另有其他經費或動支案")  # type: ignore[union-attr]
    printed = as_form(schedule, "one").folded(paper=True)
    at = [column.key for column in printed.columns].index("carryover")
    column = printed.columns[at]
    assert [shown(row[at], column.kind, "zh") for row in printed.rows] == ["50", ""], (
        "on paper too zero is another thing"
    )
    total = schedule.by_key(schedule.total)
    assert (total["drawn"], total["realised"], total["returned"]) == (870, None, 30)
