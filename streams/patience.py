"""Trying again what may pass: a database or broker that is away, full or restarting, and a worker that was faster."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog

from streams.errors import StoreUnavailable

SECONDS: Final = 60.0
"""How long it is tried; then the process ends and its supervisor starts it again."""
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0

T = TypeVar("T")
log = structlog.get_logger()


def patiently(run: Callable[[], T], seconds: float = SECONDS) -> T:
    """Run something until it succeeds; raises the last StoreUnavailable when it was tried so long in vain."""
    began, wait = time.monotonic(), _FIRST_WAIT
    while True:
        try:
            return run()
        except StoreUnavailable as error:
            if time.monotonic() - began > seconds:
                raise
            log.warning("tried again soon", reason=str(error), seconds=round(wait, 1))
        time.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311  # workers must not all come back at once
        wait = min(2 * wait, _LONGEST_WAIT)
