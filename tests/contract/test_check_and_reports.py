"""The commands that look at books: `check`, `lagging` and `report`, on event files, a data folder and a store."""

from __future__ import annotations

import csv
import gc
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from alerts.catalogue import Catalogue
from budgetwatch.main import main
from budgetwatch.options import FormatName
from dashboards.reports.formats import FORMATS
from ledger.registry import parse
from streams import schema
from streams.fold.queue import FoldQueue
from streams.folder import Folder
from streams.people import lagging_acts
from streams.people.lagging_acts import give_lagging_reason
from streams.people.person import Person
from streams.store import open_store
from streams.store.commit import commit_judgement
from streams.store.loading import load_partition
from streams.taipei import today
from tests.machine.random_events import REGISTRY

COMMAND = str(Path(sys.executable).parent / "budgetwatch")
LINE = "32020110101/current/2000"
CAPITAL = "32020110101/capital/3000"
COMMON = {"fiscal_year": 114, "agency": "020011", "booked_on": "2025-01-01"}
EVENTS = [
    COMMON | {"type": "appropriation.enacted", "line": LINE, "amount": 1_000},
    COMMON | {"type": "appropriation.enacted", "line": CAPITAL, "amount": 500},
    COMMON | {"type": "budget.adopted"},
    COMMON | {"type": "allotment.approved", "line": CAPITAL, "months": [40] * 12, "revision": 1},
    COMMON | {"type": "reserve.established", "reserve": "second", "amount": 100},
    COMMON | {"type": "disbursement.paid", "line": CAPITAL, "amount": 30, "voucher": "v", "booked_on": "2025-02-10"},
]
PAYMENT = COMMON | {"type": "disbursement.paid", "line": LINE, "amount": 400, "voucher": "v", "booked_on": "2025-03-05"}
LINES = [json.dumps({"id": f"e{n}"} | event).encode() for n, event in enumerate(EVENTS)]
ASK = ("check", "event.json")
ON_FILES = ("--replay", "events.ndjson")


class Done(NamedTuple):
    """How a command ended."""

    code: int
    stdout: bytes
    stderr: bytes


Run = Callable[..., Done]
Asked = Callable[..., dict[str, Any]]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Iterator[Run]:
    """The command line in this process, in the folder: one test below runs the command itself."""
    thresholds = gc.get_threshold()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "120")

    def command(*arguments: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["budgetwatch", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, *capfdbinary.readouterr())

    yield command
    gc.set_threshold(*thresholds)


@pytest.fixture
def asked(folder: Path, run: Run) -> Asked:
    """The answer about the payment with some changes, which keeps the schema, and ends with this code."""

    def answer(*arguments: str, code: int, **changes: Any) -> dict[str, Any]:
        (folder / "event.json").write_text(json.dumps(PAYMENT | changes), encoding="utf-8")
        done = run(*ASK, *(arguments or ON_FILES), "--json")
        assert (done.code, done.stderr) == (code, b"")
        found: dict[str, Any] = json.loads(done.stdout)
        jsonschema.validate(found, schema.check_schema())
        return found

    return answer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [",".join(REGISTRY[0]), *(",".join(row.values()) for row in REGISTRY)]
    (tmp_path / "agencies.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(LINES))
    (tmp_path / "event.json").write_text(json.dumps(PAYMENT), encoding="utf-8-sig")
    return tmp_path


@pytest.fixture
def data(folder: Path, catalogue: Catalogue) -> Path:
    """The same events in a data folder, as the monitor leaves it."""
    made = folder / "data"
    made.mkdir()
    register = (folder / "agencies.csv").read_bytes()
    Folder(made).registry.write_bytes(register)
    registry = parse(register, "agencies.csv")
    store = open_store(Folder(made).store, create=True)
    writer = FoldQueue(store, registry, catalogue)
    writer.start()
    writer.submit(list(LINES), "test").result(timeout=60)
    writer.stop()
    store.close()
    return made


# ---------------------------------------------------------------- check


def test_the_verdict_decides_the_exit_code(asked: Asked) -> None:
    assert asked(code=0)["verdict"] == "allowed"
    assert asked(code=0, commitment="unknown")["verdict"] == "warned"
    assert asked(code=1, amount=1_001)["verdict"] == "blocked"
    assert asked(code=1, amount=0)["refusal"]["reason"] == "invalid_value"


def test_the_command_itself_ends_so(folder: Path) -> None:
    done = subprocess.run([COMMAND, *ASK, *ON_FILES, "--json"], capture_output=True, check=False, cwd=folder)
    assert (done.returncode, done.stderr, json.loads(done.stdout)["verdict"]) == (0, b"", "allowed")
    (folder / "event.json").write_text(json.dumps(PAYMENT | {"amount": 1_001}))
    done = subprocess.run([COMMAND, *ASK, *ON_FILES], capture_output=True, check=False, cwd=folder)
    assert (done.returncode, done.stderr) == (1, b"")


def test_files_a_data_folder_and_a_store_give_one_answer(asked: Asked, folder: Path, data: Path) -> None:
    by_files = asked("--replay", "events.ndjson", "--as-of", "114/03/05", code=1, amount=1_001)
    by_folder = asked("--data", "data", "--as-of", "2025-03-05", code=1, amount=1_001)
    by_path = asked("--store", "data/budgetwatch.db", "--as-of", "2025-03-05", code=1, amount=1_001)
    url = f"sqlite:///{Folder(data).store}"
    by_url = asked("--store", url, "--as-of", "2025-03-05", code=1, amount=1_001)
    by_default = asked("--as-of", "2025-03-05", code=1, amount=1_001)
    assert by_files == by_folder == by_path == by_url == by_default
    assert by_files["as_of"] == "2025-03-05"


def test_nothing_is_recorded(asked: Asked, folder: Path, data: Path) -> None:
    def content() -> list[str]:
        with sqlite3.connect(Folder(data).store) as connection:
            return list(connection.iterdump())

    before, files = content(), sorted(folder.iterdir())
    asked("--data", "data", code=1, amount=1_001)
    asked("--data", "data", code=0)
    assert (content(), sorted(folder.iterdir())) == (before, files)


def test_the_books_of_a_live_store_are_told_as_of_today(asked: Asked, data: Path) -> None:
    first, found, last = today(), asked("--data", "data", code=0), today()
    assert first <= found["as_of"] <= last


def test_standard_input_and_several_files(run: Run, folder: Path) -> None:
    (folder / "more.ndjson").write_bytes(json.dumps(PAYMENT | {"id": "m1", "amount": 700}).encode())
    event = json.dumps(PAYMENT, indent=1).encode()
    for arguments in (("--replay", "events.ndjson", "more.ndjson"), (*ON_FILES, "--replay", "more.ndjson")):
        done = run("check", "-", *arguments, "--json", stdin=event)
        assert done.code == 1
        assert json.loads(done.stdout)["headroom"]["lines"][0]["line"] == {"before": 300, "after": -100}
    done = run("check", "event.json", "--replay", "-", "--json", stdin=b"\n".join(LINES))
    assert json.loads(done.stdout)["verdict"] == "allowed"


def test_a_byte_order_mark_is_no_part_of_the_event(run: Run, folder: Path) -> None:
    done = run(*ASK, *ON_FILES, "--json")
    assert (folder / "event.json").read_bytes().startswith(b"\xef\xbb\xbf")
    assert json.loads(done.stdout)["verdict"] == "allowed"


def test_an_event_of_100_mb_is_refused_without_being_held(run: Run, folder: Path) -> None:
    with (folder / "event.json").open("wb") as target:
        target.write(b'{"id":"')
        for _ in range(100):
            target.write(b"x" * (1 << 20))
    done = run(*ASK, *ON_FILES, "--json")
    assert (done.code, json.loads(done.stdout)["refusal"]["reason"]) == (1, "malformed")


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("zh", ("不可辦理", "超過預算支用", "補足至少 101 元", "預算餘額 B＋凍結－O", "-101", "未登錄任何資料")),
        ("en", ("Blocked", "Spending over the appropriation", "At least NT$ 101", "B + held − O", "-101", "recorded")),
    ],
)
def test_the_answer_is_readable_in_both_languages(run: Run, language: str, says: tuple[str, ...]) -> None:
    event = json.dumps(PAYMENT | {"amount": 1_101}).encode()
    done = run("check", "-", *ON_FILES, "--lang", language, stdin=event)
    assert done.code == 1
    for words in says:
        assert words in done.stdout.decode(), words


def test_what_comes_from_outside_is_not_read_as_markup(run: Run) -> None:
    """Brackets stay, control characters do not reach the terminal."""
    event = json.dumps(PAYMENT | {"id": "[red]x[/red]", "commitment": "[bold]"}).encode()
    done = run("check", "-", *ON_FILES, stdin=event)
    assert "[red]x[/red]" in done.stdout.decode() and "[bold]" in done.stdout.decode()
    done = run("check", "-", *ON_FILES, stdin=b'{"type":"\\u001b[31m"}')
    assert b"\x1b" not in done.stdout


# ---------------------------------------------------------------- lists and reports


def test_the_lagging_list_of_files_and_of_a_data_folder(run: Run, data: Path) -> None:
    """At the end of June 30 of 240 allotted are executed: 12.50 %, and 420 of 450 are to come."""
    lists = []
    for source in (ON_FILES, ("--data", "data")):
        done = run("lagging", *source, "--as-of", "2025-06-30", "--format", "json")
        assert (done.code, done.stderr) == (0, b"")
        lists.append(json.loads(done.stdout))
    assert lists[0] == lists[1]
    (row,) = lists[0]["lagging"]
    assert (row["authority"], row["predicted"], row["shortfall"]) == ("02", "12.50", 420)


def test_a_day_before_the_latest_booking_is_judged_on_that_day(run: Run, data: Path) -> None:
    """A store's books stay as they stand: only the judgement is of the day named."""
    done = run("lagging", "--data", "data", "--as-of", "2025-01-31", "--format", "json", "--lang", "en")
    chinese = run("lagging", "--data", "data", "--as-of", "2025-01-31")
    assert chinese.stderr.decode().startswith("註：帳載已至 114年") and "note" not in chinese.stderr.decode()
    assert json.loads(done.stdout)["lagging"][0]["predicted"] == "75.00"
    assert b"note: the books hold what was booked up to 2025-0" in done.stderr and b"as of 2025-01-31" in done.stderr


def test_the_list_of_a_data_folder_tells_of_the_last_meeting_and_of_reasons(run: Run, data: Path) -> None:
    store = open_store(Folder(data).store)
    payload = {"ranks": {"114": {"02": 4}}, "tables": []}
    for day in ("2025-04-01", "2025-05-01", "2025-06-30"):
        lagging_acts.keep_list(store, day, day, Person("somebody", ("officer",)), payload)
    officer = Person("somebody", ("officer",))
    give_lagging_reason(store, "02", 114, officer, "=late", "2025-11-30", "2025-06-30")
    store.close()
    done = run("lagging", "--data", "data", "--as-of", "2025-06-30", "--format", "csv", "--lang", "en")
    assert done.code == 0
    # A silent agency stands in a table of its own below, so each table has its title.
    _, head, row, *_ = csv.reader(io.StringIO(done.stdout.decode("utf-8-sig")))
    told = dict(zip(head, row, strict=True))
    assert (told["Rank last time"], told["Times in a row"]) == ("4", "3")
    assert (told["Recovered by"], told["Reason given"]) == ("2025-11-30", "'=late")


def test_a_demonstration_is_marked_and_judged_on_the_day_its_year_has_come_to(run: Run, data: Path) -> None:
    store = open_store(Folder(data).store)
    store.agree("rules", "register", demonstration=True)
    books = load_partition(store).books
    commit_judgement(store, "2025-06-30", [], books)
    store.close()
    for command in (("lagging",), ("report", "agency", "020011"), ("report", "reserve")):
        told = run(*command, "--data", "data", "--lang", "en").stdout
        assert b"2025-06-30" in told and b"[Demonstration data]" in told, command
    assert b"emonstration" not in run("lagging", *ON_FILES, "--lang", "en").stdout


@pytest.mark.parametrize("name", ["table", "json", "csv", "xlsx", "ods"])
@pytest.mark.parametrize("command", [("lagging",), ("report", "agency", "020011"), ("report", "reserve")])
def test_each_report_in_each_format(run: Run, folder: Path, command: tuple[str, ...], name: str) -> None:
    done = run(*command, *ON_FILES, "--format", name, "-o", "out", "--lang", "en")
    assert (done.code, done.stderr, done.stdout) == (0, b"", b"")
    assert (folder / "out").stat().st_size > 0
    printed = run(*command, *ON_FILES, "--format", name, "--lang", "en")
    assert printed.code == 0 and printed.stdout


def test_a_report_of_one_year(run: Run) -> None:
    done = run("report", "reserve", *ON_FILES, "--fiscal-year", "113", "--format", "json")
    assert json.loads(done.stdout) == {"reserves": [], "cases": [], "schedule": []}


def test_the_formats_offered_are_those_there_are() -> None:
    assert [each.value for each in FormatName] == list(FORMATS)


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("arguments", "says", "code"),
    [
        (ASK, "--replay", 2),
        (("lagging",), "--replay", 2),
        (("check", "nowhere.json", *ON_FILES), "nowhere.json", 2),
        (("check", "empty.json", *ON_FILES), "empty.json", 2),
        (("check", "-", "--replay", "-"), "standard input", 2),
        ((*ASK, "more.ndjson", "--data", "data"), "more.ndjson", 2),
        ((*ASK, "--replay", "nowhere.ndjson"), "nowhere.ndjson", 2),
        ((*ASK, *ON_FILES, "--as-of", "soon"), "soon", 2),
        ((*ASK, "--data", "nowhere"), "nowhere", 2),
        ((*ASK, "--store", "nowhere.db"), "nowhere.db", 3),
        ((*ASK, "--store", "events.ndjson"), "events.ndjson", 3),
        (("lagging", "--replay", "refused.ndjson"), "--as-of", 2),
        (("lagging", *ON_FILES, "--format", "doc"), "doc", 2),
        (("lagging", *ON_FILES, "-o", "nowhere/list.txt"), "nowhere/list.txt", 2),
        (("report", "agency", "999999", *ON_FILES), "999999", 2),
        (("report", "agency", "020012", *ON_FILES), "020012", 2),
        (("report", "agency", *ON_FILES), "CODE", 2),
        (("report", "city"), "city", 2),
    ],
)
def test_a_mistake_ends_in_one_clear_line(
    run: Run, folder: Path, arguments: tuple[str, ...], says: str, code: int
) -> None:
    (folder / "empty.json").write_text(" \n")
    (folder / "refused.ndjson").write_text("{}")
    done = run(*arguments)
    text = done.stderr.decode()
    assert done.code == code, text
    assert says in text and text.count("\n") == 1 and "Traceback" not in text


@pytest.mark.parametrize(
    "command", [("check",), ("lagging",), ("report",), ("report", "agency"), ("report", "reserve")]
)
def test_help_is_there_with_an_example(run: Run, command: tuple[str, ...]) -> None:
    done = run(*command, "--help")
    assert done.code == 0
    assert b"budgetwatch" in done.stdout and (command == ("report",) or b"Example" in done.stdout)


# ---------------------------------------------------------------- notices preview


def test_a_notice_is_shown_in_every_form_and_nothing_is_sent(folder: Path, run: Run) -> None:
    over = json.dumps(PAYMENT | {"id": "over", "amount": 1_001}).encode()
    (folder / "events.ndjson").write_bytes(b"\n".join([*LINES, over]))
    alerts = json.loads(run("replay", "events.ndjson", "--json").stdout)["alerts"]
    (name,) = (alert["id"] for alert in alerts if alert["rule"] == "spending-over-appropriation")
    asked = ("notices", "preview", name[:12], *ON_FILES)
    text = run(*asked)
    assert (
        (text.code, text.stderr) == (0, b"")
        and "超過預算支用" in text.stdout.decode()
        and b"020011:over" in text.stdout
    )
    begins = {"html": b"<!DOCTYPE html>", "eml": b"Subject: ", "odt": b"PK", "pdf": b"%PDF"}
    for form, start in begins.items():
        done = run(*asked, "--format", form, "-o", f"notice.{form}", "--lang", "en")
        assert done.code == 0, done.stderr
        assert (folder / f"notice.{form}").read_bytes().startswith(start)


@pytest.mark.parametrize(("name", "says"), [("abc", "too short"), ("0" * 32, "no unfinished alert")])
def test_a_notice_of_no_alert_is_no_traceback(run: Run, name: str, says: str) -> None:
    done = run("notices", "preview", name, *ON_FILES)
    assert done.code == 2 and says in done.stderr.decode() and done.stderr.count(b"\n") == 1
