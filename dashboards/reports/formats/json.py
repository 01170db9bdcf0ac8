"""JSON for programs: the contract's shape where a table has one, else its rows by key; money is whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from dashboards.reports.table import Cell, Table
from ledger.words import Language, Words


def render(tables: Sequence[Table], language: Language) -> bytes:
    """An array for a list, an object of arrays by name for a report of several; annexes are left out.

    The language chooses nothing: a text that has two comes as {"zh": …, "en": …}.
    """
    parts: dict[str, list[Any]] = {}
    for table in tables:
        if not table.annex:
            parts.setdefault(table.name, []).extend(_rows(table) if table.data is None else table.data)
    return msgspec.json.encode(next(iter(parts.values())) if len(parts) == 1 else parts) + b"\n"


def _rows(table: Table) -> list[dict[str, Any]]:
    keys = [column.key for column in table.columns]
    return [dict(zip(keys, map(_value, row), strict=True)) for row in table.rows]


def _value(cell: Cell) -> Any:
    return msgspec.structs.asdict(cell) if isinstance(cell, Words) else cell
