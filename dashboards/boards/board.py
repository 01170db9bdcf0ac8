"""What a board is: its name, what it answers and for whom, the variables at its head, its stretch of time."""

from __future__ import annotations

import msgspec

from dashboards.publishing import UID_PREFIX
from ledger.words import Language, Words


class Board(msgspec.Struct, frozen=True):
    """One board."""

    name: str
    """Of its file, and the end of its uid."""
    title: Words
    answers: Words
    """What it answers, and for whom: its description."""
    variables: tuple[str, ...] = ()
    """Those beside the sources of data and the page's address, by name (`dashboards.boards.variables`)."""
    since: str = "now/y"
    refresh: str = "1m"

    def uid(self, reader: Language) -> str:
        """Its uid, the same for ever; the English one stands beside the Chinese one."""
        return uid_of(self.name, reader)


def uid_of(name: str, reader: Language) -> str:
    """The uid of a board by its name."""
    return f"{UID_PREFIX}-{name}" + ("" if reader == "zh" else f"-{reader}")
