"""`audit`: folds the log again and compares every figure, alert and refusal with what the store holds.

Everything is read as of one moment, so that a monitor may go on taking events in meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from alerts.engine import Engine
from alerts.subjects import alert_id
from ledger.books import AgencyYear, Alert, Books, Position, Row
from ledger.identity import SeenIds
from ledger.process import Context, Transition, process
from ledger.registry import Registry
from streams.closings import apply_closings, closings_by_position, take_off
from streams.errors import LogBroken
from streams.store import Store, people, queries, schema
from streams.store.alert_rows import alert_of
from streams.store.rows import BUDGET, KEPT, budget_tuples, to_tuples
from streams.store.segments import pack_touches
from streams.store.store import Mark, changed_rows

SHOWN_MAX: Final = 1_000


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as the log says: what, by its key, folded again and in the store."""

    what: str
    key: str
    folded: str
    stored: str


Changed: TypeAlias = tuple[str, str, str, str | None, str, str]
"""A transition: the alert's id, the change, by what, severity before and after, the evidence as JSON."""


class Refolded(msgspec.Struct):
    """What the log comes to: books, alerts by id, what became of them, refusals by place, counts, digests of ids."""

    books: Books
    alerts: dict[str, Alert]
    history: list[Changed]
    refusals: dict[int, tuple[str, str | None, str]]
    touches: dict[int, bytes]
    mark: Mark
    seen: SeenIds


def refold(
    store: Store, registry: Registry, catalogue: Catalogue, progress: Callable[[int], None] = lambda _: None
) -> Refolded:
    """Fold the store's segments from the beginning; people's closings and the days judged come at the same places.

    Raises LogBroken where a segment is missing or not what was written.
    """
    found = Refolded(Books(), {}, [], {}, {}, Mark(), SeenIds())
    context = Context(registry.agencies, found.seen, Engine(catalogue), store.recall)
    days, closed = _days_by_position(store), closings_by_position(store)
    _judge(found, catalogue, days.pop(0, []))
    for segment in store.log_segments():
        if segment.first_place != found.mark.position:
            place = found.mark.position
            raise LogBroken(f"the log has no segment at {place:,}; restore a backup", place)
        effects = process(segment.first_place, segment.lines, found.books, context)
        _keep(found, effects.transitions)
        found.refusals |= {
            one.place: (one.refusal.reason, one.refusal.id, one.refusal.detail.text) for one in effects.refusals
        }
        found.touches[segment.first_place] = pack_touches(changed_rows(effects))
        mark = found.mark
        mark.position += len(segment.lines)
        mark.read += effects.read
        mark.accepted += effects.accepted
        mark.duplicate += len(effects.duplicates)
        mark.refused += len(effects.refusals)
        _judge(found, catalogue, days.pop(mark.position, []))
        for closing in closed.pop(mark.position, []):
            take_off(found.books, closing)
        progress(mark.position)
    return found


def audit(
    store: Store, registry: Registry, catalogue: Catalogue, progress: Callable[[int], None] = lambda _: None
) -> Iterator[Difference]:
    """Every difference between the log folded again and the store; none where all is right.

    Where the log itself is broken, that is the difference: what it says can no longer be compared.
    """
    with store.at_one_moment() as standing:
        yield from _differences(standing, registry, catalogue, progress)


def _differences(
    store: Store, registry: Registry, catalogue: Catalogue, progress: Callable[[int], None]
) -> Iterator[Difference]:
    broken = people.broken_link(store)
    if broken is not None:
        yield Difference("acts", str(broken), "a row bound to the one before it", "a row that was changed or taken out")
    try:
        folded = refold(store, registry, catalogue, progress)
    except LogBroken as error:
        yield Difference("segments", str(error.place), "the lines that were written", str(error))
        return
    loaded = store.load(registry)
    apply_closings(loaded.books, store)
    for name in ("position", "read", "accepted", "duplicate", "refused"):
        yield from compared("mark", name, getattr(folded.mark, name), getattr(loaded.mark, name))
    again, stored = rows_by_key(folded.books), rows_by_key(loaded.books)
    for table in sorted(again.keys() | stored.keys()):
        yield from compared_all(table, again.get(table, {}), stored.get(table, {}))
    yield from compared_all("alerts", shown(folded.alerts), shown(stored_alerts(store)))
    yield from compared_all("alert_history", dict(enumerate(folded.history)), dict(enumerate(_stored_history(store))))
    yield from compared_all("refusals", folded.refusals, _stored_refusals(store))
    yield from compared_all("segments", folded.touches, _stored_touches(store))
    yield from compared("ids", "remembered", folded.seen.since(0), loaded.seen.since(0))


def _days_by_position(store: Store) -> dict[int, list[str]]:
    """The days judged, by the position of the log they saw, in their order."""
    found: dict[int, list[str]] = {}
    for judgement in queries.judgements(store):
        found.setdefault(judgement.position, []).append(judgement.day)
    return found


def _judge(found: Refolded, catalogue: Catalogue, days: list[str]) -> None:
    for day in days:
        _keep(found, judge_day(found.books, catalogue, day))


def _keep(found: Refolded, transitions: Sequence[Transition]) -> None:
    for one in transitions:
        name = alert_id(one.alert)
        found.alerts[name] = one.alert
        evidence = msgspec.json.encode(one.evidence).decode()
        found.history.append((name, one.change, one.by, one.severity_before, one.severity, evidence))


def rows_by_key(books: Books) -> dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]:
    """Every row as the store keeps it, by the name of its table and its key."""
    by_kind = _by_kind(books)
    kept = [(KEPT[kind].table, to_tuples(kind, rows)) for kind, rows in by_kind.items()]
    kept.append((BUDGET.table, budget_tuples(by_kind.get(Position, ()))))
    found: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {}
    for table, rows in kept:
        width = len(table.primary_key.columns)
        found[table.name] = {values[:width]: values for values in rows}
    return found


def _by_kind(books: Books) -> dict[type[Row], list[tuple[AgencyYear, Row]]]:
    found: dict[type[Row], list[tuple[AgencyYear, Row]]] = {}
    for year in books.agency_years():
        rows: list[Row] = [year, *year.positions.values(), *year.cases.values(), *year.objects.values()]
        rows += [*year.feeds.values(), *([year.first_reserve] if year.first_reserve else [])]
        for references in (year.commitments, year.payables, year.prepayments):
            rows += references.values()
        for row in rows:
            found.setdefault(type(row), []).append((year, row))
    for fund in books.funds.values():
        found.setdefault(type(fund), []).append((next(books.agency_years()), fund))
    return found


def stored_alerts(store: Store) -> dict[str, Alert]:
    """Every alert in the store by its id."""
    with store.reading() as connection:
        return {row.id: alert_of(row) for row in connection.execute(sa.select(schema.alerts))}


def _stored_history(store: Store) -> list[Changed]:
    rows = schema.alert_history.c
    wanted = sa.select(rows.alert, rows.change, rows.by, rows.severity_before, rows.severity, rows.evidence)
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(wanted.order_by(rows.n))]


def _stored_refusals(store: Store) -> dict[int, tuple[str, str | None, str]]:
    rows = schema.refusals.c
    with store.reading() as connection:
        found = connection.execute(sa.select(rows.place, rows.reason, rows.id, rows.detail))
        return {row.place: (row.reason, row.id, row.detail) for row in found}


def _stored_touches(store: Store) -> dict[int, bytes]:
    """By segment, the positions that a line's history will look for in it."""
    rows = schema.segments.c
    own = (rows.log == store.log, rows.partition == store.partition)
    with store.reading() as connection:
        found = connection.execute(sa.select(rows.first_place, rows.touches).where(*own))
        return {row.first_place: bytes(row.touches) for row in found}


def shown(alerts: Mapping[str, Alert]) -> dict[str, str]:
    """Alerts as texts that are equal when they are."""
    return {key: msgspec.json.encode(alert, order="sorted").decode() for key, alert in alerts.items()}


def compared_all(what: str, folded: Mapping[Any, Any], stored: Mapping[Any, Any]) -> Iterator[Difference]:
    """What is not the same under a key, or on one side only."""
    for key in sorted(folded.keys() | stored.keys(), key=str):
        yield from compared(what, _key(key), folded.get(key), stored.get(key))


def compared(what: str, key: str, folded: Any, stored: Any) -> Iterator[Difference]:
    """The difference, if there is one."""
    if folded != stored:
        yield Difference(what, key, str(folded)[:SHOWN_MAX], str(stored)[:SHOWN_MAX])


def _key(key: Any) -> str:
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
