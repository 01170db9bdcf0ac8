"""What a figure is declared to be made of is what it is worked out from, and nobody works it out, or words it, again."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import msgspec
import pytest

import ledger
from ledger.books import CarryoverCase, Fund, Position
from ledger.figures import FIGURES, MOVED, PREDICTIONS, RATES, SUMMED, Figure, Rate
from ledger.other_figures import (
    AGEING_FIGURES,
    CARRYOVER_APPLIED,
    CARRYOVER_APPROVED,
    CARRYOVER_FIGURES,
    CARRYOVER_REALISED,
    PROVISIONAL_FIGURES,
    PROVISIONAL_SPENT,
    RESERVE_FIGURES,
    RESERVE_LEFT,
    YEAR_END_FIGURES,
)
from ledger.output import PositionOut, Rates
from ledger.sums import Sums
from ledger.year_end import left_of
from ledger.year_end_sums import YearEnd

ROOT = Path(ledger.__file__ or "").parents[1]


def position(random: Random) -> Position:
    one = Position(line="32020110101/current/2000", origin_year=114)
    for figure in FIGURES.values():
        if not figure.formula.zh:
            setattr(one, figure.key, random.randint(-(10**12), 10**12))
    return one


@pytest.mark.parametrize("seed", range(20))
def test_a_sum_is_what_its_terms_say(seed: int) -> None:
    one = position(Random(seed))
    sums = Sums()
    sums.add(one, 0)
    for figure in FIGURES.values():
        if figure.terms:
            told = sum(sign * getattr(sums, key) for sign, key in figure.terms)
            assert getattr(sums, figure.key) == told, figure.key
            if figure.key != "remaining":
                assert getattr(one, figure.key) == told, figure.key


@pytest.mark.parametrize("seed", range(20))
def test_figures_of_reserves_and_of_carry_over_are_what_their_terms_say(seed: int) -> None:
    random = Random(seed)
    parts = {key: random.randint(0, 10**12) for key in ("established", "approved", "cancelled", "returned")}
    fund = Fund(fiscal_year=114, reserve="second", agency=None)
    of_case = {key: random.randint(0, 10**12) for key in ("applied", "approved", "declined", "cancelled")}
    case = CarryoverCase(id="c", line="32020110101/current/2000", origin_year=113)
    for row, values in ((fund, parts), (case, of_case)):
        for key, value in values.items():
            setattr(row, key, value)
    for key in ("net", "drawn", "remaining"):
        assert getattr(fund, key) == by_terms(RESERVE_FIGURES[key], fund)
    assert case.awaiting == max(0, by_terms(CARRYOVER_FIGURES["awaiting"], case))


@pytest.mark.parametrize("seed", range(20))
def test_what_a_year_leaves_is_what_its_terms_say(seed: int) -> None:
    one = position(Random(seed))
    assert left_of(one) == max(0, by_terms(YEAR_END_FIGURES["left"], one))
    assert set(YEAR_END_FIGURES) <= set(YearEnd.__struct_fields__)
    assert YEAR_END_FIGURES["left"].formula.zh == "未用數＝B－實現數－賸餘數"
    assert YEAR_END_FIGURES["lapsed"].formula.en == "Lapses = left − owed or contracted − kept or asked for apart"


def by_terms(figure: Figure, row: object) -> int:
    return sum(sign * int(getattr(row, key)) for sign, key in figure.terms)


@pytest.mark.parametrize(
    ("rate", "zh", "en"),
    [
        (RESERVE_LEFT, "可動支餘額÷設置數", "remaining ÷ established"),
        (CARRYOVER_APPROVED, "核准數÷申請數", "approved ÷ applied"),
        (CARRYOVER_APPLIED, "申請數÷上年度預算", "applied ÷ available"),
        (CARRYOVER_REALISED, "實現數÷保留數", "realised ÷ carried over"),
        (PROVISIONAL_SPENT, "已計入支付÷可支用基準", "counted ÷ base"),
    ],
)
def test_a_rate_without_a_name_is_told_by_what_it_divides(rate: Rate, zh: str, en: str) -> None:
    assert (rate.formula.zh, rate.formula.en) == (zh, en)
    assert rate.heading.zh == zh.replace("÷", "\n÷")
    assert (rate.text_of(1, 3), rate.text_of(1, 0), rate.text_of(1, -1)) == ("33.33", None, None)


def test_a_rate_divides_what_it_says() -> None:
    sums = Sums(available=200, allotted=100, realised=10, payable=20, saving=3, prepaid=5, committed=40)
    assert {rate.key: rate.of(sums) for rate in RATES} == {
        "cash": (10, 100),
        "period": (33, 100),
        "annual": (33, 200),
        "commitment": (75, 200),
    }
    assert [rate.formula.zh for rate in RATES] == ["實現數÷L", "E÷L", "E÷B", "O÷B"]
    assert all(rate.of(Sums(realised=1)) is None and rate.text(Sums()) is None for rate in RATES)


def test_the_contracts_output_has_every_figure_and_rate() -> None:
    fields = msgspec.structs.fields(PositionOut)
    assert [field.name for field in fields if field.type is int and field.name in FIGURES] == [*SUMMED, "remaining"]
    assert Rates.__struct_fields__ == tuple(each.key for each in (*RATES, *PREDICTIONS))
    assert tuple(name for name in Sums.__struct_fields__ if name != "forecast") == SUMMED
    assert tuple(key for key, figure in FIGURES.items() if not figure.formula.zh) == MOVED


def test_the_formulas_in_words() -> None:
    assert FIGURES["executed"].formula.zh == "執行數 E＝實現數＋應付數＋賸餘數"
    assert FIGURES["obligated"].formula.en == "Obligated O = realised + prepaid + payable + committed"
    assert FIGURES["remaining"].formula.zh == "餘額＝B－O"
    assert FIGURES["available"].formula.en == (
        "Available B = original + supplemented + reserve in + virement in − virement out − held + carried over"
    )


def test_the_formulas_of_other_figures_in_words() -> None:
    assert RESERVE_FIGURES["remaining"].formula.en == (
        "Remaining = established − approved + cancelled; what is returned cannot be drawn again"
    )
    assert CARRYOVER_FIGURES["awaiting"].formula.zh == "審查中＝申請數－核准數－不予保留數－減免註銷數"
    assert AGEING_FIGURES["rest"].formula.en == "Not realised = carried over − realised"
    assert PROVISIONAL_FIGURES["headroom"].formula.zh == "餘額＝可支用基準－已計入支付"


def test_no_sum_and_no_formula_stands_anywhere_else() -> None:
    """The simulator keeps books of its own, as whoever makes events does."""
    again = re.compile(
        r"realised \+ (?:\w+\.)?payable|realised \+ (?:\w+\.)?prepaid \+ (?:\w+\.)?payable|實現數＋|[EO]÷[BL]\""
        r"|(?:executed|realised|obligated), (?:\w+\.)*(?:allotted|available)\)|\"執行數 E\"|\"可支用預算數 B\""
    )
    for folder in ("ledger", "alerts", "streams", "dashboards", "agents", "budgetwatch"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name not in ("figures.py", "sums.py"):
                assert again.search(path.read_text(encoding="utf-8")) is None, path
