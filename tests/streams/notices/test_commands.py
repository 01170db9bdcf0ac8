"""`budgetwatch notices …` on a data folder: what each says, what it changes, and how it refuses."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import TypeAlias

import pytest

from alerts.routing.file import ROUTING
from budgetwatch.main import main
from streams.notices.listing import deliveries
from streams.notices.switch import switch_of
from streams.people.trail import acts_of_kinds
from streams.store import Store
from tests.real_parts.postgres import postgres_server
from tests.streams.notices.own_process import telling_city
from tests.streams.notices.saying import Told

Run: TypeAlias = Callable[..., tuple[int, str, str]]
WAYS = """
settle_minutes: 0
storm: {storm}
ways:
  maildir: {{folder: mails}}
routes:
  breach: {{agency: immediately}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process; exit code, what it printed, and what it said beside."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("BUDGETWATCH_DATA", str(tmp_path / "city"))

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["budgetwatch", "notices", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    return command


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """A data folder with a maildir, whose notices are on."""
    with telling_city(tmp_path / "city", 1, 20) as (made, _):
        _routes(tmp_path)
        yield made


def _routes(tmp_path: Path, storm: int = 100) -> None:
    (tmp_path / "city" / ROUTING).write_text(WAYS.format(storm=storm), encoding="utf-8")


def _mails(tmp_path: Path) -> list[str]:
    found = sorted((tmp_path / "city" / "mails" / "new").glob("*"))
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in found]
    return [mail["To"].addresses[0].addr_spec for mail in mails]


def _states(store: Store) -> list[str]:
    return sorted(one.state for one in deliveries(store))


def test_off_and_on_again_with_a_test_mail_and_what_would_leave_meanwhile(run: Run, told: Told, tmp_path: Path) -> None:
    assert run("off", "--reason", "郵件主機更換")[:2] == (0, "notices are off\n")
    assert run("off", "--reason", "x")[1] == "notices were off already\n"
    told.opens(1)
    told.outbox.deliver_all()
    code, out, said = run("plan", "--format", "json")
    assert code == 0 and "notices are off" in said
    assert "a1@city.test" in json.dumps(json.loads(out)) and "breach:" in out
    code, out, _ = run("on", "--test", "lin@city.test", "--from", "115/01/01")
    assert code == 0 and "from 2026-01-01 on" in out
    assert _mails(tmp_path) == ["lin@city.test"] and switch_of(told.store).from_day == "2026-01-01"
    code, _, said = run("on", "--test", "lin@city.test")
    assert code == 2 and "on already" in said and said.count("\n") == 1


def test_a_test_mail_leaves_whether_notices_are_on_or_off(run: Run, told: Told, tmp_path: Path) -> None:
    assert run("test", "lin@city.test")[0] == 0
    assert run("off", "--reason", "x")[0] == 0 and run("test", "wang@city.test")[0] == 0
    assert sorted(_mails(tmp_path)) == ["lin@city.test", "wang@city.test"]
    code, _, said = run("test", "no address")
    assert code == 2 and "no address" in said
    (tmp_path / "city" / ROUTING).write_text("routes:\n  all: {agency: immediately}\n", encoding="utf-8")
    code, _, said = run("on", "--test", "lin@city.test")
    assert code == 2 and "no way for mail" in said and not switch_of(told.store).on


def test_what_waits_is_listed_suppressed_and_tried_again(run: Run, told: Told) -> None:
    told.opens(1, 2)
    told.outbox.deliver_all()
    code, out, _ = run("list", "--state", "waiting", "--format", "json")
    assert code == 0 and out.count("@city.test") == 2
    code, _, said = run("list", "--state", "lost")
    assert code == 2 and "waiting, held, sent" in said
    code, out, _ = run("suppress", "--address", "a1@city.test", "--reason", "已電話通知")
    assert (code, out) == (0, "1 deliveries are suppressed\n") and _states(told.store) == ["suppressed", "waiting"]
    (act,) = acts_of_kinds(told.store, "notices-suppressed")
    assert act.after["reason"] == "已電話通知" and act.role == "local"
    for wrong in (("--reason", "x"), ("--address", "nobody@city.test", "--reason", "x")):
        code, _, said = run("retry", *wrong)
        assert code == 2 and said.count("\n") == 1
    code, _, said = run("suppress", "--address", "a2@city.test", "--reason", " ")
    assert code == 2 and _states(told.store) == ["suppressed", "waiting"]


def test_what_a_storm_holds_is_released_or_dropped(run: Run, told: Told, tmp_path: Path) -> None:
    for decision, left in (("release", "waiting"), ("drop", "suppressed")):
        with told.store.writing() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET state = 'suppressed'")
        told.opens(1, 2, 3, line=len(left))
        told.outbox.deliver_all()
        with told.store.writing() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET state = 'held' WHERE state = 'waiting'")
        code, out, _ = run(decision, "--reason", "查明屬實")
        assert code == 0 and out.startswith("3 deliveries") and _states(told.store).count(left) >= 3
        assert run(decision, "--reason", "x")[0] == 2, "nothing is held any more"


def test_beside_workers_the_store_is_named_by_its_url(run: Run, tmp_path: Path) -> None:
    with postgres_server() as database, telling_city(tmp_path / "city", 1, 20, database.url) as (told, _):
        _routes(tmp_path)
        made = ("--store", database.url)
        there = (*made, "--registry", str(tmp_path / "city" / "agencies.csv"), "--settings", str(tmp_path / "city"))
        assert run("test", "lin@city.test", *there)[0] == 0
        assert run("off", "--reason", "x", *made)[1] == "notices are off\n"
        told.opens(1, 2, 3)
        told.outbox.deliver_all()
        code, out, said = run("plan", "--format", "json", *there)
        assert code == 0 and "a1@city.test" in out and "notices are off" in said
        assert run("on", "--test", "lin@city.test", "--from", "2026-01-01", *there)[0] == 0
        assert switch_of(told.store).on and _mails(tmp_path) == ["lin@city.test", "lin@city.test"]
        told.clock.at = datetime.now(UTC)
        told.opens(4, 5)
        told.outbox.deliver_all()
        assert run("suppress", "--address", "a4@city.test", "--reason", "x", *made)[0] == 0
        code, out, _ = run("list", "--format", "json", *made)
        assert code == 0 and out.count("@city.test") == 2 and _states(told.store) == ["suppressed", "waiting"]
        with told.store.writing() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET state = 'given_up' WHERE address = 'a5@city.test'")
        assert run("retry", "--address", "a5@city.test", "--reason", "x", *made)[0] == 0
        assert _states(told.store) == ["suppressed", "waiting"]
        with told.store.writing() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET state = 'held'")
        assert run("release", "--reason", "x", *made)[0] == 0 and "held" not in _states(told.store)
