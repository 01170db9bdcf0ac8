"""`run` as it is started: two processes under one command, which lose no post whichever of them is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
import msgspec
import psutil
import pytest

from agents.supervisor import LINK
from alerts.catalogue import load
from producers.simulator import registry_csv
from streams.errors import StoreRefused
from streams.folder import Folder
from streams.people import accounts
from streams.people.accounts import EVERYWHERE
from streams.store import open_store
from streams.upkeep.audit import audit
from tests.real_parts.postgres import free_port

LINE = "32020110101/current/2000"


class Command(msgspec.Struct):
    """The command, where it listens, and the log of what it says."""

    process: subprocess.Popen[bytes]
    url: str
    said: Path
    folder: Folder
    token: str

    def start(self) -> subprocess.Popen[bytes]:
        """Start it again."""
        with self.said.open("ab") as log:
            self.process = subprocess.Popen(self.process.args, stderr=log, stdout=log)
        return self.process

    def stop(self) -> None:
        """Stop it in order."""
        self.process.terminate()
        assert self.process.wait(30) == 0

    def part(self, name: str) -> psutil.Process:
        """The process of a part."""
        for child in psutil.Process(self.process.pid).children():
            if json.loads(child.environ()["BUDGETWATCH_PART"])["name"] == name:
                return child
        raise AssertionError(f"{name} does not run")

    def lines(self, event: str) -> list[str]:
        """What it said of something."""
        return [line for line in self.said.read_text().splitlines() if event in line]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    folder = Folder(tmp_path / ("a-path-longer-than-a-sockets-" * 5))
    folder.path.mkdir(mode=0o755)
    folder.registry.write_text(registry_csv(), encoding="utf-8")
    port, said = free_port(), tmp_path / "said"
    with said.open("wb") as log:
        command = [sys.executable, "-m", "budgetwatch", "run", "--data", str(folder.path), "--port", str(port)]
        process = subprocess.Popen(command, stderr=log, stdout=log)
    url = f"http://127.0.0.1:{port}"
    until(lambda: is_well(url), said)
    store = open_store(folder.store)
    token = accounts.add_token(store, "cba", ("feeder",), EVERYWHERE)[1]
    store.close()
    yield Command(process, url, said, folder, token)
    if process.poll() is None:
        process.terminate()
        assert process.wait(30) == 0


def is_well(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def until(holds: object, said: Path, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]  # a function of no argument
        assert time.monotonic() < deadline, said.read_text()
        time.sleep(0.05)


def paid(number: int) -> bytes:
    common = {"type": "disbursement.paid", "fiscal_year": 114, "agency": "020011", "booked_on": "2025-03-05"}
    return json.dumps(common | {"id": f"p{number}", "line": LINE, "amount": 1, "voucher": f"v{number}"}).encode()


class Feeder:
    """Posts one event after the other, each until it is acknowledged."""

    def __init__(self, command: Command) -> None:
        self._command, self._stop = command, threading.Event()
        self.acknowledged = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        headers = {"Authorization": f"Bearer {self._command.token}", "Content-Type": "application/x-ndjson"}
        with httpx.Client(base_url=self._command.url, headers=headers, timeout=20) as client:
            while not self._stop.is_set():
                try:
                    answer = client.post("/v1/events", content=paid(self.acknowledged))
                except httpx.TransportError:
                    continue
                if answer.status_code == 200:
                    assert answer.json()["accepted"] + answer.json()["duplicate"] == 1, answer.text
                    self.acknowledged += 1
                else:
                    assert answer.status_code in (429, 503), answer.text
                    time.sleep(0.01)


def realised(command: Command, mark: str | None = None) -> int:
    headers = {} if mark is None else {"Budgetwatch-Mark": mark}
    found = httpx.get(f"{command.url}/v1/positions", params={"level": "line"}, headers=headers, timeout=20).json()
    return sum(one["realised"] for one in found if one["key"].endswith(LINE))


@pytest.mark.parametrize("name", ["page", "fold"])
def test_whichever_is_killed_no_post_is_lost_and_figures_are_right(command: Command, name: str) -> None:
    feeder, random = Feeder(command), Random(5)
    for _ in range(KILLS):
        time.sleep(random.uniform(0.0, 0.4))
        pid = command.part(name).pid
        before = feeder.acknowledged
        os.kill(pid, signal.SIGKILL)
        until(lambda before=before: feeder.acknowledged > before + 3, command.said)
    feeder.end()
    assert feeder.acknowledged > KILLS
    until(lambda: realised(command) == feeder.acknowledged, command.said, 10)
    assert len(command.lines("is started again")) >= KILLS
    command.process.terminate()
    assert command.process.wait(30) == 0
    registry, _ = command.folder.read_registry()
    store = open_store(command.folder.store)
    assert list(audit(store, registry, load(settings=command.folder.path))) == []
    store.close()


KILLS = int(os.environ.get("BUDGETWATCH_KILLS", "3"))
"""100 for a long look."""


def test_a_page_that_stands_still_catches_up(command: Command) -> None:
    post = {"Authorization": f"Bearer {command.token}"}
    assert httpx.post(f"{command.url}/v1/events", content=paid(0), headers=post, timeout=20).status_code == 200
    page = command.part("page")
    page.send_signal(signal.SIGSTOP)
    (command.folder.inbox / "more.ndjson").write_bytes(b"\n".join(map(paid, range(1, 500))))
    until(
        lambda: (command.folder.inbox / "done").exists() and any((command.folder.inbox / "done").iterdir()),
        command.said,
    )
    page.send_signal(signal.SIGCONT)
    until(lambda: realised(command) == 500, command.said, 10)


def test_a_fold_that_stands_still_is_told_of(command: Command) -> None:
    fold = command.part("fold")
    fold.send_signal(signal.SIGSTOP)
    until(lambda: httpx.get(f"{command.url}/healthz", timeout=5).status_code == 503, command.said, 15)
    assert "does not answer" in httpx.get(f"{command.url}/healthz").json()["problem"]
    assert httpx.get(f"{command.url}/", timeout=5).status_code == 200, "what is known is shown"
    fold.send_signal(signal.SIGCONT)
    until(lambda: is_well(command.url), command.said, 10)


def test_who_has_posted_sees_it_at_once(command: Command) -> None:
    post = {"Authorization": f"Bearer {command.token}"}
    with httpx.Client(base_url=command.url, timeout=20) as client:
        for number in range(30):
            answer = client.post("/v1/events", content=paid(number), headers=post)
            assert answer.headers["Budgetwatch-Mark"] == str(number + 1)
            client.cookies.clear()
            assert realised(command, answer.headers["Budgetwatch-Mark"]) == number + 1
        assert client.get("/healthz", headers={"Budgetwatch-Mark": "9" * 18}).elapsed.total_seconds() < 1
        answer = client.post("/v1/events", content=paid(30), headers=post)
        assert client.cookies["budgetwatch_mark"] == "31"
        assert client.get("/v1/positions", params={"level": "city"}).json()[0]["realised"] == 31


def test_when_the_command_is_killed_its_parts_end(command: Command) -> None:
    parts = [command.part(name) for name in ("fold", "page")]
    command.process.kill()
    _, alive = psutil.wait_procs(parts, 25)
    assert alive == []
    command.process.wait(5)


def test_killed_at_once_it_starts_again_and_leaves_nothing_elsewhere(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    monkeypatch.setenv("TMPDIR", str(elsewhere))
    command.stop()
    for killed in (True, False):
        process = command.start()
        until(lambda: is_well(command.url), command.said)
        parts = psutil.Process(process.pid).children()
        if killed:
            sent = {"file": ("p.ndjson", paid(1))}
            with httpx.Client(base_url=command.url) as client:
                token = client.get("/files").text.partition('name="_csrf_token" value="')[2].partition('"')[0]
                assert client.post("/files", data={"_csrf_token": token}, files=sent).status_code == 303
            assert list((command.folder.path / "temporary").rglob("file")) != []
            process.kill()
            process.wait(5)
            psutil.wait_procs(parts, 25)
    process.terminate()
    assert process.wait(30) == 0
    assert list(elsewhere.iterdir()) == []
    assert not (command.folder.path / LINK).exists()
    assert list((command.folder.path / "temporary").iterdir()) == [], "what a page that was killed had been sent"


def test_nobody_else_reads_what_it_writes(command: Command) -> None:
    """The folder was there, open to all; what it had in it is its owner's affair."""
    (command.folder.inbox / "more.ndjson").write_bytes(paid(1))
    done = command.folder.inbox / "done"
    until(lambda: len(list(done.iterdir())) == 2, command.said)
    own = {path for path in command.folder.path.rglob("*") if path.suffix not in (".csv", ".ndjson")}
    assert {command.folder.store, command.folder.inbox, done, command.folder.path / LINK} <= own
    assert {
        path.name: oct(path.stat().st_mode) for path in (command.folder.path, *own) if path.stat().st_mode & 0o077
    } == {}


def test_a_store_that_was_taken_away_is_not_begun_anew(command: Command) -> None:
    command.stop()
    head = command.folder.store.with_name("budgetwatch.db.head").read_bytes()
    for name in ("budgetwatch.db", "budgetwatch.db-wal"):
        (command.folder.path / name).unlink(missing_ok=True)
    said = command.said.stat().st_size
    assert command.start().wait(60) == 3
    told = command.said.read_bytes()[said:].decode()
    assert "budgetwatch.db.head is still here: restore a backup" in told and told.count("\n") == 1
    assert command.folder.store.with_name("budgetwatch.db.head").read_bytes() == head
    assert not command.folder.store.exists()


def test_what_it_refuses_ends_it_in_one_line(command: Command, tmp_path: Path) -> None:
    """Another on the same folder, and one at a port that is taken."""
    run = [sys.executable, "-m", "budgetwatch", "run", "--data", str(command.folder.path), "--port"]
    for port, said in (
        (str(free_port()), "in use by process"),
        (command.url.rpartition(":")[2], "name another --port"),
    ):
        done = subprocess.run([*run, port], capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (3, "")
        assert said in done.stderr and done.stderr.count("\n") == 1


def test_a_folder_stays_held_while_a_part_is_started_again(command: Command) -> None:
    """Whoever restores or rebuilds would put another store under the other part."""
    fold = command.part("fold")
    fold.kill()
    with pytest.raises(StoreRefused, match="in use by process"), command.folder.locked():
        raise AssertionError("it was free")
    until(lambda: is_well(command.url), command.said)


def test_ctrl_c_stops_them_in_order(command: Command) -> None:
    """It reaches every process of the group; what folds goes on until the page has answered."""
    parts = [psutil.Process(command.process.pid), *psutil.Process(command.process.pid).children()]
    for one in parts:
        one.send_signal(signal.SIGINT)
    assert command.process.wait(30) == 0
    assert not command.lines("the link to the process that folds was lost"), "the page went first"


def test_nothing_is_run_from_where_it_is_started(tmp_path: Path) -> None:
    """Whoever may write there would have the trail's key."""
    (tmp_path / "budgetwatch.py").write_text("open('found', 'w'); raise SystemExit(1)")
    (tmp_path / "typer.py").write_text("open('found', 'w'); raise SystemExit(1)")
    (tmp_path / "agencies.csv").write_text(registry_csv(), encoding="utf-8")
    said, port = tmp_path / "said", free_port()
    run = [sys.executable, "-P", "-m", "budgetwatch", "run", "--registry", "agencies.csv", "--port", str(port)]
    with said.open("wb") as log:
        process = subprocess.Popen(run, cwd=tmp_path, stdout=log, stderr=log)
    try:
        until(lambda: process.poll() is not None or is_well(f"http://127.0.0.1:{port}"), said)
    finally:
        process.terminate()
        process.wait(30)
    assert not (tmp_path / "found").exists()
    assert process.returncode == 0, said.read_text()
