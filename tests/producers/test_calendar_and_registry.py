"""Days as sources write them, the days of a fiscal year, allotment by season, and the synthetic city."""

from __future__ import annotations

import csv
import io
from datetime import date
from itertools import pairwise

import pytest

from producers.city_registry import REGISTRY_HEADER, authorities, registry_csv, registry_rows
from producers.roc_calendar import closing_day, read_date, read_fiscal_year
from producers.simulation.seasons import ALLOTMENT_PERMILLE, bookings_by_day, days_of_year, split_by_month


@pytest.mark.parametrize(
    "text", ["2025-03-05", "1140305", "114/03/05", "114/3/5", "114年3月5日", "民國114年03月05日", " 1140305 "]
)
def test_a_day_is_read_in_every_usual_form(text: str) -> None:
    assert read_date(text) == date(2025, 3, 5)


def test_a_two_digit_year_is_a_roc_year() -> None:
    assert read_date("990101") == date(2010, 1, 1)


@pytest.mark.parametrize(
    "text", ["", "2025-02-30", "1140230", "114-03-05", "20250305", "March", "114/13/01", "２０２５-03-05"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no (date|real day)"):
        read_date(text)


@pytest.mark.parametrize(("text", "year"), [("114", 114), ("2025", 114), ("1912", 1), ("1", 1), ("999", 999)])
def test_a_year_is_read_as_roc_or_gregorian(text: str, year: int) -> None:
    assert read_fiscal_year(text) == year


@pytest.mark.parametrize("text", ["", "0", "1911", "12345", "-1", "x", "2025.0"])
def test_what_is_no_year_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no year"):
        read_fiscal_year(text)


def test_the_closing_period_ends_with_february() -> None:
    assert closing_day(114) == date(2026, 2, 28)
    assert closing_day(112) == date(2024, 2, 29)


def test_days_run_through_the_closing_period() -> None:
    days = days_of_year(112)
    assert (days[0].iso, days[-1].iso) == ("2023-01-01", "2024-02-29")
    assert all(after.ordinal == before.ordinal + 1 for before, after in pairwise(days))
    assert {day.month for day in days if day.is_closing} == {13, 14}
    assert sum(day.ends_month for day in days) == 14


@pytest.mark.parametrize("total", [0, 1, 17, 16_321])
def test_bookings_are_exactly_as_many_and_on_working_days(total: int) -> None:
    days = days_of_year(114)
    counts = bookings_by_day(total, days)
    assert sum(counts) == total
    assert all(day.working or not count for day, count in zip(days, counts, strict=True))


@pytest.mark.parametrize("pattern", ALLOTMENT_PERMILLE)
@pytest.mark.parametrize("amount", [0, 999, 12_345_678, 10**12])
@pytest.mark.parametrize("first_month", [1, 7, 12])
def test_a_year_is_allotted_in_full(pattern: str, amount: int, first_month: int) -> None:
    months = split_by_month(amount, pattern, first_month)
    assert (len(months), sum(months)) == (12, amount)
    assert min(months) >= 0
    assert not any(months[: first_month - 1])


def test_every_season_adds_up_to_a_year() -> None:
    assert all(len(season) == 12 and sum(season) == 1_000 for season in ALLOTMENT_PERMILLE.values())


def test_the_city_has_31_authorities_and_the_real_totals() -> None:
    assert len(authorities()) == 31
    assert sum(one.total_ntd_million for one in authorities()) == 193_837
    assert sum(one.capital_ntd_million for one in authorities()) == 38_341


def test_the_registry_names_every_authority_and_each_agency_once() -> None:
    rows = registry_rows()
    assert {row["authority_code"] for row in rows} == {one.code for one in authorities()}
    assert len({row["code"] for row in rows}) == len(rows) > 100
    for row in rows:
        assert row["code"].startswith(row["authority_code"])
        assert row["email"] == f"budget@agency-{row['code']}.example"
        assert all(1 <= len(value) <= 128 for value in row.values())


def test_the_registry_file_reads_back() -> None:
    read = list(csv.DictReader(io.StringIO(registry_csv())))
    assert read == registry_rows()
    assert tuple(read[0]) == REGISTRY_HEADER
