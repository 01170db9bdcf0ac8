"""A process that may open 256 files, and hundreds of clients that connect and ask for nothing."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from producers.simulator import registry_csv
from tests.real_parts.postgres import free_port

DESCRIPTORS = 256
IDLE = 400


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The command, as a user starts it; its port, and what it says."""
    data, said, port = tmp_path / "data", tmp_path / "said", free_port()
    data.mkdir()
    (data / "agencies.csv").write_text(registry_csv(), encoding="utf-8")
    limited = ["sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@"', "sh"]
    command = [*limited, sys.executable, "-m", "budgetwatch", "run", "--data", str(data), "--port", str(port)]
    with (
        said.open("wb") as out,
        subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        try:
            _until_healthy(port)
            yield port, said
        finally:
            process.terminate()
            process.wait(30)


def _until_healthy(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("it did not start")


HALF = (
    "POST /log-in HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: 100\r\n\r\na"
)


@pytest.mark.parametrize("sent", ["", HALF], ids=["nothing", "half a body"])
def test_who_only_holds_connections_keeps_nobody_away(monitor: tuple[int, Path], sent: str) -> None:
    port, said = monitor
    held = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(IDLE)]
    for each in held if sent else ():
        with contextlib.suppress(OSError):
            each.sendall(sent.format(port=port).encode())
    try:
        for _ in range(20):
            began = time.monotonic()
            assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=30).status_code == 200
            # Their time for a head is 10 s: until then they would hold every connection there is.
            assert time.monotonic() - began < 5
    finally:
        for each in held:
            each.close()
    assert "Traceback" not in said.read_text() and "out of system resource" not in said.read_text()
