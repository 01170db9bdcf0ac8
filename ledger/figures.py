"""Every sum and every rate of a budget's execution, declared once: its key, its words, and how it comes about (CONTRACT §3).

Positions, sums, output, reports, metrics and pages take them from here. The sums that are worked out at every event are
plain properties, for speed; a test holds them against the terms declared below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from ledger.money import percent
from ledger.words import NOTHING, Words

# ---------------------------------------------------------------- sums


class Moved(Protocol):
    """What events move of a row, NT$."""

    @property
    def realised(self) -> int:
        """Paid."""

    @property
    def prepaid(self) -> int:
        """Advances that stand open."""

    @property
    def payable(self) -> int:
        """Payables that stand open."""

    @property
    def committed(self) -> int:
        """Commitments that stand open."""

    @property
    def saving(self) -> int:
        """Savings declared."""


class Executing(msgspec.Struct):
    """A row, or sums of rows, of which E and O can be told."""

    @property
    def executed(self: Moved) -> int:
        """E = realised + payable + saving."""
        return self.realised + self.payable + self.saving

    @property
    def obligated(self: Moved) -> int:
        """O = realised + prepaid + payable + committed."""
        return self.realised + self.prepaid + self.payable + self.committed


class Granted(Protocol):
    """What reserve events move of a fund or of a case, NT$."""

    @property
    def approved(self) -> int:
        """Draws approved."""

    @property
    def cancelled(self) -> int:
        """Of them cancelled."""

    @property
    def returned(self) -> int:
        """Of them returned."""


class Drawing(msgspec.Struct):
    """A fund or a case, of which can be told what is drawn."""

    @property
    def drawn(self: Granted) -> int:
        """已動支數 = approved − cancelled: what can no longer be drawn (Budget Act §22)."""
        return self.approved - self.cancelled

    @property
    def net(self: Granted) -> int:
        """動支淨額 = approved − cancelled − returned."""
        return self.approved - self.cancelled - self.returned


class Figure(msgspec.Struct, frozen=True):
    """A sum of money, NT$."""

    key: str
    name: Words
    heading: Words = NOTHING
    """The name broken into lines, for the head of a narrow column; the name itself where it is short."""
    symbol: str = ""
    """The letter it has in formulas; empty for what events move."""
    terms: tuple[tuple[int, str], ...] = ()
    """What it is made of: 1 or −1, and the key of another figure."""
    formula: Words = NOTHING
    """How it comes about, in words; empty for what events move."""
    called: Words = NOTHING
    """How formulas call it where neither its letter nor its name serves."""
    note: Words = NOTHING
    """What has to be said behind the formula."""

    @property
    def short(self) -> Words:
        """How formulas call it: its letter, else its name in small letters."""
        if self.called != NOTHING:
            return self.called
        return Words(self.symbol, self.symbol) if self.symbol else Words(self.name.zh, small(self.name.en))

    def put_together(self, plus: str, minus: str, of: Callable[[str], str]) -> str:
        """Its formula in another language, a query's: `of` names a figure there by its key."""
        made = "".join(f"{plus if sign > 0 else minus}{of(key)}" for sign, key in self.terms)
        return made.removeprefix(plus)


def small(text: str) -> str:
    """English words as they stand within a sentence."""
    return text[:1].lower() + text[1:]


def _figures() -> Mapping[str, Figure]:
    available = "+original +supplemented +reserve_in +virement_in -virement_out -held +carryover"
    declared = (
        Figure("original", Words("原預算數", "Original")),
        Figure("supplemented", Words("追加（減）數", "Supplemented")),
        Figure("reserve_in", Words("預備金動支數", "Reserve in")),
        Figure("virement_in", Words("流入數", "Virement in")),
        Figure("virement_out", Words("流出數", "Virement out")),
        Figure("held", Words("凍結及列為準備數", "Held")),
        Figure("carryover", Words("以前年度保留數", "Carried over")),
        Figure(
            "available",
            Words("可支用預算數 B", "Available B"),
            Words("可支用\n預算數 B", "Available B"),
            "B",
            terms(available),
        ),
        Figure(
            "allotted",
            Words("累計分配數 L", "Allotted L"),
            Words("累計\n分配數 L", "Allotted L"),
            "L",
            formula=Words(
                "累計分配數 L＝截至本月之分配預算累計數＋未另定分配之以前年度保留數",
                "Allotted L = what is allotted up to and including this month + carried over without an allotment",
            ),
        ),
        Figure("realised", Words("實現數", "Realised")),
        Figure("prepaid", Words("預付數", "Prepaid")),
        Figure("payable", Words("應付數", "Payable")),
        Figure("saving", Words("賸餘數", "Saving")),
        Figure("committed", Words("契約責任數", "Committed")),
        Figure("executed", Words("執行數 E", "Executed E"), NOTHING, "E", terms("+realised +payable +saving")),
        Figure(
            "obligated",
            Words("支用及契約責任數 O", "Obligated O"),
            Words("已支用及\n負擔數 O", "Obligated O"),
            "O",
            terms("+realised +prepaid +payable +committed"),
        ),
        Figure(
            "remaining",
            Words("餘額", "Remaining"),
            Words("餘額\nB－O", "Remaining\nB−O"),
            "",
            terms("+available -obligated"),
        ),
    )
    return by_key(*declared)


def by_key(*declared: Figure, beside: Mapping[str, Figure] = MappingProxyType({})) -> dict[str, Figure]:
    """Figures by key in the order given, each with its heading and its formula in words.

    They are made of one another, and of those `beside` them.
    """
    known = {**beside, **{figure.key: figure for figure in declared}}
    return {figure.key: _with_formula(figure, known) for figure in declared}


def terms(text: str) -> tuple[tuple[int, str], ...]:
    """Terms as written: `+available -obligated`."""
    return tuple((-1 if term[0] == "-" else 1, term[1:]) for term in text.split())


def _with_formula(figure: Figure, known: Mapping[str, Figure]) -> Figure:
    """A figure with the formula that its terms say: 執行數 E＝實現數＋應付數＋賸餘數."""
    heading = figure.heading if figure.heading != NOTHING else figure.name
    formula = figure.formula
    if figure.terms:
        zh = figure.put_together("＋", "－", lambda key: known[key].short.zh)
        en = figure.put_together(" + ", " − ", lambda key: known[key].short.en)
        formula = Words(f"{figure.name.zh}＝{zh}", f"{figure.name.en} = {en}")
    if figure.note != NOTHING:
        formula = Words(f"{formula.zh}；{figure.note.zh}", f"{formula.en}; {figure.note.en}")
    return msgspec.structs.replace(figure, heading=heading, formula=formula)


FIGURES: Final = _figures()
"""By key, in the order in which people read them."""

SUMMED: Final = tuple(key for key in FIGURES if key not in ("executed", "obligated", "remaining"))
"""Those that are added up over positions; the others follow from them."""

MOVED: Final = tuple(key for key in SUMMED if key not in ("available", "allotted"))
"""Those that events move: they neither follow from others (available) nor depend on the day (allotted)."""


# ---------------------------------------------------------------- rates


class Ratio(NamedTuple):
    """An exact rate: numerator over a denominator above 0."""

    numerator: int
    denominator: int

    def below(self, percent_limit: int) -> bool:
        """Whether the rate lies below a whole percentage, unrounded: 49.996 % is below 50 %."""
        return self.numerator * 100 < percent_limit * self.denominator

    def text(self) -> str:
        """The rate as percent text."""
        return percent(self.numerator, self.denominator) or ""


def apart(one: Ratio, other: Ratio, points: int) -> bool:
    """Whether two rates lie more than so many percentage points apart."""
    gap = abs(one.numerator * other.denominator - other.numerator * one.denominator)
    return gap * 100 > points * one.denominator * other.denominator


def points_apart(one: Ratio, other: Ratio) -> int:
    """How many percentage points lie between two rates, rounded down."""
    gap = abs(one.numerator * other.denominator - other.numerator * one.denominator)
    return gap * 100 // (one.denominator * other.denominator)


class Rate(msgspec.Struct, frozen=True):
    """One figure as a percentage of another."""

    key: str
    name: Words
    """Empty where it is told by what it divides."""
    above: Figure
    below: Figure

    def of(self, figures: Any) -> Ratio | None:
        """The rate of a row or of sums (whatever has the two figures by name); None while the denominator is not above 0."""
        denominator: int = getattr(figures, self.below.key)
        return Ratio(getattr(figures, self.above.key), denominator) if denominator > 0 else None

    def text(self, figures: Any) -> str | None:
        """The rate as percent text."""
        return self.text_of(getattr(figures, self.above.key), getattr(figures, self.below.key))

    @staticmethod
    def text_of(above: int, below: int) -> str | None:
        """The rate of two sums (NT$) as percent text; None while the denominator is not above 0."""
        return percent(above, below)

    @property
    def formula(self) -> Words:
        """What it divides, in letters: E÷L."""
        return Words(f"{self.above.short.zh}÷{self.below.short.zh}", f"{self.above.short.en} ÷ {self.below.short.en}")

    @property
    def formula_in_full(self) -> Words:
        """What it divides, by name: 執行數 E ÷ 累計分配數 L."""
        above, below = self.above.name, self.below.name
        return Words(f"{above.zh} ÷ {below.zh}", f"{small(above.en)} ÷ {small(below.en)}")

    @property
    def heading(self) -> Words:
        """The name and the formula, for the head of a column; the formula alone in two lines where there is no name."""
        if self.name == NOTHING:
            en = self.formula.en.replace("÷ ", "÷\n")
            return Words(self.formula.zh.replace("÷", "\n÷"), en[:1].upper() + en[1:])
        return Words(f"{self.name.zh}\n{self.formula.zh}", f"{self.name.en}\n{self.formula.en.replace(' ', '')}")


CASH: Final = Rate("cash", Words("實現率", "Cash rate"), FIGURES["realised"], FIGURES["allotted"])
PERIOD: Final = Rate("period", Words("執行率", "Period rate"), FIGURES["executed"], FIGURES["allotted"])
ANNUAL: Final = Rate("annual", Words("達成率", "Annual rate"), FIGURES["executed"], FIGURES["available"])
COMMITMENT: Final = Rate(
    "commitment", Words("支用（含契約責任）比率", "Commitment rate"), FIGURES["obligated"], FIGURES["available"]
)
RATES: Final = (CASH, PERIOD, ANNUAL, COMMITMENT)


class Prediction(msgspec.Struct, frozen=True):
    """What capital money will have been executed at the end of the year, as a share of B (see `ledger.sums`)."""

    key: str
    name: Words
    formula: Words
    heading: Words = NOTHING
    """The name broken into lines, for the head of a narrow column."""


PREDICTED_DECLARED: Final = Prediction(
    "predicted_declared",
    Words("預估執行率（機關申報）", "Predicted, declared"),
    Words("申報之全年預估執行數÷資本門 B", "forecast declared ÷ capital B"),
)
PREDICTED_COMPUTED: Final = Prediction(
    "predicted_computed",
    Words("預估執行率（系統推估）", "Predicted, computed"),
    Words("資本門（E＋r×（B－L））÷B，r＝E÷L，最高 1", "capital: (E + r × (B − L)) ÷ B, r = E ÷ L, at most 1"),
)
PREDICTED: Final = Prediction(
    "predicted",
    Words("預估執行率", "Predicted"),
    Words("機關申報，未申報者為系統推估", "declared, else computed"),
    Words("預估\n執行率", "Predicted"),
)
PREDICTED_CAPITAL: Final = Prediction(
    "predicted",
    Words("資本門預估執行率", "Capital, predicted"),
    PREDICTED.formula,
    Words("資本門\n預估執行率", "Capital,\npredicted"),
)
"""The same as it is called beside rates of all money."""
PREDICTIONS: Final = (PREDICTED_DECLARED, PREDICTED_COMPUTED, PREDICTED)

PREDICTED_IN_FULL: Final = Words(
    "預估執行率（資本門）：所屬有資本預算之機關均已申報者，為申報之全年預估執行數÷B；否則為系統推估"
    "（E＋r×（B－L））÷B，r＝E÷L，最高 1",
    "Predicted (capital): the year-end execution declared ÷ B where every agency with capital money has declared one;"
    " else computed, (E + r × (B − L)) ÷ B, r = E ÷ L, at most 1",
)
