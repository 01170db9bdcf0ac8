"""Files that people load on the page: kept as they came, with who, when and how they were read, under the trail."""

from __future__ import annotations

import hashlib
import itertools
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from ledger.monthly import MonthlyReport
from streams.people.acts import record_by
from streams.people.monthly_reports import keep_reports
from streams.people.person import Person
from streams.people.trail import acts_of_kinds
from streams.scope import Scope
from streams.store import Store, schema
from streams.store.times import now
from streams.store.under_trail import added_row

FILE_LOADED: Final = "file-loaded"
"""It is kept, and its events begin to be sent; subject: the file's number."""
FILE_TAKEN: Final = "file-taken"
"""All of its events were sent; what came of them stands in `after`."""
NAMES_TAKEN: Final = "names-taken"
"""Names that a file brought were added to the city's; subject: the file's number."""
_LEVEL: Final = 6


class LoadedFile(msgspec.Struct, frozen=True):
    """A file that was loaded."""

    n: int
    name: str
    digest: str
    person: str
    agencies: list[str]
    choice: dict[str, Any]
    at: str
    came: dict[str, int] | None = None
    """How many events were accepted, duplicates and refused; None: not all of them are known to be taken."""


def keep_file(
    store: Store,
    person: Person,
    name: str,
    content: bytes,
    agencies: Collection[str],
    choice: Mapping[str, Any],
) -> int:
    """Keep a file before its events are sent; its number."""
    digest = hashlib.sha256(content).hexdigest()
    values = {
        "name": name,
        "digest": digest,
        "person": person.name,
        "agencies": msgspec.json.encode(sorted(agencies)).decode(),
        "choice": msgspec.json.encode(choice).decode(),
        "content": zlib.compress(content, _LEVEL),
        "at": now(),
    }
    with store.writing() as connection:
        row = added_row(connection, schema.loaded_files, values)
        number = row[1]
        after = {"file": name, "digest": digest, "mapping": choice.get("name", "")}
        record_by(store.within(connection), person, FILE_LOADED, str(number), None, after, [row])
    return int(number)


def file_taken(
    store: Store, person: Person, number: int, name: str, came: Mapping[str, int], reports: Sequence[MonthlyReport] = ()
) -> None:
    """Write down that all events of a file were sent, and what came of them; keep its monthly reports as they were taken."""
    with store.writing() as connection:
        rows = keep_reports(connection, number, reports)
        after = {"file": name, "counts": dict(came)}
        record_by(store.within(connection), person, FILE_TAKEN, str(number), None, after, rows)


def loaded_files(store: Store, scope: Scope, limit: int = 200) -> list[LoadedFile]:
    """The files that hold nothing but what lies within a scope, the newest first."""
    files = schema.loaded_files.c
    columns = (files.n, files.name, files.digest, files.person, files.agencies, files.choice, files.at)
    with store.reading() as connection:
        rows = connection.execution_options(stream_results=True).execute(sa.select(*columns).order_by(files.n.desc()))
        within = (each for each in (_file(row, None) for row in rows) if _is_within(each, scope))
        found = list(itertools.islice(within, limit))
    came = {act.subject: _counts(act.after) for act in acts_of_kinds(store, FILE_TAKEN)}
    return [msgspec.structs.replace(each, came=came.get(str(each.n))) for each in found]


def kept_content(store: Store, number: int, scope: Scope) -> tuple[LoadedFile, bytes] | None:
    """A file as it came; None where there is none, or it is not within the scope."""
    files = schema.loaded_files
    with store.reading() as connection:
        row = connection.execute(sa.select(files).where(files.c.n == number)).one_or_none()
    if row is None:
        return None
    found = _file(row, None)
    return (found, zlib.decompress(row.content)) if _is_within(found, scope) else None


def _file(row: Any, came: dict[str, int] | None) -> LoadedFile:
    agencies, choice = msgspec.json.decode(row.agencies), msgspec.json.decode(row.choice)
    return LoadedFile(row.n, row.name, row.digest, row.person, agencies, choice, row.at, came)


def _counts(after: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = after["counts"]
    return found


def _is_within(found: LoadedFile, scope: Scope) -> bool:
    return all(scope.has_agency(agency) for agency in found.agencies) and bool(found.agencies or scope.whole)
