"""The command as people and other programs meet it: output that keeps its schema, one clear line for a mistake."""

from __future__ import annotations

import json
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


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {COMMAND} replay good.ndjson --json | head -c 1"],
        capture_output=True,
        check=False,
        cwd=folder,
    )
    assert b"Traceback" not in done.stderr


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
