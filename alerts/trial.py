"""What would come of many events together, by the very fold and rules, recording nothing.

They are folded into a copy of what they can reach: the books of each agency and year that they name, and those years'
funds. Time rules are the clock's and are not foretold.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, NoReturn, TypeAlias

import msgspec

from alerts.catalogue import Catalogue
from alerts.engine import SEVERITIES, Engine
from alerts.unfinished import rows_of
from alerts.verdict import Turn
from ledger.books import AgencyYear, Alert, Books
from ledger.identity import SeenIds, hash_id, hash_line, seed_of
from ledger.payments import PaymentsAsked, TogetherOnTrial
from ledger.process import Context, process
from ledger.refusals import Refusal
from ledger.registry import Agency

ReadingBooks: TypeAlias = Callable[[], AbstractContextManager[Books]]
YearKey: TypeAlias = tuple[int, str]
"""Fiscal year and agency."""
CHUNK_LINES: Final = 5_000


class StoodUnder(msgspec.Struct, frozen=True):
    """An event that is accepted already: whose it is, its id and its line."""

    fiscal_year: int
    agency: str
    id: str
    line: bytes


class TrialAlert(msgspec.Struct, frozen=True):
    """An alert as it would be, and how the events made it so."""

    alert: Alert
    turn: Turn


class AgencySums(msgspec.Struct, frozen=True):
    """An agency's money of one economic class, NT$, without the events and with them."""

    fiscal_year: int
    agency: str
    economic_class: str
    available: tuple[int, int]
    executed: tuple[int, int]


class Trial(msgspec.Struct):
    """What would come of the events; places count their lines from 0."""

    read: int = 0
    accepted: int = 0
    duplicates: list[int] = []
    refusals: list[tuple[int, Refusal]] = []
    alerts: list[TrialAlert] = []
    """The gravest first."""
    resolved: list[Alert] = []
    sums: list[AgencySums] = []


def trial(
    lines: Sequence[bytes],
    years: Collection[YearKey],
    reading: ReadingBooks,
    agencies: Mapping[str, Agency],
    catalogue: Catalogue,
    payments: PaymentsAsked,
    stood: Sequence[StoodUnder] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Trial:
    """Say what would come of lines, one after the other.

    Args:
        lines: as they would be sent.
        years: every fiscal year and agency that they name.
        reading: holds the books still; a moment for each agency, so that others go on between.
        agencies: the register.
        catalogue: the rules.
        payments: those made so far.
        stood: events that are accepted already under ids that the lines name: these are duplicates, or conflict.
        progress: told how many lines are done.
    """
    books = _reached(years, reading)
    books.payments = TogetherOnTrial(payments)
    before = {(alert.rule, alert.key, alert.fiscal_year): copy.copy(alert) for alert in _unfinished_in(books)}
    sums = {key: _sums(books.find(*key)) for key in years}
    seen, kept = SeenIds(), [each.line for each in stood]
    for place, each in enumerate(stood):
        wanted, digest = hash_id(each.id.encode(), seed_of(each.fiscal_year, each.agency)), hash_line(each.line)
        if seen.add(wanted, digest, place) >= 0:
            seen.add_further(wanted, digest, place)
    base, found = len(kept), Trial()
    context = Context(
        agencies, seen, Engine(catalogue), lambda place: kept[place] if place < base else lines[place - base],
        follow=False,
    )  # fmt: skip
    for at in range(0, len(lines), CHUNK_LINES):
        effects = process(base + at, lines[at : at + CHUNK_LINES], books, context)
        found.read += effects.read
        found.accepted += effects.accepted
        found.duplicates += [place - base for place in effects.duplicates]
        found.refusals += [(one.place - base, one.refusal) for one in effects.refusals]
        progress(min(at + CHUNK_LINES, len(lines)))
    found.alerts, found.resolved = _compared(before, _unfinished_in(books), catalogue)
    for fiscal_year, agency in sorted(years):
        now, was = _sums(books.find(fiscal_year, agency)), sums[fiscal_year, agency]
        found.sums += [
            AgencySums(fiscal_year, agency, name, (was[name][0], now[name][0]), (was[name][1], now[name][1]))
            for name in now
            if now[name] != was[name]
        ]
    return found


def turn_of(alert: Alert, before: Alert | None, catalogue: Catalogue) -> Turn | None:
    """Whether events opened an alert, joined it or made it worse; None where they did not."""
    if before is None:
        return "opened"
    rule = catalogue.rules[alert.rule]
    if rule.measured(alert.evidence) > rule.measured(before.evidence):
        return "joined" if rule.kind == "act" else "worse"
    return "worse" if SEVERITIES.index(alert.severity) > SEVERITIES.index(before.severity) else None


def gravest_first(catalogue: Catalogue) -> Callable[[Alert], tuple[int, int, str]]:
    """By severity, then in the rules' own order, then by subject."""
    return lambda alert: (-SEVERITIES.index(alert.severity), catalogue.rules[alert.rule].order, alert.key)


def nothing_to_recall(place: int) -> NoReturn:
    """For who remembers no ids."""
    raise AssertionError("no id is remembered, so none can be compared with a stored event")


def _reached(years: Collection[YearKey], reading: ReadingBooks) -> Books:
    """A copy of all that events of these agencies and years can read or change."""
    books = Books()
    for fiscal_year, agency in sorted(years):
        with reading() as shown:
            year = shown.find(fiscal_year, agency)
            dumped = None if year is None else pickle.dumps(year, pickle.HIGHEST_PROTOCOL)
        if dumped is not None:
            books.add(pickle.loads(dumped))  # noqa: S301  # what was dumped here
    wanted = {fiscal_year for fiscal_year, _ in years}
    with reading() as shown:
        books.funds = copy.deepcopy({key: fund for key, fund in shown.funds.items() if key[0] in wanted})
    return books


def _unfinished_in(books: Books) -> list[Alert]:
    rows = [*(row for year in books.agency_years() for row in rows_of(year)), *books.funds.values()]
    return [alert for row in rows if row.alerts is not None for alert in row.alerts.values()]


def _compared(
    before: Mapping[tuple[str, str, int], Alert], after: Sequence[Alert], catalogue: Catalogue
) -> tuple[list[TrialAlert], list[Alert]]:
    made: list[TrialAlert] = []
    left = dict(before)
    for alert in after:
        turn = turn_of(alert, left.pop((alert.rule, alert.key, alert.fiscal_year), None), catalogue)
        if turn is not None:
            made.append(TrialAlert(alert, turn))
    order = gravest_first(catalogue)
    return sorted(made, key=lambda each: order(each.alert)), sorted(left.values(), key=order)


def _sums(year: AgencyYear | None) -> dict[str, tuple[int, int]]:
    """B and E by economic class."""
    found = {"current": (0, 0), "capital": (0, 0)}
    for position in () if year is None else year.positions.values():
        available, executed = found[position.economic_class]
        found[position.economic_class] = available + position.available, executed + position.executed
    return found
