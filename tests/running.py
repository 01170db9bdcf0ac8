"""A monitor that really listens, in this process: its folder, its address, tokens, and what to wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from agents import embedded
from agents.listener import listener_at
from agents.listening import WebServer
from producers.simulator import registry_csv
from streams.folder import Folder
from streams.monitor import Monitor
from streams.people import accounts
from streams.people.accounts import EVERYWHERE, Domain
from streams.reach import Reach


class Running(msgspec.Struct):
    """A monitor on a folder, listening at `url`."""

    monitor: Monitor
    folder: Folder
    url: str

    def client(self, token: str | None = None) -> httpx.Client:
        """A client, with a token or without."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def token(self, *roles: str, domain: Domain = EVERYWHERE, types: list[str] | None = None) -> str:
        """The secret of a new token."""
        return accounts.add_token(self.monitor.store, "cba", roles or ("feeder",), domain, types)[1]


@contextmanager
def running(path: Path, register: str | None = None, reach: Reach | None = None) -> Iterator[Running]:
    """Start one on a folder (made if need be); stopped in the end."""
    folder = Folder(path)
    path.mkdir(parents=True, exist_ok=True)
    if not folder.registry.exists():
        folder.registry.write_text(register or registry_csv(), encoding="utf-8")
    folder.make(None)
    with embedded.opened(folder, reach) as monitor, listening(monitor) as url:
        yield Running(monitor, folder, url)


@contextmanager
def listening(monitor: Monitor, session_key: bytes | None = None) -> Iterator[str]:
    """Let a monitor listen as the command does, in a thread of this process; its address."""
    listener = listener_at("127.0.0.1", 0)  # held from here on: no other test can get the port
    server = WebServer(monitor, session_key, listener)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.is_listening:
        assert time.monotonic() < deadline, "the monitor does not listen"
        time.sleep(0.01)
    try:
        yield url
    finally:
        server.leave()
        thread.join(20)
