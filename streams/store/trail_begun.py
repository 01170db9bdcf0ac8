"""A chain of acts under a key begins: with a new store, with one from before there were keys, or anew where a key is lost."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from streams.errors import StoreRefused
from streams.store import schema
from streams.store.deliveries_sealed import settled_sum
from streams.store.segment_seals import seal_segments
from streams.store.under_trail import begin_chain, trail_keys
from streams.trail.chain import check, fingerprint_of


def begin_trail(connection: sa.Connection) -> None:
    """Begin the chain of a store that has none under a key; its key is made where there is no file yet.

    The acts of the first version, bound by a plain hash, are looked through, and their head is sealed. Raises StoreRefused
    where there was a chain here that is gone: a new one would cover that up.
    """
    _check_none_was_here(connection)
    trail_keys(connection).make_missing()
    begin_under(connection, trail_keys(connection).required().newest)


def _check_none_was_here(connection: sa.Connection) -> None:
    seen = trail_keys(connection).head
    if seen is None:
        return
    raise StoreRefused(
        f"the store is new, and its trail was at act {seen[0]} when it was seen last ({trail_keys(connection).head_file}):"
        " restore a backup; where it is meant to begin anew, move that file away"
    )


def begin_under(connection: sa.Connection, key: bytes) -> None:
    """Seal what stands, under a key: the acts before, all that is under the trail, the segments and the deliveries."""
    acts = schema.acts.c
    last = connection.execute(sa.select(acts.n, acts.hash).order_by(acts.n.desc()).limit(1)).first()
    seal_segments(connection, key)
    earlier: dict[str, Any] = {"n": 0, "hash": "0" * 64, "holds": True}
    if last is not None:
        earlier = {"n": last.n, "hash": last.hash, "holds": _holds(connection)}
    begin_chain(connection, fingerprint_of(key), earlier, by_hand(), settled_sum(connection, key))


def _holds(connection: sa.Connection) -> bool:
    """Whether the acts there follow each other, as far as they can be looked through."""
    rows = connection.execute(sa.select(schema.acts).order_by(schema.acts.c.n)).mappings()
    found = check((dict(row) for row in rows), trail_keys(connection).have())
    if found.upto.key is None:  # of the first version: all of them plain, which `check` takes for an emptied chain
        acts = schema.acts.c
        last: int = connection.execute(sa.select(sa.func.max(acts.n))).scalar_one()
        return found.upto.n == last
    return found.holds


def by_hand() -> Mapping[str, Any]:
    """Who does it at the command line: the system's user."""
    return {
        "person": system_user(),
        "role": "local",
        "address": "command line",
        "credential": "command line",
        "credential_id": None,
    }


def system_user() -> str:
    """Under what name this process runs."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a list of users
        return f"uid {os.getuid()}"
