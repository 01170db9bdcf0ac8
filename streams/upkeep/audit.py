"""`audit`: folds the log again and compares every figure, alert and refusal with what the store holds.

Everything is read as of one moment, so that a monitor or workers may go on meanwhile. The time rules are judged again at the
marks their judgements saw. Partitions have no order among each other: where there are several, the order of transitions
is not compared, and of the alerts about the city's reserves only those that are unfinished in the end (CONTRACT §6).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from alerts.catalogue import Catalogue
from ledger.books import Alert
from ledger.registry import Registry
from producers.kafka.connection import Connection
from streams.errors import LogBroken, RowMissing
from streams.log.history import Done, History, Progress, Source, done
from streams.log.segments import Segments
from streams.store import Store, schema
from streams.store.alerts import agency_of, alert_of, attach_alerts
from streams.store.commit import facts_of
from streams.store.loading import load_books
from streams.store.mark import COLUMNS, mark_of
from streams.store.segments import seen_ids, stored_payments
from streams.upkeep.beside_rows import beside_rows_differ
from streams.upkeep.damaged import damaged
from streams.upkeep.differences import Difference, compared, compared_all, rows_by_key, shown
from streams.upkeep.refolded import Copies, Refolded, TransitionRow
from streams.upkeep.trail_audit import trail_differences


def audit(
    store: Store,
    registry: Registry,
    catalogue: Catalogue,
    progress: Progress = lambda _: None,
    heads: Sequence[tuple[int, str]] = (),
) -> Iterator[Difference]:
    """Every difference between an embedded log folded again and its store; none where all is right.

    `heads`: of the trail, known from elsewhere.

    Where the log itself is broken, that is the difference: what it says can no longer be compared.
    """
    with store.at_one_moment() as moment:
        yield from _differences(moment, Segments(moment), registry, catalogue, progress, heads)


def audit_topic(
    store: Store,
    connection: Connection,
    registry: Registry,
    catalogue: Catalogue,
    progress: Progress = lambda _: None,
    heads: Sequence[tuple[int, str]] = (),
) -> Iterator[Difference]:
    """Every difference between the topic folded again and the store; none where all is right.

    Raises StoreRefused where the topic is not the one that the store was folded from.
    """
    from streams.log.topic import opened  # noqa: PLC0415  # an embedded monitor needs no Kafka

    with opened(connection) as topic, topic.store(store).at_one_moment() as moment:
        yield from _differences(moment, topic, registry, catalogue, progress, heads)


def _differences(
    store: Store,
    source: Source,
    registry: Registry,
    catalogue: Catalogue,
    progress: Progress,
    heads: Sequence[tuple[int, str]],
) -> Iterator[Difference]:
    source.check(store)
    unreadable = list(damaged(store))
    if unreadable:
        yield from unreadable  # the rest cannot be compared with these
        return
    yield from trail_differences(store, heads)
    wanted = done(store)
    folded = Refolded(store, registry, catalogue)
    copies = Copies(store, sorted(wanted.ends)) if source.has_copy else None
    try:
        folded.follow(History(source), wanted, copies, progress)
    except LogBroken as error:
        yield Difference("segments", str(error.place), "the lines that were written", str(error))
        return
    if copies is not None:
        for of_part in copies.differences.values():
            yield from of_part
    yield from _of_partitions(store, folded, wanted)
    yield from beside_rows_differ(store)
    yield from _of_payments(store, folded)
    yield from _of_rows(store, folded)
    yield from _of_alerts(store, folded)
    refused = {
        _key(store, *where): (
            *(one.reason, one.id, one.detail.text, one.detail.code, facts_of(one), one.fiscal_year, one.agency),
            folded.settled_by(*where),
        )
        for where, one in folded.refusals.items()
    }
    yield from compared_all("refusals", refused, _stored_refusals(store))
    if copies is None:  # batches were folded as they were committed
        for part in folded.parts.values():
            yield from compared_all("segments", part.touches, _stored_touches(part.store))


def _key(store: Store, partition: int, *rest: Any) -> tuple[Any, ...]:
    """The partition is named where there are several."""
    return rest if store.partitions == 1 else (partition, *rest)


def _of_partitions(store: Store, folded: Refolded, wanted: Done) -> Iterator[Difference]:
    for number in sorted(wanted.ends):
        part = folded.parts[number]
        mark = mark_of(part.store)
        for name in ("place", "next_offset", "read", "accepted", "duplicate", "refused"):
            key = " ".join(map(str, _key(store, number, COLUMNS[name].name)))
            yield from compared("mark", key, getattr(part.mark, name), getattr(mark, name))
        key = " ".join(map(str, _key(store, number))) or "remembered"
        yield from compared("ids", key, part.seen.since(0), seen_ids(part.store).since(0))


def _of_payments(store: Store, folded: Refolded) -> Iterator[Difference]:
    """Which were remembered, whatever their order across partitions."""
    paid, taken_back = folded.payments.noted()
    refolded = array("Q", sorted(paid)), array("Q", sorted(taken_back))
    yield from compared("payments", "remembered", refolded, stored_payments(store))


def _of_rows(store: Store, folded: Refolded) -> Iterator[Difference]:
    try:
        with store.reading() as connection:
            books = load_books(connection)
            attach_alerts(connection, books)
    except RowMissing as missing:
        yield Difference("rows", missing.what, "the row that it belongs to", "none")
        return
    refolded, stored = rows_by_key(folded.books), rows_by_key(books)
    for table in sorted(refolded.keys() | stored.keys()):
        yield from compared_all(table, refolded.get(table, {}), stored.get(table, {}))


def _of_alerts(store: Store, folded: Refolded) -> Iterator[Difference]:
    kept = _stored_alerts(store)
    yield from _whose_alerts(store)
    if store.partitions == 1:
        yield from compared_all("alerts", shown(folded.alerts), shown(kept))
        history = dict(enumerate(folded.history)), dict(enumerate(_stored_history(store)))
        yield from compared_all("alert_history", *history)
        return
    own, own_kept = _without_shared(folded.alerts), _without_shared(kept)
    yield from compared_all("alerts", shown(own), shown(own_kept))
    yield from compared_all("reserve alerts", _unfinished(folded.alerts), _unfinished(kept))


def _is_shared(alert: Alert) -> bool:
    return alert.level == "reserve" and agency_of(alert) is None


def _without_shared(alerts: Mapping[str, Alert]) -> dict[str, Alert]:
    return {name: alert for name, alert in alerts.items() if not _is_shared(alert)}


def _unfinished(alerts: Mapping[str, Alert]) -> dict[tuple[int, str, str], tuple[str, Any]]:
    """The unfinished alerts about the city's reserves; who opened them depends on which partition came first."""
    found = [one for one in alerts.values() if _is_shared(one) and one.state == "open"]
    return {(one.fiscal_year, one.rule, one.key): (one.severity, one.evidence) for one in found}


def _stored_alerts(store: Store) -> dict[str, Alert]:
    with store.reading() as connection:
        return {row.id: alert_of(row) for row in connection.execute(sa.select(schema.alerts))}


def _whose_alerts(store: Store) -> Iterator[Difference]:
    """Whether each is shown to the agency that it is about."""
    with store.reading() as connection:
        for row in connection.execute(sa.select(schema.alerts)):
            yield from compared("alerts", f"{row.id} agency", agency_of(alert_of(row)), row.agency)


def _stored_history(store: Store) -> list[TransitionRow]:
    rows = schema.alert_history.c
    wanted = sa.select(rows.alert, rows.change, rows.by, rows.severity_before, rows.severity, rows.evidence)
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(wanted.order_by(rows.n))]


_REFUSED = ("reason", "id", "detail", "code", "facts", "fiscal_year", "agency")


def _stored_refusals(store: Store) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    rows = schema.refusals.c
    kept = (rows.partition, rows.place, *(rows[name] for name in _REFUSED), rows.settled_by)
    with store.reading() as connection:
        found = connection.execute(sa.select(*kept).where(rows.log == store.log))
        return {
            _key(store, row.partition, row.place): (
                *(getattr(row, name) for name in _REFUSED),
                _settled_by(store, row),
            )
            for row in found
        }


def _settled_by(store: Store, row: Any) -> int | None:
    """Places of another partition than the line's own are not compared (see `Refolded.settled_by`)."""
    if row.fiscal_year is None or store.of_year(row.fiscal_year, row.agency).partition != row.partition:
        return None
    settled: int | None = row.settled_by
    return settled


def _stored_touches(store: Store) -> dict[int, bytes]:
    """By segment, the positions that a line's history will look for in it."""
    rows = schema.segments.c
    own = (rows.log == store.log, rows.partition == store.partition)
    with store.reading() as connection:
        found = connection.execute(sa.select(rows.first_place, rows.touches).where(*own))
        return {row.first_place: bytes(row.touches) for row in found}
