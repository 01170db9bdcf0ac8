"""Writing what was made: a file appears whole or not at all, and what stood under its name before stays until then."""

from __future__ import annotations

import errno
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

STANDARD_OUTPUT: Final = "standard output"


@contextmanager
def replacing(name: str) -> Iterator[BinaryIO]:
    """Open what is to be written under a name; `-` is standard output.

    A regular file is written beside its place and put there at the end; after an error nothing has changed. A device or
    a pipe is written to as it is. Raises OSError that names the file (or standard output).
    """
    if name == "-":
        if sys.stdout is None:
            raise OSError(errno.EBADF, "closed", STANDARD_OUTPUT)
        with _named(STANDARD_OUTPUT):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        return
    path = Path(name).resolve()  # a link stays a link
    if path.exists() and not path.is_file():
        with _named(name), path.open("wb") as target:
            yield target
        return
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with _named(name, part):
            with part.open("wb") as target:
                yield target
            if path.exists():
                shutil.copymode(path, part)
            part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def _named(name: str, part: Path | None = None) -> Iterator[None]:
    """Give an error the name that the user knows."""
    try:
        yield
    except BrokenPipeError:
        # Without its number: typer takes one that has it for a failure, and a reader may go when it has seen enough.
        raise BrokenPipeError(f"{name}: nobody reads it any more") from None
    except OSError as error:
        if error.filename is None or error.filename == str(part):
            error.filename, error.filename2 = name, None
        raise


def same_file(one: str | Path, other: str | Path) -> bool:
    """Whether two names mean one file, be it by a link."""
    a, b = Path(one), Path(other)
    return a.resolve() == b.resolve() or (a.exists() and b.exists() and a.samefile(b))
