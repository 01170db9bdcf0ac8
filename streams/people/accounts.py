"""Who may do something, and of what: users with passwords, tokens for programs. Every change of them is an act too."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.text import is_text
from ledger.words import Language
from streams.people.passwords import LENGTH_MAX, weakness
from streams.people.person import PeopleProblem, Person
from streams.people.trail import append, append_by_hand
from streams.scope import RIGHTS
from streams.store import Store, schema
from streams.store.times import now
from streams.store.under_trail import ChangedRow, added_row

ROLES: Final = ("feeder", "officer", "reviewer", "administrator")
"""feeder sends events; officer acknowledges, notes and closes; reviewer only reads; administrator does all of it."""
LANGUAGES: Final = ("zh", "en")
NAME_MAX: Final = 128
_HASHES_AT_ONCE: Final = threading.BoundedSemaphore(2)
"""Hashing a password takes 64 MiB for a moment: many tries at once must not take many times that."""
_TOKEN_PREFIX: Final = "bw_"  # noqa: S105  # what every token begins with, so that a leaked one is recognised
_hasher: Final = PasswordHasher()


class Domain(msgspec.Struct, frozen=True):
    """What a user or token is confined to (see `streams.scope`). None for both: to nothing."""

    agencies: frozenset[str] | None = None
    authority: str | None = None
    rights: frozenset[str] = frozenset()

    @property
    def confined(self) -> bool:
        """Whether it is less than the whole city."""
        return self.agencies is not None or self.authority is not None

    def checked(self) -> Domain:
        """The same; raises PeopleProblem for an unknown right, or one of somebody who has all of them."""
        unknown = sorted(self.rights - set(RIGHTS))
        if unknown:
            raise PeopleProblem(f"unknown right {', '.join(unknown)}; one or more of {', '.join(RIGHTS)}")
        if self.rights and self.agencies is None and self.authority is None:
            raise PeopleProblem("who is confined to no agency has every right already; name an agency or an authority")
        return self

    def columns(self) -> dict[str, Any]:
        """As the store keeps it."""
        return {
            "agencies": None if self.agencies is None else _json(sorted(self.agencies)),
            "authority": self.authority,
            "rights": _json(sorted(self.rights)),
        }

    def recorded(self) -> dict[str, Any]:
        """As the trail keeps it."""
        agencies = None if self.agencies is None else sorted(self.agencies)
        return {"agencies": agencies, "authority": self.authority, "rights": sorted(self.rights)}


EVERYWHERE: Final = Domain()


class User(msgspec.Struct, frozen=True):
    """Somebody who may log in."""

    name: str
    shown_as: str
    roles: tuple[str, ...]
    created_at: str
    domain: Domain = EVERYWHERE
    email: str = ""
    language: Language | None = None
    """None: the city's."""
    disabled_at: str | None = None


class Token(msgspec.Struct, frozen=True):
    """What a program shows instead of a password. None for types means all of them."""

    id: str
    name: str
    domain: Domain
    event_types: frozenset[str] | None
    roles: tuple[str, ...]
    created_at: str
    revoked_at: str | None = None


# ---------------------------------------------------------------- users


def add_user(
    store: Store,
    name: str,
    shown_as: str,
    password: str,
    roles: Sequence[str],
    domain: Domain = EVERYWHERE,
    email: str = "",
    language: Language | None = None,
) -> User:
    """Make a user; raises PeopleProblem for a bad name, role, scope or password, or a name that is taken."""
    _check(name, roles)
    if not is_text(shown_as):
        raise PeopleProblem("the name shown: 1 to 128 characters, no control characters")
    user = User(name, shown_as, tuple(roles), now(), domain.checked(), _email(email), language)
    values = {
        "name": name,
        "shown_as": shown_as,
        "roles": _json(user.roles),
        "created_at": user.created_at,
        "email": user.email,
        "language": language,
    }
    hashed = _hashed(password, name, shown_as)
    with store.writing() as connection:
        if connection.execute(sa.select(schema.users.c.name).where(schema.users.c.name == name)).first():
            raise PeopleProblem(f"there is a user {name} already")
        connection.execute(schema.users.insert(), values | domain.columns())
        rows = [(schema.users, name), _new_password(connection, name, hashed)]
        append_by_hand(connection, "user-added", name, _recorded(user), rows)
    return user


def change_user(
    store: Store,
    name: str,
    roles: Sequence[str] | None = None,
    domain: Domain | None = None,
    email: str | None = None,
    language: Language | None = None,
) -> User:
    """Give a user other roles, another scope, address or language; None leaves a thing as it is. Raises PeopleProblem."""
    users = schema.users
    with store.writing() as connection:
        row = connection.execute(
            sa.select(users).where(users.c.name == name, users.c.disabled_at.is_(None))
        ).one_or_none()
        if row is None:
            raise PeopleProblem(f"there is no user {name} (any more)")
        before = _user(row)
        user = msgspec.structs.replace(
            before,
            roles=before.roles if roles is None else tuple(roles),
            domain=before.domain if domain is None else domain.checked(),
            email=before.email if email is None else _email(email),
            language=language or before.language,
        )
        _check(name, user.roles)
        values = {"roles": _json(user.roles), "email": user.email, "language": user.language}
        connection.execute(users.update().where(users.c.name == name), values | user.domain.columns())
        append_by_hand(connection, "user-changed", name, _recorded(user), [(users, name)])
    return user


def change_password(store: Store, name: str, password: str, by: Person | None = None) -> None:
    """Give a user another password and end the user's sessions; raises PeopleProblem.

    `by`: the user, who did it on the page; None: it is done at the command line.
    """
    found = find_user(store, name)
    if found is None:
        raise PeopleProblem(f"there is no user {name} (any more)")
    hashed = _hashed(password, name, found.shown_as)
    with store.writing() as connection:
        rows = [_new_password(connection, name, hashed), next_generation(connection, name)]
        if by is None:
            append_by_hand(connection, PASSWORD_CHANGED, name, None, rows)
        else:
            proof = (by.credential, by.credential_id)
            append(connection, name, "", by.address, PASSWORD_CHANGED, name, None, None, credential=proof, rows=rows)


PASSWORD_CHANGED: Final = "password-changed"  # noqa: S105  # a kind of act


def _new_password(connection: sa.Connection, name: str, hashed: str) -> ChangedRow:
    """Keep a password; the newest of a user counts."""
    return added_row(connection, schema.credentials, {"name": name, "password_hash": hashed, "at": now()})


def next_generation(connection: sa.Connection, name: str) -> ChangedRow:
    """End every session of a user (see `streams.people.sessions`)."""
    return added_row(connection, schema.session_generations, {"name": name, "at": now()})


def users(store: Store) -> list[User]:
    """Every user, by name."""
    with store.reading() as connection:
        return [_user(row) for row in connection.execute(sa.select(schema.users).order_by(schema.users.c.name))]


def has_users(store: Store) -> bool:
    """Whether there is any user, disabled ones included: from then on nobody enters without logging in."""
    with store.reading() as connection:
        return connection.execute(sa.select(schema.users.c.name).limit(1)).first() is not None


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
    if len(name) > NAME_MAX or len(password) > LENGTH_MAX:
        return None
    with store.reading() as connection:
        row = connection.execute(sa.select(schema.users).where(schema.users.c.name == name)).one_or_none()
        own = schema.credentials.c
        newest = sa.select(own.password_hash).where(own.name == name).order_by(own.n.desc()).limit(1)
        hashed = connection.execute(newest).scalar_one_or_none()
    kept = hashed if hashed is not None and row is not None and row.disabled_at is None else _DECOY
    try:
        with _HASHES_AT_ONCE:
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
    domain: Domain = EVERYWHERE,
    event_types: Sequence[str] | None = None,
) -> tuple[Token, str]:
    """Make a token; returns it and its secret, which is kept only as a hash and cannot be shown again."""
    _check(name, roles)
    secret = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    types = None if event_types is None else frozenset(event_types)
    token = Token(secrets.token_hex(6), name, domain.checked(), types, tuple(roles), now())
    sorted_types = None if types is None else sorted(types)
    values = {
        "id": token.id,
        "hash": _hash(secret),
        "name": name,
        "event_types": None if types is None else _json(sorted_types),
        "roles": _json(token.roles),
        "created_at": token.created_at,
    }
    with store.writing() as connection:
        connection.execute(schema.tokens.insert(), values | domain.columns())
        given = {"name": name, "roles": token.roles, "event_types": sorted_types} | domain.recorded()
        append_by_hand(connection, "token-added", token.id, given, [(schema.tokens, token.id)])
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
        append_by_hand(connection, *act, None, [(table, act[1])])


def _hashed(password: str, *own: str) -> str:
    """The hash of a new password; raises PeopleProblem for a weak one. Slow on purpose: not while others wait to write."""
    weak = weakness(password, *own)
    if weak is not None:
        raise PeopleProblem(weak)
    with _HASHES_AT_ONCE:
        return _hasher.hash(password)


def _email(text: str) -> str:
    """An address as one word with an @, or nothing; raises PeopleProblem."""
    if text and (not is_text(text) or text.count("@") != 1 or any(each.isspace() for each in text)):
        raise PeopleProblem("the mail address: one @, no spaces")
    return text


def _recorded(user: User) -> dict[str, Any]:
    kept = {"name": user.shown_as, "roles": user.roles, "email": user.email, "language": user.language}
    return kept | user.domain.recorded()


def _user(row: Any) -> User:
    roles = tuple(msgspec.json.decode(row.roles))
    domain, language = _domain(row), row.language
    return User(row.name, row.shown_as, roles, row.created_at, domain, row.email, language, row.disabled_at)


def _token(row: Any) -> Token:
    roles = tuple(msgspec.json.decode(row.roles))
    return Token(row.id, row.name, _domain(row), _set(row.event_types), roles, row.created_at, row.revoked_at)


def _domain(row: Any) -> Domain:
    return Domain(_set(row.agencies), row.authority, frozenset(msgspec.json.decode(row.rights)))


def _set(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(msgspec.json.decode(text))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
