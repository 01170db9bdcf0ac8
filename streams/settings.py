"""A city's settings: a folder with `city.yaml`, `accounts.csv`, `objects.csv`, `rules/` and `law/`, any of which may lack.

A data folder is its own; elsewhere `--settings DIR` names one. Names and what the city says of itself are read anew when a
file changes; rules are part of what the store was folded by, and change through `rebuild`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alerts.city_file import CITY, read_city
from ledger.city import NO_CITY
from ledger.names import Names, parse_accounts, parse_objects
from ledger.registry import Registry

ACCOUNTS: Final = "accounts.csv"
OBJECTS: Final = "objects.csv"
SHIPPED_OBJECTS: Final = Path(__file__).with_name(OBJECTS)
"""The objects of expenditure that every city knows."""


class SettingsProblem(ValueError):
    """The folder named is none; the message says what to name."""


def read_names(registry: Registry, folder: Path | None) -> Names:
    """The names of a city as its files stand.

    Raises NamesProblem or CatalogueProblem with file, place and reason; SettingsProblem where there is no such folder.
    """
    objects = parse_objects(SHIPPED_OBJECTS.read_bytes(), str(SHIPPED_OBJECTS))
    if folder is None:
        return Names(registry, {}, objects, NO_CITY)
    if not folder.is_dir():
        raise SettingsProblem(f"{folder}: no folder; name one with city.yaml, accounts.csv or objects.csv in it")
    accounts, own = folder / ACCOUNTS, folder / OBJECTS
    return Names(
        registry,
        parse_accounts(accounts.read_bytes(), str(accounts)) if accounts.exists() else {},
        objects | (parse_objects(own.read_bytes(), str(own)) if own.exists() else {}),
        read_city(folder / CITY),
    )
