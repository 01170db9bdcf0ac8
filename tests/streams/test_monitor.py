"""The parts of a monitor beside its gateway: writer, clock, audit, backup, restore, rebuild, data folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from agents import embedded
from alerts.catalogue import Catalogue
from ledger.process import Transition
from producers.simulator import registry_csv, simulate
from streams.clock import Clock
from streams.fold import hold
from streams.folder import Folder
from streams.monitor import Committed, Monitor, Unavailable
from streams.outbox import Outbox
from streams.people import trail
from streams.people.at_rest import close_alert, reopen_alert
from streams.people.person import Person
from streams.store import Store, StoreRefused, alert_lists, open_store, queries, schema
from streams.store.alert_lists import Overlay, Wanted
from streams.store.mark import mark_of
from streams.store.store import digest_of
from streams.store.under_trail import unguard_tables
from streams.upkeep.audit import audit
from streams.upkeep.backup import copy_store, restore_store
from streams.upkeep.rebuild import rebuild
from tests.real_parts.postgres import IS_REQUIRED
from tests.streams.channel import Taken

LINES = [line.rstrip(b"\n") for line in simulate(114, 5, 2_500)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "data")
    made.path.mkdir()
    made.registry.write_text(registry_csv(), encoding="utf-8")
    made.make(None)
    return made


@pytest.fixture
def monitor(folder: Folder) -> Iterator[Monitor]:
    with embedded.opened(folder) as found:
        yield found


def event(id_: str, kind: str, **more: Any) -> bytes:
    common = {"id": id_, "type": kind, "fiscal_year": 114, "agency": "010011", "booked_on": "2025-03-05"}
    return msgspec.json.encode(common | more)


def feed(monitor: Monitor, lines: list[bytes] = LINES, size: int = 400) -> None:
    for at in range(0, len(lines), size):
        monitor.replica.submit(lines[at : at + size], "http:test").result()


# ---------------------------------------------------------------- writer


def test_posts_that_wait_together_share_a_transaction(monitor: Monitor) -> None:
    seen: list[Committed] = []
    monitor.replica.watchers.append(seen.append)
    with monitor.replica.reading():
        waiting = [monitor.replica.submit([line], "http:test") for line in LINES[:50]]
        time.sleep(0.1)
    outcomes = [done.result() for done in waiting]
    assert [len(one) for one in outcomes] == [1] * 50 and all(one[0].line == 1 for one in outcomes)
    assert len(seen) <= 3  # the one that was waited for, and all that came meanwhile
    assert mark_of(monitor.store).place == 50


def test_a_commit_that_fails_leaves_nothing_and_the_next_goes_on(
    monitor: Monitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monitor, LINES[:800])
    with monkeypatch.context() as broken:

        def fail(*_: object, **__: object) -> None:
            raise OSError("no space left on device")

        broken.setattr(hold, "commit_batch", fail)
        with pytest.raises(Unavailable, match="no space"):
            monitor.replica.submit(LINES[800:1_200], "http:test").result()
        assert monitor.replica.broken is not None
    assert {one.outcome for one in monitor.replica.submit(LINES[800:1_200], "http:test").result()} != {"duplicate"}
    assert monitor.replica.broken is None
    feed(monitor, LINES[1_200:])
    assert list(audit(monitor.store, monitor.registry, monitor.catalogue)) == []
    assert mark_of(monitor.store).place == len(LINES)


def test_whoever_holds_the_store_up_holds_up_no_reader(monitor: Monitor) -> None:
    """Another program has the write lock: what was committed is still shown, and that nothing can be written is said."""
    feed(monitor, LINES[:800])
    other = sqlite3.connect(monitor.store.engine.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = monitor.replica.submit(LINES[800:1_200], "http:test")
    deadline = time.monotonic() + 5
    while monitor.replica.broken is None:
        began = time.monotonic()
        with monitor.replica.reading() as books:
            assert books.years
        assert time.monotonic() - began < 0.5
        assert time.monotonic() < deadline, "it is not said"
        time.sleep(0.05)
    assert "locked" in monitor.replica.broken and not waiting.done()
    other.execute("ROLLBACK")
    other.close()
    assert {one.outcome for one in waiting.result(20)} >= {"accepted"}
    assert monitor.replica.broken is None
    assert monitor.store is not None and list(audit(monitor.store, monitor.registry, monitor.catalogue)) == []


def test_a_full_disk_is_told_and_got_over(tmp_path: Path) -> None:
    """A real one: a small file system of its own."""
    small = tmp_path / "small"
    small.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", small], capture_output=True, check=False)
    if mount.returncode != 0:
        pytest.skip("no file system can be mounted here: a full disk was not tried")
    try:
        made = Folder(small / "data")
        made.path.mkdir()
        made.registry.write_text(registry_csv(), encoding="utf-8")
        made.make(None)
        with embedded.opened(made) as found:
            failed = None
            for at in range(0, len(LINES), 100):
                error = found.replica.submit(LINES[at : at + 100], "http:test").exception()
                if error is not None:
                    failed = at
                    assert isinstance(error, Unavailable) and "full" in str(error)
                    break
            assert failed is not None, "the disk never was full"
            position = found.replica.lines
            assert position == failed
            subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
            feed(found, LINES[failed:])
            assert mark_of(found.store).place == len(LINES)
            assert list(audit(found.store, found.registry, found.catalogue)) == []
    finally:
        subprocess.run(["umount", small], check=True)


# ---------------------------------------------------------------- clock


def test_each_day_is_judged_once_and_never_backwards(monitor: Monitor) -> None:
    feed(monitor)
    days = iter(["2025-06-30", "2025-06-30", "2025-07-01", "2025-06-30", "2025-07-01", "2025-07-02"])
    daily = Clock(lambda day: monitor.replica.judge(day).result(), None, lambda: next(days))
    assert [daily.look() for _ in range(6)] == [True, False, True, False, False, True]
    assert [one.day for one in queries.judgements(monitor.store)] == ["2025-06-30", "2025-07-01", "2025-07-02"]
    assert list(audit(monitor.store, monitor.registry, monitor.catalogue)) == []


# ---------------------------------------------------------------- audit


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE positions SET realised = realised + 1 WHERE name = (SELECT min(name) FROM positions)", "positions"),
        ("UPDATE position_budgets SET original = original + 1", "position_budgets"),
        ("DELETE FROM alerts WHERE n = (SELECT min(n) FROM alerts)", "alerts"),
        ("UPDATE funds SET approved = approved + 1", "funds"),
        ("DELETE FROM refs WHERE rowid = (SELECT min(rowid) FROM refs)", "refs"),
        ("UPDATE marks SET accepted = accepted + 1", "mark"),
        ("UPDATE refusals SET reason = 'malformed' WHERE place = (SELECT min(place) FROM refusals)", "refusals"),
        ("UPDATE acts SET after = '{}'", "acts"),
    ],
)
def test_what_was_tampered_with_is_named(monitor: Monitor, statement: str, named: str) -> None:
    feed(monitor)
    monitor.replica.submit([b"{"], "http:test").result()
    trail.record(monitor.store, "王", "officer", "127.0.0.1", "note", "x", None, {"text": "seen"})
    assert list(audit(monitor.store, monitor.registry, monitor.catalogue)) == []
    with monitor.store.writing() as connection:
        unguard_tables(connection)
        assert connection.execute(sa.text(statement)).rowcount >= 1
    assert named in {one.what for one in audit(monitor.store, monitor.registry, monitor.catalogue)}


# ---------------------------------------------------------------- people


def test_after_a_closing_a_further_act_opens_a_new_alert_also_after_a_restart(
    folder: Folder, catalogue: Catalogue
) -> None:
    one, other = "33010010101/current/2015", "33010010102/current/2015"

    def move(number: int) -> bytes:
        return event(f"m{number}", "virement.approved", from_line=one, to_line=other, amount=5)

    def opened(found: list[Transition]) -> list[str]:
        return [f"{each.alert.opened_by}" for each in found if each.change == "opened"]

    person = Person("王", ("officer",), "127.0.0.1")
    seen: list[Transition] = []
    with embedded.opened(folder) as first:
        first.replica.watchers.append(lambda committed: seen.extend(committed.transitions))
        enacted = event("e", "appropriation.enacted", line=one, amount=100)
        first.replica.submit([enacted, move(1), move(2)], "http:test").result()
        assert opened(seen) == ["010011:m1"]
        alert = first.store.reading
        with alert() as connection:
            name = connection.execute(sa.select(schema.alerts.c.id)).scalar_one()
        close_alert(first, name, person, "moved back")
        first.replica.submit([move(3)], "http:test").result()
        assert opened(seen) == ["010011:m1", "010011:m3"]
        with alert() as connection:
            names = set(connection.execute(sa.select(schema.alerts.c.id)).scalars())
        close_alert(first, (names - {name}).pop(), person, "and again")
    with embedded.opened(folder) as again:
        again.replica.watchers.append(lambda committed: seen.extend(committed.transitions))
        again.replica.submit([move(4)], "http:test").result()
        assert opened(seen)[-1] == "010011:m4"
        assert list(audit(again.store, again.registry, catalogue)) == []
    with folder.locked():
        registry, content = folder.read_registry()
        assert rebuild(folder, registry, catalogue, digest_of(content)) == 5
    with embedded.opened(folder) as rebuilt:
        assert list(audit(rebuilt.store, rebuilt.registry, catalogue)) == []
        assert [act.kind for act in trail.newest_acts(rebuilt.store) if act.kind == "close"] == ["close", "close"]


def test_a_reopened_alert_goes_on_after_a_restart_an_audit_and_a_rebuild(folder: Folder, catalogue: Catalogue) -> None:
    """m1 is closed, m2 opens another and is closed too, m1 is reopened: m3 and m4 join it (5 + 5 + 5)."""
    one, other = "33010010101/current/2015", "33010010102/current/2015"

    def move(number: int) -> bytes:
        return event(f"m{number}", "virement.approved", from_line=one, to_line=other, amount=5)

    def sums(store: Store) -> dict[str, int]:
        found = alert_lists.find(store, Wanted(rule="virement-between-programs"), Overlay(), "newest")
        return {f"{alert.opened_by}": alert.evidence["sum"] for alert in found}

    def named(store: Store, opened_by: str) -> str:
        with store.reading() as connection:
            wanted = sa.select(schema.alerts.c.id).where(schema.alerts.c.opened_by == f"010011:{opened_by}")
            name: str = connection.execute(wanted.where(schema.alerts.c.level == "line")).scalars().all()[0]
            return name

    person = Person("王", ("officer",), "127.0.0.1")
    with embedded.opened(folder) as first:
        first.replica.submit([event("e", "appropriation.enacted", line=one, amount=100), move(1)], "http:test").result()
        close_alert(first, named(first.store, "m1"), person, "moved back")
        first.replica.submit([move(2)], "http:test").result()
        close_alert(first, named(first.store, "m2"), person, "moved back")
        reopen_alert(first, named(first.store, "m1"), person, "it was not")
        first.replica.submit([move(3)], "http:test").result()
        assert sums(first.store) == {"010011:m1": 10, "010011:m2": 5}
    with embedded.opened(folder) as again:
        again.replica.submit([move(4)], "http:test").result()
        assert sums(again.store) == {"010011:m1": 15, "010011:m2": 5}
        assert list(audit(again.store, again.registry, catalogue)) == []
    with folder.locked():
        registry, content = folder.read_registry()
        rebuild(folder, registry, catalogue, digest_of(content))
    with embedded.opened(folder) as rebuilt:
        assert sums(rebuilt.store) == {"010011:m1": 15, "010011:m2": 5}
        assert list(audit(rebuilt.store, rebuilt.registry, catalogue)) == []


# ---------------------------------------------------------------- backup, restore, rebuild


def test_a_copy_made_under_load_is_whole(monitor: Monitor, tmp_path: Path) -> None:
    feed(monitor, LINES[:1_000])
    waiting = [monitor.replica.submit(LINES[at : at + 50], "http:test") for at in range(1_000, len(LINES), 50)]
    copy_store(Folder(monitor_path(monitor)).store, tmp_path / "copy.db")
    for done in waiting:
        done.result()
    copy = open_store(tmp_path / "copy.db")
    assert mark_of(copy).place >= 1_000
    assert list(audit(copy, monitor.registry, monitor.catalogue)) == []
    copy.close()
    with pytest.raises(StoreRefused, match="is there already"):
        copy_store(Folder(monitor_path(monitor)).store, tmp_path / "copy.db")


def monitor_path(monitor: Monitor) -> Path:
    name = monitor.store.engine.url.database
    assert name is not None
    return Path(name).parent


def test_a_restored_store_goes_on_and_the_other_is_kept(folder: Folder, tmp_path: Path, catalogue: Catalogue) -> None:
    with embedded.opened(folder) as first:
        feed(first, LINES[:1_000])
        copy_store(folder.store, tmp_path / "copy.db")
        feed(first, LINES[1_000:])
        with pytest.raises(StoreRefused, match=f"in use by process {os.getpid()}"):
            restore_store(tmp_path / "copy.db", folder)
    restore_store(tmp_path / "copy.db", folder)
    assert folder.store.with_name("budgetwatch.db.before-restore-1").exists()
    with embedded.opened(folder) as again:
        assert again.replica.lines == 1_000
        feed(again, LINES[1_000:])
        assert list(audit(again.store, again.registry, catalogue)) == []


def test_a_store_of_another_register_is_refused_until_it_is_rebuilt(folder: Folder, catalogue: Catalogue) -> None:
    with embedded.opened(folder) as first:
        feed(first)
        taken = Taken()
        outbox = Outbox(first.store, (taken,))
        outbox.deliver()
        assert taken.messages, "some of it was delivered, the rest not yet"
        delivered = {message.id for message in taken.messages}
    with folder.registry.open("a", encoding="utf-8") as register:
        register.write("UNKNOWN,新局,New Bureau,99,新局主管,New,\n")
    with pytest.raises(StoreRefused, match=r"another registry digest.*budgetwatch rebuild"), embedded.opened(folder):
        pass
    with folder.locked():
        registry, content = folder.read_registry()
        rebuild(folder, registry, catalogue, digest_of(content))
    with embedded.opened(folder) as again:
        assert list(audit(again.store, again.registry, catalogue)) == []
        Outbox(again.store, (taken,)).deliver_all()
        identities = [message.id for message in taken.messages]
        assert len(identities) == len(set(identities)) > len(delivered), "nothing is delivered twice"


# ---------------------------------------------------------------- the command, as it is run


def test_a_second_run_on_a_folder_is_refused(folder: Folder) -> None:
    with embedded.opened(folder):
        second = subprocess.run(
            [sys.executable, "-m", "budgetwatch", "run", "--data", str(folder.path)], capture_output=True, check=False
        )
    assert second.returncode == 3
    assert second.stderr.decode().count("\n") == 1 and f"in use by process {os.getpid()}" in second.stderr.decode()


def test_any_other_address_needs_users(folder: Folder) -> None:
    command = [sys.executable, "-m", "budgetwatch", "run", "--data", str(folder.path), "--host", "0.0.0.0"]  # noqa: S104
    refused = subprocess.run(command, capture_output=True, check=False)
    assert refused.returncode == 3 and "there are no users" in refused.stderr.decode()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        if IS_REQUIRED:
            pytest.fail("setpriv is missing")
        pytest.skip("only root can become somebody who may not write here")
    tmp_path.chmod(0o755)
    made = tmp_path / "data"
    made.mkdir()
    (made / "agencies.csv").write_text(registry_csv(), encoding="utf-8")
    code = (
        "from pathlib import Path; from streams.folder import Folder; from streams.errors import StoreRefused\n"
        "try: Folder(Path('.')).make(None)\n"
        "except StoreRefused as error: print(error)"
    )
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run([*nobody, sys.executable, "-c", ""], capture_output=True, check=False).returncode != 0:
        pytest.skip("nobody else may run this Python: a folder without rights was not tried")
    root = str(Path(__file__).parents[2])
    told = subprocess.run(
        [*nobody, sys.executable, "-c", code], cwd=made, env={"PYTHONPATH": root}, capture_output=True, check=False
    )
    if b"PermissionError" in told.stderr or b"ModuleNotFoundError" in told.stderr:
        pytest.skip("nobody else may read this checkout: a folder without rights was not tried")
    assert "Permission denied" in told.stdout.decode(), told


def test_a_port_that_is_taken_is_told_in_one_line(folder: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "budgetwatch", "run", "--data", str(folder.path), "--port", port]
        refused = subprocess.run(command, capture_output=True, check=False)
    assert refused.returncode == 3
    assert refused.stderr.decode().splitlines()[-1].endswith("Address already in use; name another --port")


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_in_order(folder: Folder, told: signal.Signals) -> None:
    command = [sys.executable, "-m", "budgetwatch", "run", "--data", str(folder.path), "--port", str(_port())]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as started:
        assert started.stderr is not None
        lines = iter(started.stderr.readline, b"")
        first = next(line for line in lines if b"listening" in line)
        assert msgspec.json.decode(first)["event"] == "listening"
        started.send_signal(told)
        rest = b"".join(lines)
        assert started.wait(20) == 0
    assert b"Traceback" not in rest, rest
    assert b'"event": "stopped"' in rest or b'"event":"stopped"' in rest, rest


def _port() -> int:
    from tests.real_parts.postgres import free_port

    return free_port()
