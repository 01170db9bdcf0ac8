"""The socket that the page listens at."""

from __future__ import annotations

import socket
from typing import Final

from streams.errors import StoreRefused

BACKLOG: Final = 128
"""Connections that wait while the page is started again."""


def listener_at(host: str, port: int) -> socket.socket:
    """A bound socket that listens, before anything else is begun; StoreRefused where nothing can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, or asyncio sets no TCP_NODELAY and each answer on a kept connection waits some 40 ms for
    # the acknowledgement of its head.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise StoreRefused(f"{host}:{port}: {error.strerror}; name another --port") from None
    return listener


def inherited(descriptor: int) -> socket.socket:
    """The listener that the supervisor holds."""
    return socket.socket(fileno=descriptor)
