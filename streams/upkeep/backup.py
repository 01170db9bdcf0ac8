"""`backup` and `restore`: a copy of a running monitor's store, proved by an audit before it is called one."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from streams.folder import Folder
from streams.notices.switch import quieten
from streams.people import trail
from streams.store import Store, StoreRefused, open_store
from streams.store.under_trail import has_key
from streams.trail.keys import HEAD_SUFFIX, head_beside
from streams.upkeep.rebuilt import record_restored
from streams.upkeep.settings_copy import put_settings, settings_beside, unpack_settings

_PAGES: Final = 4_096
"""Pages copied between two breaths of the monitor."""


def copy_store(source: Path, target: Path, progress: Callable[[int, int], None] = lambda _, __: None) -> None:
    """Copy a SQLite store while it is written to, by SQLite's own online backup; `progress` is told (done, all) pages.

    Raises StoreRefused where the source is none or the target is there already.
    """
    if not source.is_file():
        raise StoreRefused(f"{source}: no store there")
    if target.exists():
        raise StoreRefused(f"{target}: is there already; name a new file")
    partial = target.with_name(target.name + ".part")
    partial.unlink(missing_ok=True)
    try:
        _own(partial)
        with (
            sqlite3.connect(source.resolve().as_uri() + "?mode=ro", uri=True) as reading,
            sqlite3.connect(partial) as writing,
        ):
            reading.backup(
                writing, pages=_PAGES, progress=lambda _, remaining, total: progress(total - remaining, total)
            )
        writing.close()
        reading.close()
        _to_disk(partial)
        partial.rename(target)
        _folder_to_disk(target.resolve().parent)
    except (sqlite3.Error, OSError) as error:
        partial.unlink(missing_ok=True)
        raise StoreRefused(f"{target}: {error}") from None


def restore_store(backup: Path, folder: Folder, prove: Callable[[Store, Folder], None] = lambda *_: None) -> None:
    """Put a backup in the place of a folder's store, and its settings, where they stand beside it, in the place of its own.

    What was there is kept beside. Before they take the place the copy is looked through, brought to this version's schema,
    and handed to `prove` with the folder whose settings will be its own, which may raise StoreRefused. The folder must not
    be in use (StoreRefused).
    """
    if not backup.is_file():
        raise StoreRefused(f"{backup}: no backup there")
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder.locked():
        fresh = folder.store.with_name(folder.store.name + ".restored")
        unpacked, archive = folder.path / ".restored-settings", settings_beside(backup)
        try:
            _take_away(fresh, unpacked)  # of one that was killed
            if archive.is_file():
                unpacked.mkdir(mode=0o700)
                unpack_settings(archive, unpacked)
            _own(fresh)
            shutil.copyfile(backup, fresh)
            _check_whole(fresh, backup)
            abandoned = head_beside(folder.store).head
            store = open_store(fresh, create=True)
            try:
                prove(store, Folder(unpacked) if unpacked.exists() else folder)
                if has_key(store):
                    record_restored(store, abandoned)
                quieten(store)  # what left since the copy was made is not known to it
                head = trail.head(store)
            finally:
                store.close()
            _to_disk(fresh)
            swap_in(fresh, folder, "before-restore")
            if head is not None:
                head_beside(folder.store).saw(head)
            if unpacked.exists():  # cut short here, the store refuses the settings of before, and may be restored again
                put_settings(unpacked, folder.path, "before-restore")
            folder.forget_sessions()  # the copy knows nothing of log-outs since it was made
        except OSError as error:
            raise StoreRefused(f"{folder.path}: {error.strerror}") from None
        finally:
            _take_away(fresh, unpacked)


def _take_away(fresh: Path, unpacked: Path) -> None:
    """Leave nothing of a restore but what it put in its place: a journal would be taken for the next copy's."""
    shutil.rmtree(unpacked, ignore_errors=True)
    for suffix in ("", "-wal", "-shm", HEAD_SUFFIX):
        fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)


def _check_whole(copy: Path, backup: Path) -> None:
    """Whether a file is a store of this program and every page of it can be read; StoreRefused where not."""
    try:
        with contextlib.closing(sqlite3.connect(copy)) as connection:
            connection.execute("SELECT version_num FROM alembic_version, marks LIMIT 1").fetchall()
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise StoreRefused(f"{backup}: not a store of budgetwatch ({error}); nothing was changed") from None
    if found != "ok":
        raise StoreRefused(f"{backup}: damaged ({' '.join(found.split())}); nothing was changed")


def swap_in(fresh: Path, folder: Folder, why: str) -> None:
    """Put a closed store in the place of a folder's own, which is kept beside it as `….<why>-<number>`.

    At every moment a whole store stands in the folder, the old one or the new: killed in between, a monitor that found
    none would begin an empty one.
    """
    if folder.store.exists():
        kept = _free(folder.store, why)
        _fold_in_the_journal(folder.store)
        for suffix in ("-wal", "-shm"):  # still there only beside a store that is damaged
            old = folder.store.with_name(folder.store.name + suffix)
            if old.exists():
                old.rename(kept.with_name(kept.name + suffix))
        try:
            kept.hardlink_to(folder.store)
        except OSError:  # a file system without links
            _own(kept)
            shutil.copyfile(folder.store, kept)
    fresh.replace(folder.store)
    _folder_to_disk(folder.path)


def _fold_in_the_journal(store: Path) -> None:
    """Carry what stands in the write-ahead log into the file itself, which then is the whole store."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _own(path: Path) -> None:
    """Make a file that nobody else can read, empty, before anything is written into it."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600))
    path.chmod(0o600)


def _free(path: Path, why: str) -> Path:
    number = 1
    while (found := path.with_name(f"{path.name}.{why}-{number}")).exists():
        number += 1
    return found


def _folder_to_disk(path: Path) -> None:
    """A name that was changed is on the disk once its folder is."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
