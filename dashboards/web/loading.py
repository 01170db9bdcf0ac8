"""What is done with an uploaded file, step by step: read apart, compared with what was taken, tried, and taken in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from alerts.trial import StoodUnder, trial
from dashboards.web.drafts import Came, Differing, FileDraft
from dashboards.web.loaded_lists import list_kind, look_at_list, said, take_list
from dashboards.web.loaded_reports import as_taken, part_of_report, unkept
from ledger.names import NamesProblem
from ledger.payments import PaymentsSeen
from ledger.registry import RegistryProblem
from ledger.words import Words, alike
from producers.gateway import Feeder, misdirected
from producers.imported import placed
from producers.output_file import replacing
from producers.tables.apart import EVENTS, NotRead, TableJob, read_apart
from producers.tables.brought_names import brought_names
from producers.tables.corrections import compare
from producers.tables.sentences import sentence
from streams.log.taken_before import corrections_of, key_in, taken_under
from streams.monitor import Busy, Monitor, Unavailable
from streams.people.acts import record_by
from streams.people.files import NAMES_TAKEN, file_taken, keep_file
from streams.people.person import Person
from streams.store.segments import all_payments

if TYPE_CHECKING:
    from producers.tables.name_lists import ListKind, MergedNames


class PersonFeeder(msgspec.Struct, frozen=True):
    """A person as the gateway asks of whoever sends (`producers.gateway.Feeder`)."""

    id: str
    name: str
    roles: Sequence[str]
    agencies: frozenset[str] | None
    city_reserves: bool
    event_types: frozenset[str] | None = None


def feeder_of(person: Person) -> PersonFeeder:
    """What a person may send: the events of their own scope."""
    scope = person.scope
    return PersonFeeder(person.credential_id, person.name, person.roles, scope.agencies, scope.reserves)


CHUNK_LINES: Final = 20_000
"""Sent at once, and so committed together where the log is embedded; a longer file says how far it is."""
LINES_MAX: Final = 400_000
REFUSED_KEPT: Final = 1_000
_READING, _COMPARING, _TRYING = 0.6, 0.1, 0.3
"""How much of the time each takes, about."""


def look_through(monitor: Monitor, feeder: Feeder, draft: FileDraft) -> None:
    """Find out what would come of a file. Nothing is recorded."""
    draft.problems, draft.read, draft.trial, draft.share = [], None, None, 0.0
    draft.events = draft.same = 0
    draft.differing, draft.foreign = [], []
    lines = _events_lines(draft) if draft.is_events else _table_lines(draft)
    if draft.problems or lines is None:
        draft.state = "read"
        return
    draft.share = _READING
    if draft.is_list:
        _look_at_list(monitor, feeder, draft)
        draft.state = "read"
        return
    keys = [key_in(line) for line in lines]
    known = {key for key in keys if key is not None}
    draft.agencies = sorted({agency for _, agency, _ in known})
    if _is_others(feeder, draft, lines):
        draft.state = "read"
        return
    stood = taken_under(monitor.store, known)
    if not draft.is_events:
        lines = _compared(monitor, draft, lines, list(stood.values()))
    draft.share += _COMPARING
    draft.lacking = [agency for agency in draft.agencies if agency not in monitor.registry.agencies]
    draft.names = {
        kind: ([said(row) for row in found.added], [f"{said(was)} → {said(now)}" for was, now in found.changed])
        for kind, found in _names(monitor, feeder, draft).items()
        if found.added or found.changed
    }
    draft.lines_path.write_bytes(b"".join(line + b"\n" for line in lines))
    draft.events, draft.unkept = len(lines), unkept(monitor.store, draft)

    def done(count: int) -> None:
        draft.share = _READING + _COMPARING + _TRYING * count / len(lines)

    with monitor.replica.reading() as books:
        payments = books.payments
    draft.trial = trial(
        lines,
        {(year, agency) for year, agency, _ in known if agency in monitor.registry.agencies},
        monitor.replica.reading,
        monitor.registry.agencies,
        monitor.catalogue,
        payments if isinstance(payments, PaymentsSeen) else all_payments(monitor.store),
        [StoodUnder(*key, line) for key, line in stood.items()],
        done,
    )
    draft.share, draft.state = 1.0, "read"


def _look_at_list(monitor: Monitor, feeder: Feeder, draft: FileDraft) -> None:
    kind = list_kind(draft)
    if kind is None:
        return
    try:
        look_at_list(monitor, draft, kind, whole=feeder.agencies is None)
    except (OSError, NamesProblem, RegistryProblem) as error:  # what stands in the file cannot be used
        draft.problems = [alike(str(error))]


def _events_lines(draft: FileDraft) -> list[bytes] | None:
    text = draft.path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    if _has_too_many(draft, text):
        return None
    lines = [line.removesuffix(b"\r") for line in text.split(b"\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    if not any(line.strip() for line in lines):
        draft.problems = [placed(sentence("is empty"), draft.name)]
    return lines


def _has_too_many(draft: FileDraft, text: bytes) -> bool:
    """Whether there are more lines than are looked at; told before any is made an object, which would take a gigabyte."""
    if text.count(b"\n") <= LINES_MAX:
        return False
    draft.problems = [placed(sentence("has more than {:,} lines; split it", LINES_MAX), draft.name)]
    return True


def _table_lines(draft: FileDraft) -> list[bytes] | None:
    """The events that a table leads to; None where something is wrong, or has to be given first."""
    job = TableJob(draft.name, str(draft.path), str(draft.folder), draft.choice)

    def done(share: float) -> None:
        draft.share = _READING * share

    try:
        draft.read = read_apart(job, done)
    except NotRead as error:
        draft.problems = [placed(error.words, draft.name)]
        return None
    draft.problems = draft.read.problems
    if draft.read.listed:
        return []
    if not draft.read.kinds:
        return None
    text = (draft.folder / EVENTS).read_bytes()
    return None if _has_too_many(draft, text) else text.split(b"\n")[:-1]


def _is_others(feeder: Feeder, draft: FileDraft, lines: list[bytes]) -> bool:
    """Whether the file holds events, or monthly reports, that are not its sender's to send."""
    draft.foreign = misdirected(feeder, lines)
    reports = [] if draft.read is None else draft.read.reports
    others = sorted({each.agency for each in reports if feeder.agencies is not None} - set(feeder.agencies or ()))
    if others:
        said = "、".join(others)
        draft.problems = [
            Words(
                f"{draft.name}：月報之機關 {said} 非所屬",
                f"{draft.name}: reports of {', '.join(others)}, which are not yours",
            )
        ]
    return bool(draft.foreign or others)


def _compared(monitor: Monitor, draft: FileDraft, lines: list[bytes], stood: list[bytes]) -> list[bytes]:
    """What is new of a table's events, and corrections of what differs where they are wanted."""
    corrections_before = corrections_of(monitor.store, map(msgspec.json.decode, stood))
    cumulative = draft.read is not None and draft.read.is_cumulative
    found = compare(lines, [*stood, *corrections_before], cumulative=cumulative)
    draft.same = found.same
    for each in found.conflicts:
        names = [name for name in each.now if each.was.get(name) != each.now[name] and name not in ("id", "note")]
        said = "; ".join(f"{name} {each.was.get(name)} → {each.now[name]}" for name in names)
        what = f"{each.now['agency']} {each.now.get('line', '')} {each.now['type']}"
        draft.differing.append(Differing(what, said, bool(each.corrections)))
    corrections = [line for each in found.conflicts for line in each.corrections] if draft.with_corrections else []
    return [line.rstrip(b"\n") for line in (*found.new, *corrections)]


def _names(monitor: Monitor, feeder: Feeder, draft: FileDraft) -> dict[ListKind, MergedNames]:
    """The names that a table brings, where its sender may give names: they are the whole city's."""
    if draft.read is None or monitor.settings is None or feeder.agencies is not None:
        return {}
    kinds: tuple[ListKind, ...] = ("accounts", "objects")
    files = {kind: _content(monitor.settings / f"{kind}.csv") for kind in kinds}
    known = monitor.names().objects
    objects = {code: name for code, name in draft.read.objects.items() if code not in known}
    return brought_names([], draft.read.accounts, objects, files)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _take_names(monitor: Monitor, person: Person, draft: FileDraft, came: Came) -> None:
    """Add the names that are new to the city's files; pages have them at once."""
    for kind, found in _names(monitor, feeder_of(person), draft).items():
        if not found.added or monitor.settings is None:
            continue
        with replacing(str(monitor.settings / f"{kind}.csv")) as out:
            out.write(found.content)
        came.named[kind] = len(found.added)
    if came.named:
        record_by(
            monitor.store, person, NAMES_TAKEN, str(draft.number), None, {"file": draft.name, "added": came.named}
        )


def take_in(monitor: Monitor, person: Person, draft: FileDraft) -> None:
    """Keep the file, and send its events; where that stops, it goes on from there when it is asked for again."""
    lines = [] if draft.is_list else draft.lines()
    if _is_others(feeder_of(person), draft, lines):  # whose they may send can have changed since it was looked through
        draft.state = "read"
        return
    if draft.number is None:
        name = "events" if draft.read is None else draft.read.name
        choice = {
            "name": name,
            "events": len(lines),
            "given": draft.choice.given,
            "sheet": draft.choice.sheet,
            "text": "" if draft.read is None else draft.read.text,
            "corrections": draft.with_corrections,
        }
        draft.number = keep_file(
            monitor.store,
            person,
            draft.name,
            draft.path.read_bytes(),
            draft.agencies,
            choice,
        )
        draft.came = Came()
    came = draft.came or Came()
    came.trouble, draft.state = "", "taking"
    while came.sent < len(lines):
        part = lines[came.sent : came.sent + CHUNK_LINES]
        try:
            _note(came, part, monitor, f"page:{person.name}:{draft.name}"[:200])
        except (Busy, Unavailable) as error:
            came.trouble, draft.state = str(error), "read"
            return
        draft.share = came.sent / len(lines)
    kind = list_kind(draft)
    if draft.with_names and not came.named:
        try:
            if kind is None:
                _take_names(monitor, person, draft, came)
            else:
                take_list(monitor, person, draft, kind, came)
        except (OSError, NamesProblem, RegistryProblem) as error:  # its events are in: what names are missing is told
            draft.problems = [alike(str(error))]
    counts = {"accepted": came.accepted, "duplicate": came.duplicate, "refused": came.refused_count}
    file_taken(monitor.store, person, draft.number, draft.name, counts, as_taken(draft, came))
    draft.share, draft.state = 1.0, "taken"


def _note(came: Came, part: Sequence[bytes], monitor: Monitor, origin: str) -> None:
    outcomes = monitor.replica.submit(list(part), origin, came.sent + 1).result()
    kinds = Counter(outcome.outcome for outcome in outcomes)
    came.accepted += kinds["accepted"]
    came.duplicate += kinds["duplicate"]
    came.refused_count += kinds["refused"]
    for outcome in outcomes:
        if outcome.outcome == "refused" and len(came.refused) < REFUSED_KEPT:
            said = outcome.detail or outcome.reason or ""
            came.refused.append((outcome.line, outcome.id or "", outcome.detail_zh or said, said))
            came.untaken += part_of_report(part[outcome.line - came.sent - 1], came.refused[-1])
        for change in outcome.alerts:
            if change.change == "opened":
                came.opened[change.rule] = came.opened.get(change.rule, 0) + 1
    came.sent += len(part)
