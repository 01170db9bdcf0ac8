"""Webhooks: signed as Standard Webhooks asks, to listed hosts alone, no redirect followed, no private address unless listed."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from alerts.channels.chat import ChatChannel
from alerts.channels.maildir import MaildirChannel
from alerts.channels.parcel import Parcel
from alerts.channels.webhook import BadSecret, WebhookChannel, is_genuine, secret_of
from alerts.routing.routes import ChatTarget, Maildir, Ways, WebhookTarget
from tests.streams.notices.test_smtp import parcel

KEY = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


class Heard(HTTPServer):
    """Keeps what is posted, and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.location = 200, ""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        heard = self.server
        assert isinstance(heard, Heard)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        heard.posts.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(heard.status)
        if heard.location:
            self.send_header("Location", heard.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def heard() -> Iterator[Heard]:
    server = Heard()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def ways(folder: Path, url: str, *, allowed: list[str], private: list[str]) -> Ways:
    (folder / "secret").write_text(SECRET)
    return Ways(webhooks={"hook": WebhookTarget(url, "secret")}, allowed_hosts=allowed, private_hosts=private)


def post(folder: Path, url: str, *, allowed: list[str] | None = None, private: list[str] | None = None) -> str | None:
    listed = ["127.0.0.1"] if allowed is None else allowed
    found = ways(folder, url, allowed=listed, private=listed if private is None else private)
    (failure,) = WebhookChannel(found, folder, lambda: 1_000.0).deliver([parcel("hook")])
    return None if failure is None else f"{failure.cause}: {failure.text}"


def test_it_is_signed_and_a_replay_or_a_changed_byte_is_found(heard: Heard, tmp_path: Path) -> None:
    assert post(tmp_path, f"http://127.0.0.1:{heard.server_port}/in?x=1") is None
    ((path, headers, body),) = heard.posts
    assert path == "/in?x=1" and headers["webhook-id"] == "k1" and headers["webhook-timestamp"] == "1000"
    assert is_genuine(KEY, headers, body, 1_200)
    assert not is_genuine(KEY, headers, body, 1_301), "a replay"
    assert not is_genuine(KEY, headers, body + b" ", 1_000)
    assert not is_genuine(KEY[::-1], headers, body, 1_000)
    assert b'"link"' not in body


def test_a_redirect_to_a_private_address_is_not_followed(heard: Heard, tmp_path: Path) -> None:
    heard.status, heard.location = 302, f"http://127.0.0.1:{heard.server_port}/private"
    failed = post(tmp_path, f"http://127.0.0.1:{heard.server_port}/")
    assert failed is not None and failed.startswith("connection:") and "302" in failed
    assert [path for path, _, _ in heard.posts] == ["/"]


def test_only_listed_hosts_and_private_ones_only_where_it_says_so(
    heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://127.0.0.1:{heard.server_port}/"
    assert "does not stand in allowed_hosts" in (post(tmp_path, url, allowed=[]) or "")
    assert "a private address" in (post(tmp_path, url, private=[]) or "")

    def look_up(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(2, 1, 6, "", ("10.0.0.5", port))]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    assert "10.0.0.5, a private address" in (
        post(tmp_path, "https://hook.example.test/", allowed=["hook.example.test"], private=[]) or ""
    )
    assert "write https" in (post(tmp_path, "http://hook.example.test/", allowed=["hook.example.test"]) or "")
    assert heard.posts == []


@pytest.mark.parametrize(("status", "cause"), [(500, "mailbox"), (429, "mailbox"), (404, "mailbox"), (410, "address")])
def test_what_is_answered_is_told_apart(heard: Heard, tmp_path: Path, status: int, cause: str) -> None:
    heard.status = status
    assert (post(tmp_path, f"http://127.0.0.1:{heard.server_port}/") or "").startswith(f"{cause}:")


@pytest.mark.parametrize("text", ["", "whsec_", "secret", "whsec_AAAA", "whsec_!!!", base64.b64encode(KEY).decode()])
def test_a_secret_is_one(text: str) -> None:
    with pytest.raises(BadSecret):
        secret_of(text)


@pytest.mark.parametrize("url", ["json://127.0.0.1/x", "mailto://a:b@c.test", "file:///etc/passwd", "exec://ls", ""])
def test_a_chat_is_one_of_the_services_that_are_chats(tmp_path: Path, url: str) -> None:
    (tmp_path / "url").write_text(url)
    channel = ChatChannel(Ways(chats={"room": ChatTarget("url")}, allowed_hosts=["127.0.0.1"]), tmp_path)
    (failure,) = channel.deliver([parcel("room")])
    assert failure is not None and failure.cause == "connection" and "none of" in failure.text


def test_a_chat_of_ones_own_is_told_without_the_link(heard: Heard, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"mmost://127.0.0.1:{heard.server_port}/abcdefghijklmnopqrstuvwx")
    own = Ways(chats={"room": ChatTarget("url")}, allowed_hosts=["127.0.0.1"])
    (failure,) = ChatChannel(own, tmp_path).deliver([parcel("room")])
    assert failure is not None and "private" in failure.text
    own = Ways(chats={"room": ChatTarget("url")}, allowed_hosts=["127.0.0.1"], private_hosts=["127.0.0.1"])
    (failure,) = ChatChannel(own, tmp_path).deliver([parcel("room")])
    assert failure is None
    assert "第一局".encode() in heard.posts[0][2] or b"\\u7b2c" in heard.posts[0][2]


def test_a_folder_holds_each_mail_once(tmp_path: Path) -> None:
    channel = MaildirChannel(Maildir("mails"), tmp_path)
    some: list[Parcel] = [parcel(key="a"), parcel(key="b"), parcel("no address", key="c")]
    for _ in range(2):
        assert [failure is None for failure in channel.deliver(some)] == [True, True, False]
    assert len(list((tmp_path / "mails" / "new").iterdir())) == 2
    read = next((tmp_path / "mails" / "new").iterdir())
    read.rename(tmp_path / "mails" / "cur" / f"{read.name}:2,S")
    channel.deliver([parcel(key="a"), parcel(key="b")])
    assert len(list((tmp_path / "mails" / "new").iterdir())) == 1, "what was read does not come again"
