"""A city's settings: a folder with `city.yaml`, `accounts.csv`, `objects.csv`, `rules/` and `law/`, any of which may lack.

A data folder is its own; elsewhere `--settings DIR` names one. Names and what the city says of itself are read anew when a
file changes; rules are part of what the store was folded by, and change through `rebuild`.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Final, TypeAlias

import structlog

from alerts.city_file import CITY, read_city
from alerts.yaml_files import CatalogueProblem
from ledger.city import NO_CITY
from ledger.names import Names, NamesProblem, parse_accounts, parse_objects
from ledger.registry import Registry

ACCOUNTS: Final = "accounts.csv"
OBJECTS: Final = "objects.csv"
SHIPPED_OBJECTS: Final = Path(__file__).with_name(OBJECTS)
"""The objects of expenditure that every city knows."""
LOOK_SECONDS: Final = 1.0
"""How often it is looked whether a file has changed."""

_Seen: TypeAlias = tuple[tuple[int, int] | None, ...]
log = structlog.get_logger()


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


class Settings:
    """The names of a city, read anew when its files change; for any thread."""

    def __init__(self, registry: Registry, folder: Path | None) -> None:
        """Read them; raises as `read_names` does."""
        self._registry, self._folder = registry, folder
        self._lock = threading.Lock()
        self._seen = self._look()
        self._names = read_names(registry, folder)
        self._looked = time.monotonic()

    def names(self) -> Names:
        """The names as the files stand now; those read before where a changed file cannot stand, which is logged."""
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                self._looked = time.monotonic()
                self._read_anew()
            return self._names

    def _read_anew(self) -> None:
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._names = read_names(self._registry, self._folder)
        except (NamesProblem, CatalogueProblem, SettingsProblem, OSError) as error:
            log.warning("a file of names cannot stand; the names read before stay", reason=str(error))
        else:
            log.info("names are read anew", folder=str(self._folder))

    def _look(self) -> _Seen:
        if self._folder is None:
            return ()
        return tuple(_stamp(self._folder / name) for name in (CITY, ACCOUNTS, OBJECTS))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
