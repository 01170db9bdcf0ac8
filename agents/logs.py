"""What a process says of itself, on standard error."""

from __future__ import annotations

import logging
import sys

import structlog


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
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what it cannot do is told once, in one line of our own
