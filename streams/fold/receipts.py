"""What is told of lines once they are folded, judged and committed (see `producers.gateway`).

What became of a line is found in the effects where it was folded here, and in the store where a worker did it; how it is
told is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from alerts.subjects import alert_id
from alerts.trial import ReadingBooks
from ledger.admission import read
from ledger.books import Books
from ledger.events import AppropriationEnacted, BudgetAdopted, Event
from ledger.process import Effects, Transition
from ledger.receipt import NOTHING_AFTER, AlertChange, ComesAfter, Outcome, warnings_of
from ledger.refusals import Reason, kept_words
from streams.store import Store, schema
from streams.store.batch import Run
from streams.store.segments import unpack_digests

_AT_ONCE: Final = 500
_runs: Final = msgspec.json.Decoder(list[Run]).decode


class RefusedAs(NamedTuple):
    """The id that could be read of a refused event, why it was refused, and what is wrong."""

    id: str | None
    reason: Reason
    detail: str
    """In English, as the contract has it."""
    detail_zh: str


def _refused(number: int, found: RefusedAs) -> Outcome:
    return Outcome(number, found.id, "refused", found.reason, found.detail, found.detail_zh)


def _accepted(number: int, event: Event, changes: list[AlertChange], books: Books, after: ComesAfter) -> Outcome:
    warnings = warnings_of(event, books, after)
    return Outcome(number, event.id, "accepted", alerts=changes, warnings=warnings)


# ---------------------------------------------------------------- of a batch that was folded here


def of_effects(first_place: int, lines: Sequence[bytes], effects: Effects, books: Books) -> list[Outcome | None]:
    """The outcome of each line of a batch, in their order and not yet numbered; None for a blank one."""
    refused = {one.place: one.refusal for one in effects.refusals}
    duplicates = frozenset(effects.duplicates)
    changed: dict[str, list[AlertChange]] = {}
    for transition in effects.transitions:
        changed.setdefault(transition.by, []).append(alert_change(transition))
    events: dict[int, Event] = dict(zip(effects.places, effects.events, strict=True))
    together = Together({place: event for place, event in events.items() if place not in duplicates})
    outcomes: list[Outcome | None] = []
    for place, line in enumerate(lines, first_place):
        refusal = refused.get(place)
        if refusal is not None:
            words = refusal.detail.words
            outcomes.append(_refused(0, RefusedAs(refusal.id, refusal.reason, refusal.detail.text, words.zh)))
            continue
        event = events.get(place) or read(line)
        if event is None:
            outcomes.append(None)
            continue
        assert isinstance(event, Event), "a line that cannot be read is refused"
        if place in duplicates:
            outcomes.append(Outcome(0, event.id, "duplicate"))
        else:
            changes = changed.get(f"{event.agency}:{event.id}", [])
            outcomes.append(_accepted(0, event, changes, books, together.after(place, event)))
    return outcomes


def _whose(event: Event) -> tuple[int, str]:
    return event.fiscal_year, event.agency


class Together:
    """Adoptions and enactments among events that were accepted together, by their places, by agency and year."""

    def __init__(self, events: Mapping[int, Event]) -> None:
        self._adopted: dict[tuple[int, str], int] = {}
        self._enacted: dict[tuple[int, str], list[tuple[int, AppropriationEnacted]]] = {}
        for place, event in sorted(events.items()):
            if isinstance(event, BudgetAdopted):
                self._adopted.setdefault(_whose(event), place)
            elif isinstance(event, AppropriationEnacted):
                self._enacted.setdefault(_whose(event), []).append((place, event))

    def after(self, place: int, event: Event) -> ComesAfter:
        """What came after an event; of an adoption the enactments, of an enactment the adoption."""
        if isinstance(event, AppropriationEnacted):
            return ComesAfter(adopted=place < self._adopted.get(_whose(event), -1))
        if not isinstance(event, BudgetAdopted):
            return NOTHING_AFTER
        enacted: dict[str, int] = {}
        for at, one in self._enacted.get(_whose(event), ()):
            if at > place:
                enacted[one.line] = enacted.get(one.line, 0) + one.amount
        return ComesAfter(enacted=enacted)


def alert_change(transition: Transition) -> AlertChange:
    """A transition as receipts and watchers are told of it."""
    alert = transition.alert
    return AlertChange(alert_id(alert), alert.rule, alert.key, transition.change, alert.severity)


# ---------------------------------------------------------------- of records that a worker folded


class SentLine(msgspec.Struct):
    """A line on its way: its number in the post, and the record it is alone in."""

    number: int
    line: bytes
    partition: int
    offset: int


class Folded(msgspec.Struct, frozen=True):
    """What became of the one event of a record: accepted where it is new, else a duplicate, or refused."""

    place: int
    is_new: bool
    refused: RefusedAs | None = None


def of_store(store: Store, sent: Sequence[SentLine], reading: ReadingBooks) -> list[Outcome]:
    """The outcome of each line; all of them must be behind the marks, and in the books that are read."""
    by_partition: dict[int, list[SentLine]] = {}
    for one in sent:
        by_partition.setdefault(one.partition, []).append(one)
    became: dict[int, Folded] = {}
    for part, records in by_partition.items():
        of_part = folded(store.part(part), sorted(one.offset for one in records))
        became |= {one.number: of_part[one.offset] for one in records}
    events = {one.number: event for one in sent if isinstance(event := read(one.line), Event)}
    names = {
        number: (event.fiscal_year, f"{event.agency}:{event.id}")
        for number, event in events.items()
        if became[number].is_new
    }
    changes = changes_by(store, [name for _, name in names.values()])
    together = Together({number: events[number] for number in names})
    outcomes = []
    with reading() as books:
        for one in sent:
            of_line = became[one.number]
            if of_line.refused is not None:
                outcomes.append(_refused(one.number, of_line.refused))
                continue
            event = events[one.number]  # what cannot be read is refused
            if of_line.is_new:
                own, after = changes.get(names[one.number], []), together.after(one.number, event)
                outcomes.append(_accepted(one.number, event, own, books, after))
            else:
                outcomes.append(Outcome(one.number, event.id, "duplicate"))
    return outcomes


def folded(store: Store, offsets: Sequence[int]) -> dict[int, Folded]:
    """What became of records of one event each, by offset, ascending; all of them must be behind the partition's mark."""
    places: dict[int, int] = {}
    accepted: set[int] = set()
    rows = schema.segments.c
    wanted = (
        sa.select(rows.first_place, rows.record_counts, rows.ids)
        .where(rows.log == store.log, rows.partition == store.partition)
        .where(rows.next_offset > offsets[0], rows.first_offset <= offsets[-1])
    )
    with store.reading() as connection:
        for segment in connection.execute(wanted):
            places |= places_of(_runs(segment.record_counts), segment.first_place, offsets)
            accepted |= set(unpack_digests(segment.ids)[2])
        refused = _refusals(store, connection, sorted(places.values()))
    return {offset: Folded(place, place in accepted, refused.get(place)) for offset, place in places.items()}


def places_of(runs: Iterable[Run], first_place: int, offsets: Sequence[int]) -> dict[int, int]:
    """The place of the first line of each record of a batch that is asked for, by offset."""
    asked = frozenset(offsets)
    found: dict[int, int] = {}
    at = first_place
    for first, records, lines in runs:
        found |= {
            offset: at + (offset - first) * lines
            for offset in range(first, first + records)
            if lines and offset in asked
        }
        at += records * lines
    return found


def changes_by(store: Store, names: Sequence[str]) -> Mapping[tuple[int, str], list[AlertChange]]:
    """What events did to alerts, by fiscal year and `<agency>:<event id>`, in the order in which they did it."""
    history, alerts = schema.alert_history.c, schema.alerts.c
    wanted = sa.select(
        history.by, history.alert, history.change, history.severity, alerts.rule, alerts.key, alerts.fiscal_year
    ).join(schema.alerts, alerts.id == history.alert)
    found: dict[tuple[int, str], list[AlertChange]] = {}
    with store.reading() as connection:
        for some in _parts(names):
            for row in connection.execute(wanted.where(history.by.in_(some)).order_by(history.n)):
                change = AlertChange(row.alert, row.rule, row.key, row.change, row.severity)
                found.setdefault((row.fiscal_year, row.by), []).append(change)
    return found


def _refusals(store: Store, connection: sa.Connection, places: Sequence[int]) -> dict[int, RefusedAs]:
    rows = schema.refusals.c
    own = sa.select(rows.place, rows.reason, rows.detail, rows.id, rows.code, rows.facts).where(
        rows.log == store.log, rows.partition == store.partition
    )
    found: dict[int, RefusedAs] = {}
    for some in _parts(places):
        for row in connection.execute(own.where(rows.place.in_(some))):
            facts = {} if row.facts is None else msgspec.json.decode(row.facts)
            words = kept_words(row.code, facts, row.detail)
            found[row.place] = RefusedAs(row.id, row.reason, row.detail, words.zh)
    return found


def _parts(values: Sequence[object]) -> Iterable[Sequence[object]]:
    return (values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE))
