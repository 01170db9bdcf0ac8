"""The names and the routing of a city as its files stand now, for processes that run on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Generic, TypeAlias, TypeVar

import structlog

from alerts.catalogue import Catalogue
from alerts.city_file import CITY
from alerts.routing.file import ROUTING, read_routing
from alerts.routing.routes import Routing
from alerts.yaml_files import CatalogueProblem
from ledger.names import Names, NamesProblem
from ledger.registry import Registry
from streams.settings import ACCOUNTS, OBJECTS, SettingsProblem, read_names

LOOK_SECONDS: Final = 1.0
"""How often it is looked whether a file has changed."""

T = TypeVar("T")
_SeenFiles: TypeAlias = tuple[tuple[int, int] | None, ...]
log = structlog.get_logger()


class Current(Generic[T]):
    """What stands in some files, read anew when they change; for any thread."""

    def __init__(self, read: Callable[[], T], files: Sequence[Path]) -> None:
        """Read it; raises as `read` does."""
        self._read, self._files = read, files
        self._lock = threading.Lock()
        self._seen = self._look()
        self._value = read()
        self._looked = time.monotonic()

    def value(self) -> T:
        """As the files stand now; what was read before where a changed file cannot stand, which is logged."""
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                self._looked = time.monotonic()
                self._read_anew()
            return self._value

    def _read_anew(self) -> None:
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._value = self._read()
        except (NamesProblem, CatalogueProblem, SettingsProblem, OSError) as error:
            log.warning("a file of the settings cannot stand; what was read before stays", reason=str(error))
        else:
            log.info("settings are read anew", files=[file.name for file in self._files])

    def _look(self) -> _SeenFiles:
        return tuple(map(_stamp, self._files))


class CurrentNames:
    """The names of a city, and its routing, read anew when their files change."""

    def __init__(self, registry: Registry, folder: Path | None) -> None:
        """Read them; raises as `read_names` does."""
        files = [] if folder is None else [folder / name for name in (CITY, ACCOUNTS, OBJECTS)]
        self._current = Current(lambda: read_names(registry, folder), files)

    def names(self) -> Names:
        """The names as the files stand now."""
        return self._current.value()


def current_routing(catalogue: Catalogue, registry: Registry, folder: Path | None) -> Callable[[], Routing]:
    """The routing as its file stands; raises CatalogueProblem where it cannot stand now."""
    files = [] if folder is None else [folder / ROUTING]
    return Current(lambda: read_routing(folder, catalogue.rules, registry.agencies), files).value


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
