"""What the fold writes beside its rows and no event tells: moments, where refused lines came from, the outbox.

Each moment is that of the segment, which is sealed, or of the judgement, which is under the trail.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa

from streams.store import Store, schema
from streams.store.batch import Origin
from streams.store.under_trail import REBUILT
from streams.upkeep.differences import Difference, compared, compared_all


def beside_rows_differ(store: Store) -> Iterator[Difference]:
    """Every moment, origin and message that is not as it was written with its batch."""
    with store.reading() as connection:
        parts = _segments(store, connection)
        yield from _history(connection, parts)
        yield from _refusals(store, connection, parts)
        yield from _marks(store, connection, parts)
        yield from _payments(store, connection, parts)
        yield from _messages(store, connection)


class _Batches(msgspec.Struct):
    """The segments of one partition, in their order."""

    firsts: list[int] = []
    ends: list[int] = []
    moments: list[str] = []
    origins: list[str] = []

    def begins_at(self, place: int) -> bool:
        """Whether one of them begins at a place."""
        at = bisect_left(self.firsts, place)
        return at < len(self.firsts) and self.firsts[at] == place

    def holding(self, place: int) -> int | None:
        """Which of them holds a place."""
        at = bisect_right(self.firsts, place) - 1
        return at if at >= 0 and place < self.ends[at] else None


def _segments(store: Store, connection: sa.Connection) -> dict[int, _Batches]:
    rows = schema.segments.c
    wanted = sa.select(rows.partition, rows.first_place, rows.count, rows.at, rows.origins)
    found: dict[int, _Batches] = {}
    for partition, first, count, at, origins in connection.execute(
        wanted.where(rows.log == store.log).order_by(rows.partition, rows.first_place)
    ):
        part = found.setdefault(partition, _Batches())
        part.firsts.append(first)
        part.ends.append(first + count)
        part.moments.append(at)
        part.origins.append(origins)
    return found


def _history(connection: sa.Connection, parts: dict[int, _Batches]) -> Iterator[Difference]:
    """Transitions keep the place after their batch, or, of time rules, after all that the judgement saw."""
    moments: dict[int, set[str]] = {}
    for part in parts.values():
        for end, at in zip(part.ends, part.moments, strict=True):
            moments.setdefault(end, set()).add(at)
    for marks, at in connection.execute(sa.select(schema.judgements.c.marks, schema.judgements.c.at)):
        moments.setdefault(sum(place for _, _, place in msgspec.json.decode(marks)), set()).add(at)
    rows = schema.alert_history.c
    for n, place, at in connection.execute(sa.select(rows.n, rows.position, rows.at)):
        known = moments.get(place, set())
        if at not in known:
            yield Difference("alert_history", f"{n} at", " or ".join(sorted(known)) or "no batch ends there", at)


def _refusals(store: Store, connection: sa.Connection, parts: dict[int, _Batches]) -> Iterator[Difference]:
    rows = schema.refusals.c
    wanted = sa.select(rows.partition, rows.place, rows.at, rows.origin, rows.line).where(rows.log == store.log)
    for partition, place, at, origin, line in connection.execute(wanted):
        part = parts.get(partition, _Batches())
        which = part.holding(place)
        if which is None:
            continue  # the log is compared by itself
        key = f"{partition} {place}"
        yield from compared("refusals", f"{key} at", part.moments[which], at)
        if store.partitions == 1:  # on Kafka it names the record
            yield from compared("refusals", f"{key} origin", _origin(part, which, place), (origin, line))


def _origin(part: _Batches, which: int, place: int) -> tuple[str, int]:
    """Where a line came from, and its number there."""
    known = msgspec.json.decode(part.origins[which], type=list[Origin])
    number = place - part.firsts[which]
    found = known[bisect_right([one.offset for one in known], number) - 1]
    return found.name, number - found.offset + found.line


def _marks(store: Store, connection: sa.Connection, parts: dict[int, _Batches]) -> Iterator[Difference]:
    """An embedded log's mark was set by its last batch; on Kafka records without lines move it too."""
    if store.partitions > 1 or not parts:
        return
    found = connection.execute(sa.select(schema.marks.c.committed_at).where(*store.own(schema.marks)))
    yield from compared("mark", "committed_at", parts[0].moments[-1], found.scalar_one_or_none())


def _payments(store: Store, connection: sa.Connection, parts: dict[int, _Batches]) -> Iterator[Difference]:
    """Payments are remembered with the batch that they came in, by whoever folds its partition."""
    rows = schema.payments.c
    for log, partition, first in connection.execute(sa.select(rows.log, rows.partition, rows.first_place)):
        if log != store.log or not parts.get(partition, _Batches()).begins_at(first):
            yield Difference("payments", f"{partition} {first}", "the batch that they came in", f"none of {log}")


def _messages(store: Store, connection: sa.Connection) -> Iterator[Difference]:
    """Whether each transition, and on Kafka each refusal, has its message: what, about what, and when."""
    history, refusals, outbox = schema.alert_history, schema.refusals.c, schema.outbox.c
    wanted: dict[str, tuple[Any, ...]] = {}
    numbers: dict[str, int] = {}
    for row in connection.execute(sa.select(history).order_by(history.c.n)).mappings():
        alert = row["alert"]
        numbers[alert] = numbers.get(alert, 0) + 1
        wanted[f"{alert}-{numbers[alert]}"] = ("alert", alert, *(row[name] for name in _SAID), row["at"])
    if store.partitions > 1:
        columns = (refusals.origin, refusals.line, refusals.reason, refusals.at)
        for origin, line, reason, at in connection.execute(sa.select(*columns)):
            name = f"{origin}/{line - 1}"
            wanted[name] = ("refusal", name, reason, at)
    columns_kept = (outbox.id, outbox.kind, outbox.subject, outbox.payload, outbox.created_at, outbox.n, outbox.untold)
    upto = _carried_over(connection)
    kept: dict[str, tuple[Any, ...]] = {}
    for name, kind, subject, text, at, n, untold in connection.execute(
        sa.select(*columns_kept).where(outbox.kind.in_(("alert", "refusal")))
    ):
        payload = msgspec.json.decode(text)
        said = _SAID if kind == "alert" else ("reason",)
        made = wanted.get(name, (at,))[-1] if n <= upto else at
        if untold and n > upto:  # only what a rebuild finds in old books is told to nobody
            yield Difference("outbox", f"{name} untold", "to be told", "to be told to nobody")
        kept[name] = (kind, subject, *(payload.get(one) for one in said), made)
    yield from compared_all("outbox", wanted, kept)


def _carried_over(connection: sa.Connection) -> int:
    """Up to which number messages were there at the last rebuild: these keep older moments, which its act seals."""
    acts = schema.acts.c
    newest = sa.select(acts.after).where(acts.kind == REBUILT).order_by(acts.n.desc()).limit(1)
    after = connection.execute(newest).scalar_one_or_none()
    return 0 if after is None else int(msgspec.json.decode(after)["outbox"]["upto"])


_SAID = ("change", "by", "severity_before", "severity", "evidence")
"""What a message repeats of its transition."""
