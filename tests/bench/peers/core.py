"""The same core as the worker's, for frameworks that keep the rows themselves.

A framework holds bytes under keys. The rows stay in memory as objects and are written through: after each fold every row
that was touched and the ids that were accepted go to the framework's state, numbered, so that `Kept.load` finds them again
by counting; all that one record changed is one entry of the state, which costs these frameworks least. That is less than
a worker of ours keeps: no events, no refusals, no alerts' history, no outbox, and of the city's reserves each key its own
part.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from alerts.catalogue import load
from alerts.engine import Engine
from ledger.books import Books, Row
from ledger.identity import SeenIds
from ledger.process import Context, Effects, process
from ledger.registry import Registry, parse
from tests.bench.peers.packing import pack_ids, pack_row, pack_year, put, unpack_ids, unpack_row, unpack_year


class Counted(msgspec.Struct):
    """What a process has done; all of them together must come to what `replay` comes to."""

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    """By the clock on the wall, in seconds: when the first record came and when the last was done."""
    cpu: float = 0.0
    """Processor seconds since the first record, where the process ends by itself."""

    def add(self, effects: Effects) -> None:
        """Count what came of records."""
        self.read += effects.read
        self.accepted += effects.accepted
        self.duplicate += len(effects.duplicates)
        self.refused += len(effects.refusals)

    def tell(self) -> None:
        """Say it, for whoever measures."""
        sys.stdout.write(msgspec.json.encode(self).decode() + "\n")
        sys.stdout.flush()


class Core:
    """Books, ids and rules, with the register of a city."""

    def __init__(self, registry: Registry, judge: Engine) -> None:
        self.registry, self.judge = registry, judge
        self.books = Books()
        self.seen = SeenIds()
        self.lines: list[bytes] = []
        self._context = Context(registry.agencies, self.seen, judge, self.lines.__getitem__)

    @classmethod
    def of(cls, registry: Path) -> Core:
        """A core with nothing folded, of a register's file."""
        gc.set_threshold(50_000, 50, 50)
        return cls(parse(registry.read_bytes(), str(registry)), Engine(load()))

    def another(self) -> Core:
        """One with books of its own, by the same rules and register."""
        return Core(self.registry, self.judge)

    def fold(self, lines: Sequence[bytes]) -> Effects:
        """Fold events that follow one another."""
        first = len(self.lines)
        self.lines += lines
        return process(first, lines, self.books, self._context)


class Kept:
    """What of one agency's year is kept under which name: the year `y`, its rows `r0`, `r1` …, its ids `i0`, `i1` …"""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._rows: list[Row] = []
        self._runs = 0
        self.bundles = 0
        """How many entries of the state hold what single records changed."""

    def changed(self, effects: Effects, seen: SeenIds, before: int) -> Iterator[tuple[str, bytes]]:
        """The entries that a fold changed; `before` is how many ids were remembered before it."""
        year = effects.touched[0][0]
        for key, row in {id(row): row for _, rows in effects.touched for row in rows if row is not year}.items():
            number = self._numbers.get(key)
            if number is None:
                number = self._numbers[key] = len(self._rows)
                self._rows.append(row)
            yield f"r{number}", pack_row(row)
        if len(seen) > before:
            self._runs += 1
            yield f"i{self._runs - 1}", pack_ids(seen, before)
        yield "y", b"%d %d %b" % (len(self._rows), self._runs, pack_year(year))

    @classmethod
    def load(cls, core: Core, get: Callable[[str], bytes | None]) -> Kept:
        """What a framework's state holds of an agency's year, put into the core again."""
        kept, packed = cls(), get("y")
        kept.bundles = int(get("n") or 0)
        if packed is None:
            return kept
        rows, runs, of_year = packed.split(b" ", 2)
        kept._runs = int(runs)
        year = unpack_year(of_year, core.registry.agencies)
        core.books.add(year)
        for number in range(int(rows)):
            row = unpack_row(_there(get(f"r{number}")))
            kept._numbers[id(row)] = number
            kept._rows.append(row)
            put(core.books, year, row)
        for number in range(kept._runs):
            unpack_ids(core.seen, _there(get(f"i{number}")))
        return kept


class Hosted:
    """Books whose every change is written through to a framework's state, one agency's year a key."""

    def __init__(self, registry: Path) -> None:
        self._first = Core.of(registry)
        self.counted = Counted()
        self._kept: dict[bytes, tuple[Core, Kept]] = {}

    def fold(
        self, key: bytes, lines: Sequence[bytes], get: Callable[[str], bytes | None], keep: Callable[[str, bytes], None]
    ) -> None:
        """Fold the events of a record into the state that `get` and `keep` reach."""
        if not self.counted.first_at:
            self.counted.first_at = time.time()
            self.counted.tell()
        found = self._kept.get(key)
        if found is None:
            core = self._first.another()
            found = self._kept[key] = core, Kept.load(core, bundled(get))
        core, kept = found
        before = len(core.seen)
        effects = core.fold(lines)
        self.counted.add(effects)
        self.counted.last_at = time.time()
        if effects.touched:
            entries = list(kept.changed(effects, core.seen, before))
            keep(f"e{kept.bundles}", msgspec.msgpack.encode(entries))
            kept.bundles += 1


def bundled(get: Callable[[str], bytes | None]) -> Callable[[str], bytes | None]:
    """Entries as they stand after all bundles, by their names; and how many bundles there are, as `n`."""
    found: dict[str, bytes] = {}
    number = 0
    while (packed := get(f"e{number}")) is not None:
        found.update(msgspec.msgpack.decode(packed))
        number += 1
    found["n"] = str(number).encode()
    return found.get


def _there(found: bytes | None) -> bytes:
    assert found is not None, "entries are numbered without a gap"
    return found
