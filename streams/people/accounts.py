"""Who may do something: users with passwords, and tokens for programs. Every change of them is an act too."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.text import is_text
from streams.people.person import PeopleProblem
from streams.people.trail import append_by_hand
from streams.store import Store, schema
from streams.store.store import now

ROLES: Final = ("feeder", "officer", "reviewer", "administrator")
"""feeder sends events; officer acknowledges, notes and closes; reviewer only reads; administrator does all of it."""
PASSWORD_MIN: Final = 10
_TOKEN_PREFIX: Final = "bw_"  # noqa: S105  # what every token begins with, so that a leaked one is recognised
_hasher: Final = PasswordHasher()


class User(msgspec.Struct, frozen=True):
    """Somebody who may log in."""

    name: str
    shown_as: str
    roles: tuple[str, ...]
    created_at: str
    disabled_at: str | None = None


class Token(msgspec.Struct, frozen=True):
    """What a program shows instead of a password. None for agencies or types means all of them."""

    id: str
    name: str
    agencies: frozenset[str] | None
    event_types: frozenset[str] | None
    roles: tuple[str, ...]
    created_at: str
    revoked_at: str | None = None


# ---------------------------------------------------------------- users


def add_user(store: Store, name: str, shown_as: str, password: str, roles: Sequence[str]) -> User:
    """Make a user; raises PeopleProblem for a bad name, role or password, or a name that is taken."""
    _check(name, roles)
    if not is_text(shown_as):
        raise PeopleProblem("the name shown: 1 to 128 characters, no control characters")
    if len(password) < PASSWORD_MIN:
        raise PeopleProblem(f"the password needs at least {PASSWORD_MIN} characters")
    user = User(name, shown_as, tuple(roles), now())
    values = {
        "name": name,
        "shown_as": shown_as,
        "roles": _json(user.roles),
        "created_at": user.created_at,
        "password_hash": _hasher.hash(password),  # takes long on purpose: not while others wait to write
    }
    with store.writing() as connection:
        if connection.execute(sa.select(schema.users.c.name).where(schema.users.c.name == name)).first():
            raise PeopleProblem(f"there is a user {name} already")
        connection.execute(schema.users.insert(), values)
        append_by_hand(connection, "user-added", name, {"name": shown_as, "roles": user.roles})
    return user


def users(store: Store) -> list[User]:
    """Every user, by name."""
    with store.reading() as connection:
        return [_user(row) for row in connection.execute(sa.select(schema.users).order_by(schema.users.c.name))]


def find_user(store: Store, name: str) -> User | None:
    """A user who is not disabled."""
    with store.reading() as connection:
        row = connection.execute(sa.select(schema.users).where(schema.users.c.name == name)).one_or_none()
    return None if row is None or row.disabled_at is not None else _user(row)


def disable_user(store: Store, name: str) -> None:
    """The user can no longer log in; what the user did stays."""
    users = schema.users
    _stamp(store, users, users.c.name == name, "disabled_at", f"user {name}", ("user-disabled", name))


def log_in(store: Store, name: str, password: str) -> User | None:
    """The user, if the password is right. An unknown name takes as long as a wrong password."""
    with store.reading() as connection:
        row = connection.execute(sa.select(schema.users).where(schema.users.c.name == name)).one_or_none()
    kept = row.password_hash if row is not None and row.disabled_at is None else _DECOY
    try:
        _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return None
    return None if row is None or row.disabled_at is not None else _user(row)


_DECOY: Final = _hasher.hash(secrets.token_urlsafe())


# ---------------------------------------------------------------- tokens


def add_token(
    store: Store,
    name: str,
    roles: Sequence[str],
    agencies: Sequence[str] | None = None,
    event_types: Sequence[str] | None = None,
) -> tuple[Token, str]:
    """Make a token; returns it and its secret, which is kept only as a hash and cannot be shown again."""
    _check(name, roles)
    secret = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = Token(
        secrets.token_hex(6),
        name,
        None if agencies is None else frozenset(agencies),
        None if event_types is None else frozenset(event_types),
        tuple(roles),
        now(),
    )
    values = {
        "id": token.id,
        "hash": _hash(secret),
        "name": name,
        "agencies": None if agencies is None else _json(_sorted(agencies)),
        "event_types": None if event_types is None else _json(_sorted(event_types)),
        "roles": _json(token.roles),
        "created_at": token.created_at,
    }
    with store.writing() as connection:
        connection.execute(schema.tokens.insert(), values)
        given = {"name": name, "roles": token.roles, "agencies": _sorted(agencies), "event_types": _sorted(event_types)}
        append_by_hand(connection, "token-added", token.id, given)
    return token, secret


def tokens(store: Store) -> list[Token]:
    """Every token, oldest first, without its secret."""
    with store.reading() as connection:
        return [
            _token(row) for row in connection.execute(sa.select(schema.tokens).order_by(schema.tokens.c.created_at))
        ]


_TOKEN: Final = sa.select(schema.tokens).where(schema.tokens.c.hash == sa.bindparam("of_hash"))
"""Built once: each request of a program asks for it."""


def find_token(store: Store, secret: str) -> Token | None:
    """The token with this secret, unless it is revoked."""
    with store.reading() as connection:
        row = connection.execute(_TOKEN, {"of_hash": _hash(secret)}).one_or_none()
    return None if row is None or row.revoked_at is not None else _token(row)


def revoke_token(store: Store, token_id: str) -> None:
    """The token is no longer taken."""
    tokens = schema.tokens
    _stamp(store, tokens, tokens.c.id == token_id, "revoked_at", f"token {token_id}", ("token-revoked", token_id))


# ---------------------------------------------------------------- common parts


def _check(name: str, roles: Sequence[str]) -> None:
    if not is_text(name):
        raise PeopleProblem("the name: 1 to 128 characters, no control characters")
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise PeopleProblem(f"unknown role {', '.join(unknown) or '(none)'}; one or more of {', '.join(ROLES)}")


def _stamp(
    store: Store, table: sa.Table, where: sa.ColumnElement[bool], column: str, what: str, act: tuple[str, str]
) -> None:
    with store.writing() as connection:
        changed = connection.execute(table.update().where(where, table.c[column].is_(None)).values({column: now()}))
        if changed.rowcount == 0:
            raise PeopleProblem(f"there is no {what} (any more)")
        append_by_hand(connection, *act, None)


def _sorted(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)


def _user(row: Any) -> User:
    return User(row.name, row.shown_as, tuple(msgspec.json.decode(row.roles)), row.created_at, row.disabled_at)


def _token(row: Any) -> Token:
    return Token(
        row.id,
        row.name,
        _set(row.agencies),
        _set(row.event_types),
        tuple(msgspec.json.decode(row.roles)),
        row.created_at,
        row.revoked_at,
    )


def _set(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(msgspec.json.decode(text))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
