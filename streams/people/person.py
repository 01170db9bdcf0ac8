"""Who acts, what a role allows, and why something is not done."""

from __future__ import annotations

from typing import Final

import msgspec

from ledger.text import is_note, is_text
from streams.people.vocabulary import REFUSED_ACT
from streams.scope import EVERYTHING, Scope

MAY_ACKNOWLEDGE: Final = frozenset(("officer", "administrator"))
MAY_CLOSE: Final = frozenset(("officer", "administrator"))
"""And reopen."""
MAY_LOAD: Final = frozenset(("feeder", "administrator"))
"""Files of events and tables: the same who may send events by program."""
LOCAL: Final = "local"
"""The role of somebody on the monitor's own machine while it has no users: may do what an administrator may."""
LINK: Final = "link"
"""The role of who came by a one-time link: a name was typed, and nobody verified it."""
_WIDEST_FIRST: Final = ("administrator", "officer", "reviewer", "feeder", LOCAL, LINK)


class PeopleProblem(ValueError):
    """A user, token or act cannot be made; the message says why."""


class Person(msgspec.Struct, frozen=True):
    """Who acts: the name recorded, the roles, the address they come from, and whose things they may act on."""

    name: str
    roles: tuple[str, ...]
    address: str = ""
    scope: Scope = EVERYTHING
    credential: str = ""
    """What proved who it is: session, token, local."""
    credential_id: str = ""

    @property
    def role(self) -> str:
        """The role an act is recorded under: the widest the person has."""
        return next((role for role in _WIDEST_FIRST if role in self.roles), "")

    def may(self, roles: frozenset[str]) -> bool:
        """Whether one of the roles is theirs; on this machine, without users, everything is allowed."""
        return LOCAL in self.roles or not roles.isdisjoint(self.roles)


class RefusedAct(PeopleProblem):
    """The act is not done, for a reason of `REFUSED_ACT`; `what` says more of it: the roles that may, the state."""

    def __init__(self, code: str, what: str = "") -> None:
        words = REFUSED_ACT[code].en
        super().__init__(f"{words}: {what}" if what else words)
        self.code, self.what = code, what


def check_person(person: Person, roles: frozenset[str]) -> None:
    """Raise RefusedAct where nobody acts, or somebody who may not."""
    if not is_text(person.name):
        raise RefusedAct("person")
    if not person.may(roles):
        raise RefusedAct("role", " or ".join(sorted(roles)))


def check_act(person: Person, roles: frozenset[str], text: str) -> None:
    """The same, and where no reason is given."""
    check_person(person, roles)
    if not text.strip() or not is_note(text):
        raise RefusedAct("reason")


def check_scope(*, within: bool) -> None:
    """Raise RefusedAct where what is acted on lies outside the scope of who acts."""
    if not within:
        raise RefusedAct("scope")
