"""The days of a simulated year, allotment by season, and the synthetic city."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import pytest

from producers.city_registry import REGISTRY_HEADER, authorities, registry_csv, registry_rows
from producers.simulation.seasons import ALLOTMENT_PERMILLE, bookings_by_day, days_of_year, split_by_month


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
