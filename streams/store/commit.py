"""A batch written down: rows, alerts, refusals, outbox, the segment and the mark, in one transaction. Judgements too."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from ledger.books import AgencyYear, Books, Position, Row
from ledger.effects import BOOKINGS
from ledger.process import Effects, Transition
from ledger.refusals import Refusal
from streams.store import schema
from streams.store.alerts import write_alerts, write_refusals_out
from streams.store.batch import Batch, whereabouts
from streams.store.mark import mark_within, move_mark
from streams.store.rows import BUDGET, KEPT, budget_tuples, to_tuples
from streams.store.segments import Digests, pack_touches, write_segment
from streams.store.settling import settle_refusals
from streams.store.store import Store
from streams.store.times import now
from streams.store.under_trail import added_row, append_act
from streams.store.upsert import upsert


def commit_batch(store: Store, first_place: int, batch: Batch, effects: Effects, digests: Digests) -> None:
    """Write down a batch: rows, alerts, refusals, outbox, the segment and the mark, all or nothing.

    Raises MarkMoved when the log was folded on by somebody else, StoreError when the database does not take it.
    """
    with store.writing() as connection:
        write_batch(store, connection, first_place, batch, effects, digests)


def write_batch(
    store: Store, connection: sa.Connection, first_place: int, batch: Batch, effects: Effects, digests: Digests
) -> None:
    """Write down a batch within a transaction that the caller commits (see `commit_batch`).

    Args:
        store: of the partition.
        connection: the transaction.
        first_place: the place of the first line.
        batch: what was folded; records without any event leave no lines.
        effects: what came of it.
        digests: of the ids accepted.
    """
    at = now()
    move_mark(store, connection, first_place, batch, effects, at)
    if not batch.lines:
        return
    changed = changed_rows(effects)
    write_segment(store, connection, first_place, batch, digests, pack_touches(changed), at)
    for kind, rows in _by_kind(changed).items():
        upsert(connection, KEPT[kind].table, to_tuples(kind, rows))
    budgets = changed_budgets(effects)
    if budgets:
        upsert(connection, BUDGET.table, budget_tuples(budgets))
    if effects.refusals:
        refused = list(_refused(store, first_place, batch, effects, at))
        connection.execute(schema.refusals.insert(), refused)
        if batch.records is not None:  # an embedded log's feeders have a receipt
            write_refusals_out(connection, refused)
    settle_refusals(store, connection, effects)
    alerts = {id(alert): alert for _, row in changed if row.alerts for alert in row.alerts.values()}
    write_alerts(connection, alerts, effects.transitions, first_place + len(batch.lines), at)


def facts_of(refusal: Refusal) -> str:
    """The values of its detail, as they are kept."""
    return msgspec.json.encode(refusal.detail.values).decode()


def _refused(store: Store, first_place: int, batch: Batch, effects: Effects, at: str) -> Iterator[dict[str, Any]]:
    """A refusal names where its line came from; on Kafka the record `<topic>/<partition>/<offset>`."""
    starts, records = [origin.offset for origin in batch.origins], batch.records
    for one in effects.refusals:
        number = one.place - first_place
        if records is None:
            source = batch.origins[bisect_right(starts, number) - 1]
            origin, line = source.name, number - source.offset + source.line
        else:
            offset, index = whereabouts(records.runs, number)
            origin, line = f"{store.log}/{store.partition}/{offset}", index + 1
        yield store.key | {
            "place": one.place,
            "origin": origin,
            "line": line,
            "id": one.refusal.id,
            "reason": one.refusal.reason,
            "detail": one.refusal.detail.text,
            "code": one.refusal.detail.code,
            "facts": facts_of(one.refusal),
            "fiscal_year": one.refusal.fiscal_year,
            "agency": one.refusal.agency,
            "at": at,
        }


def commit_judgement(store: Store, day: str, transitions: Sequence[Transition], books: Books) -> None:
    """Write down the time rules' judgement of a day, with the mark it saw."""
    with store.writing() as connection:
        marks = {store.partition: mark_within(store, connection).place}
        write_judgement(store, connection, day, transitions, books, marks, requests_so_far(connection))


def requests_so_far(connection: sa.Connection) -> int | None:
    """The newest request to judge: a judgement of this moment answers it, and all before it."""
    found: int | None = connection.execute(sa.select(sa.func.max(schema.judgement_requests.c.n))).scalar_one()
    return found


def write_judgement(
    store: Store,
    connection: sa.Connection,
    day: str,
    transitions: Sequence[Transition],
    books: Books,
    places: Mapping[int, int],
    asked: int | None,
) -> None:
    """Write down a judgement within a transaction, with the place after the last line of each partition that it saw.

    `asked`: the newest request that it answers.
    """
    at = now()
    marks = [(store.log, partition, place) for partition, place in sorted(places.items())]
    values = {"day": day, "marks": msgspec.json.encode(marks).decode(), "at": at, "asked": asked}
    row = added_row(connection, schema.judgements, values)
    judged = {"person": "clock", "role": "", "address": "", "kind": "day-judged", "subject": day}
    after = msgspec.json.encode({"marks": marks}).decode()
    append_act(connection, judged | {"before": "null", "after": after}, [row])
    alerts = {id(alert): alert for alert in books.time_alerts.values()}
    write_alerts(connection, alerts, transitions, sum(places.values()), at)


def changed_rows(effects: Effects) -> list[tuple[AgencyYear, Row]]:
    """Every row a batch touched, once, and the agency years themselves."""
    found: dict[int, tuple[AgencyYear, Row]] = {}
    for year, rows in effects.touched:
        found[id(year)] = (year, year)
        for row in rows:
            found[id(row)] = (year, row)
    return list(found.values())


def changed_budgets(effects: Effects) -> list[tuple[AgencyYear, Row]]:
    """The positions of which a batch changed more than what bookings do, once each.

    Whether a booking falls under continuing resolution is asked of the adoption as it stands after the batch: if it came
    or went back within the batch, it touched every position of its agency.
    """
    found: dict[int, tuple[AgencyYear, Row]] = {}
    for event, (year, rows) in zip(effects.events, effects.touched, strict=True):
        if type(event) in BOOKINGS and event.booked_on >= year.adopted_on:
            continue
        for row in rows:
            if type(row) is Position:
                found[id(row)] = (year, row)
    return list(found.values())


def _by_kind(changed: Iterable[tuple[AgencyYear, Row]]) -> Mapping[type[Row], list[tuple[AgencyYear, Row]]]:
    found: dict[type[Row], list[tuple[AgencyYear, Row]]] = {}
    for one in changed:
        found.setdefault(type(one[1]), []).append(one)
    return found
