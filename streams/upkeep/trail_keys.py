"""Another key for a trail: the chain goes on under it, or begins anew where the one before is lost."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from streams.errors import StoreRefused
from streams.people.trail import checked
from streams.store import Store, schema
from streams.store.deliveries_sealed import settled_sum
from streams.store.segment_seals import seal_segments
from streams.store.trail_begun import begin_under, by_hand
from streams.store.under_trail import append_act, trail_keys
from streams.trail.chain import ROTATED, fingerprint_of
from streams.upkeep.trail_audit import remembered_heads, trail_differences


def rotate(store: Store) -> str:
    """Go on under a new key, and seal under it what is sealed; returns its fingerprint.

    Raises StoreRefused where the chain does not hold: a new key would be no proof of what was done before.
    """
    store.check_trail_key()
    if not checked(store).holds:
        raise StoreRefused("the trail does not hold; see `budgetwatch trail verify`")
    with store.writing() as connection:
        # Every batch begins by holding its mark, and looks at the key after: none is sealed by the one before.
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(schema.marks).with_for_update())
        keys = trail_keys(connection)
        key = keys.rotate()
        seal_segments(connection, key)
        after = {"deliveries": settled_sum(connection, key)}
        values = {
            **by_hand(),
            "kind": ROTATED,
            "subject": fingerprint_of(key),
            "before": "null",
            "after": msgspec.json.encode(after).decode(),
            "key": fingerprint_of(key),
        }
        append_act(connection, values)
        keys.bound_by(fingerprint_of(key))
    return fingerprint_of(key)


def begin_anew(store: Store) -> str | None:
    """Begin a chain under the key of the file, which is made where there is none; returns its fingerprint.

    None where there is no reason to: the trail holds.
    """
    with store.reading() as connection:
        keys = trail_keys(connection)
        newest = connection.execute(
            sa.select(schema.acts.c.key).order_by(schema.acts.c.n.desc()).limit(1)
        ).scalar_one_or_none()
    known = keys.have()
    if known is not None and newest is not None and known.of(newest) is not None:
        if next(trail_differences(store, remembered_heads(store)), None) is None:
            return None
    else:
        keys.make_missing()
    with store.writing() as connection:
        key = keys.required().newest
        begin_under(connection, key)
        keys.bound_by(fingerprint_of(key))
    return fingerprint_of(key)
