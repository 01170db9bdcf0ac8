"""Lists of names on the page: work plans and objects are used at once; a register of agencies waits for a rebuild.

The register decides which events are refused, so that a store belongs to the one that it was folded with.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dashboards.web.drafts import Came, FileDraft
from ledger.words import Words
from producers.output_file import replacing
from producers.tables.name_lists import LISTS, ListKind, MergedNames, list_named, merge, written
from streams.monitor import Monitor
from streams.people.acts import record_by
from streams.people.files import NAMES_TAKEN
from streams.people.person import Person

NEXT_REGISTER: Final = "agencies-next.csv"
"""The register that a rebuild is to fold with."""


def list_kind(draft: FileDraft) -> ListKind | None:
    """Which list of names a file is; None where it is none."""
    return None if draft.read is None else list_named(draft.read.name)


def look_at_list(monitor: Monitor, draft: FileDraft, kind: ListKind, *, whole: bool) -> None:
    """Find out what a list would change; `whole`: whether its sender is confined to no agency."""
    if not whole or monitor.settings is None:
        draft.problems = [NOT_YOURS if not whole else NO_FOLDER]
        return
    found = _merged(monitor, draft, kind)
    added = [said(row) for row in found.added]
    draft.names = {kind: (added, [_differs(was, now) for was, now in found.changed])}
    draft.renamed = len(found.changed) if draft.with_corrections else 0


def take_list(monitor: Monitor, person: Person, draft: FileDraft, kind: ListKind, came: Came) -> None:
    """Write a list's names into the city's file; the register into one of its own, for the next rebuild."""
    found = _merged(monitor, draft, kind)
    if monitor.settings is None:
        return
    name = NEXT_REGISTER if kind == "agencies" else f"{kind}.csv"
    with replacing(str(monitor.settings / name)) as out:
        out.write(found.content)
    came.named[name.removesuffix(".csv")] = len(found.added) + draft.renamed
    counts = {"added": len(found.added), "changed": draft.renamed, "list": name}
    record_by(monitor.store, person, NAMES_TAKEN, str(draft.number), None, {"file": draft.name, "added": counts})


def _merged(monitor: Monitor, draft: FileDraft, kind: ListKind) -> MergedNames:
    path = (monitor.settings or Path()) / f"{kind}.csv"
    before = path.read_bytes() if path.exists() else None
    if before is None and kind == "agencies":
        before = _register(monitor)
    rows = [] if draft.read is None else draft.read.listed
    return merge(before, rows, kind, path.name, replace=draft.with_corrections)


def _register(monitor: Monitor) -> bytes:
    """The register in force as a file, where it lies elsewhere."""
    columns = LISTS["agencies"].columns
    rows = [
        {column: str(getattr(each, column) or "") for column in columns} for each in monitor.registry.agencies.values()
    ]
    return written(columns, rows)


def said(row: Mapping[str, str]) -> str:
    """A row of a list on a line."""
    return " ".join(value for value in row.values() if value)


def _differs(was: Mapping[str, str], now: Mapping[str, str]) -> str:
    changed = (f"{was.get(name) or '–'} → {now[name]}" for name in now if was.get(name) != now[name])
    return f"{next(iter(now.values()))}: {'; '.join(changed)}"


NOT_YOURS: Final = Words(
    "名冊及名稱為全市共用，僅職權及於全市者得匯入",
    "Registers and names are the whole city's: whoever is confined to some agencies loads none",
)
NO_FOLDER: Final = Words(
    "本監測未設定名稱資料夾（--settings），無處存放",
    "This monitor has no folder of names (--settings) to write them to",
)
