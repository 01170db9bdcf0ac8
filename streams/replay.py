"""`replay`: fold event files from nothing and say what came of them. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from alerts.engine import Engine
from alerts.lagging import absent, lagging, unjudged
from alerts.output import alert_out
from ledger.books import Alert, Books
from ledger.identity import SeenIds
from ledger.names import NO_NAMES, Names
from ledger.output import AlertOut, Counts, Output, RefusalOut, positions, reserves
from ledger.payments import PaymentsSeen
from ledger.process import Context, process
from ledger.refusals import Refusal
from ledger.registry import Registry
from streams.files import EventFiles

LINE_BYTES: Final = 192
"""Somewhat shorter than most events are: for the number of ids to expect."""


class RefusedEvent(NamedTuple):
    """An event of a file that was refused; `line` counts from 1."""

    file: str
    line: int
    refusal: Refusal


class Replayed(msgspec.Struct):
    """What a replay leaves: the books, every alert ever opened (in order), counts and refusals."""

    books: Books
    alerts: list[Alert]
    counts: Counts
    refusals: list[RefusedEvent]
    as_of: str | None
    seen: SeenIds


def fold(
    files: EventFiles,
    registry: Registry,
    catalogue: Catalogue,
    as_of: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Fold opened files and judge the time rules as of the day; `progress` is told how many bytes have been read."""
    books, counts, seen = Books(), Counts(), SeenIds(files.size // LINE_BYTES)
    books.payments = PaymentsSeen(files.size // LINE_BYTES * 2 // 3)
    context = Context(registry.agencies, seen, Engine(catalogue), files.recall, as_of, follow=False)
    alerts: list[Alert] = []
    refusals: list[RefusedEvent] = []
    for batch in files.batches():
        effects = process(batch.first_place, batch.lines, books, context)
        counts.read += effects.read
        counts.accepted += effects.accepted
        counts.duplicate += len(effects.duplicates)
        counts.refused += len(effects.refusals)
        counts.later += effects.later
        alerts += [transition.alert for transition in effects.transitions if transition.change == "opened"]
        for refused in effects.refusals:
            refusals.append(RefusedEvent(batch.file, batch.number_of(refused.place), refused.refusal))
        progress(files.bytes_read)
    day = as_of or max((year.latest for year in books.agency_years()), default=None)
    if day is not None:
        alerts += [transition.alert for transition in judge_day(books, catalogue, day)]
    return Replayed(books, alerts, counts, refusals, day, seen)


def output(replayed: Replayed, registry: Registry, catalogue: Catalogue, names: Names = NO_NAMES) -> Output:
    """The contract's object (CONTRACT §5)."""
    day = replayed.as_of
    return Output(
        as_of=day,
        counts=replayed.counts,
        refusals=[
            RefusalOut(each.file, each.line, each.refusal.id, each.refusal.reason, each.refusal.detail.text)
            for each in replayed.refusals
        ],
        positions=[] if day is None else list(positions(replayed.books, day)),
        reserves=reserves(replayed.books),
        alerts=alerts_out(replayed.alerts, catalogue, names),
        lagging=[] if day is None else lagging(replayed.alerts, replayed.books, registry, catalogue, day),
        unjudged=[] if day is None else unjudged(replayed.books, registry, day),
        absent=[] if day is None else absent(replayed.books, registry, day),
    )


def alerts_out(alerts: list[Alert], catalogue: Catalogue, names: Names = NO_NAMES) -> list[AlertOut]:
    """Alerts with their words, by fiscal year, rule and subject, in the order of their opening."""
    in_order = sorted(alerts, key=lambda alert: (alert.fiscal_year, alert.rule, alert.key))
    return [alert_out(alert, catalogue, names) for alert in in_order]
