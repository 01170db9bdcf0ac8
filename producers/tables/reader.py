"""The process in which a table is read for the page (see `producers.tables.apart`): `python -P -m producers.tables.reader`.

The job as JSON on standard input; what came of it as MessagePack on standard output, the events in a file.
"""

from __future__ import annotations

import contextlib
import io
import resource
import sys
from collections import Counter
from importlib import resources
from pathlib import Path

import msgspec
from python_calamine import CalamineError, load_workbook

from ledger.words import Words
from producers.imported import Imported, ImportProblem, ImportProblems
from producers.tables.apart import (
    EVENTS,
    MEMORY_BYTES_MAX,
    PROGRESS,
    SECONDS_MAX,
    TableChoice,
    TableJob,
    TableRead,
    UnmappedRow,
)
from producers.tables.events import events_of
from producers.tables.mapping import Mapping, asked_of, parse_mapping, shipped, with_given
from producers.tables.name_lists import LIST_TITLES, list_named, rows_in
from producers.tables.opening import FileKind, kind_of
from producers.tables.sentences import sentence
from producers.tables.sheet import sheet_in
from producers.tables.suggesting import suggest


class _KindOfEvent(msgspec.Struct):
    type: str


_kind = msgspec.json.Decoder(_KindOfEvent).decode


def read_table(job: TableJob) -> TableRead:
    """Read it; what is wrong with it is in the answer."""
    found, choice, folder = TableRead(), job.choice, Path(job.folder)
    try:
        content = Path(job.path).read_bytes()
        kind = kind_of(content, job.file)
        found.sheets = _sheets(content, kind)
        list_kind = None if choice.text else list_named(choice.mapping)
        if list_kind is not None:
            found.name, found.title = choice.mapping, LIST_TITLES[list_kind]
            cells = sheet_in(content, kind, job.file, choice.sheet or None)
            found.listed = rows_in(cells, list_kind)
            found.rows_read, found.rows_mapped = cells.rows, len(found.listed)
            return found
        mapping = None if not (choice.mapping or choice.text) else _chosen(choice, found)
        cells = sheet_in(content, kind, job.file, choice.sheet or (mapping.sheet if mapping else None))
        del content
        if mapping is None:
            suggestion = suggest(cells)
            found.name, found.text, found.is_suggested = suggestion.name, suggestion.text, True
            found.replaced, found.missing = suggestion.replaced, suggestion.missing
            mapping = parse_mapping(suggestion.text, f"{suggestion.name}.yaml")
        found.title = mapping.title
        found.asked = asked_of(mapping)
        if found.missing or any(not choice.given.get(name, "").strip() for name, _ in found.asked):
            return found
        given = {name: choice.given[name].strip() for name, _ in found.asked}
        mapping = with_given(mapping, given, f"{found.name}.yaml")
        whole = cells.rows * len(mapping.events) or 1
        imported = events_of(cells, mapping, found.name, lambda done: _say(folder, done / whole))
    except ImportProblem as error:
        found.problems = _said(error)
        return found
    _tell(found, imported)
    with (folder / EVENTS).open("wb") as out:
        out.writelines(imported.events)
    return found


def _chosen(choice: TableChoice, found: TableRead) -> Mapping:
    """The mapping that was named or brought. Raises ImportProblem."""
    if choice.text:
        found.name, found.text = "own", choice.text
    elif choice.mapping in shipped():
        found.name = choice.mapping
        place = resources.files("producers.tables") / "mappings" / f"{choice.mapping}.yaml"
        found.text = place.read_text(encoding="utf-8")
    else:
        raise ImportProblem(
            sentence("is none of the mappings that ship: {}", ", ".join(shipped())), file=choice.mapping
        )
    return parse_mapping(found.text, f"{found.name}.yaml")


def _sheets(content: bytes, kind: FileKind) -> list[str]:
    if kind == "csv":
        return []
    with contextlib.suppress(CalamineError, OSError, ValueError):  # what is wrong with it is told where it is read
        return list(load_workbook(io.BytesIO(content)).sheet_names)
    return []


def _tell(found: TableRead, imported: Imported) -> None:
    found.encoding, found.rows = imported.encoding, imported.rows
    found.is_cumulative = imported.cumulative
    found.rows_read, found.rows_mapped = imported.rows_read, imported.rows_mapped
    found.kinds = dict(Counter(_kind(line).type for line in imported.events))
    found.sums, found.assumptions = imported.sums, imported.assumptions
    found.unmapped = [UnmappedRow(each.row, each.what, each.reason) for each in imported.unmapped]
    found.accounts, found.objects, found.agencies = imported.accounts, imported.objects, imported.registry
    found.reports = imported.reports


def _said(error: ImportProblem) -> list[Words]:
    """What is wrong, place by place."""
    each = error.shown if isinstance(error, ImportProblems) else [error]
    said = [one.words for one in each]
    if isinstance(error, ImportProblems) and error.count > len(said):
        more = f"{error.count - len(said):,}"
        said.append(Words(f"……另有 {more} 處", f"… and {more} more"))
    return said


def _say(folder: Path, share: float) -> None:
    with contextlib.suppress(OSError):
        (folder / PROGRESS).write_text(f"{share:.3f}")


def main() -> None:
    """Read the job, and answer."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS_MAX), int(SECONDS_MAX)))
    with contextlib.suppress(OSError), Path("/proc/self/oom_score_adj").open("w") as file:
        file.write("1000")  # where the machine's memory is out this process ends, not the monitor
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=TableJob)
    sys.stdout.buffer.write(msgspec.msgpack.encode(read_table(job)))


if __name__ == "__main__":
    main()
