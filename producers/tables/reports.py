"""The monthly reports that a table holds, total rows included: what is wrong with them is found later, and not refused here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final

from ledger.monthly import WHOLE, MonthlyReport, ReportedLine
from producers.tables import cells
from producers.tables.columns import Reading
from producers.tables.mapping import MappedSource, source_of
from producers.tables.mapping import Mapping as TableMapping

_CLASSES: Final = {"經常": "current", "資本": "capital"}


def reports_in(
    reading: Reading, mapping: TableMapping, shared: Mapping[str, list[Any]], totals: Collection[int]
) -> list[MonthlyReport]:
    """The reports, by agency, year and month; none where the mapping is of no report.

    Args:
        reading: the rows that are lines.
        mapping: what becomes what.
        shared: the values that every event of a row shares.
        totals: the rows that are sums.
    """
    wanted = mapping.report
    if wanted is None:
        return []
    balance, filed = (next(each for each in mapping.events if each.type == kind) for kind in _KINDS)
    columns = {name: reading.values(name, given, shared) for name, given in balance.fields.items()}
    columns |= {name: reading.values(name, filed.fields[name], shared) for name in ("month", "number", "version")}
    for name, column in (("movement", wanted.movement), ("allotted", wanted.allotted)):
        columns[name] = reading.values("amount", MappedSource(column=column, blank=0), shared)
    found: dict[tuple[int, str, int, int, int], list[ReportedLine]] = defaultdict(list)
    for at in range(len(reading.rows)):
        row = {name: column[at] for name, column in columns.items()}
        key = shared["fiscal_year"][at], shared["agency"][at], row["month"], row["number"], row["version"]
        if None in key or shared["line"][at] is None or row["realised"] is None:
            continue  # told of where it is read
        origin = row.get("origin_year")
        line = ReportedLine(shared["line"][at], row["realised"], origin, row["movement"], row["allotted"])
        found[key].append(line)
    stated = _stated(reading, mapping, source_of(balance.fields["realised"]), totals) if len(found) == 1 else {}
    return [
        MonthlyReport(year, agency, month, tuple(lines), stated, number, version)
        for (year, agency, month, number, version), lines in found.items()
    ]


_KINDS: Final = ("balance.reported", "report.filed")


def _stated(reading: Reading, mapping: TableMapping, realised: MappedSource, totals: Collection[int]) -> dict[str, int]:
    """What the total rows of a table with one report say, by class; of two of one kind the last."""
    if mapping.totals.column is None or not isinstance(realised.column, str):
        return {}
    names = reading.sheet.columns[reading.header.at(mapping.totals.column)]
    amounts = reading.sheet.columns[reading.header.at(realised.column)]
    found: dict[str, int] = {}
    for row in totals:
        try:
            amount = 0 if cells.is_nothing(amounts[row - 1]) else cells.amount(amounts[row - 1], reading.unit)
        except cells.CellProblem as problem:
            reading.note(problem.words, row, realised.column)
            continue
        called = cells.name(names[row - 1])
        found[next((kind for word, kind in _CLASSES.items() if word in called), WHOLE)] = amount
    return found
