"""The file of a SQLite store: made whole at once, and refused where it is not one or what stood there is gone."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from streams.errors import StoreRefused
from streams.trail.keys import head_path

_HEADER: Final = b"SQLite format 3\0"


def check_file(path: Path, *, create: bool) -> None:
    """Make the file of a new store, or see to it that the one there can be a store; raises StoreRefused."""
    try:
        if path.exists():
            _check(path, is_owners=create)
            return
        _check_none_was_there(path)
        if not create:
            raise StoreRefused(f"{path}: no store there; start one with `budgetwatch run`")
        if not path.parent.is_dir():
            raise StoreRefused(f"{path.parent}: no such folder")
        _begin(path)
    except OSError as error:
        raise StoreRefused(f"{path}: {error.strerror or error}") from None


def _check_none_was_there(path: Path) -> None:
    """A new store in the place of one that was taken away would cover that up, and write over the head it was at."""
    for left in (head_path(path), path.with_name(path.name + "-wal")):
        if left is not None and left.exists() and not path.exists():  # somebody else may have begun it just now
            raise StoreRefused(
                f"{path}: the store that was here is gone, and {left.name} is still here: restore a backup with"
                f" `budgetwatch restore`; where a new store is meant to begin, move {left.name} away first"
            )


def _begin(path: Path) -> None:
    """A database without tables, under its name only once it is one: whatever ends this, no empty file is left there."""
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}."
    ) as fresh:  # 0600, as its journals then are
        with closing(sqlite3.connect(fresh.name)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        with suppress(FileExistsError):  # another process began it meanwhile
            os.link(fresh.name, path)


def _check(path: Path, *, is_owners: bool) -> None:
    if not path.is_file():
        raise StoreRefused(f"{path}: not a file")
    with path.open("rb") as file:
        head, known = file.read(len(_HEADER)), os.fstat(file.fileno())
    if not head:
        raise StoreRefused(
            f"{path}: empty (0 bytes), so what was in it is lost: restore a backup, or delete it to begin a new store"
        )
    if head != _HEADER:
        raise StoreRefused(f"{path}: not a SQLite database; restore a backup or name another folder")
    if is_owners and known.st_uid == os.geteuid() and stat.S_IMODE(known.st_mode) & 0o077:
        path.chmod(0o600)
