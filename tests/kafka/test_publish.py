"""`publish`: every line once it is taken, in order within its key, also after it was stopped in the middle."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from producers.kafka.wire import EVENTS
from producers.simulator import registry_csv, simulate
from streams.store import schema
from tests.kafka.cluster import PROGRAM, Cluster

LINES = [line.rstrip(b"\n") for line in simulate(114, 4, 3_000)]


def sent(cluster: Cluster) -> list[bytes]:
    """Every event on the topic, by partition in the order of its offsets."""
    records = sorted(cluster.topic(EVENTS), key=lambda record: (record.partition, record.offset))
    found: list[bytes] = []
    for record in records:
        if record.value.startswith(b"["):
            found += [bytes(one) for one in msgspec.json.decode(record.value, type=list[msgspec.Raw])]
        else:
            found.append(record.value)
    return found


def by_key(lines: list[bytes]) -> dict[Any, list[bytes]]:
    found: dict[Any, list[bytes]] = {}
    for line in lines:
        event = msgspec.json.decode(line)
        found.setdefault((event["fiscal_year"], event["agency"]), []).append(line)
    return found


def write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


@pytest.mark.parametrize("pack", [1, 50])
def test_all_of_a_file_arrives_in_order_and_what_is_added_later_follows(cluster: Cluster, pack: int) -> None:
    cluster.begin(registry_csv())
    file = write(cluster.folder / f"grows-{pack}.ndjson", LINES[:2_000])
    arguments = ["publish", str(file), "--bootstrap", cluster.kafka.bootstrap, "--pack", str(pack)]
    first = cluster.command(*arguments)
    assert "2,000 events in" in first.stderr
    nothing = cluster.command(*arguments)
    assert "0 events in 0 records" in nothing.stderr and "nothing new" in nothing.stderr
    with file.open("ab") as more:
        more.writelines(line + b"\n" for line in LINES[2_000:])
    assert "1,000 events in" in cluster.command(*arguments).stderr
    assert by_key(sent(cluster)) == by_key(LINES)
    assert len(cluster.topic(EVENTS)) == 3_000 if pack == 1 else len(cluster.topic(EVENTS)) < 1_500


def noted(note: Path) -> int:
    """How many bytes of the file are known to be taken; a note may say 0 while the brokers are slow."""
    return int(msgspec.json.decode(note.read_bytes())["byte"]) if note.exists() else 0


def test_killed_in_the_middle_it_goes_on_and_nothing_is_missing(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    lines = [line.rstrip(b"\n") for line in simulate(114, 5, 60_000)]
    file = write(cluster.folder / "long.ndjson", lines)
    note = file.with_name(file.name + ".published")
    arguments = ["publish", str(file), "--bootstrap", cluster.kafka.bootstrap]
    process = subprocess.Popen([*PROGRAM, *arguments], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while noted(note) == 0 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert noted(note) > 0, "nothing was taken within the time given"
    again = cluster.command(*arguments)
    assert "bytes 0 to" not in again.stderr
    found = by_key(sent(cluster))
    for key, wanted in by_key(lines).items():
        assert list(dict.fromkeys(found[key])) == list(dict.fromkeys(wanted))
    with cluster.workers():
        cluster.wait_folded(len(sent(cluster)))
    assert cluster.differences() == []


def test_what_cannot_be_sent_is_told_by_line(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    bad = [LINES[0], b'{"id":"' + b"x" * (4 << 20) + b'"}', b"", b"{", LINES[1], b'{"fiscal_year":114}']
    file = write(cluster.folder / "bad.ndjson", bad)
    told = cluster.command("publish", str(file), "--bootstrap", cluster.kafka.bootstrap, expected=2)
    assert "4 events in 4 records" in told.stderr
    assert "2 lines name no fiscal year and agency" in told.stderr
    assert "1 lines are too long for a record and were not sent: 2" in told.stderr
    with cluster.workers():
        cluster.wait_folded(4)
    assert sum(cluster.column("refused")) == 2


@pytest.mark.parametrize("pack", [1, 50])
def test_arrays_in_a_file_are_refused_as_they_are_by_replay(cluster: Cluster, pack: int) -> None:
    cluster.begin(registry_csv())
    lines = [LINES[0], b"[]", b" [" + LINES[1] + b"," + LINES[2] + b"]", b"[1, {", b"[[]]", LINES[3], b"null"]
    file = write(cluster.folder / f"arrays-{pack}.ndjson", lines)
    cluster.command("publish", str(file), "--bootstrap", cluster.kafka.bootstrap, "--pack", str(pack))
    with cluster.workers():
        cluster.wait_folded(7)
    replayed = cluster.command("replay", str(file), "--registry", str(cluster.registry_file), "--json")
    wanted = json.loads(replayed.stdout)
    for name in ("read", "accepted", "refused"):
        assert sum(cluster.column(name)) == wanted["counts"][name], name
    store = cluster.store()
    with store.writing() as connection:
        reasons = Counter(connection.execute(sa.select(schema.refusals.c.reason)).scalars())
    store.close()
    assert reasons == Counter(one["reason"] for one in wanted["refusals"])
    assert cluster.differences() == []


def test_another_file_or_none_is_told_in_one_line(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    file = write(cluster.folder / "one.ndjson", LINES[:10])
    arguments = ["publish", str(file), "--bootstrap", cluster.kafka.bootstrap]
    cluster.command(*arguments)
    write(file, LINES[10:30])
    other = cluster.command(*arguments, expected=3)
    assert "belongs to another file or topic" in other.stderr and "--again" in other.stderr
    cluster.command(*arguments, "--again")
    assert len(sent(cluster)) == 30
    missing = cluster.command("publish", "nowhere.ndjson", "--bootstrap", cluster.kafka.bootstrap, expected=2)
    assert "nowhere.ndjson" in missing.stderr and missing.stderr.count("\n") == 1
    folder = cluster.command("publish", str(cluster.folder), "--bootstrap", cluster.kafka.bootstrap, expected=2)
    assert "Traceback" not in folder.stderr and folder.stderr.count("\n") == 1
