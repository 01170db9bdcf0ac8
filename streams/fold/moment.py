"""By what it is seen that a store changed, and what changed in it since a moment."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from ledger.process import Transition
from producers.kafka.wire import year_of
from streams.store import schema
from streams.store.alerts import alert_of


class Moment(msgspec.Struct):
    """By what it is seen that something changed."""

    store_id: str = ""
    places: dict[int, int] = {}
    offsets: dict[int, int] = {}
    remembered: int = 0
    judged: int = 0
    acted: int = 0
    changed: int = 0


def moment_of(connection: sa.Connection, of_log: str) -> Moment:
    """The moment that a transaction sees of a log."""
    marks, manifest = schema.marks.c, schema.manifest.c
    rows = connection.execute(
        sa.select(marks.partition, marks.position, marks.next_offset, marks.accepted).where(marks.log == of_log)
    ).all()

    def newest(column: sa.Column[int]) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.coalesce(sa.func.max(column), 0)).scalar_subquery()

    rest = connection.execute(
        sa.select(
            sa.select(manifest.value).where(manifest.name == "store_id").scalar_subquery().label("store_id"),
            newest(schema.judgements.c.n).label("judged"),
            newest(schema.acts.c.n).label("acted"),
            newest(schema.alert_history.c.n).label("changed"),
        )
    ).one()
    return Moment(
        store_id=rest.store_id or "",
        places={row.partition: row.position for row in rows},
        offsets={row.partition: row.next_offset for row in rows},
        remembered=sum(row.accepted for row in rows),
        judged=rest.judged,
        acted=rest.acted,
        changed=rest.changed,
    )


def named_by(lines: list[bytes]) -> set[tuple[int, str]]:
    """The agencies' years that lines name; what names none was refused and changed nothing."""
    return {found for found in map(year_of, lines) if found is not None}


def transitions_since(connection: sa.Connection, after: int) -> list[Transition]:
    """Transitions written since, for pages that are open: one whose transaction ended late may be left untold."""
    history = schema.alert_history.c
    wanted = sa.select(schema.alerts, history.change, history.by, history.severity_before).join(
        schema.alert_history, history.alert == schema.alerts.c.id
    )
    rows = connection.execute(wanted.where(history.n > after).order_by(history.n.desc()).limit(100)).all()
    return [Transition(alert_of(row), row.change, row.by, row.severity_before) for row in reversed(rows)]
