"""A plausible year of the city's books as events, from a seed: the same arguments give the same bytes.

    for line in simulate(fiscal_year=114, seed=7, events=20_000):
        ...

The year runs from the proposal in September before it, through continuing resolution (fiscal year 115: to the real
adoption of 6 February 2026), to the end of the closing period. The rates of everything, deliberate mistakes included,
are in one table: `producers.simulation.mix`. Agencies, figures and mistakes are invented; no real body made them.

Days are simulated one after the other, so memory holds the city's lines and not its events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from random import Random
from typing import Final

from ledger.fiscal import FISCAL_YEAR_MAX
from producers.city_registry import RegistryRow, registry_csv, registry_rows
from producers.simulation.agenda import Agenda, plan
from producers.simulation.city import build_city
from producers.simulation.lines import SimulatedAgency, SimulatedLine
from producers.simulation.mistake_notes import mistake_note
from producers.simulation.mix import MIX, Mix
from producers.simulation.payments import pay
from producers.simulation.seasons import MONTHS, SeasonDay, adoption_ordinal, bookings_by_day, days_of_year
from producers.simulation.sender import Draft, Sender
from producers.simulation.spending import spend
from producers.simulation.turns import Turns
from producers.simulation.world import Act, World

__all__ = ["DEFAULT_EVENTS", "MIX", "Mix", "line_count_for", "registry_csv", "registry_rows", "simulate"]

DEFAULT_EVENTS: Final = 20_000

_LINES_MIN: Final = 64
_LARGE_YEAR: Final = 300_000
_TRIES: Final = 60
_SMALL_PAYMENT_MAX: Final = 5_000
"""NT$ of the payments that fill a day on which no line has anything due."""


def simulate(
    fiscal_year: int,
    seed: int,
    events: int = DEFAULT_EVENTS,
    registry: Sequence[RegistryRow] | None = None,
    lines: int | None = None,
    *,
    mix: Mix = MIX,
) -> Iterator[bytes]:
    """Simulate a year.

    Args:
      fiscal_year: ROC year, 1 to 999 (114 = 2025).
      seed: The year's only source of chance.
      events: How many lines of NDJSON to yield, exactly.
      registry: Rows of `agencies.csv` to use instead of the synthetic city; amounts are then spread evenly.
      lines: How many budget lines; None: `line_count_for(events)`.
      mix: The rates.

    Returns:
      An iterator of events, each compact JSON in UTF-8 with its newline, in the order of booking but for late bookings.

    Raises:
      ValueError: a year, count or number of lines out of range, or more lines than the agencies can have.

    """
    if not 1 <= fiscal_year <= FISCAL_YEAR_MAX:
        raise ValueError(f"fiscal year {fiscal_year} is not between 1 and {FISCAL_YEAR_MAX} (ROC years; 114 = 2025)")
    if events < 0:
        raise ValueError(f"{events} events cannot be made; give 0 or more")
    if lines is not None and lines < 1:
        raise ValueError(f"{lines} budget lines are too few; give 1 or more")
    return _events(fiscal_year, seed, events, registry, lines=lines or line_count_for(events), mix=mix)


def line_count_for(events: int) -> int:
    """How many budget lines a year of so many events has: a fiftieth, towards a thirtieth at 3,000,000."""
    if events > _LARGE_YEAR:
        return _LARGE_YEAR // 50 + (events - _LARGE_YEAR) * 94 // 2_700
    return max(1, min(_LINES_MIN, events // 20), events // 50)


def _events(
    fiscal_year: int, seed: int, events: int, registry: Sequence[RegistryRow] | None, *, lines: int, mix: Mix
) -> Iterator[bytes]:
    """Make the year's events; apart from `simulate`, so that wrong arguments are reported before any event."""
    rng = Random(seed)
    days = days_of_year(fiscal_year)
    world = World(
        fiscal_year=fiscal_year,
        adopted_on=adoption_ordinal(fiscal_year, rng),
        year_end=next(day.ordinal for day in days if day.month == MONTHS and day.ends_month),
        events=events,
        mix=mix,
        rng=rng,
        city=build_city(registry, lines, mix, rng),
        sender=Sender(fiscal_year, {day.ordinal: day.iso for day in days}, mix, rng),
    )
    agenda = plan(world, days, _resend, _conflict)
    bookings = bookings_by_day(max(0, events - len(agenda)), days)
    turns = Turns(world, sum(bookings))
    early = [_early_day(ordinal) for ordinal in sorted(agenda.opening) if ordinal < days[0].ordinal]
    return islice(_year(world, agenda, turns, [*early, *days], [0] * len(early) + bookings), events)


def _year(world: World, agenda: Agenda, turns: Turns, days: list[SeasonDay], bookings: list[int]) -> Iterator[bytes]:
    """Day after day: what the agenda has, the day's ordinary bookings, and what ends it."""
    for day, count in zip(days, bookings, strict=True):
        for act, subject in agenda.opening.pop(day.ordinal, ()):
            yield _perform(world, day, turns, act, subject)
        quiet = turns.fell_quiet(day)[:count]
        for agency in quiet:
            yield _book_for(world, day, turns, agency)
        for _ in range(count - len(quiet)):
            yield _book(world, day, turns)
        for act, subject in agenda.ending.pop(day.ordinal, ()):
            yield _perform(world, day, turns, act, subject)


def _perform(world: World, day: SeasonDay, turns: Turns, act: Act, subject: object) -> bytes:
    """One entry of the agenda, or an ordinary booking where it cannot be."""
    made = act(world, day, subject)
    if made is None:
        return _book(world, day, turns)
    return made if isinstance(made, bytes) else world.sender.send(made, day)


def _book(world: World, day: SeasonDay, turns: Turns) -> bytes:
    """One ordinary booking: what follows from earlier acts first, then the line whose turn it is."""
    due = world.next_due(day)
    while due is not None:
        act, subject = due
        made = act(world, day, subject)
        if made is not None:
            return made if isinstance(made, bytes) else world.sender.send(made, day)
        due = world.next_due(day)
    draft = turns.next_act()(world, day, turns.next_line())
    tries = 0
    while draft is None and tries < _TRIES:
        draft = spend(world, day, turns.next_line())
        tries += 1
    return world.sender.send(draft or _fill(world, day, turns), day)


def _book_for(world: World, day: SeasonDay, turns: Turns, agency: SimulatedAgency) -> bytes:
    """A booking of an agency of few lines that has been quiet for long, or anybody's where it has nothing to book."""
    for line in agency.lines:
        draft = spend(world, day, line) or _pay_a_little(world, day, line)
        if draft is not None:
            return world.sender.send(draft, day)
    return _book(world, day, turns)


def _pay_a_little(world: World, day: SeasonDay, line: SimulatedLine) -> Draft | None:
    """A small payment within the line's budget and allotment."""
    most = min(line.allotted[min(day.month, MONTHS)] - line.realised - line.prepaid, line.room, _SMALL_PAYMENT_MAX)
    if most <= 0 or not line.adopted or not world.is_sending(line, day):
        return None
    return pay(world, day, line, 1 + world.rng.randrange(most))


def _fill(world: World, day: SeasonDay, turns: Turns) -> Draft:
    """Something harmless for a day on which nothing is due: a small payment, else a forecast."""
    line = turns.next_line()
    for _ in range(_TRIES):
        draft = _pay_a_little(world, day, line)
        if draft is not None:
            return draft
        line = turns.next_line()
    return Draft(
        line.agency, "forecast.declared", {"amount": sum(one.enacted for one in line.agency.lines if one.is_capital)}
    )


def _resend(world: World, day: SeasonDay, _: None) -> bytes | None:
    """Send an event a second time, byte for byte: a duplicate, counted once."""
    recent = [sent for sent in world.sender.recent if day.ordinal < sent.draft.agency.silent_from]
    return recent[world.rng.randrange(len(recent))].line if recent else None


def _conflict(world: World, day: SeasonDay, _: None) -> bytes | None:
    """To be refused: the id of an accepted payment with another amount."""
    payments = [sent for sent in world.sender.recent if sent.draft.type == "disbursement.paid"]
    if not payments:
        return None
    return world.sender.contradict(payments[world.rng.randrange(len(payments))], mistake_note("conflicting duplicate"))


def _early_day(ordinal: int) -> SeasonDay:
    """Return a day before the fiscal year, on which the budget is prepared."""
    return SeasonDay(ordinal, date.fromordinal(ordinal).isoformat(), 0, 0, 0, working=True)
