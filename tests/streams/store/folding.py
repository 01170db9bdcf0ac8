"""Folding into a store as the writer does, and comparing books field by field."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from alerts.engine import Engine
from ledger.books import Books
from ledger.identity import SeenIds
from ledger.process import Context, Effects, process
from ledger.registry import Registry
from streams.fold.partition import Partition
from streams.store import Origin, Store, schema
from streams.store.batch import Batch

WORKED_OUT: Final = {"guarded", "ceiling", "spent_ceiling", "floor_day"}
"""Fields of a position that the guards set again as they judge."""
NOTED_AGAIN: Final = {"noted", "repeats"}
"""Fields that only spare the fold from noting again what is noted."""


LINE: Final = "32020110101/current/2000"


def event(number: int, kind: str, **fields: Any) -> bytes:
    """An event of agency 020011 in fiscal year 114."""
    common = {"id": f"e{number}", "type": kind, "fiscal_year": 114, "agency": "020011", "booked_on": "2025-03-05"}
    return json.dumps(common | fields).encode()


class Folding:
    """The partition of one embedded store, fed batch by batch."""

    def __init__(self, store: Store, registry: Registry, catalogue: Catalogue) -> None:
        self.store = store
        self.partition = Partition.alone(store, registry, catalogue)

    @property
    def books(self) -> Books:
        """The books as of the mark."""
        return self.partition.books

    @property
    def seen(self) -> SeenIds:
        """The ids remembered."""
        return self.partition._seen

    @property
    def place(self) -> int:
        """The place after the last line committed."""
        return self.partition.place

    def feed(self, lines: Sequence[bytes], batch: int = 500, origin: str = "test") -> None:
        """Fold and commit lines in batches."""
        for at in range(0, len(lines), batch):
            self.commit(lines[at : at + batch], [Origin(0, origin)])

    def commit(self, lines: Sequence[bytes], origins: Sequence[Origin]) -> Effects:
        """Fold and commit one batch."""
        return self.partition.fold(Batch(lines, origins))


class InMemory:
    """A fold that is never committed."""

    def __init__(self, registry: Registry, catalogue: Catalogue) -> None:
        self.books = Books()
        self.lines: list[bytes] = []
        self._context = Context(registry.agencies, SeenIds(), Engine(catalogue), self.lines.__getitem__)

    def fold(self, lines: Sequence[bytes]) -> Effects:
        """Fold one batch."""
        first = len(self.lines)
        self.lines += lines
        return process(first, lines, self.books, self._context)


def differences(one: Books, other: Books) -> list[str]:
    """Where two books are not the same, in any field of any row or alert."""
    pairs = ((one.years, other.years), (one.funds, other.funds), (one.time_alerts, other.time_alerts))
    return [
        line
        for name, (left, right) in zip(("years", "funds", "time"), pairs, strict=True)
        for line in _differ(left, right, name)
    ]


def _differ(one: Any, other: Any, path: str) -> Iterator[str]:
    if isinstance(one, msgspec.Struct) and type(one) is type(other):
        for field in one.__struct_fields__:
            if field not in WORKED_OUT | NOTED_AGAIN:
                yield from _differ(getattr(one, field), getattr(other, field), f"{path}.{field}")
    elif isinstance(one, dict) and isinstance(other, dict):
        yield from (f"{path}[{key!r}]: on one side only" for key in one.keys() ^ other.keys())
        for key in one.keys() & other.keys():
            yield from _differ(one[key], other[key], f"{path}[{key!r}]")
    elif isinstance(one, array | list) and isinstance(other, array | list):
        if list(one) != list(other):
            yield f"{path}: {list(one)} != {list(other)}"
    elif one != other or type(one) is not type(other):
        yield f"{path}: {one!r} != {other!r}"


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, for telling whether anything was written."""
    with store.writing() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in schema.metadata.sorted_tables
        }
