"""The settings of a data folder beside a copy of its store: register, names, rules, statutes and what else a city says.

A store belongs to the register and the rules it was folded by; without them a backup is figures that nothing may go on
with. They travel as a ZIP archive, which anybody can open, in the place that the backup's own name gives.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from streams.errors import StoreRefused

_KINDS: Final = (".csv", ".yaml", ".yml")
_FOLDERS: Final = ("rules", "law")
_BYTES_MAX: Final = 64 << 20
_STARTS: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that an archive can say: the same settings give the same bytes."""


def settings_beside(backup: Path) -> Path:
    """Where the settings of a backup stand."""
    return backup.with_name(backup.name + ".settings.zip")


def pack_settings(folder: Path, archive: Path) -> int:
    """Write the settings of a folder into an archive that only its owner can read; how many files there are."""
    names = list(_settings_in(folder))
    archive.unlink(missing_ok=True)
    handle = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(zipfile.ZipInfo(name, _STARTS), (folder / name).read_bytes(), zipfile.ZIP_DEFLATED)
    return len(names)


def unpack_settings(archive: Path, folder: Path) -> None:
    """Write what an archive holds into an empty folder; StoreRefused where it is none, or holds what is no setting."""
    try:
        with zipfile.ZipFile(archive) as packed:
            for one in packed.infolist():
                if not _is_setting(PurePosixPath(one.filename)) or one.file_size > _BYTES_MAX:
                    raise StoreRefused(f"{archive}: {one.filename}: no settings of budgetwatch; nothing was changed")
                target = folder / one.filename
                target.parent.mkdir(mode=0o700, exist_ok=True)
                with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(packed.read(one))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, FileExistsError) as error:
        raise StoreRefused(f"{archive}: damaged ({error}); nothing was changed") from None


def put_settings(fresh: Path, folder: Path, why: str) -> None:
    """Put settings in the place of a folder's own; those that differ, or are in no backup, stay as `….<why>-<number>`."""
    wanted = set(_settings_in(fresh))
    for name in _settings_in(folder):
        if name not in wanted or (fresh / name).read_bytes() != (folder / name).read_bytes():
            (folder / name).rename(_free(folder / name, why))
    for name in sorted(wanted):
        if not (folder / name).exists():
            (folder / name).parent.mkdir(mode=0o700, exist_ok=True)
            (fresh / name).rename(folder / name)


def _settings_in(folder: Path) -> Iterator[str]:
    """Their names within it, sorted."""
    found = [path for path in folder.glob("*") if path.is_file()]
    found += [path for name in _FOLDERS for path in (folder / name).glob("*") if path.is_file()]
    names = sorted(path.relative_to(folder).as_posix() for path in found)
    return (name for name in names if _is_setting(PurePosixPath(name)))


def _is_setting(name: PurePosixPath) -> bool:
    parents = name.parts[:-1]
    known = not parents or (len(parents) == 1 and parents[0] in _FOLDERS)
    return known and name.suffix in _KINDS and not name.name.startswith(".")


def _free(path: Path, why: str) -> Path:
    number = 1
    while (found := path.with_name(f"{path.name}.{why}-{number}")).exists():
        number += 1
    return found
