"""`rebuild --dry-run`: what a rebuild would change, folded in memory beside a store that stays as it is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from ledger.admission import belongs_to
from ledger.books import Alert
from ledger.json_text import Malformed, parse_object
from ledger.registry import Registry
from producers.kafka.connection import Connection
from producers.kafka.wire import EVENTS
from streams.errors import OlderSchema
from streams.log.history import History, Progress, Source, done
from streams.log.segments import Segments
from streams.people.earlier import unmeasured_acts
from streams.people.overlay import acknowledgement_of, is_closed, is_measured, lapsed
from streams.people.trail import ACKNOWLEDGE, CLOSE, MEASURED, REOPEN, TrailEntry, acts_of_kinds
from streams.store import Store, open_store, queries, schema
from streams.store.alerts import alert_of
from streams.store.loading import load_books
from streams.store.mark import mark_of
from streams.store.scratch import scratch_copy
from streams.store.segments import seen_ids
from streams.upkeep.backup import copy_store
from streams.upkeep.changes import (
    ActLost,
    ChangedOutcome,
    Preview,
    alerts_changed,
    figures_changed,
    positions_by_key,
    reserves_by_key,
)
from streams.upkeep.refolded import Refolded, RefoldedPart

_DUPLICATE, _ACCEPTED, _REFUSED = 0, 1, 2


def preview(
    store: Path, registry: Registry, catalogue: Catalogue, today: str, progress: Progress = lambda _: None
) -> Preview:
    """What `rebuild` would change of a data folder's store, which may be an earlier version's and in use."""
    with (
        tempfile.TemporaryDirectory(prefix=f".{store.name}-", dir=store.parent) as folder,
        _opened(store, Path(folder) / "copy.db") as opened,
        opened.at_one_moment() as moment,
    ):
        return _changes(moment, Segments(moment), registry, catalogue, today, progress)


def preview_topic(
    url: str,
    connection: Connection,
    registry: Registry,
    catalogue: Catalogue,
    today: str,
    progress: Progress = lambda _: None,
) -> Preview:
    """What `rebuild` would change of the workers' store, from the topic; they go on meanwhile."""
    from streams.log.topic import opened  # noqa: PLC0415  # an embedded monitor needs no Kafka

    with opened(connection) as topic, _opened_url(url) as store, topic.store(store).at_one_moment() as moment:
        return _changes(moment, topic, registry, catalogue, today, progress)


@contextmanager
def _opened(path: Path, copy: Path) -> Iterator[Store]:
    """A store, or a copy of an earlier version's brought to this schema."""
    try:
        found = open_store(path, read_only=True)
    except OlderSchema:
        copy_store(path, copy)
        found = open_store(copy, create=True, begins_trail=False)
    try:
        yield found
    finally:
        found.close()


@contextmanager
def _opened_url(url: str) -> Iterator[Store]:
    try:
        found = open_store(url, log=EVENTS, read_only=True)
    except OlderSchema:
        with scratch_copy(url, EVENTS) as copied:
            yield copied
        return
    try:
        yield found
    finally:
        found.close()


def _changes(
    store: Store, source: Source, registry: Registry, catalogue: Catalogue, today: str, progress: Progress
) -> Preview:
    source.check(store)
    folded = Refolded(store, registry, catalogue)
    folded.follow(History(source), done(store), None, progress)
    with store.reading() as connection:
        books = load_books(connection)
        kept = {row.id: alert_of(row) for row in connection.execute(sa.select(schema.alerts))}
    return Preview(
        as_of=today,
        lines=sum(part.mark.place for part in folded.parts.values()),
        outcomes=[change for _, part in sorted(folded.parts.items()) for change in _outcomes(part, folded)],
        positions=figures_changed(positions_by_key(books, today), positions_by_key(folded.books, today)),
        reserves=figures_changed(reserves_by_key(books), reserves_by_key(folded.books)),
        alerts=list(alerts_changed(kept, folded.alerts, several=store.partitions > 1)),
        acts=list(_acts(store, kept, folded, catalogue, today)),
    )


def _outcomes(part: RefoldedPart, folded: Refolded) -> Iterator[ChangedOutcome]:
    """By place; lines are read again only where they differ."""
    store, number = part.store, part.store.partition
    rows = schema.refusals.c
    with store.reading() as connection:
        wanted = sa.select(rows.place, rows.reason).where(*store.own(schema.refusals))
        refused = {row.place: row.reason for row in connection.execute(wanted)}
    refolded = {place: found.reason for (partition, place), found in folded.refusals.items() if partition == number}
    lines = max(part.mark.place, mark_of(store).place)
    before = _by_place(lines, seen_ids(store).since(0)[2], refused)
    after = _by_place(lines, part.seen.since(0)[2], refolded)
    for place in range(lines):
        if before[place] != after[place] or refused.get(place) != refolded.get(place):
            one, other = _outcome(before[place], refused, place), _outcome(after[place], refolded, place)
            yield ChangedOutcome(number, place, *_whose(store, place), one, other)


def _by_place(lines: int, accepted: Any, refused: Mapping[int, str]) -> bytearray:
    found = bytearray(lines)
    for place in accepted:
        found[place] = _ACCEPTED
    for place in refused:
        found[place] = _REFUSED
    return found


def _outcome(code: int, refused: Mapping[int, str], place: int) -> str:
    return refused[place] if code == _REFUSED else "accepted" if code == _ACCEPTED else "duplicate"


def _whose(store: Store, place: int) -> tuple[int | None, str | None, str | None]:
    try:
        event = parse_object(store.recall(place))
    except Malformed:
        return None, None, None
    name = event.get("id")
    return *belongs_to(event), name if isinstance(name, str) else None


def _acts(
    store: Store, before: Mapping[str, Alert], folded: Refolded, catalogue: Catalogue, today: str
) -> Iterator[ActLost]:
    by_alert: dict[str, list[TrailEntry]] = {}
    for act in acts_of_kinds(store, ACKNOWLEDGE, MEASURED, CLOSE, REOPEN):
        by_alert.setdefault(act.subject, []).append(act)
    to_measure = {act.n for act in unmeasured_acts(store)}
    openings = queries.openings(store, by_alert)
    for name, acts in sorted(by_alert.items(), key=lambda item: item[1][-1].n):
        stands, would = before.get(name), folded.alerts.get(name)
        if stands is None:
            continue
        if is_closed(acts):
            if would is None:
                last = next(act for act in reversed(acts) if act.kind == CLOSE)
                yield ActLost(name, CLOSE, last.person, last.at, "gone")
            continue
        given = acknowledgement_of(acts)
        if given is None or stands.state != "open":
            continue
        counts = (
            today < given.after["due_on"]
            if given.n in to_measure  # the first version knew no other reason but one of its own
            else lapsed(stands, given, catalogue, today, openings.get(name, 1)) is None
        )
        why = _why(name, would, given, folded, catalogue, today)
        if counts and why is not None:
            yield ActLost(name, ACKNOWLEDGE, given.person, given.at, why)


def _why(
    name: str, would: Alert | None, given: TrailEntry, folded: Refolded, catalogue: Catalogue, today: str
) -> str | None:
    if would is None:
        return "gone"
    if would.state != "open":
        return "resolved"
    if not is_measured(given):
        measured = folded.measured.get(given.n)
        if measured is not None:
            given = msgspec.structs.replace(given, after=given.after | measured)
    return lapsed(would, given, catalogue, today, folded.openings(name))
