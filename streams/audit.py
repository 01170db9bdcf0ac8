"""`audit`: folds the log again and compares every figure, alert and refusal with what the store holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from alerts.engine import Engine
from alerts.subjects import alert_id
from ledger.books import AgencyYear, Alert, Books, Row
from ledger.identity import SeenIds
from ledger.process import Context, process
from ledger.registry import Registry
from streams.closings import apply_closings, closings_by_position, take_off
from streams.store import Store, StoreError, people, queries, schema
from streams.store.alert_rows import alert_of
from streams.store.rows import KEPT, to_tuples
from streams.store.store import Mark

SHOWN_MAX: Final = 1_000


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as the log says: what, by its key, folded again and in the store."""

    what: str
    key: str
    folded: str
    stored: str


class Refolded(msgspec.Struct):
    """What the log comes to: books, every alert by id, refusals by place, counts and digests of ids."""

    books: Books
    alerts: dict[str, Alert]
    refusals: dict[int, tuple[str, str | None]]
    mark: Mark
    seen: SeenIds


def refold(
    store: Store, registry: Registry, catalogue: Catalogue, progress: Callable[[int], None] = lambda _: None
) -> Refolded:
    """Fold the store's segments from the beginning; people's closings and the days judged come at the same places.

    Raises StoreError where a segment is missing or not what was written.
    """
    found = Refolded(Books(), {}, {}, Mark(), SeenIds())
    context = Context(registry.agencies, found.seen, Engine(catalogue), store.recall)
    days, closed = _days_by_position(store), closings_by_position(store)
    _judge(found, catalogue, days.pop(0, []))
    for segment in store.log_segments():
        if segment.first_place != found.mark.position:
            raise StoreError(f"the log has no segment at {found.mark.position:,}; restore a backup")
        effects = process(segment.first_place, segment.lines, found.books, context)
        for transition in effects.transitions:
            found.alerts[alert_id(transition.alert)] = transition.alert
        found.refusals |= {one.place: (one.refusal.reason, one.refusal.id) for one in effects.refusals}
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
    """Every difference between the log folded again and the store; none where all is right."""
    folded = refold(store, registry, catalogue, progress)
    loaded = store.load(registry)
    apply_closings(loaded.books, store)
    for name in ("position", "read", "accepted", "duplicate", "refused"):
        yield from _compared("mark", name, getattr(folded.mark, name), getattr(loaded.mark, name))
    again, stored = _rows(folded.books), _rows(loaded.books)
    for kind in KEPT:
        yield from _compared_all(KEPT[kind].table.name, again.get(kind, {}), stored.get(kind, {}))
    yield from _compared_all("alerts", _shown(folded.alerts), _shown(_stored_alerts(store)))
    yield from _compared_all("refusals", folded.refusals, _stored_refusals(store))
    yield from _compared("ids", "remembered", folded.seen.since(0), loaded.seen.since(0))
    broken = people.broken_link(store)
    if broken is not None:
        yield Difference("acts", str(broken), "a row bound to the one before it", "a row that was changed or taken out")


def _days_by_position(store: Store) -> dict[int, list[str]]:
    """The days judged, by the position of the log they saw, in their order."""
    found: dict[int, list[str]] = {}
    for judgement in queries.judgements(store):
        found.setdefault(judgement.position, []).append(judgement.day)
    return found


def _judge(found: Refolded, catalogue: Catalogue, days: list[str]) -> None:
    for day in days:
        for transition in judge_day(found.books, catalogue, day):
            found.alerts[alert_id(transition.alert)] = transition.alert


def _rows(books: Books) -> dict[type[Row], dict[tuple[Any, ...], tuple[Any, ...]]]:
    """Every row as the store keeps it, by kind and key."""
    found: dict[type[Row], dict[tuple[Any, ...], tuple[Any, ...]]] = {}
    for kind, rows in _by_kind(books).items():
        width = len(KEPT[kind].table.primary_key.columns)
        found[kind] = {values[:width]: values for values in to_tuples(kind, rows)}
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


def _stored_alerts(store: Store) -> dict[str, Alert]:
    with store.transaction() as connection:
        return {row.id: alert_of(row) for row in connection.execute(sa.select(schema.alerts))}


def _stored_refusals(store: Store) -> dict[int, tuple[str, str | None]]:
    rows = schema.refusals
    with store.transaction() as connection:
        found = connection.execute(sa.select(rows.c.place, rows.c.reason, rows.c.id))
        return {row.place: (row.reason, row.id) for row in found}


def _shown(alerts: Mapping[str, Alert]) -> dict[str, str]:
    return {key: msgspec.json.encode(alert, order="sorted").decode() for key, alert in alerts.items()}


def _compared_all(what: str, folded: Mapping[Any, Any], stored: Mapping[Any, Any]) -> Iterator[Difference]:
    for key in sorted(folded.keys() | stored.keys(), key=str):
        yield from _compared(what, _key(key), folded.get(key), stored.get(key))


def _compared(what: str, key: str, folded: Any, stored: Any) -> Iterator[Difference]:
    if folded != stored:
        yield Difference(what, key, str(folded)[:SHOWN_MAX], str(stored)[:SHOWN_MAX])


def _key(key: Any) -> str:
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
