"""What an officer decides about deliveries: try once more, suppress, release or drop what a storm held. Acts on the trail."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from streams.people.acts import record_by
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct, check_act
from streams.store import Store, schema
from streams.store.deliveries_sealed import sealed_run
from streams.store.times import now

RETRIED: Final = "notices-retried"
SUPPRESSED: Final = "notices-suppressed"
RELEASED: Final = "notices-released"
DROPPED: Final = "notices-dropped"
BY_WISH: Final = "by-wish"
OPEN: Final = ("waiting", "held", "failed")
"""What has not left and still may."""


class Chosen(msgspec.Struct, frozen=True):
    """Which deliveries are meant; an empty field leaves a thing open, all empty means none."""

    address: str = ""
    notice: str = ""
    alert: str = ""

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """As the store asks for them; raises RefusedAct where nothing is chosen."""
        rows = schema.deliveries.c
        named = ((rows.address, self.address), (rows.notice, self.notice), (rows.subject, self.alert))
        found = [column == value for column, value in named if value]
        if not found:
            raise RefusedAct("no-delivery")
        return [rows.made_at.is_not(None), *found]


def retry(store: Store, person: Person, chosen: Chosen, reason: str) -> int:
    """Try what failed or was given up at once; an address that was barred is written to again. How many. Raises RefusedAct."""
    return _do(
        store, person, RETRIED, chosen, reason, ("failed", "given_up"), {"state": "waiting", "next_try_at": now()}
    )


def suppress(store: Store, person: Person, chosen: Chosen, reason: str) -> int:
    """Let what has not left stay here. How many. Raises RefusedAct."""
    values = {"state": "suppressed", "cause": BY_WISH, "next_try_at": None}
    return _do(store, person, SUPPRESSED, chosen, reason, OPEN, values)


def release(store: Store, person: Person, reason: str) -> int:
    """Let everything that a storm held leave, gathered into one notice an address. How many. Raises RefusedAct."""
    values = {"state": "waiting", "cause": None, "next_try_at": now()}
    return _do(store, person, RELEASED, None, reason, ("held",), values)


def drop(store: Store, person: Person, reason: str) -> int:
    """Let nothing of what a storm held leave. How many. Raises RefusedAct."""
    values = {"state": "suppressed", "cause": DROPPED, "next_try_at": None}
    return _do(store, person, DROPPED, None, reason, ("held",), values)


def _do(
    store: Store,
    person: Person,
    kind: str,
    chosen: Chosen | None,
    reason: str,
    states: tuple[str, ...],
    values: dict[str, str | None],
) -> int:
    check_act(person, MAY_ACKNOWLEDGE, reason)
    if not person.scope.whole:
        raise RefusedAct("scope")
    rows = schema.deliveries
    conditions = [] if chosen is None else chosen.conditions()
    with store.writing() as connection:
        if not _may_change(connection):
            raise RefusedAct("by-command-line")
        with sealed_run(connection, kind, sa.and_(rows.c.made_at.is_not(None), *conditions)):
            changed = connection.execute(
                rows.update().where(rows.c.state.in_(states), rows.c.made_at.is_not(None), *conditions).values(values)
            ).rowcount
        if not changed:
            raise RefusedAct("no-delivery")
        after = {"reason": reason, "deliveries": changed}
        after |= {} if chosen is None else {k: v for k, v in msgspec.structs.asdict(chosen).items() if v}
        record_by(store.within(connection), person, kind, "notices", None, after)
    return changed


def _may_change(connection: sa.Connection) -> bool:
    """Whether this role may change deliveries: the page's beside workers only reads them and adds to the trail."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.execute(sa.text("SELECT has_table_privilege('deliveries', 'UPDATE')")).scalar_one())
