"""The fold: the only place where an event changes a figure.

`process` takes a batch of raw lines through admission, identity, references, effects and judgement, in that order, and
answers with what changed. It knows no file, clock, network or database: a caller loads the rows, and writes the effects
down or throws them away with the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeAlias

import msgspec

from ledger.admission import Admitted, Reason, Refusal, read
from ledger.books import AgencyYear, Alert, Books, Feed, Row
from ledger.effects import CHECKS, EFFECTS
from ledger.events import BUDGET_PAPERS, Event
from ledger.fiscal import booking_months, budget_window
from ledger.identity import SeenIds, content_hash, id_hash, seed_of
from ledger.registry import Agency

Recall: TypeAlias = Callable[[int], bytes]
"""Reads a stored event again by its place in the log."""


class Transition(msgspec.Struct, gc=False):
    """An alert opened, resolved, or changed in severity, by an event (or a day) and in this order."""

    alert: Alert
    change: str
    severity_before: str | None = None


class Judge(Protocol):
    """Judges the rules for what an accepted event touched."""

    def judge(self, year: AgencyYear, event: Event, touched: list[Row], transitions: list[Transition]) -> None:
        """Open, change and resolve alerts; append each transition."""


class Refused(msgspec.Struct, gc=False):
    """A refusal with the place of its line."""

    place: int
    refusal: Refusal


class Effects(msgspec.Struct):
    """What a batch did: counts, refusals, alert transitions, and the rows it touched."""

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    later: int = 0
    refusals: list[Refused] = []
    transitions: list[Transition] = []
    touched: set[Row] = set()


class Context(msgspec.Struct, frozen=True):
    """What the fold is given beside the rows: the register of agencies, the ids seen, the judge, and the log."""

    agencies: Mapping[str, Agency]
    seen: SeenIds
    judge: Judge
    recall: Recall
    as_of: str | None = None
    """Events booked after this day are left out."""


def process(batch: Iterable[tuple[int, bytes]], books: Books, context: Context) -> Effects:
    """Fold a batch of (place in the log, raw line); changes the rows in `books` and returns the effects."""
    effects = Effects()
    agencies, seen, as_of = context.agencies, context.seen, context.as_of
    judge, transitions, touched_rows = context.judge.judge, effects.transitions, effects.touched
    for place, line in batch:
        effects.read += 1
        admitted = read(line)
        if isinstance(admitted, Refusal):
            effects.refusals.append(Refused(place, admitted))
            continue
        event = admitted.event
        agency = agencies.get(event.agency)
        if agency is None:
            _refuse(effects, place, event, "unknown_agency", f"{event.agency} is not in the registry")
            continue
        year = books.find(event.fiscal_year, event.agency) or _new_year(event, agency)
        month = year.months.get(event.booked_on, 0)
        if month == 0 and not _in_window(year, event):
            _refuse(effects, place, event, "outside_fiscal_year", _window_text(year, event))
            continue
        if as_of is not None and event.booked_on > as_of:
            effects.later += 1
            continue
        wanted, content = id_hash(event.id, year.id_seed), content_hash(admitted.canonical)
        entry = seen.find(wanted)
        if entry >= 0:
            verdict = _compare(context, admitted, wanted, content, entry)
            if verdict == "duplicate":
                effects.duplicate += 1
                if admitted.seq is not None:
                    touched_rows.add(_hear(year, admitted.source, admitted.seq))
                continue
            if verdict == "conflict":
                _refuse(effects, place, event, "conflicting_duplicate", "this id was accepted with other content")
                continue
        check = CHECKS.get(type(event))
        problem = None if check is None else check(year, event)
        if problem is not None:
            _refuse(effects, place, event, *problem)
            continue

        # After this point the event is accepted: nothing below may fail.
        seen.add(wanted, content, place)
        effects.accepted += 1
        if not year.latest:
            books.add(year)
        if event.booked_on > year.latest:
            year.latest = event.booked_on
        touched = EFFECTS[type(event)](books, year, event, month)
        if admitted.source is not None:
            if admitted.seq is not None:
                touched.append(_hear(year, admitted.source, admitted.seq))
            elif admitted.source in year.feeds:
                touched.append(year.feeds[admitted.source])
        judge(year, event, touched, transitions)
        touched_rows.update(touched)
    return effects


def _refuse(effects: Effects, place: int, event: Event, reason: Reason, detail: str) -> None:
    effects.refusals.append(Refused(place, Refusal(reason, detail, event.id)))


def _new_year(event: Event, agency: Agency) -> AgencyYear:
    """Books for an agency's year, not yet among the others: they are once an event is accepted."""
    return AgencyYear(
        agency=agency.code,
        fiscal_year=event.fiscal_year,
        authority=agency.authority_code,
        months=booking_months(event.fiscal_year),
        window=budget_window(event.fiscal_year),
        id_seed=seed_of(event.fiscal_year, agency.code),
    )


def _in_window(year: AgencyYear, event: Event) -> bool:
    return type(event) in BUDGET_PAPERS and year.window[0] <= event.booked_on <= year.window[1]


def _window_text(year: AgencyYear, event: Event) -> str:
    first, last = year.window if type(event) in BUDGET_PAPERS else (min(year.months), max(year.months))
    return f"booked_on {event.booked_on} is not between {first} and {last}"


def _hear(year: AgencyYear, source: str | None, seq: int) -> Feed:
    assert source is not None, "admission refuses a seq without a source"
    feed = year.feeds.get(source)
    if feed is None:
        feed = year.feeds[source] = Feed(source=source)
    feed.see(seq)
    return feed


def _compare(context: Context, admitted: Admitted, wanted: int, content: int, entry: int) -> str:
    """Whether an event whose id hash is known is a `duplicate`, a `conflict`, or `new` under a hash shared by chance."""
    seen = context.seen
    if seen.content(entry) == content:
        return "duplicate"
    for candidate in seen.all_of(wanted):
        stored = read(context.recall(seen.place(candidate)))
        assert isinstance(stored, Admitted), "only accepted events are remembered"
        if _same_id(stored.event, admitted.event):
            return "duplicate" if stored.canonical == admitted.canonical else "conflict"
    return "new"


def _same_id(one: Event, other: Event) -> bool:
    return (one.fiscal_year, one.agency, one.id) == (other.fiscal_year, other.agency, other.id)
