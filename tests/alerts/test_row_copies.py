"""Books to try something in: rows are copied as they are asked for, and what is done to them is done to copies alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.row_copies import RowCopies, copied
from ledger.books import AgencyYear

ROWS = st.dictionaries(st.integers(0, 9), st.lists(st.integers(), max_size=3), max_size=6)
STEPS = st.lists(st.tuples(st.sampled_from(["get", "change", "new", "walk"]), st.integers(0, 12)), max_size=12)


@given(ROWS, STEPS)
def test_they_are_the_rows_whatever_was_asked_for_and_changed(
    rows: dict[int, list[int]], steps: list[tuple[str, int]]
) -> None:
    kept = {key: list(row) for key, row in rows.items()}
    plain, tried = {key: list(row) for key, row in rows.items()}, RowCopies(rows)
    for step, key in steps:
        match step:
            case "get":
                assert tried.get(key, "none") == plain.get(key, "none") and (key in tried) == (key in plain)
            case "change" if key in plain:
                plain[key].append(7)
                tried[key].append(7)
            case "new" if key not in plain:
                plain[key] = tried[key] = [key]
            case "walk":
                assert list(tried) == list(plain) and len(tried) == len(plain)
    assert list(tried.items()) == list(plain.items()) and list(tried.values()) == list(plain.values())
    assert list(tried.keys()) == list(plain.keys()) and {**tried} == plain and dict(tried) == plain
    assert rows == kept, "the rows that were copied are as they were"


def test_only_what_is_asked_for_is_copied() -> None:
    year = AgencyYear(
        agency="260021", fiscal_year=114, authority="260000", months={}, window=("2025-01-01", "2026-01-31"), id_seed=1
    )
    one, other = year.position("32020110101/current/2000"), year.position("32020110101/current/3000")
    one.realised_by_month[0] = one.realised = 5
    tried = copied(year)
    assert tried.months is year.months and tried.positions is not year.positions
    found = tried.position("32020110101/current/2000")
    found.realised += 2
    found.realised_by_month[0] += 2
    tried.days_booked["2025-01"] = 2
    tried.position("32020110101/current/4000")
    assert (one.realised, one.realised_by_month[0], year.days_booked) == (5, 5, {})
    assert list(year.positions.values()) == [one, other] and len(tried.positions) == 3
