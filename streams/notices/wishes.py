"""What an officer decides about deliveries: try once more, suppress, release or drop what a storm held. Acts on the trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from streams.people.acts import record_by
from streams.people.answers import NOTICES
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct, check_act
from streams.people.trail import TrailEntry, acts_on
from streams.store import Store, schema
from streams.store.deliveries_sealed import sealed_run
from streams.store.times import now

RETRIED: Final = "notices-retried"
SUPPRESSED: Final = "notices-suppressed"
RELEASED: Final = "notices-released"
DROPPED: Final = "notices-dropped"
DONE: Final = "notices-wish-done"
"""By a worker: what was wished on a page that may not change deliveries."""
SUBJECT: Final = "notices"
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


class _Change(msgspec.Struct, frozen=True):
    """What a wish makes of the deliveries that are in some states."""

    states: tuple[str, ...]
    state: str
    cause: str | None = None
    at_once: bool = False


_CHANGES: Final[Mapping[str, _Change]] = {
    RETRIED: _Change(("failed", "given_up"), "waiting", at_once=True),
    SUPPRESSED: _Change(OPEN, "suppressed", BY_WISH),
    RELEASED: _Change(("held",), "waiting", at_once=True),
    DROPPED: _Change(("held",), "suppressed", DROPPED),
}


def retry(store: Store, person: Person, chosen: Chosen, reason: str) -> int:
    """Try what failed or was given up at once; an address that was barred is written to again. How many. Raises RefusedAct."""
    return _wish(store, person, RETRIED, chosen, reason)


def suppress(store: Store, person: Person, chosen: Chosen, reason: str) -> int:
    """Let what has not left stay here. How many. Raises RefusedAct."""
    return _wish(store, person, SUPPRESSED, chosen, reason)


def release(store: Store, person: Person, reason: str) -> int:
    """Let everything that a storm held leave, gathered into one notice an address. How many. Raises RefusedAct."""
    return _wish(store, person, RELEASED, None, reason)


def drop(store: Store, person: Person, reason: str) -> int:
    """Let nothing of what a storm held leave. How many. Raises RefusedAct."""
    return _wish(store, person, DROPPED, None, reason)


def may_change(store: Store) -> bool:
    """Whether this role may change deliveries: the page's beside workers only reads them and adds to the trail."""
    if store.engine.dialect.name != "postgresql":
        return True
    with store.reading() as connection:
        return bool(connection.execute(sa.text("SELECT has_table_privilege('deliveries', 'UPDATE')")).scalar_one())


def waiting(store: Store) -> int:
    """How many wishes of a page that may not change deliveries are still to be done."""
    return len(_waiting(store))


def do_waiting(store: Store) -> int:
    """Do what was wished on a page that may not, in the order of the trail; how many wishes. One process at a time does."""
    wished = _waiting(store)
    for act in wished:
        named = {name: act.after[name] for name in Chosen.__struct_fields__ if name in act.after}
        chosen = Chosen(**named) if named else None
        with store.writing() as connection:
            changed = _change(connection, act.kind, chosen)
            done = {"act": act.n, "deliveries": changed}
            record_by(store.within(connection), NOTICES, DONE, SUBJECT, None, done)
    return len(wished)


def _wish(store: Store, person: Person, kind: str, chosen: Chosen | None, reason: str) -> int:
    """Change deliveries and record the act; where the role may not change them the act alone, which a worker then does."""
    check_act(person, MAY_ACKNOWLEDGE, reason)
    if not person.scope.whole:
        raise RefusedAct("scope")
    changes = may_change(store)
    with store.writing() as connection:
        found = _change(connection, kind, chosen) if changes else _meant(connection, kind, chosen)
        if not found:
            raise RefusedAct("no-delivery")
        after: dict[str, Any] = {"reason": reason, "deliveries": found}
        after |= {} if chosen is None else {k: v for k, v in msgspec.structs.asdict(chosen).items() if v}
        after |= {} if changes else {"waits": True}
        record_by(store.within(connection), person, kind, SUBJECT, None, after)
    return found


def _which(chosen: Chosen | None) -> list[sa.ColumnElement[bool]]:
    rows = schema.deliveries.c
    return [rows.made_at.is_not(None), *([] if chosen is None else chosen.conditions())]


def _meant(connection: sa.Connection, kind: str, chosen: Chosen | None) -> int:
    states = schema.deliveries.c.state.in_(_CHANGES[kind].states)
    wanted = sa.select(sa.func.count()).select_from(schema.deliveries).where(states, *_which(chosen))
    found: int = connection.execute(wanted).scalar_one()
    return found


def _change(connection: sa.Connection, kind: str, chosen: Chosen | None) -> int:
    rows, change, which = schema.deliveries, _CHANGES[kind], _which(chosen)
    values = {"state": change.state, "next_try_at": now() if change.at_once else None}
    values |= {} if kind == RETRIED else {"cause": change.cause}
    with sealed_run(connection, kind, sa.and_(*which)):
        return connection.execute(rows.update().where(rows.c.state.in_(change.states), *which).values(values)).rowcount


def _waiting(store: Store) -> list[TrailEntry]:
    acts = [
        act for act in acts_on(store, SUBJECT) if act.kind == DONE or (act.kind in _CHANGES and "waits" in act.after)
    ]
    done = {act.after["act"] for act in acts if act.kind == DONE}
    return [act for act in acts if act.kind != DONE and act.n not in done]
