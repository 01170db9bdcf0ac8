"""The command as people and other programs meet it: output that keeps its schema, one clear line for a mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ledger.output import Output
from streams import schema
from tests.machine.random_events import REGISTRY

COMMAND = str(Path(sys.executable).parent / "budgetwatch")
EVENT = {
    "id": "e1",
    "type": "appropriation.enacted",
    "fiscal_year": 114,
    "agency": "020011",
    "booked_on": "2025-01-01",
    "line": "32020110101/current/2000",
    "amount": 100,
}


def run(*arguments: str, stdin: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([COMMAND, *arguments], input=stdin, capture_output=True, check=False, cwd=cwd, timeout=120)


def run_shell(command: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["bash", "-c", command], capture_output=True, check=False, cwd=cwd, timeout=120)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [",".join(REGISTRY[0]), *(",".join(row.values()) for row in REGISTRY)]
    (tmp_path / "agencies.csv").write_text("\n".join(rows), encoding="utf-8-sig")
    (tmp_path / "good.ndjson").write_text(json.dumps(EVENT) + "\n", encoding="utf-8")
    return tmp_path


def replay_json(folder: Path, data: bytes, *options: str) -> dict[str, Any]:
    (folder / "events.ndjson").write_bytes(data)
    done = run("replay", "events.ndjson", "--json", *options, cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    found: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(found, schema.output_schema())
    return found


def test_a_simulated_year_is_replayed_twice_to_the_same_bytes_and_keeps_the_schema(tmp_path: Path) -> None:
    made = run("simulate", "--seed", "3", "--events", "3000", "-o", "a.ndjson", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    again = run("simulate", "--seed", "3", "--events", "3000", "-o", "-", cwd=tmp_path)
    assert again.stdout == (tmp_path / "a.ndjson").read_bytes()
    one, two = (run("replay", "a.ndjson", "--json", cwd=tmp_path).stdout for _ in range(2))
    assert one == two
    found = json.loads(one)
    jsonschema.validate(found, schema.output_schema())
    assert found["counts"]["read"] == 3000
    checker = jsonschema.Draft202012Validator(schema.event_schema())
    refused = {refusal["line"] for refusal in found["refusals"]}
    for number, line in enumerate(
        made.stdout.splitlines() or (tmp_path / "a.ndjson").read_bytes().splitlines(), start=1
    ):
        if number not in refused:
            checker.validate(json.loads(line))


def test_the_output_has_the_contracts_fields_in_order(folder: Path) -> None:
    found = replay_json(folder, json.dumps(EVENT).encode())
    assert tuple(found) == Output.__struct_fields__
    assert found["as_of"] == "2025-01-01"
    assert [p["level"] for p in found["positions"]] == [
        "line",
        "agency",
        "agency",
        "authority",
        "authority",
        "city",
        "city",
    ]
    assert found["positions"][0]["key"] == "020011:32020110101/current/2000"


def test_bom_crlf_and_blank_lines(folder: Path) -> None:
    other = json.dumps(EVENT | {"id": "e2"}).encode()
    data = b"\xef\xbb\xbf" + json.dumps(EVENT).encode() + b"\r\n\r\n   \n" + other + b"\nnonsense"
    found = replay_json(folder, data)
    assert found["counts"] == {"read": 3, "accepted": 2, "duplicate": 0, "refused": 1, "later": 0}
    refusal = {name: found["refusals"][0][name] for name in ("file", "line", "reason", "id")}
    assert refusal == {"file": "events.ndjson", "line": 5, "reason": "malformed", "id": None}


def test_a_line_of_100_mb_is_refused_without_being_held(folder: Path) -> None:
    with (folder / "events.ndjson").open("wb") as target:
        target.write(json.dumps(EVENT).encode() + b'\n{"id":"')
        for _ in range(100):
            target.write(b"x" * (1 << 20))
        target.write(b'"}\n' + b" " * (3 << 20) + b"\n" + json.dumps(EVENT | {"id": "e2"}).encode() + b"\n")
    done = run("replay", "events.ndjson", "--json", cwd=folder)
    found = json.loads(done.stdout)
    assert found["counts"]["accepted"] == 2
    assert [(one["line"], one["reason"]) for one in found["refusals"]] == [(2, "malformed")]


def test_standard_input_and_several_files(folder: Path) -> None:
    second = json.dumps(EVENT | {"id": "e2"}).encode()
    done = run("replay", "good.ndjson", "-", "--json", stdin=second + b"\n" + second, cwd=folder)
    assert json.loads(done.stdout)["counts"] == {"read": 3, "accepted": 2, "duplicate": 1, "refused": 0, "later": 0}


def test_a_conflict_is_found_by_the_stored_event(folder: Path) -> None:
    lines = [EVENT, EVENT | {"amount": 7}, EVENT | {"note": "again"}, EVENT | {"type": "saving.declared"}]
    found = replay_json(folder, b"\n".join(json.dumps(line).encode() for line in lines))
    assert found["counts"]["duplicate"] == 1
    assert [(one["line"], one["reason"], one["id"]) for one in found["refusals"]] == [
        (2, "conflicting_duplicate", "e1"),
        (4, "conflicting_duplicate", "e1"),
    ]


def test_as_of_leaves_out_what_is_booked_later(folder: Path) -> None:
    lines = [EVENT, EVENT | {"id": "e2", "booked_on": "2025-06-30"}, EVENT | {"id": "e3", "booked_on": "2031-01-01"}]
    found = replay_json(folder, b"\n".join(json.dumps(line).encode() for line in lines), "--as-of", "114/03/31")
    assert found["counts"] == {"read": 3, "accepted": 1, "duplicate": 0, "refused": 1, "later": 1}
    assert found["as_of"] == "2025-03-31"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("replay", "nowhere.ndjson"), "nowhere.ndjson"),
        (("replay", "empty.ndjson"), "empty"),
        (("replay", "blank.ndjson"), "no event"),
        (("replay", "."), "folder"),
        (("replay",), "Missing"),
        (("replay", "good.ndjson", "--as-of", "soon"), "soon"),
        (("replay", "good.ndjson", "--registry", "none.csv"), "none.csv"),
        (("replay", "good.ndjson", "--registry", "bad.csv"), "name_en"),
        (("replay", "good.ndjson", "--colour"), "--colour"),
        (("simulate", "--events", "0", "-o", "x"), "0"),
        (("simulate", "--fiscal-year", "1000", "-o", "x"), "1000"),
        (("import", "excel", "good.ndjson", "-o", "x"), "g0v-budget"),
        (("import", "g0v-budget", "good.ndjson", "-o", "x"), "good.ndjson"),
        (("fly",), "fly"),
    ],
)
def test_a_mistake_ends_in_one_clear_line_and_exit_2(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    (folder / "empty.ndjson").touch()
    (folder / "blank.ndjson").write_text("\n  \n")
    (folder / "bad.csv").write_text("code,name_zh\n")
    done = run(*arguments, cwd=folder)
    text = done.stderr.decode()
    assert done.returncode == 2, text
    assert says in text and text.count("\n") == 1 and "Traceback" not in text


@pytest.mark.parametrize("option", ["--json", "--lang zh", "--lang en"])
def test_a_reader_that_goes_away_is_no_error(folder: Path, option: str) -> None:
    """Long enough a summary that the pipe breaks while it is printed, every time."""
    lines = [json.dumps(EVENT | {"id": f"e{n}", "line": f"{n:010d}/current/2000"}) for n in range(2_000)]
    (folder / "many.ndjson").write_text("\n".join(lines), encoding="utf-8")
    done = run_shell(f"set -o pipefail; {COMMAND} replay many.ndjson {option} | head -c 1 > first", folder)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (folder / "first").stat().st_size == 1


def test_a_reader_that_is_gone_already_is_no_error(folder: Path) -> None:
    for command in (f"{COMMAND} replay good.ndjson", f"{COMMAND} simulate -o - --events 50"):
        done = run_shell(f"set -o pipefail; (sleep 0.1; {command}) | true", folder)
        assert done.returncode == 0 and b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("replay good.ndjson > /dev/full", "budgetwatch: standard output: No space left on device\n"),
        ("replay good.ndjson --json > /dev/full", "budgetwatch: standard output: No space left on device\n"),
        ("replay good.ndjson --json >&-", "budgetwatch: standard output: closed\n"),
        ("simulate --events 9 -o /dev/full", "budgetwatch: /dev/full: No space left on device\n"),
        ("simulate --events 9 -o - > /dev/full", "budgetwatch: standard output: No space left on device\n"),
        ("simulate --events 9 -o nowhere/x", "budgetwatch: nowhere/x: No such file or directory\n"),
        ("simulate --events 9 -o good.ndjson/x", "budgetwatch: good.ndjson/x: Not a directory\n"),
    ],
)
def test_an_output_that_cannot_be_written_is_named(folder: Path, arguments: str, says: str) -> None:
    done = run_shell(f"{COMMAND} {arguments}", folder)
    assert (done.returncode, done.stderr.decode()) == (2, says)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "big5"])
def test_an_output_of_another_encoding_is_no_error(folder: Path, encoding: str) -> None:
    """What it cannot say is written as an escape; JSON is UTF-8 whatever the terminal."""
    environment = f"PYTHONIOENCODING={encoding}"
    for command in ("replay good.ndjson", "replay good.ndjson --lang en", "replay --help", "replay 不存在"):
        done = run_shell(f"{environment} {COMMAND} {command}", folder)
        assert done.returncode == (2 if "不存在" in command else 0), done.stderr
        assert b"Traceback" not in done.stderr
    plain, other = (run_shell(f"{e} {COMMAND} replay good.ndjson --json", folder).stdout for e in ("", environment))
    assert plain == other


def test_a_file_name_that_is_not_utf_8_is_written_with_escapes(folder: Path) -> None:
    (folder / os.fsdecode(b"\xffname")).write_bytes(json.dumps(EVENT).encode() + b"\nnonsense")
    found = run_shell(f"{COMMAND} replay $'\\xffname' --json", folder)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["refusals"][0]["file"] == "\\udcffname"
    table = run_shell(f"{COMMAND} replay $'\\xffname'", folder)
    assert (table.returncode, table.stderr) == (0, b"") and b"\\udcffname:2" in table.stdout
    missing = run_shell(f"{COMMAND} replay $'\\xfenowhere'", folder)
    assert missing.returncode == 2 and missing.stderr.count(b"\n") == 1 and b"\\udcfenowhere" in missing.stderr


def test_simulate_says_that_it_wrote_a_register(folder: Path) -> None:
    done = run("simulate", "--events", "50", "-o", "x", "--registry", "agencis.csv", cwd=folder)
    assert "agencis.csv: there was no such file" in done.stderr.decode() and (folder / "agencis.csv").exists()
    again = run("simulate", "--events", "50", "-o", "x", "--registry", "agencis.csv", cwd=folder)
    assert b"no such file" not in again.stderr


@pytest.mark.parametrize("command", [(), ("replay",), ("simulate",), ("import",)])
def test_help_is_there_with_an_example(command: tuple[str, ...]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert b"budgetwatch" in done.stdout and (not command or b"Example" in done.stdout)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_summary_is_printed_in_both_languages(folder: Path, language: str) -> None:
    done = run("replay", "good.ndjson", "--lang", language, cwd=folder)
    assert done.returncode == 0 and done.stderr == b""
    assert ("全市執行情形" if language == "zh" else "The city's execution") in done.stdout.decode()


REAL = Path(__file__).parent.parent / "producers" / "data" / "g0v-twbudget-tw2019ap.csv"


def test_an_import_says_what_it_mapped_and_what_not(folder: Path) -> None:
    done = run("import", "g0v-budget", str(REAL), "-o", "e.ndjson", "--registry", "central.csv", cwd=folder)
    assert done.returncode == 0
    text = done.stderr.decode()
    assert "utf-8, 1,121 of 1,177 rows mapped, 232 of 235 agencies -> 1,353 events in e.ndjson" in text
    assert "not mapped: 52 x amount is 0: nothing was appropriated, NT$ 0 in all: row 16 (5302309000 國史館" in text
    assert "not mapped: 4 x the code has a letter" in text and "NT$ 38,592,376,000 in all: row 439 (" in text
    assert "central.csv: 232 agencies added\n" in text
    assert text.endswith("accounts.csv: 892 names of work plans added\n")
    assert replay_is_clean(folder, "e.ndjson", "central.csv")


def replay_is_clean(folder: Path, events: str, registry: str) -> bool:
    done = run("replay", events, "--registry", registry, "--json", cwd=folder)
    return done.returncode == 0 and json.loads(done.stdout)["counts"]["refused"] == 0


def test_an_import_into_a_register_of_other_names_writes_nothing(folder: Path) -> None:
    """One line that names the code and both names."""
    header = ",".join(REGISTRY[0])
    register = f"{header}\n0201,別的機關,Other,02,總統府主管,Presidency,\n"
    (folder / "other.csv").write_text(register, encoding="utf-8")
    (folder / "e.ndjson").write_text("kept", encoding="utf-8")
    done = run("import", "g0v-budget", str(REAL), "-o", "e.ndjson", "--registry", "other.csv", cwd=folder)
    assert done.returncode == 2 and done.stderr.count(b"\n") == 1
    assert "agency 0201 is 「別的機關」 in the register and 「總統府」 in the source" in done.stderr.decode()
    assert (folder / "other.csv").read_text(encoding="utf-8") == register
    assert (folder / "e.ndjson").read_text(encoding="utf-8") == "kept"


def test_a_register_is_written_only_after_the_events(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    for out in ("nowhere/e.ndjson", "/dev/full"):
        done = run("import", "g0v-budget", str(REAL), "-o", out, "--registry", "central.csv", cwd=folder)
        assert done.returncode == 2 and out in done.stderr.decode()
        assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("import", "g0v-budget", "s.csv", "-o", "s.csv"), "s.csv: the output and the source are one file"),
        (("import", "g0v-budget", "s.csv", "-o", "./link"), "link: the output and the source are one file"),
        (("import", "g0v-budget", "s.csv", "-o", "hard"), "hard: the output and the source are one file"),
        (("import", "g0v-budget", "s.csv", "-o", "agencies.csv"), "the output and the registry are one file"),
        (("import", "g0v-budget", "s.csv", "-o", "x", "--registry", "s.csv"), "the source and the registry are one"),
        (("simulate", "-o", "agencies.csv"), "agencies.csv: the output and the registry are one file"),
    ],
)
def test_nothing_is_written_over_what_is_read(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    (folder / "s.csv").write_bytes(REAL.read_bytes())
    (folder / "link").symlink_to("s.csv")
    (folder / "hard").hardlink_to(folder / "s.csv")
    register = (folder / "agencies.csv").read_bytes()
    done = run(*arguments, cwd=folder)
    assert done.returncode == 2 and says in done.stderr.decode() and done.stderr.count(b"\n") == 1
    assert (folder / "s.csv").read_bytes() == REAL.read_bytes()
    assert (folder / "agencies.csv").read_bytes() == register
