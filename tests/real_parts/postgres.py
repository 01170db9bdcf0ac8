"""A real PostgreSQL of the test's own: a cluster in a temporary folder, on a Unix socket and a loopback port."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

IS_REQUIRED = bool(os.environ.get("CI") or os.environ.get("BUDGETWATCH_REAL_PARTS"))


def missing(part: str) -> None:
    """A real part is not there: a failure where it must be, a loud skip elsewhere."""
    if IS_REQUIRED:
        pytest.fail(f"{part} is missing, and the real parts are required here")
    pytest.skip(f"{part} is not installed: nothing was tested against it")


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


QUICK = ("fsync=off",)
"""Settings of tests, which lose nothing that matters when the machine stops."""


class Postgres:
    """One cluster's server; it may be stopped and started again on the same port and data."""

    def __init__(self, folder: Path, binaries: Path, settings: tuple[str, ...] = QUICK) -> None:
        self._folder, self._binaries, self._settings = folder, binaries, settings
        self._as_user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self._port = free_port()
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1"
        options += "".join(f" -c {setting}" for setting in self._settings)
        self._run("pg_ctl", "-l", str(self._folder / "log"), "-w", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """End it: `fast` ends its transactions, `immediate` leaves them to be recovered from."""
        self._run("pg_ctl", "-m", mode, "stop")

    @property
    def pid(self) -> int:
        """Of its first process, the parent of all others, while it runs."""
        return int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def _run(self, program: str, *arguments: str) -> None:
        command: list[str | Path] = [*self._as_user, self._binaries / program, "-D", self._folder / "data", *arguments]
        # No pipes: the server would hold them open after pg_ctl has ended.
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder)


@contextmanager
def postgres_server(settings: tuple[str, ...] = QUICK) -> Iterator[Postgres]:
    """Start one, with an empty database, and take all of it away in the end."""
    binaries = _binaries()
    if binaries is None:
        missing("PostgreSQL")
        return
    with tempfile.TemporaryDirectory(prefix="budgetwatch-pg-") as folder:
        server = Postgres(Path(folder), binaries, settings)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def postgres() -> Iterator[str]:
    """Start one; gives the URL of an empty database, and takes all of it away in the end."""
    with postgres_server() as server:
        yield server.url
