"""A real Prometheus that scrapes one address, and its own checker of metrics."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.real_parts.postgres import free_port, missing


def checked(metrics: bytes) -> str:
    """What `promtool check metrics` has to say; empty where all is well."""
    promtool = shutil.which("promtool")
    if promtool is None:
        missing("promtool")
        return ""
    done = subprocess.run([promtool, "check", "metrics"], input=metrics, capture_output=True, check=False)
    return (done.stdout + done.stderr).decode()


def blocks_from(openmetrics: Path, data: Path) -> None:
    """Let promtool make blocks of a file, for a Prometheus that is started on the folder."""
    promtool = shutil.which("promtool")
    if promtool is None:
        missing("promtool")
        return
    made = [
        promtool,
        "tsdb",
        "create-blocks-from",
        "--max-block-duration=512h",
        "openmetrics",
        str(openmetrics),
        str(data),
        "--quiet",
    ]
    done = subprocess.run(made, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def prometheus(*targets: str, data: Path | None = None) -> Iterator[httpx.Client]:
    """One that scrapes each `host:port` every second, each as a job; gives a client of its API.

    `data`: a folder that has its history already.
    """
    binary = shutil.which("prometheus")
    if binary is None:
        missing("Prometheus")
        return
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 1s}\n"
            "scrape_configs:"
            + ("\n" if targets else " []\n")
            + "".join(
                f"- {{job_name: budgetwatch-{number}, static_configs: [{{targets: ['{target}']}}]}}\n"
                for number, target in enumerate(targets, 1)
            )
        )
        address = f"127.0.0.1:{free_port()}"
        store = data or Path(folder) / "data"
        command = [
            binary,
            f"--config.file={config}",
            f"--storage.tsdb.path={store}",
            "--storage.tsdb.retention.time=50y",
        ]
        with subprocess.Popen(
            [*command, f"--web.listen-address={address}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                with httpx.Client(base_url=f"http://{address}", timeout=5) as client:
                    _wait(client)
                    yield client
            finally:
                process.kill()


def _wait(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            if client.get("/-/ready").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        assert time.monotonic() < deadline, "Prometheus does not answer"
        time.sleep(0.1)
