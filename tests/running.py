"""A monitor that really listens, in this process: its folder, its address, tokens, and what to wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import uvicorn

from dashboards import embedded
from dashboards.metrics import registry_of
from dashboards.web.app import create_app
from dashboards.web.site import site
from dashboards.web.slow_clients import PatientProtocol
from producers.simulator import registry_csv
from streams.folder import Folder
from streams.monitor import Monitor
from streams.people import accounts
from tests.real_parts.postgres import free_port


class Running(msgspec.Struct):
    """A monitor on a folder, listening at `url`."""

    monitor: Monitor
    folder: Folder
    url: str

    def client(self, token: str | None = None) -> httpx.Client:
        """A client, with a token or without."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def token(self, *roles: str, agencies: list[str] | None = None, types: list[str] | None = None) -> str:
        """The secret of a new token."""
        return accounts.add_token(self.monitor.store, "cba", roles or ("feeder",), agencies, types)[1]


@contextmanager
def running(path: Path, register: str | None = None, host: str = "127.0.0.1") -> Iterator[Running]:
    """Start one on a folder (made if need be); stopped in the end."""
    folder = Folder(path)
    path.mkdir(parents=True, exist_ok=True)
    if not folder.registry.exists():
        folder.registry.write_text(register or registry_csv(), encoding="utf-8")
    folder.make(None)
    with embedded.opened(folder, host) as monitor:
        metrics_registry, instruments = registry_of(monitor)
        monitor.replica.watchers.append(instruments.committed)
        page = site(monitor)
        app = create_app(monitor, page, metrics_registry, instruments)
        port = free_port()
        server = uvicorn.Server(
            uvicorn.Config(app, port=port, http=PatientProtocol, log_level="error", access_log=False)
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "the monitor does not listen"
            time.sleep(0.01)
        try:
            yield Running(monitor, folder, f"http://127.0.0.1:{port}")
        finally:
            page.close()
            server.should_exit = True
            thread.join()
