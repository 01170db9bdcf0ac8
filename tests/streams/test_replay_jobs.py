"""A replay by several processes says what one says, to the byte, whatever the lines look like."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from random import Random

import msgspec
import pytest

from alerts.catalogue import Catalogue
from ledger.registry import Registry
from producers.simulator import registry_csv, simulate
from streams import replay_jobs
from streams.files import EventFiles
from streams.replay import Replayed, fold, output
from streams.replay_jobs import JobLost, ReplayShare, fold_in_jobs, fold_share, jobs_for, put_together
from tests.conftest import read_registry
from tests.house.test_words import ROOT
from tests.machine.random_events import AGENCIES, Generator

CITY = read_registry(registry_csv())
YEAR = b"".join(simulate(114, 3, 6_000))
PAID = (
    b'{"id":"%s","type":"disbursement.paid","fiscal_year":114,%s,"booked_on":"2025-03-03",'
    b'"line":"32020110101/current/2000","amount":5,"voucher":"v"}'
)
ODD = b"\r\n".join(
    (
        b"",
        b"  ",
        b"no event",
        b"[]",
        b'{"agency":7}',
        b"\xff\xfe",
        PAID % (b"a1", b'"agency": "020011"'),
        PAID % (b"a2", b'"agency":"\\u0030\\u0032\\u0030\\u0030\\u0031\\u0031"'),
        PAID % (b"a3", b'"agency":"020011","agency":"010011"'),
        PAID % (b"a1", b'"agency":"020011"'),
        PAID % (b"a4", b'"note":"\\"agency\\":\\"010011\\"","agency":"020011"'),
        PAID % (b"a5", b'"agency":"nobody"'),
        b'{"id":"r1","type":"reserve.requeste\\u0064","fiscal_year":114,"agency":"020011","booked_on":"2025-03-03",'
        b'"reserve":"second","case":"S1","line":"32020110101/current/2000","amount":5,"ground":1}',
        b'{"id":"r2","type":"reserve.approved","fiscal_year":114,"agency":"010011","booked_on":"2025-03-03",'
        b'"reserve":"second","case":"S2","line":"32020110101/current/2000","amount":99999999999}',
    )
)


def said(replayed: Replayed, registry: Registry, catalogue: Catalogue) -> bytes:
    return msgspec.json.encode(output(replayed, registry, catalogue))


def by_one(names: list[str], registry: Registry, catalogue: Catalogue, as_of: str | None) -> bytes:
    with EventFiles(names) as files:
        return said(fold(files, registry, catalogue, as_of), registry, catalogue)


def by_shares(names: list[str], registry: Registry, catalogue: Catalogue, as_of: str | None, of: int) -> bytes:
    shares, share = [], ReplayShare(names, registry, None, as_of, 0, of)
    for number in range(of):
        with EventFiles(names) as files:
            shares.append(fold_share(files, msgspec.structs.replace(share, number=number), catalogue, lambda _: None))
    return said(put_together(shares, share, catalogue), registry, catalogue)


@pytest.mark.parametrize("seed", range(25))
def test_random_streams(catalogue: Catalogue, registry: Registry, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    generator = Generator(random, random.choice(((114,), (113, 114))), AGENCIES)
    names = []
    for number in range(random.choice((1, 2))):
        file = tmp_path / f"{number}.ndjson"
        file.write_bytes(b"\n".join(generator.line() for _ in range(400)))
        names.append(str(file))
    as_of = random.choice((None, "2025-06-30"))
    expected = by_one(names, registry, catalogue, as_of)
    assert by_shares(names, registry, catalogue, as_of, random.choice((2, 3, 5))) == expected


@pytest.mark.parametrize("as_of", [None, "2025-03-31", "2026-02-28"])
def test_a_simulated_year_with_lines_of_every_form(catalogue: Catalogue, tmp_path: Path, as_of: str | None) -> None:
    file, odd = tmp_path / "year.ndjson", tmp_path / "odd.ndjson"
    file.write_bytes(YEAR)
    odd.write_bytes(b"\xef\xbb\xbf" + ODD + b"\n")
    names = [str(file), str(odd)]
    expected = by_one(names, CITY, catalogue, as_of)
    assert json.loads(expected)["counts"]["refused"] > 5
    for of in (1, 2, 3, 7):
        assert by_shares(names, CITY, catalogue, as_of, of) == expected


def test_the_command_gives_the_same_bytes_for_any_number_of_processes(tmp_path: Path) -> None:
    file, register = tmp_path / "year.ndjson", tmp_path / "agencies.csv"
    file.write_bytes(YEAR + ODD)
    register.write_text(registry_csv())
    found = {}
    for form in ((), ("--json",)):
        for jobs in ("1", "2", "3"):
            command = [sys.executable, "-m", "budgetwatch", "replay", str(file), "--registry", str(register), *form]
            done = subprocess.run([*command, "--jobs", jobs], cwd=ROOT, capture_output=True, check=True, timeout=120)
            found[form, jobs] = done.stdout
        assert found[form, "1"] == found[form, "2"] == found[form, "3"] != b""


def test_a_process_that_is_killed_is_told_of(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "year.ndjson"
    file.write_bytes(YEAR)
    monkeypatch.setattr(replay_jobs, "main_of", f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})")
    with EventFiles([str(file)]) as files, pytest.raises(JobLost, match="--jobs 1"):
        fold_in_jobs(files, ReplayShare([str(file)], CITY, None, None, 0, 2), catalogue)


def test_few_events_and_standard_input_are_one_processs(tmp_path: Path) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"{}\n")
    with large.open("wb") as sparse:
        sparse.truncate(50 << 20)
    cores = len(os.sched_getaffinity(0))
    with EventFiles([str(small)]) as files:
        assert jobs_for(files, cores) == 1
    with EventFiles([str(large)]) as files:
        assert jobs_for(files, cores) == cores
        files.names.append("-")
        assert jobs_for(files, cores) == 1
