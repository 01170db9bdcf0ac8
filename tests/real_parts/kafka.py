"""A real Apache Kafka broker of the test's own (KRaft), on loopback ports and in a folder of its own.

The jars come from Maven once and stay in a cache folder (BUDGETWATCH_CACHE, else ~/.cache/budgetwatch); a broker that
stands already is used instead when BUDGETWATCH_KAFKA names it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from tests.real_parts.postgres import MissingPart, free_port, missing

_OWN: Final = Path(__file__).parent / "kafka"
_START_SECONDS: Final = 60.0
_CACHE: Final = Path(os.environ.get("BUDGETWATCH_CACHE") or Path.home() / ".cache" / "budgetwatch")


class Broker:
    """One broker's process; it may be stopped, killed and started again on the same ports and the same log.

    A log that stands in the folder already is gone on with.

    Args:
        folder: its own.
        libs: the jars.
        port: that of the open listener on loopback; any free one if None.
        more: listeners beside that one: names (as `listener.security.protocol.map` knows them) and ports.
        settings: further lines of `server.properties`.
    """

    def __init__(
        self,
        folder: Path,
        libs: Path,
        port: int | None = None,
        more: Mapping[str, int] | None = None,
        settings: str = "",
    ) -> None:
        self.folder = folder
        self._libs = libs
        self.process: subprocess.Popen[bytes] | None = None
        controller = port + 1 if port else free_port()
        port = port or free_port()
        self.bootstrap = f"127.0.0.1:{port}"
        listeners = {"PLAINTEXT": port} | dict(more or {})
        open_to_clients = ",".join(f"{name}://127.0.0.1:{at}" for name, at in listeners.items())
        self._settings = folder / "server.properties"
        self._settings.write_text(
            (_OWN / "server.properties").read_text()
            + f"controller.quorum.voters=1@127.0.0.1:{controller}\n"
            + f"listeners={open_to_clients},CONTROLLER://127.0.0.1:{controller}\n"
            + f"advertised.listeners={open_to_clients}\n"
            + f"log.dirs={folder / 'data'}\n"
            + settings
        )
        if not (folder / "data" / "meta.properties").exists():
            cluster = self._java("kafka.tools.StorageTool", "random-uuid").strip().splitlines()[-1]
            self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._settings))

    @property
    def pid(self) -> int:
        """Of its process, while it runs."""
        assert self.process is not None
        return self.process.pid

    def _command(self, *arguments: str) -> list[str]:
        quiet = f"-Dlog4j2.configurationFile={_OWN / 'log4j2.properties'}"
        return [
            "java",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            quiet,
            "-cp",
            f"{self._libs}/*",
            *arguments,
        ]

    def _java(self, *arguments: str) -> str:
        return subprocess.run(self._command(*arguments), check=True, capture_output=True, text=True).stdout

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command("kafka.Kafka", str(self._settings)),
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not answers(self.bootstrap):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Kafka does not start:\n{(self.folder / 'log').read_text()[-2_000:]}")
            time.sleep(0.2)

    def stop(self, sent: signal.Signals = signal.SIGTERM) -> None:
        """End it, gently or not."""
        if self.process is not None:
            self.process.send_signal(sent)
            self.process.wait(30)
            self.process = None


def answers(bootstrap: str) -> bool:
    """Whether a broker listens there and describes its cluster."""
    host, _, port = bootstrap.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()  # kafka-python leaves refused sockets unclosed
        with KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=5_000) as admin:
            return bool(admin.describe_cluster())
    except (KafkaError, OSError):
        return False


def jars() -> Path:
    """The broker's jars, fetched once by whoever comes first; raises MissingPart."""
    if shutil.which("java") is None:
        raise MissingPart("Java, for Apache Kafka (Debian's package default-jre-headless)")
    libs = _CACHE / "kafka-libs"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / "kafka-libs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not any(libs.glob("kafka_2.13-*.jar")):
            if shutil.which("mvn") is None:
                raise MissingPart("Maven, which brings Apache Kafka (Debian's package maven)")
            fresh = libs.with_name("kafka-libs.new")
            shutil.rmtree(fresh, ignore_errors=True)
            wanted = ["dependency:copy-dependencies", f"-DoutputDirectory={fresh}"]
            fetched = subprocess.run(
                ["mvn", "-q", "-B", "-f", str(_OWN / "pom.xml"), *wanted], check=False, capture_output=True, text=True
            )
            if fetched.returncode:
                raise MissingPart(f"Apache Kafka (Maven: {' '.join(fetched.stdout.split())[-300:]})")
            shutil.rmtree(libs, ignore_errors=True)
            fresh.rename(libs)
    return libs


@contextmanager
def kafka() -> Iterator[str]:
    """A broker to test against: gives its bootstrap address."""
    standing = os.environ.get("BUDGETWATCH_KAFKA")
    if standing:
        yield standing
        return
    with broker() as own:
        yield own.bootstrap


@contextmanager
def broker(more: Mapping[str, int] | None = None, settings: str = "") -> Iterator[Broker]:
    """A broker of the test's own, for tests that stop and start it; the arguments are `Broker`'s."""
    try:
        libs = jars()
    except MissingPart as error:
        missing(str(error))
        return
    with tempfile.TemporaryDirectory(prefix="budgetwatch-kafka-", ignore_cleanup_errors=True) as folder:
        own = Broker(Path(folder), libs, more=more, settings=settings)
        own.start()
        try:
            yield own
        finally:
            own.stop(signal.SIGKILL)
