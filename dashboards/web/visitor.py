"""Who is asking: somebody with a session, a program with a token, or whoever sits at the machine while there are no users."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import msgspec
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException

from dashboards.web.sessions import Ticket
from ledger.registry import Registry
from ledger.words import Language
from streams.people.accounts import Token, User
from streams.people.person import LOCAL, Person
from streams.scope import scope_of

Credential: TypeAlias = Literal["session", "token", "local"]
VISITOR: Final = "visitor"
"""Its place in the connection's scope."""


class Visitor(msgspec.Struct, frozen=True):
    """Somebody who was let in."""

    person: Person
    credential: Credential
    shown_as: str = ""
    language: Language | None = None
    ticket: Ticket | None = None
    """Of the session."""


def visitor_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Visitor | None:
    """Who is asking; None: nobody that is known."""
    found = connection.scope.get(VISITOR)
    return found if isinstance(found, Visitor) else None


def known_visitor(connection: ASGIConnection[Any, Any, Any, Any]) -> Visitor:
    """The same where a guard let nobody else in; raises NotAuthorizedException all the same."""
    found = visitor_of(connection)
    if found is None:
        raise NotAuthorizedException("log in first")
    return found


def of_session(user: User, ticket: Ticket, registry: Registry, address: str) -> Visitor:
    """Who is logged in."""
    domain = user.domain
    scope = scope_of(registry, domain.agencies, domain.authority, domain.rights)
    person = Person(user.name, user.roles, address, scope, "session", ticket.id)
    return Visitor(person, "session", user.shown_as, user.language, ticket)


def of_token(token: Token, registry: Registry, address: str) -> Visitor:
    """A program, under its token's name and roles."""
    domain = token.domain
    scope = scope_of(registry, domain.agencies, domain.authority, domain.rights)
    return Visitor(Person(token.name, token.roles, address, scope, "token", token.id), "token", token.name)


def of_this_machine(address: str) -> Visitor:
    """Whoever sits there; a form asks for the name."""
    return Visitor(Person("", (LOCAL,), address, credential="local"), "local")
