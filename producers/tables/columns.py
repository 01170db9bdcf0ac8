"""Values of whole columns: each cell read once, equal texts once for all rows, what cannot be read noted with its place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ledger.words import Words
from producers.imported import PROBLEMS_SHOWN, ImportProblem
from producers.tables import cells
from producers.tables.cells import CellProblem
from producers.tables.header import MONTHS, Header
from producers.tables.mapping import MappedSource, source_of
from producers.tables.sentences import sentence

if TYPE_CHECKING:
    from producers.tables.sheet import Sheet

AMOUNTS: Final = frozenset(("amount", "realised", "council_cut", "prior_year_executed"))
_YEARS: Final = frozenset(("fiscal_year", "origin_year", "original_year"))
_DAYS: Final = frozenset(("booked_on", "expected_on", "council_notified_on"))
_NUMBERS: Final = frozenset(("number", "version", "revision"))
_FLAGS: Final = frozenset(
    ("new_capital", "new_account", "new_program", "statutory", "disaster", "pooled", "council_consent")
)
_CODES: Final = frozenset(
    ("agency", "account", "economic_class", "object_code", "reserve", "kind", "basis", "authority")
)
_YES: Final = {"是": True, "Y": True, "y": True, "true": True, "1": True, "V": True, "✓": True}
_NO: Final = {"否": False, "N": False, "n": False, "false": False, "0": False, "": False}
NOTHING: Final[Mapping[str, list[Any]]] = MappingProxyType({})
_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Reading:
    """The rows of a sheet that are read, and what could not be."""

    def __init__(self, sheet: Sheet, header: Header, rows: Sequence[int], unit: int) -> None:
        self.sheet, self.header, self.rows, self.unit = sheet, header, rows, unit
        self.problems: list[ImportProblem] = []
        self.count = 0
        self._known: dict[tuple[str, str, bytes], list[Any]] = {}
        """Columns that were read, for the events that share them."""

    def note(self, message: Words, row: int, column: str | None = None) -> None:
        """Remember that something cannot be read; the first are kept."""
        self.count += 1
        if len(self.problems) < PROBLEMS_SHOWN:
            self.problems.append(self.sheet.problem(message, row, column))

    def part(self, places: Sequence[int]) -> Reading:
        """The rows at some places (from 0)."""
        return Reading(self.sheet, self.header, [self.rows[at] for at in places], self.unit)

    def take_problems_of(self, other: Reading) -> None:
        """Remember what could not be read there, too."""
        self.problems = [*self.problems, *other.problems][:PROBLEMS_SHOWN]
        self.count += other.count

    def raw(self, name: str) -> list[Any]:
        """The cells of a column in the rows that are read."""
        if self.header.is_absent(name):
            return [None] * len(self.rows)
        column = self.sheet.columns[self.header.at(name)]
        return [column[row - 1] for row in self.rows]

    def values(self, field: str, given: MappedSource | str, shared: Mapping[str, list[Any]] = NOTHING) -> list[Any]:
        """A field's values, row by row; None where there is none, or none can be read.

        `shared`: what is known of the rows already; a month's day needs `fiscal_year`, a month's total `booked_on`.
        """
        source = source_of(given)
        if source.constant is not None:
            return [self._constant(field, source)] * len(self.rows)
        if source.months is not None:
            columns = [self._read(source.months.replace("{month}", str(month)), "amount", source) for month in MONTHS]
            return [None if None in twelve else list(twelve) for twelve in zip(*columns, strict=True)]
        if source.month_total is not None:
            amounts = self._read(source.month_total, "amount", source)
            return [_in_month(*each) for each in zip(amounts, shared["booked_on"], strict=True)]
        month = source.month_end or source.month_begin
        if month is not None:
            pairs = zip(shared["fiscal_year"], self._read(month, "month", source), strict=True)
            last = source.month_end is not None
            return [None if None in pair else cells.day_of_month(*pair, last=last) for pair in pairs]
        if source.join is not None:
            parts = [self.values("account", part, shared) for part in source.join]
            return [None if None in each else source.by.join(map(str, each)) for each in zip(*parts, strict=True)]
        if source.derived is not None:
            return [derived_code(cells.name(cell)) for cell in self.raw(source.derived)]
        return self._read(self._name(source), field, source)

    def _constant(self, field: str, source: MappedSource) -> Any:
        if not isinstance(source.constant, str):
            return source.constant
        try:
            return _plain_reader(field, source, 1)(source.constant)
        except CellProblem as problem:
            self.note(problem.words, self.rows[0], field)
            return None

    def _name(self, source: MappedSource) -> str:
        return source.column if isinstance(source.column, str) else (source.column or ("",))[0]

    def _read(self, name: str, field: str, source: MappedSource) -> list[Any]:
        key = (name, field, msgspec.json.encode(source))
        if key not in self._known:
            self._known[key] = self._read_cells(name, field, source)
        return self._known[key]

    def _read_cells(self, name: str, field: str, source: MappedSource) -> list[Any]:
        read, found = _reader(field, source, self.unit), []
        known: dict[Any, Any] = {}
        is_amount = field in AMOUNTS
        for row, cell in zip(self.rows, self.raw(name), strict=True):
            try:
                if is_amount and type(cell) is str and cell.isascii() and cell.isdigit():
                    found.append(read(cell))
                    continue
                value = known[cell] = known[cell] if cell in known else read(cell)
            except CellProblem as problem:
                self.note(problem.words, row, name)
                value = None
            found.append(value)
        return found


def _in_month(amount: int | None, day: str | None) -> list[int] | None:
    if amount is None or day is None:
        return None
    return [amount if month == int(day[5:7]) else 0 for month in MONTHS]


def derived_code(name: str) -> str:
    """Ten letters and digits that stand for a name: the same for ever, and another for another name."""
    number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest())
    text = ""
    for _ in range(9):
        number, digit = divmod(number, 36)
        text = _LETTERS[digit] + text
    return f"N{text}"


def _reader(field: str, source: MappedSource, unit: int) -> Callable[[Any], Any]:
    plain = _plain_reader(field, source, unit)
    if source.map is not None:
        chosen = source.map

        def mapped(cell: Any) -> Any:
            text = cells.name(cell)
            if text not in chosen:
                raise CellProblem(sentence("{!r} is none of {}; add it to the mapping", text, ", ".join(chosen)))
            return chosen[text]

        plain = mapped
    if source.optional:
        return lambda cell: None if cells.is_nothing(cell) else plain(cell)
    if source.blank is None:
        return _refusing_blanks(plain) if field in AMOUNTS else plain
    stands = source.blank
    return lambda cell: stands if cells.is_nothing(cell) else plain(cell)


def _refusing_blanks(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def checked(cell: Any) -> Any:
        if cells.is_nothing(cell):
            raise CellProblem(sentence("is blank; write 0, or let the mapping say what a blank is (`blank: 0`)"))
        return read(cell)

    return checked


def _plain_reader(field: str, source: MappedSource, unit: int) -> Callable[[Any], Any]:
    if field in AMOUNTS:
        return lambda cell: cells.amount(cell, unit)
    if field in _YEARS:
        return cells.year
    if field in _DAYS or source.read == "day":
        return cells.day
    if field == "month":
        return cells.month
    if field in _NUMBERS or source.read == "number":
        return cells.number
    if field in _FLAGS:
        return _flag
    if field == "object_code":
        return lambda cell: cells.object_code(_part(cells.code(cell), source.part))
    if field in _CODES or source.width is not None or source.read == "code":
        return lambda cell: _part(cells.code(cell, source.width), source.part)
    return cells.name


def _part(code: str, part: tuple[int, int] | None) -> str:
    if part is None:
        return code
    if len(code) < part[1]:
        raise CellProblem(sentence("{!r} is shorter than {} characters", code, part[1]))
    return code[part[0] - 1 : part[1]]


def _flag(cell: Any) -> bool:
    text = cells.narrow(cell)
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise CellProblem(sentence("{!r} is neither yes nor no; write 是 or 否", text))
