"""How fast `replay` folds, beside the bare decoding of the same bytes, and what it keeps in memory.

`make bench`, or `python -m tests.bench.replay [--events 300000,3000000] [--rounds 5]`; a year of 3,000,000 events over
100,000 lines alone: `python -m tests.bench.replay --events 3000000 --rounds 1`.

For each size a simulated year is made once, then decoding and replay take turns in processes of their own, and the table
shows the median with the least and the most. Decoding means:
every line into a fully constrained struct, and one dictionary entry for its id.

Memory is counted object by object (as the allocator rounds them), each once: a line is its position and object with all
that hangs on them and its share of the tables that find it; a reference likewise. No movement leaves an object of its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from rich.console import Console
from rich.table import Table

from ledger.books import Books
from ledger.codes import KNOWN_LINES
from producers.simulator import line_count_for, registry_csv, simulate


def constrained() -> Any:
    """Every event type with all its constraints in the decoder: texts, days, instants and line codes by pattern too.

    The program itself checks those by tables and once a line (see `ledger.admission`).
    """
    from ledger import events

    def pattern(text: str) -> msgspec.Meta:
        return msgspec.Meta(pattern=text)

    by_pattern: dict[Any, Any] = {
        events.Text: Annotated[events.Text, pattern(r"^[^\x00-\x1f\x7f]*\Z")],
        events.Note: Annotated[events.Note, pattern(r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*\Z")],
        events.Day: Annotated[events.Day, pattern(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")],
        events.Instant: Annotated[events.Instant, pattern(r"^[0-9-]{10}T[0-9:]{8}(\.[0-9]+)?(Z|[+-][0-9:]{5})\Z")],
        events.LineCode: Annotated[events.LineCode, pattern(r"^[0-9A-Za-z]{10,11}/(current|capital)/[0-9]{4}\Z")],
    }

    def exact(hint: Any) -> Any:
        if hint in by_pattern:
            return by_pattern[hint]
        if get_origin(hint) is Union or isinstance(hint, UnionType):
            return Union[tuple(exact(part) for part in get_args(hint))]
        return hint

    kinds = []
    for kind in events.EVENTS:
        hints = get_type_hints(kind, include_extras=True)
        fields: list[Any] = [
            (field.name, exact(hints[field.name]), *(() if field.required else (field.default,)))
            for field in msgspec.structs.fields(kind)
        ]
        tag = kind.__struct_config__.tag
        kinds.append(
            msgspec.defstruct(
                kind.__name__, fields, tag_field="type", tag=tag, forbid_unknown_fields=True, kw_only=True, gc=False
            )
        )
    return Union[tuple(kinds)]


def decode(events: Path, _: Path) -> dict[str, float]:
    """The bar: constrained structs and one dictionary entry each."""
    read, seen, count = msgspec.json.Decoder(constrained()).decode, {}, 0
    start = time.process_time()
    with events.open("rb") as lines:
        for line in lines:
            count += 1
            try:
                seen[read(line).id] = count
            except msgspec.ValidationError:
                continue
    return {"events": count, "seconds": time.process_time() - start}


def bytes_held(roots: Iterable[object]) -> int:
    """Bytes of everything reached from some objects, each counted once; types and small integers are nobody's."""
    counted: dict[int, object] = {}
    held, waiting = 0, list(roots)
    while waiting:
        one = waiting.pop()
        if id(one) in counted or one is None or isinstance(one, bool | type):
            continue
        if isinstance(one, int) and -5 <= one <= 256:
            continue
        counted[id(one)] = one
        held += -(-sys.getsizeof(one) // 16) * 16
        if isinstance(one, msgspec.Struct):
            waiting += msgspec.structs.astuple(one)
        elif isinstance(one, dict):
            waiting += one.keys()
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return held


def memory(books: Books) -> dict[str, float]:
    """Bytes a line and a reference, and how many references there are."""
    years = list(books.agency_years())
    lines = sum(len(year.positions) for year in years)
    references = [kind for year in years for kind in (year.commitments, year.payables, year.prepayments)]
    count = sum(map(len, references))
    of_lines = [part for year in years for part in (year.positions, year.objects)]
    return {
        "lines": lines,
        "line_bytes": (bytes_held(of_lines) + sys.getsizeof(KNOWN_LINES)) / max(1, lines),
        "references": count,
        "reference_bytes": bytes_held(references) / max(1, count),
    }


def replay(events: Path, registry: Path) -> dict[str, float]:
    """Decode, admit, fold, all rules, time rules."""
    from alerts.catalogue import load
    from ledger.registry import parse
    from streams.files import EventFiles
    from streams.replay import fold

    known, catalogue = parse(registry.read_bytes(), "agencies.csv"), load()
    gc.set_threshold(50_000, 50, 50)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    with EventFiles([str(events)]) as files:
        replayed = fold(files, known, catalogue)
    seconds = time.process_time() - start
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "events": replayed.counts.read,
        "seconds": seconds,
        "ids": len(replayed.seen),
        "id_bytes": replayed.seen.bytes_held() / max(1, len(replayed.seen)),
        "mib": kib / 1024,
        **memory(replayed.books),
    }


def measure(kind: str, events: Path, registry: Path) -> dict[str, float]:
    """One run in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.replay", "--run", kind, str(events), str(registry)]
    done = subprocess.run(command, capture_output=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def spread(values: list[float], form: str) -> str:
    """Median (least to most)."""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def main() -> None:
    """Measure and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", default="300000,3000000")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--run", nargs=3, metavar=("KIND", "EVENTS", "REGISTRY"))
    chosen = arguments.parse_args()
    if chosen.run:
        kind, events, registry = chosen.run
        sys.stdout.write(json.dumps({"decode": decode, "replay": replay}[kind](Path(events), Path(registry))))
        return
    table = Table(title="replay against bare decoding, one core; median (least to most)")
    for column in ("events", "lines", "decode events/s", "replay events/s", "ratio", "growth MiB"):
        table.add_column(column, justify="right")
    held = Table(title="kept in memory, bytes")
    for column in ("events", "a line", "an id", "references", "a reference", "references an event"):
        held.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        registry = Path(folder) / "agencies.csv"
        registry.write_text(registry_csv(), encoding="utf-8")
        for size in map(int, chosen.events.split(",")):
            events = Path(folder) / f"{size}.ndjson"
            with events.open("wb") as target:
                target.writelines(simulate(114, 1, size, lines=line_count_for(size)))
            pairs = [
                (measure("decode", events, registry), measure("replay", events, registry)) for _ in range(chosen.rounds)
            ]
            last = pairs[-1][1]
            table.add_row(
                f"{size:,}",
                f"{last['lines']:,}",
                spread([one["events"] / one["seconds"] for one, _ in pairs], ",.0f"),
                spread([two["events"] / two["seconds"] for _, two in pairs], ",.0f"),
                spread([two["seconds"] / one["seconds"] for one, two in pairs], ".2f"),
                f"{last['mib']:.0f}",
            )
            held.add_row(
                f"{size:,}",
                f"{last['line_bytes']:,.0f}",
                f"{last['id_bytes']:.1f}",
                f"{last['references']:,}",
                f"{last['reference_bytes']:,.0f}",
                f"{last['references'] * last['reference_bytes'] / last['ids']:.0f}",
            )
    Console(width=150).print(table, held)


if __name__ == "__main__":
    main()
