"""A newcomer's first minutes: the demonstration starts, a notice lies in its folder of mails, its link is answered, the office sees it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

import httpx

from tests.real_parts.postgres import free_port

T = TypeVar("T")
WITHIN_SECONDS = 60.0
MEASURE = "示範：洽廠商趕辦"


def wait_for(what: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def open_link(mails: Path) -> str | None:
    """The first link in the folder whose alerts still stand."""
    for file in sorted(mails.glob("*")):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain",))
        assert body is not None and str(mail["Subject"]).startswith("【示範資料")
        link = re.search(r"http://\S+/answer/\S+", body.get_content())
        if link is None:
            continue
        try:
            shown = httpx.get(link[0]).text
        except httpx.TransportError:  # the mail was first
            return None
        if 'name="matter-' in shown:
            return link[0]
    return None


def test_a_newcomer_answers_a_notice_within_a_minute_and_sees_the_answer(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "budgetwatch", "demo", "--data", str(tmp_path / "demo"), "--port", str(port)]
    with log.open("w") as said, subprocess.Popen([*command, "--speed", "0.01"], stderr=said) as demo:
        try:
            link = wait_for(lambda: open_link(tmp_path / "demo" / "maildir" / "new"))
            with httpx.Client() as client:
                page = client.get(link).text
                chosen = {f"matter-{alert}": "yes" for alert in re.findall(r'name="matter-(\w+)"', page)}
                token = re.search(r'_csrf_token" value="([^"]+)"', page)
                reason = re.search(r'<option value="(\w[\w-]*)"', page)
                assert token is not None and reason is not None
                form = {"_csrf_token": token[1], "reason": reason[1], "expected_day": "2026-02-20"}
                form |= {"measure": MEASURE, "responsible": "示範", "person": "示範"}
                sent = client.post(link, data=chosen | form)
                assert sent.status_code == 200, sent.text
                assert MEASURE in client.get(f"http://127.0.0.1:{port}/desk").text
            every = [tmp_path / "demo", *(tmp_path / "demo").rglob("*")]
            assert [path.name for path in every if path.stat().st_mode & 0o077] == [], "others can read them"
        finally:
            demo.terminate()
    assert str(Path("maildir", "new")) in log.read_text(), "it says where to look"
