"""Sums of an agency's year that follow its positions are those of all positions added up anew."""

from __future__ import annotations

from array import array
from random import Random

import pytest

from ledger.books import AgencyYear, Position, by_month
from ledger.figures import SUMMED
from ledger.sums import Sums
from ledger.year_sums import YearSums, months_in, sums_on, together, totals_of

FIGURES = [each for each in SUMMED if each not in ("available", "allotted")]


def year() -> AgencyYear:
    return AgencyYear(
        agency="260021", fiscal_year=114, authority="260000", months={}, window=("2025-01-01", "2026-01-31"), id_seed=1
    )


def change(one: Position, random: Random, most: int) -> None:
    for name in random.sample(FIGURES, 3):
        setattr(one, name, random.randint(-most, most))
    one.realised_by_month = list(one.realised_by_month)
    one.realised_by_month[random.randrange(14)] = random.randint(-most, most)
    if random.random() < 0.3:
        one.allotment = array("q", [random.randint(0, 10**9) for _ in range(12)])


@pytest.mark.parametrize("most", [10**9, 2**70], ids=["packed", "beyond 64 bits"])
@pytest.mark.parametrize("seed", range(5))
def test_sums_follow_what_changes(seed: int, most: int) -> None:
    random, of = Random(seed), year()
    followed = YearSums(of)
    for _ in range(40):
        line = f"32020110101/{random.choice(('current', 'capital'))}/{random.choice(('2000', '3000', '3010'))}"
        one = of.position(line, random.choice((None, 113)))
        change(one, random, most)
        followed.change([one])
        if random.random() < 0.5:
            continue
        found = followed.by_class()
        assert found == YearSums(of).by_class()
        for name, totals in found.items():
            for months in (0, 5, 12):
                added = Sums()
                for position in of.positions.values():
                    if position.economic_class == name:
                        added.add(position, months)
                assert sums_on(totals, months) == added


def test_what_is_not_told_of_is_not_looked_at_again() -> None:
    of = year()
    one = of.position("32020110101/current/2000")
    followed = YearSums(of)
    assert sums_on(followed.by_class()["current"], 0).original == 0
    one.original = 5
    assert sums_on(followed.by_class()["current"], 0).original == 0
    followed.change([one])
    assert sums_on(followed.by_class()["current"], 0).original == 5


def test_nothing_has_no_class_and_sums_of_nothing_are_nothing() -> None:
    assert YearSums(year()).by_class() == {}
    assert sums_on(together([]), 12) == Sums()
    assert months_in(together([])).realised == tuple(by_month())
    assert together([totals_of(Position(line="x", origin_year=113, carryover=7))])[-1] == 7
