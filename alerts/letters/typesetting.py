"""Documents set in type by Typst, in a process of its own for each.

Typst keeps what it has laid out (hundreds of megabytes of a long list) for as long as its process lives, and what is too
long for it ends that process: a monitor must not be it.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from alerts.letters.typeface import missing_from, spelled_out

_PROGRAM: Final = Path(__file__).with_name("typesetter.py")
SECONDS_MAX: Final = 90.0
"""For a document; the next one waits half as long at most."""
_TURN: Final = threading.Lock()
"""One at a time: each may need as much memory as the monitor itself."""
_PLACES: Final = threading.BoundedSemaphore(6)
"""Who waits takes up a thread of the page's: more are turned away at once, or nobody's page would be answered."""
_BUSY: Final = "others are printing: try again in a minute"
_TOO_LONG: Final = "too long for a PDF: take ods, xlsx or csv"

log = structlog.get_logger()


class NotTypeset(Exception):
    """The document cannot be made, or not now; the message is one line that says what to do."""


def typeset(template: Path, name: str, data: Any, *, family: str, tagged: bool = True) -> bytes:
    """A PDF of a template that reads `data` as JSON from the input `name`.

    A character that no typeface of the system has is set as its code, 〔U+31350〕: an empty box would tell nothing.

    Args:
        template: the file; everything it sets comes from the data, as text.
        name: of the input.
        data: plain values.
        family: the typeface that the template is given.
        tagged: with the structure that a screen reader goes by; in a long list it is most of the file.

    Raises NotTypeset where it is too long, or others are before it.
    """
    text = msgspec.json.encode(data).decode()
    unknown = missing_from(text, family)
    if unknown:
        log.warning("characters that no typeface here has are set as their codes", characters=spelled_out(unknown))
        text = text.translate({ord(one): spelled_out(one) for one in unknown})
    command = [sys.executable, "-I", str(_PROGRAM), str(template), name, "tagged" if tagged else "plain"]
    done = _run(command, text.encode())
    if done.returncode < 0:  # out of memory
        raise NotTypeset(_TOO_LONG)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    return done.stdout


def _run(command: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    if not _PLACES.acquire(blocking=False):
        raise NotTypeset(_BUSY)
    try:
        if not _TURN.acquire(timeout=SECONDS_MAX / 2):
            raise NotTypeset(_BUSY)
        try:
            return subprocess.run(  # noqa: S603  # our own program, on a template of ours
                command, input=data, capture_output=True, timeout=SECONDS_MAX, check=False
            )
        except subprocess.TimeoutExpired:
            raise NotTypeset(_TOO_LONG) from None
        finally:
            _TURN.release()
    finally:
        _PLACES.release()
