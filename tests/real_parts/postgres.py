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
import sqlalchemy as sa

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


class Postgres:
    """One cluster's server; it may be stopped and started again on the same port and data."""

    def __init__(self, folder: Path, binaries: Path, primary: Postgres | None = None) -> None:
        """A new cluster, or a standby of another one that runs."""
        self._folder, self._binaries = folder, binaries
        self._as_user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self.port = free_port()
        if primary is None:
            self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        else:
            source = f"host=127.0.0.1 port={primary.port} user=postgres"
            self._run("pg_basebackup", "-d", source, "-R", "-c", "fast", "--no-sync")
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self.port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._run("pg_ctl", "-l", str(self._folder / "log"), "-w", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """End it, if it runs: `fast` ends its transactions, `immediate` leaves them to be recovered from."""
        if (self._folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "-m", mode, "stop")

    def promote(self) -> None:
        """Let a standby take over, and wait until it has."""
        self._run("pg_ctl", "-w", "promote")

    def _run(self, program: str, *arguments: str) -> None:
        command: list[str | Path] = [*self._as_user, self._binaries / program, "-D", self._folder / "data", *arguments]
        # No pipes: the server would hold them open after pg_ctl has ended.
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder)


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Start one, with an empty database, and take all of it away in the end."""
    with _started() as server:
        yield server


@contextmanager
def postgres_pair() -> Iterator[tuple[Postgres, Postgres]]:
    """One and its standby, which has whatever the first has acknowledged."""
    with _started() as primary, _started(primary) as standby:
        engine = sa.create_engine(primary.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text("ALTER SYSTEM SET synchronous_standby_names = '*'"))
            connection.execute(sa.text("SELECT pg_reload_conf()"))
        engine.dispose()
        yield primary, standby


@contextmanager
def _started(primary: Postgres | None = None) -> Iterator[Postgres]:
    binaries = _binaries()
    if binaries is None:
        missing("PostgreSQL")
        return
    with tempfile.TemporaryDirectory(prefix="budgetwatch-pg-") as folder:
        server = Postgres(Path(folder), binaries, primary)
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
