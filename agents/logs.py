"""What a process says of itself, on standard error."""

from __future__ import annotations

import logging
import sys
import time
from typing import Final

import structlog

_QUIET_SECONDS: Final = 60.0


class OncePerMinute(logging.Filter):
    """What any client can bring about, such as a request that is none, is said once a minute: nobody fills a disk with it."""

    def __init__(self) -> None:
        super().__init__()
        self._written: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written; errors always are."""
        now, text = time.monotonic(), str(record.msg)
        if record.levelno < logging.ERROR and now - self._written.get(text, -_QUIET_SECONDS) < _QUIET_SECONDS:
            return False
        self._written[text] = now
        return True


def log_to(stream_is_terminal: bool) -> None:
    """Log lines on standard error: readable on a terminal, one JSON object each elsewhere."""
    renderer = (
        structlog.dev.ConsoleRenderer() if stream_is_terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # What libraries say comes out in the same form.
    of_libraries = logging.StreamHandler(sys.stderr)
    of_libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name, structlog.processors.format_exc_info],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[of_libraries])
    logging.getLogger("uvicorn.error").addFilter(OncePerMinute())
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what it cannot do is told once, in one line of our own
