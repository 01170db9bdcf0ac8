"""Where a table's columns are: the header found among title rows, merged headers joined, names compared without spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from producers.tables.mapping import MappedSource, Mapping, source_of
from producers.tables.sentences import sentence

if TYPE_CHECKING:
    from producers.tables.sheet import Sheet

_SEARCHED: Final = 40
"""Title rows are few."""
_SPACES: Final = re.compile(r"\s+")
MONTHS: Final = range(1, 13)
_UNIT: Final = "(NT$)"
"""What an English heading of money ends in."""


class Header(msgspec.Struct, frozen=True):
    """A header: where each column is, and the first row of data (from 1)."""

    columns: dict[str, int]
    """By name without spaces."""
    first_row: int
    absent: frozenset[str] = frozenset()
    """Of the columns that a table need not have those that this one has not."""

    def is_absent(self, name: str) -> bool:
        """Whether a table need not have a column, and has not."""
        return plain(name) in self.absent

    def at(self, name: str) -> int:
        """A column's place; KeyError where there is none."""
        return self.columns[plain(name)]


def plain(name: Any) -> str:
    """A column's name as it is compared: narrow forms, without any space."""
    if name is None or name != name:  # noqa: PLR0124  # NaN
        return ""
    return _SPACES.sub("", unicodedata.normalize("NFKC", str(name)))


class HeaderMatch(msgspec.Struct, frozen=True):
    """The row that looks most like a mapping's header."""

    row: int
    names: list[str]
    missing: list[tuple[str, ...]]
    absent: list[tuple[str, ...]]
    """Missing too; but no table needs them."""
    wanted: int
    """How many there are, without those absent."""

    @property
    def share(self) -> float:
        """Of the columns wanted how many are there."""
        return 1 - len(self.missing) / self.wanted


def closest(sheet: Sheet, mapping: Mapping) -> HeaderMatch:
    """The row in which most of the columns stand that the mapping names. Raises ImportProblem for a sheet without rows."""
    wanted, english = _wanted(mapping), _english(mapping)
    best: HeaderMatch | None = None
    for row in range(1, min(sheet.rows, _SEARCHED) + 1 - (mapping.header_rows - 1)):
        names = [english.get(name.removesuffix(_UNIT), name) for name in _joined(sheet, row, mapping.header_rows)]
        lacking = [each for each in wanted if not any(plain(name) in names for name in each)]
        missing = [each for each in lacking if wanted[each]]
        absent = [each for each in lacking if not wanted[each]]
        if best is None or (len(missing), len(absent)) < (len(best.missing), len(best.absent)):
            best = HeaderMatch(row, names, missing, absent, len(wanted) - len(absent))
    if best is None:
        raise sheet.problem(sentence("has no rows"))
    return best


def find_header(sheet: Sheet, mapping: Mapping) -> Header:
    """Find the rows in which all columns stand that the mapping names. Raises ImportProblem."""
    found = closest(sheet, mapping)
    if not found.missing:
        placed = _placed(sheet, found.names, [each for each in _wanted(mapping) if each not in found.absent], found.row)
        absent = frozenset(plain(name) for each in found.absent for name in each) - placed.keys()
        return Header(placed, found.row + mapping.header_rows, absent)
    missing = ", ".join("／".join(each) for each in found.missing[:6])
    if len(found.missing) == found.wanted:
        raise sheet.problem(sentence("has no header with {}; is this the right mapping?", missing))
    raise sheet.problem(sentence("the header has no {}", missing), row=found.row)


def in_words_of(mapping: Mapping, sheet: Sheet, header: Header) -> Sheet:
    """The sheet with the mapping's own words where a list made in English has its: rows identify themselves alike in both.

    Only columns are looked at in which the mapping knows words: those of a `map`, and that of the totals.
    """
    english = _english(mapping)
    events = [event.fields for event in mapping.events]
    sources = [source_of(given) for fields in (mapping.fields, *events) for given in fields.values()]
    names = [name for source in sources if source.map for each in columns_of(source) for name in each]
    totals = [] if mapping.totals.column is None else [mapping.totals.column]
    places = {header.at(name) for name in (*names, *totals) if plain(name) in header.columns}
    if not english or not places:
        return sheet

    def own(cell: Any) -> Any:
        return english.get(plain(cell), cell) if isinstance(cell, str) else cell

    columns = [list(map(own, column)) if at in places else column for at, column in enumerate(sheet.columns)]
    return msgspec.structs.replace(sheet, columns=columns)


def _english(mapping: Mapping) -> dict[str, str]:
    return {plain(name): plain(own) for name, own in mapping.english.items()}


def _placed(sheet: Sheet, names: Sequence[str], wanted: list[tuple[str, ...]], row: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in wanted:
        there = [name for name in each if plain(name) in names]
        if len(there) > 1:
            raise sheet.problem(sentence("two columns for one: {}; leave one out", ", ".join(there)), row=row)
        if names.count(plain(there[0])) > 1:
            raise sheet.problem(sentence("stands twice in the header; rename one"), row=row, column=there[0])
        for name in each:
            found[plain(name)] = list(names).index(plain(there[0]))
    return found


def _joined(sheet: Sheet, row: int, count: int) -> list[str]:
    """Names of columns; of merged headers what stands above reaches to the right until something else does."""
    parts: list[list[str]] = [[] for _ in sheet.columns]
    for number in range(row, row + count):
        last = ""
        for at, cell in enumerate(sheet.row(number)):
            text = plain(cell)
            reaches = not text and number < row + count - 1
            last = last if reaches else text
            if last and (not parts[at] or parts[at][-1] != last):
                parts[at].append(last)
    return ["/".join(each) for each in parts]


def _wanted(mapping: Mapping) -> dict[tuple[str, ...], bool]:
    """The columns that the mapping names, each with the names that it may have, and whether a table must have it."""
    events = [event.fields for event in mapping.events]
    sources = [source_of(given) for fields in (mapping.fields, *events) for given in fields.values()]
    found = dict.fromkeys((names for source in sources for names in columns_of(source)), False)
    required = (names for source in sources if not source.optional for names in columns_of(source))
    return found | dict.fromkeys(required, True) | dict.fromkeys(_named(mapping), True)


def _named(mapping: Mapping) -> Iterator[tuple[str, ...]]:
    """Columns beside those of fields."""
    yield from ((event.where.column,) for event in mapping.events if event.where is not None)
    for identity in (mapping.identity, *(event.identity for event in mapping.events)):
        yield from ((name.removeprefix("column:"),) for name in identity if name.startswith("column:"))
    if mapping.report is not None:
        yield from ((name,) for name in (mapping.report.movement, mapping.report.allotted))
    totals, names = mapping.totals, mapping.names
    if totals.column is not None:
        yield (totals.column,)
    yield from ((name,) for name in totals.depth)
    yield from ((name,) for name in names.account.values())
    for given in names.agency.values():
        yield from columns_of(source_of(given))
    if names.object is not None:
        yield (names.object,)


def columns_of(source: MappedSource) -> Iterator[tuple[str, ...]]:
    """The columns of one source."""
    if source.column is not None:
        yield (source.column,) if isinstance(source.column, str) else source.column
    elif source.months is not None:
        yield from ((source.months.replace("{month}", str(month)),) for month in MONTHS)
    for name in (source.month_end, source.month_begin, source.month_total, source.derived):
        if name is not None:
            yield (name,)
    for part in source.join or ():
        yield from columns_of(source_of(part))
