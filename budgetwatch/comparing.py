"""`import table` beside what was taken before: what is new, what differs, and corrections of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from budgetwatch.options import RefusedCommand
from budgetwatch.sources import opened_store

if TYPE_CHECKING:
    from producers.imported import Imported


def compared(imported: Imported, earlier: list[Path], data: Path | None, correct: bool) -> list[bytes]:
    """What is new beside what was taken before, corrections included where they are asked for."""
    from producers.tables.corrections import compare

    found = compare(imported.events, _lines_before(earlier, data), cumulative=imported.cumulative)
    sys.stderr.write(
        f"{len(found.new):,} events are new, {found.same:,} were taken before, {len(found.conflicts):,} differ\n"
    )
    for each in found.conflicts:
        differ = [name for name in each.now if each.was.get(name) != each.now[name] and name not in ("id", "note")]
        said = "; ".join(f"{name} {each.was.get(name)} → {each.now[name]}" for name in differ)
        by_hand = "" if each.corrections else " (correct it by hand)"
        sys.stderr.write(f"{each.now['agency']} {each.now.get('line', '')} {each.now['type']}: {said}{by_hand}\n")
    if found.conflicts and (not correct or not all(each.corrections for each in found.conflicts)):
        raise RefusedCommand(
            "nothing was written: rows differ from what was taken; --correct makes corrections of them"
        )
    return [*found.new, *(line for each in found.conflicts for line in each.corrections)]


def _lines_before(earlier: list[Path], data: Path | None) -> Iterator[bytes]:
    for path in earlier:
        with path.open("rb") as lines:
            yield from lines
    if data is not None:
        from streams.log.accepted import lines_of_store

        with opened_store(data, None, read_only=True) as store:
            for batch in lines_of_store(store):
                yield from batch
