"""The fold: the only place where an event changes a figure.

`process` takes raw lines through admission, identity, references, effects and judgement, in that order, and
answers with what changed. It knows no file, clock, network or database: a caller loads the rows, and writes the effects
down or throws them away with the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import msgspec
from msgspec import UNSET

from ledger.admission import content, read
from ledger.books import AgencyYear, Alert, Books, Feed, Row
from ledger.effects import CHECKS, EFFECTS, Check, Effect
from ledger.events import BUDGET_PAPERS, NO_BOOKINGS, Event
from ledger.fiscal import booking_months, budget_window
from ledger.identity import SeenIds, hash_id, hash_line, seed_of
from ledger.refusals import Detail, Reason, Refusal, detail
from ledger.registry import Agency

HANDLERS: Final[dict[type[Event], tuple[Check | None, Effect]]] = {
    kind: (CHECKS.get(kind), effect) for kind, effect in EFFECTS.items()
}

Addressed: TypeAlias = tuple[int, str] | Detail
"""The fiscal year and agency that a line's record is addressed to, or what is wrong with its address."""

Recall: TypeAlias = Callable[[int], bytes]
"""Reads a stored event again by its place in the log, a running number of lines."""


class Transition(msgspec.Struct, gc=False):
    """An alert opened, resolved, or changed in severity, in this order."""

    alert: Alert
    change: str
    by: str
    """What set it off: `<agency>:<event id>`, or the day judged."""
    severity_before: str | None = None
    severity: str = ""
    evidence: dict[str, Any] = {}
    """Both as they were at this transition; the alert itself goes on changing, within the same batch too."""

    def __post_init__(self) -> None:
        """Keep what the alert says now (evidence is replaced, never changed in place)."""
        self.severity, self.evidence = self.alert.severity, self.alert.evidence


class Judge(Protocol):
    """Judges the rules for what an accepted event touched."""

    def judge(self, year: AgencyYear, event: Event, touched: list[Row], transitions: list[Transition]) -> None:
        """Open, change and resolve alerts; append each transition."""


class Refused(msgspec.Struct, gc=False):
    """A refusal with the place of its line."""

    place: int
    refusal: Refusal


class Effects(msgspec.Struct):
    """What a batch did: counts, refusals, alert transitions, and the rows touched by each accepted event."""

    read: int = 0
    accepted: int = 0
    duplicates: list[int] = []
    """The place of each duplicate."""
    later: int = 0
    refusals: list[Refused] = []
    transitions: list[Transition] = []
    touched: list[tuple[AgencyYear, list[Row]]] = []
    """By each accepted event in turn (and each duplicate whose running number was heard): its agency year, its rows.

    This and the next two stay empty where the context does not follow.
    """
    events: list[Event] = []
    """Each of them."""
    places: list[int] = []
    """The place of each of them."""


class Context(msgspec.Struct, frozen=True):
    """What the fold is given beside the rows: the register of agencies, the ids seen, the judge, and the log."""

    agencies: Mapping[str, Agency]
    seen: SeenIds
    judge: Judge
    recall: Recall
    as_of: str | None = None
    """Events booked after this day are left out."""
    follow: bool = True
    """Whether the effects name each accepted event and the rows it touched, for a caller who writes them down. Without,
    an event is let go of at once, and the next is read into memory that the processor still has at hand."""


def process(
    first_place: int,
    lines: Sequence[bytes],
    books: Books,
    context: Context,
    routes: Sequence[Addressed] | None = None,
    kept: Mapping[int, Refusal] | None = None,
    at: Sequence[int] | None = None,
) -> Effects:
    """Fold raw lines that stand one after the other in the log; changes the rows in `books`, returns the effects.

    `at` gives the place of each line where they do not stand one after the other, in ascending order.
    Lines of only white space have a place but are no events. Where `routes` tells of each line how its record was
    addressed, an event of another agency or year is refused as misrouted. `kept` are refusals, by place, that stay what
    they are, whatever would be said of their lines now.
    """
    effects = Effects()
    agencies, seen, as_of, follow = context.agencies, context.seen, context.as_of, context.follow
    judge, transitions, years = context.judge.judge, effects.transitions, books.years
    remember, touched_by_all, places, events = seen.add, effects.touched, effects.places, effects.events
    blank, scratch = 0, bytearray()
    for place, line in enumerate(lines, first_place) if at is None else zip(at, lines, strict=True):
        if kept and place in kept:
            effects.refusals.append(Refused(place, kept[place]))
            continue
        event = read(line, scratch)
        if event is None:
            blank += 1
            continue
        if isinstance(event, Refusal):
            effects.refusals.append(Refused(place, event))
            continue
        if routes is not None:
            route = routes[place - first_place]
            if route != (event.fiscal_year, event.agency):
                _refuse(effects, place, event, "misrouted", _misrouted(route))
                continue
        of_year = years.get(event.fiscal_year)
        year = None if of_year is None else of_year.get(event.agency)
        if year is None:
            agency = agencies.get(event.agency)
            if agency is None:
                _refuse(effects, place, event, "unknown_agency", detail("unknown_agency", agency=event.agency))
                continue
            year = _new_year(event, agency)
        booked_on = event.booked_on
        month = year.months.get(booked_on, 0)
        if month == 0 and not _in_window(year, event):
            _refuse(effects, place, event, "outside_fiscal_year", _outside(year, event))
            continue
        if as_of is not None and booked_on > as_of:
            effects.later += 1
            continue
        wanted, line_hash = hash_id(event.id.encode(), year.id_seed), hash_line(line)
        entry = remember(wanted, line_hash, place)
        if entry >= 0:
            outcome = _compare(context, event, wanted, line_hash, entry)
            if outcome == "duplicate":
                effects.duplicates.append(place)
                if event.source is not UNSET and event.seq is not UNSET:
                    feed = _hear(year, event.source, event.seq)
                    if follow:
                        touched_by_all.append((year, [feed]))
                        places.append(place)
                        events.append(event)
                continue
            if outcome == "conflict":
                _refuse(effects, place, event, "conflicting_duplicate", detail("other_content"))
                continue
            seen.add_further(wanted, line_hash, place)
        check, effect = HANDLERS[type(event)]
        if check is not None:
            problem = check(year, event)
            if problem is not None:
                seen.forget_last()
                _refuse(effects, place, event, *problem)
                continue

        # After this point the event is accepted: nothing below may fail.
        if booked_on != year.noted:
            if not year.latest:
                books.add(year)
            _note_day(year, event)
        touched = effect(books, year, event, month)
        source, seq = event.source, event.seq
        if source is not UNSET:
            if seq is not UNSET:
                touched.append(_hear(year, source, seq))
            elif source in year.feeds:
                touched.append(year.feeds[source])
        judge(year, event, touched, transitions)
        if follow:
            touched_by_all.append((year, touched))
            places.append(place)
            events.append(event)
    effects.read = len(lines) - blank
    effects.accepted = effects.read - len(effects.duplicates) - effects.later - len(effects.refusals)
    return effects


def _note_day(year: AgencyYear, event: Event) -> None:
    """Remember a day on which something is booked; events of one day mostly come together, and need no second look."""
    day = event.booked_on
    year.latest = max(year.latest, day)
    month, bit = day[:7], 1 << int(day[8:])
    year.days_booked[month] = year.days_booked.get(month, 0) | bit
    if type(event) not in NO_BOOKINGS:
        year.noted = day
        year.latest_booking = max(year.latest_booking, day)


def _refuse(effects: Effects, place: int, event: Event, reason: Reason, wrong: Detail) -> None:
    effects.refusals.append(Refused(place, Refusal(reason, wrong, event.id, event.fiscal_year, event.agency)))


def _misrouted(route: Addressed) -> Detail:
    return route if isinstance(route, Detail) else detail("other_key", year=route[0], agency=route[1])


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


def _outside(year: AgencyYear, event: Event) -> Detail:
    first, last = year.window if type(event) in BUDGET_PAPERS else (min(year.months), max(year.months))
    return detail("outside_window", day=event.booked_on, first=first, last=last)


def _hear(year: AgencyYear, source: str, seq: int) -> Feed:
    feed = year.feeds.get(source)
    if feed is None:
        feed = year.feeds[source] = Feed(source=source)
    if feed.beyond is None and seq == feed.unbroken + 1:
        feed.unbroken = seq
    else:
        feed.see(seq)
    return feed


def _compare(context: Context, event: Event, wanted: int, line_hash: int, entry: int) -> str:
    """Whether an event whose id hash is known is a `duplicate`, a `conflict`, or `new` under a hash shared by chance."""
    seen = context.seen
    if seen.line(entry) == line_hash:
        return "duplicate"
    for candidate in seen.all_of(wanted):
        stored = read(context.recall(seen.place(candidate)))
        assert isinstance(stored, Event), "only accepted events are remembered"
        if _same_id(stored, event):
            same = type(stored) is type(event) and content(stored) == content(event)
            return "duplicate" if same else "conflict"
    return "new"


def _same_id(one: Event, other: Event) -> bool:
    return (one.fiscal_year, one.agency, one.id) == (other.fiscal_year, other.agency, other.id)
