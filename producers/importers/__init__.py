"""The source formats that can be imported: each module here is one, named like its file, with a function `read`.

`read(path)` gives what a file comes to as events, and raises `ImportProblem` for a file that it cannot read.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from producers.imported import Imported


def format_names() -> list[str]:
    """The names of all formats, such as `g0v-budget`. Nothing is imported for it."""
    return sorted(found.name.replace("_", "-") for found in pkgutil.iter_modules(__path__))


def reader_of(name: str) -> Callable[[Path], Imported] | None:
    """What reads a format; None where there is none of this name."""
    if name not in format_names():
        return None
    found: Callable[[Path], Imported] = importlib.import_module(f"{__name__}.{name.replace('-', '_')}").read
    return found
