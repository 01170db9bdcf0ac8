"""Whether notices leave: a decision that somebody makes once per store, an act on the trail (CONTRACT §8)."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from ledger.fiscal import is_day
from streams.people.acts import record_by
from streams.people.person import PeopleProblem, Person
from streams.people.trail import append_by_hand
from streams.store import Store, schema
from streams.store.deliveries_sealed import sealed_run

ON: Final = "notices-on"
OFF: Final = "notices-off"
RESTORED: Final = "restored"
_SUBJECT: Final = "notices"


class Switch(msgspec.Struct, frozen=True):
    """How it stands."""

    on: bool = False
    since: str = ""
    """The moment of the decision, RFC 3339."""
    from_day: str = ""
    """What opened on an earlier day is told to nobody (`notify_from`)."""


def switch_of(store: Store) -> Switch:
    """What was decided last; off where nothing ever was."""
    acts = schema.acts.c
    wanted = sa.select(acts.kind, acts.at, acts.after).where(acts.subject == _SUBJECT, acts.kind.in_((ON, OFF)))
    with store.reading() as connection:
        row = connection.execute(wanted.order_by(acts.n.desc()).limit(1)).one_or_none()
    if row is None or row.kind == OFF:
        return Switch()
    return Switch(True, row.at, msgspec.json.decode(row.after)["from"])


def turn_on(store: Store, from_day: str, tested: str = "", by: Person | None = None) -> None:
    """Let notices leave from now on, of what opens from a day on.

    Args:
        store: whose notices.
        from_day: the first day of which people are told.
        tested: the address that the test mail went to.
        by: who decides; None: whoever sits at the command line.
    """
    if not is_day(from_day):
        raise PeopleProblem(f"{from_day!r} is no day; write it like 2026-01-31")
    if switch_of(store).on:
        raise PeopleProblem("notices are on already")
    with store.writing() as connection:
        after = {"from": from_day, "tested": tested}
        if by is None:
            append_by_hand(connection, ON, _SUBJECT, after)
        else:
            record_by(store.within(connection), by, ON, _SUBJECT, None, after)


def turn_off(store: Store, reason: str) -> bool:
    """Let nothing leave from now on; what waits stays waiting until it is dropped or they are on again."""
    if not switch_of(store).on:
        return False
    with store.writing() as connection:
        append_by_hand(connection, OFF, _SUBJECT, {"reason": reason})
    return True


def quieten(store: Store) -> None:
    """Of a restored copy: nothing leaves until somebody decides so, and what waited when it was made stays here."""
    rows = schema.deliveries
    pending = (rows.c.made_at.is_not(None), rows.c.state.in_(("waiting", "held", "failed")))
    with store.writing() as connection:
        if connection.execute(sa.select(rows.c.n).where(*pending).limit(1)).first() is not None:
            stays = {"state": "suppressed", "cause": RESTORED, "next_try_at": None}
            with sealed_run(connection, RESTORED, rows.c.made_at.is_not(None)):
                connection.execute(rows.update().where(*pending).values(**stays))
    turn_off(store, RESTORED)
