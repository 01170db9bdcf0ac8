"""The names of a city as its files stand now, for processes that run on."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Final, TypeAlias

import structlog

from alerts.city_file import CITY
from alerts.yaml_files import CatalogueProblem
from ledger.names import Names, NamesProblem
from ledger.registry import Registry
from streams.settings import ACCOUNTS, OBJECTS, SettingsProblem, read_names

LOOK_SECONDS: Final = 1.0
"""How often it is looked whether a file has changed."""

_Seen: TypeAlias = tuple[tuple[int, int] | None, ...]
log = structlog.get_logger()


class CurrentNames:
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
