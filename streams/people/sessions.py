"""Which sessions of a user go on: each user has a generation, and logging out begins the next one.

A session belongs to the generation it began in. What ends it stands in the store, so it holds over restarts and for every
page on the store. Rows are only added: the newest counts.
"""

from __future__ import annotations

import sqlalchemy as sa

from streams.people.accounts import User, find_user, next_generation
from streams.people.person import Person
from streams.people.trail import LOG_OUT, append
from streams.store import Store, schema


def generation_of(store: Store, name: str) -> int:
    """The generation that a session of this user belongs to if it begins now."""
    with store.reading() as connection:
        return _generation(connection, name)


def begin_generation(store: Store, person: Person) -> None:
    """End every session of this user; it is an act."""
    with store.writing() as connection:
        rows, proof = [next_generation(connection, person.name)], (person.credential, person.credential_id)
        name, address = person.name, person.address
        append(connection, name, "", address, LOG_OUT, name, None, None, credential=proof, rows=rows)


def user_of_session(store: Store, name: str, generation: int) -> User | None:
    """Whose session it is; None where it was ended, or the user disabled."""
    with store.reading() as connection:
        return find_user(store.within(connection), name) if _generation(connection, name) == generation else None


def _generation(connection: sa.Connection, name: str) -> int:
    rows = schema.session_generations.c
    newest = sa.select(sa.func.coalesce(sa.func.max(rows.n), 0)).where(rows.name == name)
    found: int = connection.execute(newest).scalar_one()
    return found
