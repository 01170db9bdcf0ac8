"""Money, the fiscal calendar, codes, the register, feeds and remembered ids."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.books import Feed, add_to_month, by_month
from ledger.codes import is_line, object_of, position_name
from ledger.figures import Ratio, apart
from ledger.fiscal import (
    allotted_months,
    booking_months,
    closing_day,
    is_day,
    month_end,
    parse_day,
    parse_year,
    roc_day,
)
from ledger.identity import SeenIds
from ledger.money import percent, thousands
from ledger.registry import RegistryProblem, parse
from ledger.sums import Sums
from ledger.words import Words

HEADER = "code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email"


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (1233, 1313, "93.91"),
        (1007, 1313, "76.69"),
        (21875, 34810, "62.84"),
        (140707, 380760, "36.95"),
        (102_049, 103_089, "98.99"),
        (62_661, 105_534, "59.38"),
        (-520, 10_000, "-5.20"),
        (-1, 10**9, "0.00"),
        (1, 20_000, "0.01"),
        (-1, 20_000, "-0.01"),
        (89_996, 100_000, "90.00"),
        (10**30, 10**28, "10000.00"),
        (1, 0, None),
        (1, -5, None),
    ],
)
def test_percent_text_rounds_half_away_from_zero(numerator: int, denominator: int, text: str | None) -> None:
    assert percent(numerator, denominator) == text


def test_rates_are_compared_unrounded() -> None:
    assert Ratio(89_996, 100_000).below(90) and not Ratio(90_000, 100_000).below(90)
    assert not apart(Ratio(90, 100), Ratio(100, 100), 10) and apart(Ratio(89_999, 100_000), Ratio(1, 1), 10)
    assert thousands(-398_670_000) == "-398,670,000"


@given(st.integers(0, 10**17), st.integers(1, 10**17), st.integers(1, 10**17))
def test_the_computed_prediction_is_the_contracts_formula(executed: int, available: int, allotted: int) -> None:
    from fractions import Fraction

    sums = Sums(available=available, allotted=allotted, realised=executed)
    share = min(Fraction(1), Fraction(executed, allotted))
    found = sums.predicted_computed
    assert found is not None
    assert Fraction(*found) == (executed + share * (available - allotted)) / available


def test_the_calendar_of_a_fiscal_year() -> None:
    months = booking_months(114)
    assert months["2025-01-01"] == 1 and months["2025-12-31"] == 12 and months["2026-02-28"] == 14
    assert "2024-12-31" not in months and "2026-03-01" not in months
    assert closing_day(112) == "2024-02-29" and closing_day(114) == "2026-02-28"
    assert [allotted_months(114, day) for day in ("2024-12-31", "2025-01-01", "2025-12-31", "2026-01-01")] == [
        0,
        1,
        12,
        12,
    ]
    assert is_day("2024-02-29") and not is_day("2025-02-29") and not is_day("0000-01-01") and not is_day("2025-01-01\n")
    assert month_end("2024-02-29") and not month_end("2024-02-28") and month_end("9999-12-31")


@pytest.mark.parametrize(
    "text", ["2025-03-05", "1140305", " 1140305 ", "114/03/05", "114/3/5", "114年3月5日", "民國114年03月05日"]
)
def test_a_day_is_read_in_every_form(text: str) -> None:
    assert parse_day(text) == "2025-03-05"
    assert roc_day(parse_day(text)) == "114年3月5日"


@pytest.mark.parametrize("text", ["990101", "99/1/1", "99年1月1日"])
def test_a_year_of_two_digits_is_a_roc_year(text: str) -> None:
    assert parse_day(text) == "2010-01-01"


@pytest.mark.parametrize(
    "text",
    ["1140230", "2025-02-30", "20250305", "２０２５-03-05", "2025/03/05x", "", "0/1/1", "000101", "114-13-01", "March"],
)
def test_what_is_no_day_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(ValueError, match="114/03/05"):
        parse_day(text)


@pytest.mark.parametrize(("text", "year"), [("114", 114), ("2025", 114), ("1912", 1), ("1", 1), (" 999 ", 999)])
def test_a_year_is_read_as_roc_or_gregorian(text: str, year: int) -> None:
    assert parse_year(text) == year


@pytest.mark.parametrize("text", ["", "0", "1911", "12345", "-1", "x", "2025.0", "２０２５"])
def test_what_is_no_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no year"):
        parse_year(text)


def test_lines_are_compared_by_segment() -> None:
    assert is_line("3202011010/capital/3000") and not is_line("320201101/capital/3000")
    assert not is_line("３２０２０１１０１０/capital/3000")
    assert object_of("32020110101/current/2054") == "32020110101/current/2000"
    assert position_name("l", 113, 114) == "l@113" and position_name("l", 114, 114) == "l"


def test_a_months_sum_stays_exact_beyond_64_bits() -> None:
    sums = by_month()
    for _ in range(10):
        sums = add_to_month(sums, 3, 2**62)
    assert sums[2] == 10 * 2**62 and sum(sums) == 10 * 2**62


@given(st.lists(st.integers(1, 60)))
def test_a_feed_knows_what_it_has_not_seen(numbers: list[int]) -> None:
    feed = Feed(source="cba")
    for number in numbers:
        feed.see(number)
    missing = sorted(set(range(1, max(numbers, default=0))) - set(numbers))
    assert feed.missing == len(missing)
    if missing:
        assert feed.unbroken + 1 == missing[0]
    assert feed.highest == max(numbers, default=0)
    assert feed.beyond is None or feed.beyond == sorted(feed.beyond)


@pytest.mark.parametrize("room", [0, 1, 100, 20_000])
def test_ids_are_remembered_and_shared_hashes_kept_apart(room: int) -> None:
    seen, numbers = SeenIds(room), random.Random(1)
    wanted = [numbers.getrandbits(64) for _ in range(5_000)]
    for place, one in enumerate(wanted):
        assert seen.add(one, place * 7, place) == -1
    for place, one in enumerate(wanted):
        entry = seen.add(one, 0, 0)
        assert seen.place(entry) == place and seen.line(entry) == place * 7
    seen.add_further(wanted[0], 1, 2)
    assert [seen.line(entry) for entry in seen.all_of(wanted[0])] == [0, 1]
    assert len(seen) == 5_001


@pytest.mark.parametrize("step", [1 << 10, 1 << 54, (1 << 56) + (1 << 10)], ids=["one tag", "few tags", "many tags"])
@given(steps=st.lists(st.tuples(st.integers(0, 2_000), st.booleans()), max_size=2_000))
def test_what_is_taken_back_is_forgotten(step: int, steps: list[tuple[int, bool]]) -> None:
    seen, known = SeenIds(), set[int]()
    for wanted, is_refused in steps:
        spread = wanted * step % (1 << 64)  # ids that meet in one slot
        assert (seen.add(spread, spread, wanted) == -1) == (spread not in known)
        if spread not in known and is_refused:
            seen.forget_last()
        else:
            known.add(spread)
    assert len(seen) == len(known)
    assert all([seen.line(entry) for entry in seen.all_of(one)] == [one] for one in known)


def test_a_log_s_digests_are_read_back_in_one_piece() -> None:
    seen, again = SeenIds(), SeenIds()
    for number in range(3_000):
        seen.add(number * 977, number, number)
    again.extend(*seen.since(0))
    assert [again.add(number * 977, 0, 0) for number in range(3_000)] == list(range(3_000))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"code,name_zh\n1,a\n", "column name_en, authority_code"),
        (HEADER.encode(), "no agency"),
        (f"{HEADER}\n1,a,b,2,c,d,\n1,a,b,2,c,d,\n".encode(), "line 3: agency code 1 is repeated"),
        (f"{HEADER}\n1,a,b,2,c,d\n".encode(), "line 2: 6 fields"),
        (f"{HEADER}\n,a,b,2,c,d,\n".encode(), "line 2: code must be"),
        (f'{HEADER}\n1,"a\tb",b,2,c,d,\n'.encode(), "line 2: name_zh must be"),
        (f"code,{HEADER}\n".encode(), "code is repeated"),
        (f"{HEADER}\nA:1,a,b,2,c,d,\n".encode(), "line 2: code 'A:1' must have no : / | in it"),
        (f"{HEADER}\n1,a,b,2|3,c,d,\n".encode(), "line 2: authority_code '2|3' must have no"),
        (f"{HEADER}\n1,a,b,2,c,d,\n3/4,a,b,2,c,d,\n".encode(), "line 3: code '3/4' must have no"),
        (f"{HEADER}\n1 ,a,b,2,c,d,\n".encode(), "line 2: code '1 ' must have no"),
        (f"{HEADER}\n\u30001,a,b,2,c,d,\n".encode(), "line 2: code '.*1' must have no"),
        (f'{HEADER}\n"1,a\n'.encode(), "line"),
    ],
)
def test_a_bad_registry_is_refused_with_its_place(content: bytes, says: str) -> None:
    with pytest.raises(RegistryProblem, match=says):
        parse(content, "agencies.csv")


def test_a_registry_may_have_a_bom_and_more_columns() -> None:
    found = parse(f"\ufeff{HEADER},remark\n1,甲,A,2,乙,B,a@b.example,x\n".encode(), "r")
    assert found.agencies["1"].name_zh == "甲" and found.authorities == {"2": Words("乙", "B")}
