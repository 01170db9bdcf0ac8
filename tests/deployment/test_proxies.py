"""The examples for nginx and Caddy as they ship, run before a monitor: TLS, secure cookies, and the client's own address."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from streams.people import accounts, failed_log_ins
from streams.reach import reach
from tests.real_parts.postgres import free_port, missing
from tests.running import Running, running

ROOT = Path(__file__).parents[2]
NAME = "budget.example.gov.tw"
PASSWORD = "correct horse battery"  # noqa: S105
SECRET = "s" * 43
CLIENT = "127.0.0.2"
"""Where the client comes from; the proxy comes from 127.0.0.1."""


def need(command: str) -> str:
    found = shutil.which(command) or shutil.which(command, path="/usr/sbin")
    if found is None:
        missing(f"{command} (Debian's package {command})")
    return found


@contextmanager
def nginx(folder: Path, port: int, upstream: str) -> Iterator[None]:
    command = need("nginx")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    server = (ROOT / "deployment/proxy/nginx.conf").read_text()
    server = server.replace("listen 443", f"listen 127.0.0.1:{port}").replace("127.0.0.1:8080", upstream)
    server = server.replace("/etc/ssl/budgetwatch", str(folder))
    parts = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{part}_temp_path {folder}/{part};" for part in parts)
    logs = f"access_log {folder}/access.log;"
    main = f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}} http {{ {logs} {paths} {server} }}"
    (folder / "nginx.conf").write_text(main)
    with process([command, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]):
        yield


@contextmanager
def caddy(folder: Path, port: int, upstream: str) -> Iterator[None]:
    command = need("caddy")
    site = (ROOT / "deployment/proxy/Caddyfile").read_text().replace("127.0.0.1:8080", upstream)
    site = site.replace(f"\n{NAME} {{", f"\nhttps://{NAME}:{port} {{\n\tbind 127.0.0.1\n\ttls internal")
    options = (
        f"{{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tstorage file_system {folder}\n}}\n"
    )
    (folder / "Caddyfile").write_text(options + site)
    with process([command, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")], HOME=str(folder)):
        yield


@contextmanager
def process(command: list[str], **environment: str) -> Iterator[None]:
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as started:
        try:
            yield
        finally:
            started.terminate()


def through(port: int) -> httpx.Client:
    """A browser at another address, that knows the page by its name."""
    transport = httpx.HTTPTransport(verify=False, local_address=CLIENT)  # a certificate made for the test
    client = httpx.Client(transport=transport, base_url=f"https://127.0.0.1:{port}", headers={"Host": NAME}, timeout=20)
    client.event_hooks["request"].append(lambda request: request.extensions.update(sni_hostname=NAME))
    return client


@pytest.fixture
def monitored(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "data") as one:
        accounts.add_user(one.monitor.store, "wang", "王", PASSWORD, ["officer"])
    with running(tmp_path / "data", reach=reach("127.0.0.1", ("127.0.0.1",), f"https://{NAME}")) as one:
        yield one


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_the_example_works_as_it_ships(
    monitored: Running, tmp_path: Path, proxy: Callable[[Path, int, str], Iterator[None]]
) -> None:
    port = free_port()
    with proxy(tmp_path, port, monitored.url.removeprefix("http://")), through(port) as client:  # type: ignore[attr-defined]
        deadline = time.monotonic() + 20
        while True:
            try:
                assert client.get("/alerts").status_code == 303, "once there are users nobody enters without logging in"
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        page = client.get("/log-in")
        assert page.headers["strict-transport-security"].startswith("max-age=")
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
        assert token is not None
        kept = {"bw_form": re.search(r"bw_form=([^;]+)", page.headers["set-cookie"])[1]}  # type: ignore[index]
        form = {"name": "wang", "password": "wrong password", "_csrf_token": token[1]}
        lie = {"Origin": f"https://{NAME}", "X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6"}
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}
        assert client.post("/log-in", data=form, headers=lie | cookies).status_code == 401
        link = client.get(f"/answer/{SECRET}")
        assert link.status_code == 404 and link.headers["referrer-policy"] == "no-referrer"
        assert failed_log_ins.newest(monitored.monitor.store)[0].address == CLIENT
        answer = client.post("/log-in", data=form | {"password": PASSWORD}, headers=lie | cookies)
        assert answer.status_code == 303
        session = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("bw_session="))
        assert "Secure" in session and "HttpOnly" in session
        logged_in = {"Cookie": session.partition(";")[0]}
        assert client.get("/alerts", headers=logged_in).status_code == 200
        with client.stream("GET", "/events", headers=logged_in) as stream:
            assert "open" in next(stream.iter_text()), "what is streamed is not held back"
    texts = [path.read_bytes() for path in tmp_path.rglob("*.log")]
    assert not any(SECRET.encode() in text for text in texts), "a one-time link is in no log"
    log = tmp_path / "access.log"
    assert not log.exists() or b"/log-in" in log.read_bytes(), "nginx keeps one, of everything else"
