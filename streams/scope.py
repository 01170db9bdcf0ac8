"""Whose figures, alerts and acts are somebody's business (CONTRACT §4 Scope, §8 Scope). Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, TypeAlias

import msgspec

from ledger.registry import Registry

Right: TypeAlias = Literal["city", "reserves"]
CITY_RIGHT: Final[Right] = "city"
RESERVES_RIGHT: Final[Right] = "reserves"
RIGHTS: Final = (CITY_RIGHT, RESERVES_RIGHT)
"""city: sums, lists and funds of the city; reserves: to send events about the city's reserves."""
_FIRST: Final = "first:"


class Scope(msgspec.Struct, frozen=True):
    """What somebody sees and acts on: of some agencies and authorities, or of the whole city.

    `agencies` None: everything, both rights included.
    """

    agencies: frozenset[str] | None = None
    authorities: frozenset[str] = frozenset()
    rights: frozenset[str] = frozenset()

    @property
    def whole(self) -> bool:
        """Whether it is the whole city."""
        return self.agencies is None

    @property
    def city(self) -> bool:
        """Whether sums, lists and funds of the city are in it."""
        return self.whole or CITY_RIGHT in self.rights

    @property
    def reserves(self) -> bool:
        """Whether events about the city's reserves may be sent."""
        return self.whole or RESERVES_RIGHT in self.rights

    def has_agency(self, code: str | None) -> bool:
        """Whether an agency's things are in it; what is of no agency is in the whole city's alone."""
        return self.agencies is None or code in self.agencies

    def has_authority(self, code: str) -> bool:
        """Whether an authority, with all of its agencies, is in it."""
        return self.whole or code in self.authorities

    def has(self, level: str, key: str, agency: str | None) -> bool:
        """Whether a figure or an alert is in it, by its level, key and the agency it is of (None: shared)."""
        if level == "city":
            return self.city
        if level == "authority":
            return self.city or self.has_authority(key)
        if level == "reserve":
            return self.has_agency(key.removeprefix(_FIRST)) if key.startswith(_FIRST) else self.city
        return self.has_agency(agency)


def agency_of_key(level: str, key: str) -> str | None:
    """The agency that a figure's level and key name; None for an authority and the city."""
    return {"agency": key, "line": key.partition(":")[0]}.get(level)


EVERYTHING: Final = Scope()


def scope_of(
    registry: Registry, agencies: Collection[str] | None, authority: str | None, rights: Collection[str]
) -> Scope:
    """What a user or token that names agencies, or an authority, may see and do; one that names neither, everything."""
    if agencies is None and authority is None:
        return EVERYTHING
    below = (agency.code for agency in registry.agencies.values() if agency.authority_code == authority)
    return Scope(
        agencies=frozenset((*(agencies or ()), *below)),
        authorities=frozenset(() if authority is None else (authority,)),
        rights=frozenset(rights),
    )
