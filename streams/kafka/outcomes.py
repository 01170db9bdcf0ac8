"""What became of records that were sent: found in the store once the marks stand past them (see `producers.gateway`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from ledger.receipt import AlertChange
from ledger.refusals import Reason
from streams.store import Store, schema
from streams.store.record_runs import Run
from streams.store.segments import unpack_digests

_AT_ONCE: Final = 500
_runs: Final = msgspec.json.Decoder(list[Run]).decode


class Folded(msgspec.Struct, frozen=True):
    """What became of the one event of a record."""

    place: int
    is_new: bool
    """Whether it was accepted; else it was a duplicate, or refused for `reason`."""
    reason: Reason | None = None
    detail: str | None = None


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
        refused = _refused(store, connection, sorted(places.values()))
    return {
        offset: Folded(place, place in accepted, *refused.get(place, (None, None))) for offset, place in places.items()
    }


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


def _refused(store: Store, connection: sa.Connection, places: Sequence[int]) -> dict[int, tuple[Reason, str]]:
    rows = schema.refusals.c
    own = sa.select(rows.place, rows.reason, rows.detail).where(
        rows.log == store.log, rows.partition == store.partition
    )
    found: dict[int, tuple[Reason, str]] = {}
    for some in _parts(places):
        found |= {row.place: (row.reason, row.detail) for row in connection.execute(own.where(rows.place.in_(some)))}
    return found


def _parts(values: Sequence[object]) -> Iterable[Sequence[object]]:
    return (values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE))
