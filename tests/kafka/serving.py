"""`serve` as its own process beside the workers of a test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.kafka.cluster import Cluster, Worker
from tests.real_parts.postgres import free_port

READY_SECONDS = 30.0


class Served:
    """A monitor that listens, and a client that shows a token."""

    def __init__(self, process: Worker, client: httpx.Client) -> None:
        self.process, self.client = process, client

    def post(self, *lines: bytes) -> httpx.Response:
        """Post events as NDJSON."""
        return self.client.post(
            "/v1/events", content=b"\n".join(lines), headers={"Content-Type": "application/x-ndjson"}
        )


@contextmanager
def served(parts: Cluster, *more: str, takes_events: bool = True) -> Iterator[Served]:
    """Start one, with a token of every role, and stop it in the end."""
    token = parts.command("token", "add", "test", "--role", "administrator", "--store", parts.url).stdout.strip()
    port = free_port()
    arguments = ["serve", "--store", parts.url, "--registry", str(parts.registry_file), "--port", str(port), *more]
    if takes_events:
        arguments += ["--bootstrap", parts.kafka.bootstrap]
    process = parts.started(arguments, "serve")
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=60
        ) as client:
            _wait(client, process)
            yield Served(process, client)
    finally:
        process.stop()


def _wait(client: httpx.Client, process: Worker) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            client.get("/healthz")
            return
        except httpx.TransportError:
            assert process.process.poll() is None and time.monotonic() < deadline, process.said()
        time.sleep(0.1)
