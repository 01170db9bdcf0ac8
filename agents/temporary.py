"""Where is written what nobody keeps: uploads that wait, spools, parts of exports. Its owner's alone, and empty at each start.

A city's payments are not to lie in a folder that all accounts of a machine share, nor to outlive a process that was killed.
"""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

from streams.store import StoreRefused

FOLDER: Final = "temporary"
"""In the data folder."""
_PREFIX: Final = "budgetwatch-"


def write_within(data: Path) -> None:
    """In the data folder, from now on; for who holds its lock, before other processes begin. Raises StoreRefused."""
    folder = data.absolute() / FOLDER
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise StoreRefused(f"{folder}: not a folder; take it away")
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise StoreRefused(f"{error.filename or folder}: {error.strerror}") from None
    _use(folder)


def write_apart() -> None:
    """In a folder of this process's own; those of this user's processes that were killed are taken away."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        pid, found = left.name.removeprefix(_PREFIX).partition("-")[0], left.lstat()
        is_own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and pid.isdigit()
        if is_own and (int(pid) == os.getpid() or not Path("/proc", pid).exists()):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _use(folder)


def _use(folder: Path) -> None:
    """By this process and those it starts: SQLite, too, looks there."""
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None
