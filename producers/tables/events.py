"""A sheet and a mapping come to events: the same ids whenever the same rows are read, and sums that agree, or nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from ledger.events import BY_NAME, Event
from ledger.mistyped import mistyped
from ledger.words import Words
from producers.event_line import event_line
from producers.imported import Imported, ImportProblems, Unmapped
from producers.tables import cells
from producers.tables.columns import AMOUNTS, Reading
from producers.tables.header import Header, columns_of, find_header, in_words_of, plain
from producers.tables.mapping import (
    BOOKED_MONTH,
    LINE_PARTS,
    SHARED,
    UNITS,
    MappedEvent,
    has_line,
    is_cumulative,
    source_of,
    words_of,
)
from producers.tables.mapping import Mapping as TableMapping
from producers.tables.names import accounts_in, agencies_in, objects_in
from producers.tables.reports import reports_in
from producers.tables.sentences import sentence
from producers.tables.sheet import Sheet
from producers.tables.totals import sums_of_rows

_PROGRESS_EVERY: Final = 10_000
_FIRST: Final = ("reserve", "case")
_LAST: Final = ("source", "seq", "recorded_at", "note")
_UNIT: Final = re.compile(r"單位:(?:新[臺台]幣)?(百萬元|[千仟]元|億元|元)")
"""As a paper says it, compared without spaces and in narrow forms."""
_NOTE: Final = sentence("is a title, a note or a foot: nothing but its text is filled in")


def events_of(
    sheet: Sheet, mapping: TableMapping, name: str, progress: Callable[[int], None] = lambda _: None
) -> Imported:
    """Make events of a sheet.

    Args:
        sheet: the cells.
        mapping: what becomes what.
        name: the mapping's short name: ids begin with it, so that a mapping's rows keep theirs.
        progress: told how many rows are done, each once for every event of the mapping.

    Returns:
        Events in the order of the rows, names, and what was left out with its place and reason.

    Raises:
        ImportProblem: the header is not found, or cells cannot be read (a line each); nothing was taken then.
    """
    header = find_header(sheet, mapping)
    sheet = in_words_of(mapping, sheet, header)
    _check_unit(sheet, header, mapping)
    rows, unmapped = _filled_rows(sheet, header)
    totals = sums_of_rows(sheet, header, rows, mapping.totals)
    details, blank = _to_read(sheet, header, mapping, [row for row in rows if row not in totals])
    unmapped += blank
    if not details:
        raise sheet.problem(sentence("has a header but no rows below it"))
    reading = Reading(sheet, header, details, UNITS[mapping.unit])
    shared = _shared(reading, mapping)
    made = [_fields(reading, mapping, event, shared) for event in mapping.events]
    sums = _checked_totals(reading, mapping, totals) if mapping.totals.differing == "stop" else []
    reports = reports_in(reading, mapping, shared, totals)
    _stop(reading)
    taken = _Taken(reading, mapping, name, shared)
    for number, (event, fields) in enumerate(zip(mapping.events, made, strict=True)):
        taken.take(number, event, fields, progress)
    _stop(reading)
    is_checked = mapping.totals.differing == "stop"
    why = sentence("is a sum of other rows, and agrees with them" if is_checked else "is a sum of other rows")
    unmapped += [Unmapped(row, "total", why) for row in totals]
    unmapped += taken.unmapped
    registry = agencies_in(reading, mapping, shared)
    return Imported(
        format=name,
        encoding=sheet.encoding if sheet.name is None else f"{sheet.encoding}, sheet {sheet.name}",
        events=taken.in_order(),
        registry=registry,
        agencies_read=len(set(shared["agency"])),
        unmapped=sorted(unmapped, key=lambda each: each.row),
        assumptions=[*map(words_of, mapping.assumed), *_without(mapping, header)],
        rows_read=len(details),
        rows_mapped=len(taken.mapped),
        accounts=accounts_in(reading, mapping, shared),
        objects=objects_in(reading, mapping, shared),
        sums=[*sums, *taken.sums],
        reports=reports,
        rows=taken.rows_in_order(),
        cumulative=is_cumulative(mapping),
    )


def _to_read(sheet: Sheet, header: Header, mapping: TableMapping, rows: list[int]) -> tuple[list[int], list[Unmapped]]:
    """The rows that lead to events, and those of a list to fill in whose day and amounts are left blank."""
    sources = [source_of(mapping.fields["booked_on"])] if "booked_on" in mapping.fields else []
    for event in mapping.events:
        if event.unless_zero in event.fields:
            sources.append(source_of(event.fields[event.unless_zero]))
    if len(sources) != 1 + len(mapping.events) or any(each.column is None for each in sources):
        return rows, []
    names = [name for source in sources for each in columns_of(source) for name in each if not header.is_absent(name)]
    columns = [sheet.columns[header.columns[plain(name)]] for name in names if plain(name) in header.columns]
    blank = [row for row in rows if all(cells.is_nothing(column[row - 1]) for column in columns)]
    why, left = sentence("its day and amount are left blank"), set(blank)
    return [row for row in rows if row not in left], [Unmapped(row, "row", why) for row in blank]


def _without(mapping: TableMapping, header: Header) -> list[Words]:
    """What is said of columns that the table need not have, and has not."""
    given = (*mapping.fields.values(), *(each for event in mapping.events for each in event.fields.values()))
    names = dict.fromkeys(names for each in given for names in columns_of(source_of(each)))
    return [
        sentence("has no column {}: it is read as blank", "／".join(each))
        for each in names
        if all(map(header.is_absent, each))
    ]


def _stop(reading: Reading) -> None:
    if reading.problems:
        raise ImportProblems(reading.problems, reading.count)


def _check_unit(sheet: Sheet, header: Header, mapping: TableMapping) -> None:
    """Stop where the paper says that its figures are in another unit than the mapping reads."""
    for row in range(1, header.first_row):
        for cell in sheet.row(row):
            found = _UNIT.search(plain(cell))
            said = None if found is None else found[1].replace("仟", "千")
            if said not in (None, mapping.unit):
                raise sheet.problem(
                    sentence(
                        "says that its figures are in {0}, and the mapping reads {1}: give the mapping `unit: {0}`",
                        said,
                        mapping.unit,
                    ),
                    row=row,
                )


def _filled_rows(sheet: Sheet, header: Header) -> tuple[list[int], list[Unmapped]]:
    """The numbers of the rows that are data; titles, notes and feet apart."""
    rows: list[int] = []
    notes: list[Unmapped] = []
    used = sorted(set(header.columns.values()))
    columns = [sheet.columns[at] for at in used]
    for row, each in enumerate(zip(*columns, strict=True), 1):
        if row < header.first_row:
            continue
        filled = sum(1 for cell in each if cell not in ("", None) and cell == cell)  # noqa: PLR0124  # NaN
        if filled > 1 or (filled == 1 and len(used) == 1):
            rows.append(row)
        elif any(cells.narrow(cell) for cell in sheet.row(row)):
            notes.append(Unmapped(row, next(filter(None, map(cells.name, sheet.row(row))))[:40], _NOTE))
    return rows, notes


def _shared(reading: Reading, mapping: TableMapping) -> dict[str, list[Any]]:
    """The values that every event of a row shares, by field; a line is put together of its parts."""
    given = mapping.fields
    found: dict[str, list[Any]] = {}
    for name in dict.fromkeys(("fiscal_year", "booked_on", *given)):
        if name in given:
            found[name] = reading.values(name, given[name], found)
    if has_line(mapping):
        parts = zip(*(found[part] for part in LINE_PARTS), strict=True)
        found["line"] = [None if None in each else "/".join(each) for each in parts]
    return found


def _fields(
    reading: Reading, mapping: TableMapping, event: MappedEvent, shared: Mapping[str, list[Any]]
) -> dict[str, list[Any]]:
    """The values of one event's own fields, by name in the contract's order."""
    own = _own(reading, event, shared)
    known = [each for each in msgspec.structs.fields(BY_NAME[event.type]) if each.name not in (*SHARED, "id")]
    first = {each.name for each in known if each.name in _FIRST and each.required}
    needed = {each.name for each in known if each.required}
    order = sorted(
        (each.name for each in known), key=lambda name: (name not in first, name not in needed, name in _LAST)
    )
    return {name: own[name] if name in own else shared[name] for name in order if name in own or name in shared}


def _own(reading: Reading, event: MappedEvent, shared: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The values of the fields that an event has for itself; None in rows of which it is not made."""
    if event.where is None:
        return {name: reading.values(name, given, shared) for name, given in event.fields.items()}
    places = [at for at, is_of in enumerate(_is_of(reading, event)) if is_of]
    part = reading.part(places)
    of_part = {name: [column[at] for at in places] for name, column in shared.items()}
    found: dict[str, list[Any]] = {}
    for name, given in event.fields.items():
        found[name] = [None] * len(reading.rows)
        for at, value in zip(places, part.values(name, given, of_part), strict=True):
            found[name][at] = value
    reading.take_problems_of(part)
    return found


def _is_of(reading: Reading, event: MappedEvent) -> list[bool]:
    """Whether each row is one of which an event is made."""
    if event.where is None:
        return [True] * len(reading.rows)
    return [event.where.has(plain(cell)) for cell in reading.raw(event.where.column)]


def _checked_totals(reading: Reading, mapping: TableMapping, totals: Mapping[int, Sequence[int]]) -> list[Words]:
    """Compare each total with the rows it sums, in every column of amounts; what differs is a problem."""
    if not totals:
        return []
    columns = dict.fromkeys(_amount_columns(mapping))
    at = {row: number for number, row in enumerate(reading.rows)}
    checked = 0
    for name in columns:
        values = _amounts_of(reading, mapping, name)
        column = reading.sheet.columns[reading.header.at(name)]
        for row, parts in totals.items():
            if cells.is_nothing(column[row - 1]):
                continue
            try:
                said = cells.amount(column[row - 1], reading.unit)
            except cells.CellProblem as problem:
                reading.note(problem.words, row, name)
                continue
            found = sum(values[at[part]] or 0 for part in parts if part in at)
            checked += 1
            if said != found:
                reading.note(
                    sentence("says {:,} NT$ in all, and the rows it sums come to {:,}", said, found), row, name
                )
    return [sentence("{:,} sums of {:,} total rows agree with their rows", checked, len(totals))]


def _amounts_of(reading: Reading, mapping: TableMapping, name: str) -> list[int]:
    found = []
    for cell in reading.raw(name):
        try:
            found.append(0 if cells.is_nothing(cell) else cells.amount(cell, reading.unit))
        except cells.CellProblem:
            found.append(0)  # told of where it is read
    return found


def _amount_columns(mapping: TableMapping) -> Iterator[str]:
    for event in mapping.events:
        for field, given in event.fields.items():
            source = source_of(given)
            if source.months is not None:
                yield from (source.months.replace("{month}", str(month)) for month in range(1, 13))
            elif source.month_total is not None:
                yield source.month_total
            elif field in AMOUNTS and source.column is not None:
                yield source.column if isinstance(source.column, str) else source.column[0]


class _Taken:
    """The events made so far, by the place of their row."""

    def __init__(self, reading: Reading, mapping: TableMapping, name: str, shared: Mapping[str, list[Any]]) -> None:
        self._reading, self._shared = reading, shared
        self._many = len(mapping.events) > 1
        self._name = name
        self._ids = _ids(reading, mapping.identity, name, shared)
        self._first: dict[str, tuple[int, bytes]] = {}
        self._stages = _stages(mapping.events)
        self._made: list[list[list[bytes]]] = [[[] for _ in reading.rows] for _ in range(self._stages[-1] + 1)]
        self.mapped: set[int] = set()
        self.unmapped: list[Unmapped] = []
        self.sums: list[Words] = []

    def in_order(self) -> list[bytes]:
        """All of them, in the order of the rows; what rows make together comes after what each made before it."""
        return [line for stage in self._made for lines in stage for line in lines]

    def rows_in_order(self) -> list[int]:
        """The row of each."""
        return [
            row for stage in self._made for row, lines in zip(self._reading.rows, stage, strict=True) for _ in lines
        ]

    def take(
        self, number: int, event: MappedEvent, fields: Mapping[str, list[Any]], progress: Callable[[int], None]
    ) -> None:
        """Make one event of each row, see that the contract takes it, and that the sums agree."""
        amount = next((name for name in fields if name in AMOUNTS or name == "months"), None)
        decode = msgspec.json.Decoder(BY_NAME[event.type]).decode
        names, columns = list(fields), list(fields.values())
        zero = fields.get(event.unless_zero) if event.unless_zero is not None else None
        years, agencies, days = (self._shared[name] for name in SHARED)
        if "booked_on" in event.fields:
            days = self._reading.values("booked_on", event.fields["booked_on"], self._shared)
        ids = _ids(self._reading, event.identity, self._name, self._shared) if event.identity else self._ids
        made = self._made[self._stages[number]]
        before = after = left = 0
        is_of = _is_of(self._reading, event)
        for at, row in enumerate(self._reading.rows):
            if not at % _PROGRESS_EVERY:
                progress(number * len(self._reading.rows) + at)
            if not is_of[at]:
                continue
            value = _sum_of(fields[amount][at]) if amount is not None else 0
            if event.sign is not None and (value < 0) == (event.sign == "plus"):
                continue
            if event.sign == "minus":
                value = -value
            before += value
            if zero is not None and not zero[at]:
                continue
            key = f"{ids[at]}-{number + 1}" if self._many else ids[at]
            own = {name: column[at] for name, column in zip(names, columns, strict=True) if column[at] is not None}
            if event.sign is not None and amount is not None:
                own[amount] = value
            line = event_line(key, event.type, years[at], agencies[at], booked_on=days[at], fields=own)
            known = self._first.get(key)
            if known is not None:
                left += value
                if not event.identity or known[1] != line:
                    self._repeated(row, known, line)
                continue
            self._first[key] = (row, line)
            found = self._decoded(decode, line, row, event.type)
            if found is None:
                continue
            after += _sum_of(getattr(found, amount)) if amount is not None else 0
            made[at].append(line)
            self.mapped.add(row)
        if not self._reading.problems:
            self._compare(event, before, after, left)

    def _decoded(self, decode: Any, line: bytes, row: int, kind: str) -> Event | None:
        try:
            event: Event = decode(line)
        except msgspec.ValidationError as error:
            self._reading.note(
                sentence("makes no {}: {}", kind, mistyped(BY_NAME[kind], msgspec.json.decode(line), str(error)).words),
                row,
            )
            return None
        if (found := event.problem()) is not None:
            self._reading.note(sentence("makes no {}: {}", kind, found.words), row)
            return None
        return event

    def _repeated(self, row: int, known: tuple[int, bytes], line: bytes) -> None:
        if known[1] == line:
            self.unmapped.append(Unmapped(row, "repeated", sentence("is row {} once more: taken once", known[0])))
        else:
            self._reading.note(
                sentence("is told apart from row {} by nothing in `identity`, and differs from it", known[0]), row
            )

    def _compare(self, event: MappedEvent, before: int, after: int, left: int) -> None:
        if before != after + left:
            raise self._reading.sheet.problem(
                sentence(
                    "the rows come to {:,} NT$, the events ({}) to {:,}: nothing is taken", before, event.type, after
                )
            )
        if before:
            self.sums.append(sentence("{}: NT$ {:,} in the rows and in the events", event.type, after))


def _stages(events: Sequence[MappedEvent]) -> list[int]:
    """The stage of each event: a budget is adopted once all its lines are enacted, and paid from thereafter."""
    stages, stage = [], 0
    for number, event in enumerate(events):
        if number and (event.identity or events[number - 1].identity):
            stage += 1
        stages.append(stage)
    return stages


def _sum_of(value: Any) -> int:
    return sum(value) if isinstance(value, list) else int(value or 0)


def _ids(reading: Reading, identity: Sequence[str], name: str, shared: Mapping[str, list[Any]]) -> list[str]:
    """An id for each row, of what identifies it."""
    columns = [
        [day and day[:7] for day in shared["booked_on"]]
        if each == BOOKED_MONTH
        else [cells.narrow(cell) for cell in reading.raw(each.removeprefix("column:"))]
        if each.startswith("column:")
        else shared[each]
        for each in identity
    ]
    return [row_id(name, key) for key in zip(*columns, strict=True)]


def row_id(name: str, key: tuple[Any, ...]) -> str:
    """The id of a row's event: the mapping's name, and a digest of what identifies the row."""
    return f"{name}-{hashlib.blake2b(repr(key).encode(), digest_size=8).hexdigest()}"
