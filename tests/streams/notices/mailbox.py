"""A mailbox behind a real SMTP server, in a process of its own: `python -m tests.streams.notices.mailbox FOLDER [SECONDS] [NICENESS]`.

It tells its port on standard output, takes SECONDS for each mail, and ends when its standard input does. A city's mail server
has processors of its own; one that is nice takes few of those that are measured.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session

from tests.real_parts.postgres import free_port


class Keeping:
    """Keeps each mail in a Maildir, as it came: one that comes twice lies there twice."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self._new, self._seconds, self._count = folder / "new", seconds, 0
        self._new.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self._seconds)
        self._count += 1
        assert isinstance(envelope.content, bytes)
        (self._new / f"{self._count:06}").write_bytes(envelope.content)
        return "250 OK"


@contextmanager
def mailbox(folder: Path, seconds: float = 0.0, niceness: int = 0) -> Iterator[int]:
    """The server as long as it is needed; its port."""
    command = [sys.executable, "-m", "tests.streams.notices.mailbox", str(folder), str(seconds), str(niceness)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None and server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()
            server.wait(10)


def ids_in(folder: Path) -> Counter[tuple[str, str]]:
    """How often each Message-ID lies in a mailbox, with whom it is to."""
    parse = BytesHeaderParser().parsebytes
    mails = [parse(file.read_bytes()) for file in sorted((folder / "new").iterdir())]
    return Counter((str(mail["Message-ID"]), parseaddr(str(mail["To"]))[1]) for mail in mails)


def main(folder: str, seconds: str = "0", niceness: str = "0") -> None:
    """Serve until the standard input ends."""
    os.nice(int(niceness))
    port = free_port()
    controller = Controller(Keeping(Path(folder), float(seconds)), hostname="127.0.0.1", port=port)
    controller.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    controller.stop(no_assert=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
