"""A real PostgreSQL of the test's own: a cluster in a temporary folder, on a loopback port."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

import pytest
import sqlalchemy as sa

IS_REQUIRED = bool(os.environ.get("CI") or os.environ.get("BUDGETWATCH_REAL_PARTS"))


class MissingPart(Exception):
    """A real part is not installed; the message names it, and what to install."""


def missing(part: str) -> NoReturn:
    """A real part is not there: a failure where it must be, a loud skip elsewhere."""
    if IS_REQUIRED:
        pytest.fail(f"{part} is missing, and the real parts are required here")
    pytest.skip(f"{part} is not installed: nothing was tested against it")


_ports: Final = iter(random.SystemRandom().sample(range(20_000, 32_000), 12_000))
"""Below those that the kernel gives to connections on their way out: one of these could take a port between its choice
and its server's start."""


def free_port() -> int:
    """A loopback port that nobody listens on, another one at each call."""
    return next(port for port in _ports if _may_listen(port))


def _may_listen(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_free(port: int) -> bool:
    """Whether nobody listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def binaries() -> Path:
    """Where PostgreSQL's programs are, the newest; raises MissingPart."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    if initdb is None:
        raise MissingPart("PostgreSQL (Debian's package postgresql)")
    return Path(initdb).parent


QUICK = ("fsync=off",)
"""Settings of tests, which lose nothing that matters when the machine stops."""


class Postgres:
    """One cluster's server; it may be stopped and started again on the same port and data.

    What stands in the folder already is gone on with. `primary`: a new one is its standby. `settings`: of
    the server.
    """

    def __init__(
        self,
        folder: Path,
        programs: Path,
        port: int | None = None,
        primary: Postgres | None = None,
        settings: tuple[str, ...] = QUICK,
    ) -> None:
        self._folder, self._programs, self._settings = folder, programs, settings
        self._as_user: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self.port = port or free_port()
        if primary is not None:
            source = f"host=127.0.0.1 port={primary.port} user=postgres"
            self._run("pg_basebackup", "-d", source, "-R", "-c", "fast", "--no-sync")
        elif not (folder / "data" / "PG_VERSION").exists():
            self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        options += "".join(f" -c {setting}" for setting in self._settings)
        self._run("pg_ctl", "-l", str(self._folder / "log"), "-w", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """End it, if it runs: `fast` ends its transactions, `immediate` leaves them to be recovered from."""
        if (self._folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "-m", mode, "stop")

    def promote(self) -> None:
        """Let a standby take over, and wait until it has."""
        self._run("pg_ctl", "-w", "promote")

    @property
    def pid(self) -> int:
        """Of its first process, the parent of all others, while it runs."""
        return int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def _run(self, program: str, *arguments: str) -> None:
        command: list[str | Path] = [*self._as_user, self._programs / program, "-D", self._folder / "data", *arguments]
        said = self._folder / "said"
        with said.open("wb") as output:  # no pipe: the server would hold it open after pg_ctl has ended
            done = subprocess.run(
                command,
                check=False,
                stdout=output,
                stderr=output,
                cwd=self._folder,
                start_new_session=True,  # a terminal's Ctrl-C is for whoever started it
            )
        if done.returncode:
            raise RuntimeError(f"PostgreSQL: {program} failed in {self._folder}: {' '.join(said.read_text().split())}")


@contextmanager
def postgres_server(settings: tuple[str, ...] = QUICK) -> Iterator[Postgres]:
    """Start one, with an empty database, and take all of it away in the end."""
    with _started(settings=settings) as server:
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
def _started(primary: Postgres | None = None, settings: tuple[str, ...] = QUICK) -> Iterator[Postgres]:
    try:
        programs = binaries()
    except MissingPart as error:
        missing(str(error))
        return
    with tempfile.TemporaryDirectory(prefix="budgetwatch-pg-") as folder:
        server = Postgres(Path(folder), programs, primary=primary, settings=settings)
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
