"""What is under the trail's chain, and how an act seals the rows it changes. One list each: a new table joins by a line.

An act keeps the digest of every row of `SEALED` that it adds or changes, so that a row that somebody changed, put in or
took out by hand does not agree with the newest act about it. Of `ADDED_TO` rows are only ever added: the newest counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
import sqlalchemy as sa

from streams.errors import StoreRefused
from streams.store import schema
from streams.store.locks import lock_trail
from streams.store.times import now
from streams.trail.chain import BEGAN, keyed_link, row_digest
from streams.trail.keys import TrailKeys

if TYPE_CHECKING:
    from streams.store.store import Store

SEALED: Final = (
    schema.manifest,
    schema.users,
    schema.tokens,
    schema.credentials,
    schema.session_generations,
    schema.presented_lists,
    schema.half_years,
    schema.loaded_files,
    schema.kept_reports,
    schema.judgements,
    schema.answer_links,
    schema.link_uses,
    schema.notices,
    schema.notice_attachments,
)
# A table that joins these needs a migration that names it in `GUARDED_FROM_HERE`: only then older stores guard it too.
# It has no key but its primary one: by another a row could be replaced past its triggers.
ADDED_TO: Final = (
    schema.acts,
    schema.credentials,
    schema.session_generations,
    schema.presented_lists,
    schema.half_years,
    schema.failed_log_ins,
    schema.judgement_requests,
    schema.answer_links,
    schema.link_openings,
    schema.link_uses,
    schema.notices,
    schema.notice_attachments,
    schema.loaded_files,
    schema.kept_reports,
)
REBUILT: Final = "rebuilt"
SEALED_WHOLE: Final = frozenset((BEGAN, REBUILT))
"""Acts that say of the tables they name all that stands in them."""

ChangedRow: TypeAlias = tuple[sa.Table, Any]
"""A row that an act adds or changes: its table, and its key."""
Seals: TypeAlias = Mapping[str, Mapping[str, str]]
"""The digest of each row, by table and key."""


def trail_keys(connection: sa.Connection) -> TrailKeys:
    """The keys that came with the database's handle."""
    found = connection.get_execution_options().get("trail_keys")
    return found if isinstance(found, TrailKeys) else TrailKeys(None)


_NEWEST_KEY: Final = sa.select(schema.acts.c.key).order_by(schema.acts.c.n.desc()).limit(1)


def key_in_force(connection: sa.Connection) -> bytes:
    """The key that what is written now is bound by; raises StoreRefused where it is not here."""
    return trail_keys(connection).bound_by(connection.execute(_NEWEST_KEY).scalar_one_or_none())


def has_key(store: Store) -> bool:
    """Whether the trail's key is here."""
    with store.reading() as connection:
        return trail_keys(connection).have() is not None


def append_act(
    connection: sa.Connection,
    values: Mapping[str, Any],
    rows: Iterable[ChangedRow] = (),
    seals: Seals | None = None,
) -> dict[str, Any]:
    """Append an act within a transaction that writes, bound to the one before; the row as it is kept.

    Args:
        connection: the transaction.
        values: person, role, address, credential, credential_id, kind, subject, before and after (JSON).
        rows: what it adds or changes of `SEALED`, as it stands in the store by now.
        seals: the same where they are known already.

    Raises StoreRefused where the key is not here or another one, or the trail is not the one that was seen last.
    """
    return append_acts(connection, [(values, seals if seals is not None else _digests(connection, rows))])[0]


def append_acts(connection: sa.Connection, given: Iterable[tuple[Mapping[str, Any], Seals]]) -> list[dict[str, Any]]:
    """Append acts with their seals, one after the other and in one statement (see `append_act`): for those of a batch."""
    keys, acts = trail_keys(connection), schema.acts
    lock_trail(connection)
    newest = connection.execute(sa.select(acts.c.n, acts.c.hash, acts.c.key).order_by(acts.c.n.desc()).limit(1)).first()
    key = keys.bound_by(None if newest is None else newest.key)
    assert newest is not None, "an act bound by a key stands there"
    last: tuple[int, str] = (newest.n, newest.hash)
    _check_head(connection, keys, last)
    made, at = [], now()
    for values, seals in given:
        made.append(_bound(last, key, {"key": newest.key, **values}, seals, at))
        last = (made[-1]["n"], made[-1]["hash"])
    _insert(connection, made)
    return made


def begin_chain(
    connection: sa.Connection,
    fingerprint: str,
    earlier: Mapping[str, Any],
    by: Mapping[str, Any],
    deliveries: Mapping[str, Any],
) -> None:
    """Begin a chain under the newest key, which seals the head of what stood before and every row under the trail.

    Args:
        connection: a transaction that writes.
        fingerprint: of the key.
        earlier: number and hash of the last act before, and whether they hold.
        by: who begins it.
        deliveries: number and sum of those that are settled.
    """
    after = msgspec.json.encode({"earlier": earlier, "deliveries": deliveries}).decode()
    values = {**by, "kind": BEGAN, "subject": fingerprint, "before": "null", "after": after, "key": fingerprint}
    last, key = (earlier["n"], earlier["hash"]), trail_keys(connection).required().newest
    _insert(connection, [_bound(last, key, values, all_digests(connection), now())])


def _bound(last: tuple[int, str], key: bytes, values: Mapping[str, Any], seals: Seals, at: str) -> dict[str, Any]:
    given = {"credential": None, "credential_id": None, **values}
    row = given | {
        "n": last[0] + 1,
        "at": at,
        "previous_hash": last[1],
        "seals": msgspec.json.encode(seals, order="sorted").decode() if seals else None,
    }
    row["hash"] = keyed_link(row, key)
    return row


def _insert(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(schema.acts.insert(), list(rows))
        connection.info["trail_head"] = (rows[-1]["n"], rows[-1]["hash"])


def _check_head(connection: sa.Connection, keys: TrailKeys, last: tuple[int, str]) -> None:
    """Refuse to go on a trail whose end was taken off: the next act would cover that up."""
    seen = keys.head
    if seen is None or seen == last:
        return
    acts = schema.acts.c
    found = connection.execute(sa.select(acts.hash).where(acts.n == seen[0])).scalar_one_or_none()
    if found is None or not found.startswith(seen[1]):
        raise StoreRefused(
            f"the audit trail is not the one that was here: act {seen[0]} is gone or another one."
            " Nothing was recorded; see `budgetwatch trail verify`"
        )


def key_of(table: sa.Table, row: Mapping[Any, Any]) -> str:
    """What a row is known by within its table."""
    return "|".join(str(row[column.name]) for column in table.primary_key)


def table_digests(connection: sa.Connection, table: sa.Table) -> dict[str, str]:
    """The digest of every row of a table, by key."""
    return {key_of(table, row): row_digest(dict(row)) for row in connection.execute(sa.select(table)).mappings().all()}


def all_digests(connection: sa.Connection) -> Seals:
    """The same of every table that is under the trail; those that are empty too."""
    return {table.name: table_digests(connection, table) for table in SEALED}


def _digests(connection: sa.Connection, rows: Iterable[ChangedRow]) -> Seals:
    found: dict[str, dict[str, str]] = {}
    for table, key in rows:
        (column,) = table.primary_key
        row = connection.execute(sa.select(table).where(column == key)).mappings().one()
        found.setdefault(table.name, {})[key_of(table, row)] = row_digest(dict(row))
    return found


def added_row(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any]) -> ChangedRow:
    """Add a row to a table that numbers its rows; returns it as an act names it."""
    (number,) = connection.execute(table.insert().values(**values)).inserted_primary_key or (None,)
    return table, number


_GUARDED_AGAINST: Final = ("update", "delete", "replace")
GUARDED: Final = tuple(f"{table.name}_{verb}_refused" for table in ADDED_TO for verb in _GUARDED_AGAINST)
"""Triggers of SQLite by which rows that are only added can be neither changed nor taken out."""


def guard_tables(connection: sa.Connection) -> None:
    """Let SQLite refuse to change or take out rows that are only added; PostgreSQL has rights for it (`rights`)."""
    if connection.dialect.name != "sqlite":
        return
    for name, guard in guards().items():
        connection.execute(sa.text(f"CREATE TRIGGER IF NOT EXISTS {name} {guard}"))


def guards() -> dict[str, str]:
    """What the triggers say, by their names."""
    return {
        f"{table.name}_{verb}_refused": f"BEFORE {_statement(verb, table)}"
        f" BEGIN SELECT RAISE(ABORT, 'rows of {table.name} are only added'); END"
        for table in ADDED_TO
        for verb in _GUARDED_AGAINST
    }


def _statement(verb: str, table: sa.Table) -> str:
    """What a trigger comes before. INSERT OR REPLACE takes the row out without the triggers that come before a DELETE."""
    if verb != "replace":
        return f"{verb.upper()} ON {table.name}"
    same = " AND ".join(f"{column.name} = NEW.{column.name}" for column in table.primary_key)
    return f"INSERT ON {table.name} WHEN EXISTS (SELECT 1 FROM {table.name} WHERE {same})"  # noqa: S608


def unguard_tables(connection: sa.Connection) -> None:
    """Take the triggers away, for a migration or a rebuild."""
    if connection.dialect.name == "sqlite":
        for name in GUARDED:
            connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {name}"))
