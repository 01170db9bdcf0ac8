"""A progress bar on standard error for long reading; none where nobody watches, none for what takes under a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

PATIENCE_SECONDS: Final = 1.0


def reading(total_bytes: int, what: str = "reading") -> AbstractContextManager[Callable[[int], None]]:
    """Give a callback that is told how many bytes have been read."""
    return _shown(total_bytes, what, DownloadColumn())


def counting(total: int, what: str) -> AbstractContextManager[Callable[[int], None]]:
    """Give a callback that is told how many of so many are done."""
    return _shown(total, what, MofNCompleteColumn())


@contextmanager
def _shown(total: int, what: str, amount: ProgressColumn) -> Iterator[Callable[[int], None]]:
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    started = time.monotonic()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        amount,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(what, total=total)

    def advance(done: int) -> None:
        if not bar.live.is_started and time.monotonic() - started > PATIENCE_SECONDS:
            bar.start()
        bar.update(task, completed=done)

    try:
        yield advance
    finally:
        bar.stop()
