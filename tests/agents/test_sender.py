"""The sender's own process: begun once notices are on, begun again when it is killed, gone when its parent is; one of several sends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from agents import sender_process
from agents.sender import NICENESS
from agents.sender_process import SenderProcess
from streams.notices.switch import turn_off
from tests.real_parts.postgres import postgres_server
from tests.streams.notices.mail_server import mail_server
from tests.streams.notices.mailbox import ids_in, mailbox
from tests.streams.notices.own_process import sending, still_to_leave, telling_city, waits_until

SECONDS = 60.0
PARENT = """
import sys, time
from pathlib import Path
from tests.streams.notices.own_process import sending, telling_city
with telling_city(Path(sys.argv[1]), int(sys.argv[2]), 3) as (told, meant), sending(told, meant) as sender:
    while sender.pid is None:
        time.sleep(0.01)
    print(sender.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def mails(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A mailbox that takes its time, as a real server does, and its port."""
    with mailbox(tmp_path / "mails", 0.01) as port:
        yield tmp_path / "mails", port


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_one_that_is_killed_is_started_again_and_every_notice_stands_once_by_its_id(
    tmp_path: Path, mails: tuple[Path, int]
) -> None:
    folder, port = mails
    with telling_city(tmp_path / "city", port, 200) as (told, meant):
        told.opens(*range(200))
        told.outbox.deliver_all()
        with sending(told, meant) as sender:
            waits_until(lambda: len(ids_in(folder)) >= 20, SECONDS)
            first = sender.pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            waits_until(lambda: sender.pid not in (None, first), SECONDS)
            waits_until(lambda: still_to_leave(told) == 0, SECONDS)
    found = ids_in(folder)
    assert len(found) == len({to for _, to in found}) == 200, "one id for each, however often it came"
    assert found.total() >= 200


def test_one_that_is_told_to_stop_notes_what_has_left(tmp_path: Path, mails: tuple[Path, int]) -> None:
    folder, port = mails
    with telling_city(tmp_path / "city", port, 200) as (told, meant):
        told.opens(*range(200))
        told.outbox.deliver_all()
        with sending(told, meant):
            waits_until(lambda: len(ids_in(folder)) >= 5, SECONDS)
        found = ids_in(folder)
        assert 200 - still_to_leave(told) == len(found) < 200
        assert found.total() == len(found)


def test_it_ends_when_its_parent_is_killed(tmp_path: Path, mails: tuple[Path, int]) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "city"), str(mails[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.kill()
        parent.wait()
        waits_until(lambda: not is_running(child), SECONDS)


def test_it_lets_the_fold_go_first(tmp_path: Path, mails: tuple[Path, int]) -> None:
    with telling_city(tmp_path / "city", mails[1], 1) as (told, meant), sending(told, meant) as sender:
        waits_until(lambda: sender.pid is not None and psutil.Process(sender.pid).nice() == NICENESS > 0, SECONDS)


def test_one_that_cannot_begin_is_started_again_later_and_later_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(
        sender_process, "log", SimpleNamespace(error=lambda event, **more: said.append({"event": event, **more}))
    )
    monkeypatch.setattr(sender_process, "_WAIT_SECONDS", 0.05)
    with telling_city(tmp_path / "city", 1, 1) as (told, meant):
        (tmp_path / "city" / "routing.yaml").write_text("routes: 1", encoding="utf-8")
        with sending(told, meant):
            waits_until(lambda: len(said) >= 3, SECONDS)
    assert {(one["event"], one["ended"]) for one in said} == {
        ("the sender of notices has ended; it is started again", 1)
    }
    assert [one["in_seconds"] for one in said[:3]] == [0.05, 0.1, 0.2]


def test_none_is_started_while_notices_are_off(tmp_path: Path) -> None:
    with telling_city(tmp_path / "city", 1, 1) as (told, meant):
        turn_off(told.store, "x")
        sender = SenderProcess(told.store, meant, told.today)
        sender.start()
        sender.stop()
        assert sender.pid is None


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_of_three_processes_one_sends(tmp_path: Path, mails: tuple[Path, int], database: str) -> None:
    folder, port = mails
    with ExitStack() as open_until_end:
        url = open_until_end.enter_context(postgres_server()).url if database == "postgresql" else None
        told, meant = open_until_end.enter_context(telling_city(tmp_path / "city", port, 120, url))
        told.opens(*range(120))
        told.outbox.deliver_all()
        with sending(told, meant), sending(told, meant), sending(told, meant):
            waits_until(lambda: still_to_leave(told) == 0, SECONDS)
    found = ids_in(folder)
    assert len(found) == found.total() == 120


def test_the_next_one_goes_on_when_the_one_that_sends_is_killed(tmp_path: Path, mails: tuple[Path, int]) -> None:
    folder, port = mails
    with telling_city(tmp_path / "city", port, 200) as (told, meant):
        told.opens(*range(200))
        told.outbox.deliver_all()
        with sending(told, meant) as first, sending(told, meant) as second:
            waits_until(lambda: len(ids_in(folder)) >= 20, SECONDS)
            assert first.pid is not None and second.pid is not None
            os.kill(first.pid, signal.SIGKILL)
            waits_until(lambda: still_to_leave(told) == 0, SECONDS)
    assert len(ids_in(folder)) == 200


def test_a_database_restarted_between_send_and_note_makes_nothing_new(tmp_path: Path) -> None:
    restarts = 0
    with postgres_server() as database, mail_server() as (post, port):

        def restart(number: int) -> None:
            nonlocal restarts
            if number == 10:  # within the first batch: what left before is not noted yet
                database.stop("fast")
                database.start()
                restarts += 1

        post.at_data = restart
        with telling_city(tmp_path / "city", port, 60, database.url) as (told, meant):
            told.opens(*range(60))
            told.outbox.deliver_all()
            with sending(told, meant):
                waits_until(lambda: restarts == 1 and len(set(post.ids)) == 60, SECONDS)
                waits_until(lambda: still_to_leave(told) == 0, SECONDS)
    assert restarts == 1 and len(set(post.ids)) == 60 <= len(post.ids)
