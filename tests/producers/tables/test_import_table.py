"""`import table` and `import suggest` as a person runs them; a table that comes again, the same or corrected."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from producers.tables.corrections import compare
from tests.conftest import Replay, read_registry
from tests.house.test_words import ROOT
from tests.producers.tables.test_mappings import CODES, HERE, LINE, SAMPLES
from tests.producers.tables.workbooks import csv_of, xlsx
from tests.running import running

REGISTER = (
    "code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email\n"
    "020011,秘書處,Secretariat,02,市政府主管,City Government,\n"
)


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "budgetwatch", "import", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False,
                          env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_table_and_its_names_come_in_and_again(tmp_path: Path) -> None:
    csv_of(tmp_path / "分配檔.csv", SAMPLES["allotments-cba"][0], "cp950")
    (tmp_path / "agencies.csv").write_text(REGISTER)
    common = ("table", "分配檔.csv", "--mapping", "allotments-cba", "--yes")
    code, _, said = run(tmp_path, *common[:-1], "-o", "a.ndjson")
    assert code == 2 and "+ 114 32020110101" in said and "nothing was written: the table brings names" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["agencies.csv", "分配檔.csv"]
    code, _, said = run(tmp_path, *common, "-o", "a.ndjson")
    assert code == 0, said
    assert "cp950, 2 of 2 rows mapped" in said and "agrees: allotment.approved: NT$ 17,000" in said
    assert "not mapped: 1 x is a sum of other rows, and agrees with them: row 6" in said
    assert "32020110101" in (tmp_path / "accounts.csv").read_text() and len(events(tmp_path / "a.ndjson")) == 2
    code, _, said = run(tmp_path, *common, "-o", "b.ndjson", "--earlier", "a.ndjson")
    assert code == 0 and "0 events are new, 2 were taken before, 0 differ" in said
    assert events(tmp_path / "b.ndjson") == []


def test_nothing_is_written_where_anything_is_wrong(tmp_path: Path) -> None:
    rows = [list(row) for row in SAMPLES["payments"][0]]
    rows[2][8] = "1e3"
    csv_of(tmp_path / "p.csv", rows)
    code, _, said = run(tmp_path, "table", "p.csv", "--mapping", "payments", "-o", "p.ndjson")
    assert code == 2 and "p.csv, row 3, column 金額: '1e3' is in scientific notation" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv"]
    code, _, said = run(tmp_path, "table", "p.csv", "--mapping", "none", "-o", "p.ndjson")
    assert code == 2 and "none of the mappings that ship: allotments, allotments-cba" in said


def test_a_corrected_table_is_told_of_and_made_into_corrections(tmp_path: Path, replay: Replay) -> None:
    def bring(amount: str, out: str, *more: str) -> tuple[int, str]:
        rows = [[*CODES, "傳票號碼", "項次", "付款日期", "金額", "契約編號", "摘要"]]
        rows.append(["114", "020011", *LINE, "V-1", "1", "114/02/01", amount, "", ""])
        rows.append(["114", "020011", *LINE, "V-2", "1", "114/02/01", "5", "", ""])
        xlsx(tmp_path / "p.xlsx", 表=rows)
        code, _, said = run(tmp_path, "table", "p.xlsx", "--mapping", "payments", "-o", out, *more)
        return code, said

    assert bring("100", "1.ndjson")[0] == 0
    code, said = bring("80", "2.ndjson", "--earlier", "1.ndjson")
    assert code == 3 and "amount 100 → 80" in said and not (tmp_path / "2.ndjson").exists()
    assert bring("80", "2.ndjson", "--earlier", "1.ndjson", "--correct")[0] == 0
    (reversal,) = events(tmp_path / "2.ndjson")
    assert (reversal["type"], reversal["amount"], reversal["voucher"]) == ("disbursement.reversed", 20, "V-1")
    both = ("--earlier", "1.ndjson", "--earlier", "2.ndjson", "--correct")
    assert bring("80", "3.ndjson", *both)[0] == 0 and events(tmp_path / "3.ndjson") == []
    assert bring("95", "3.ndjson", *both)[0] == 0
    (more,) = events(tmp_path / "3.ndjson")
    assert (more["type"], more["amount"]) == ("disbursement.paid", 15)
    text = b"".join((tmp_path / f"{number}.ndjson").read_bytes() for number in (1, 2, 3))
    found = replay(text, "2025-12-31", read_registry(REGISTER))
    assert found["counts"]["accepted"] == 4
    assert {one["realised"] for one in found["positions"]} - {0} == {100}


def test_the_log_of_a_folder_is_what_was_taken_before(tmp_path: Path) -> None:
    csv_of(tmp_path / "p.csv", SAMPLES["payments"][0])
    (tmp_path / "agencies.csv").write_text(REGISTER)
    assert run(tmp_path, "table", "p.csv", "--mapping", "payments", "-o", "p.ndjson")[0] == 0
    with running(tmp_path / "data") as at, at.client(at.token()) as client:
        sent = client.post(
            "/v1/events",
            content=(tmp_path / "p.ndjson").read_bytes(),
            headers={"Content-Type": "application/x-ndjson"},
        )
        assert sent.status_code == 200
    code, _, said = run(tmp_path, "table", "p.csv", "--mapping", "payments", "-o", "q.ndjson", "--data", "data")
    assert code == 0 and "0 events are new, 2 were taken before" in said


EVENT = {"fiscal_year": 114, "agency": "A", "booked_on": "2025-01-01", "line": "3202001100/current/2000", "id": "x"}


@pytest.mark.parametrize(
    ("was", "now", "wanted"),
    [
        ({"type": "appropriation.enacted", "amount": 10}, {"amount": 7}, {"type": "appropriation.corrected", "amount": -3}),
        ({"type": "commitment.made", "amount": 10, "commitment": "C"}, {"amount": 7},
         {"type": "commitment.cancelled", "amount": 3, "commitment": "C"}),
        ({"type": "reserve.approved", "amount": 10, "reserve": "second", "case": "S"}, {"amount": 12},
         {"type": "reserve.approved", "amount": 2, "case": "S"}),
        ({"type": "allotment.approved", "months": [1] * 12, "revision": 1}, {"months": [2] * 12}, {"revision": 2, "months": [2] * 12}),
        ({"type": "balance.reported", "realised": 5}, {"realised": 6}, {"type": "balance.reported", "realised": 6}),
    ],
)  # fmt: skip
def test_each_kind_is_corrected_in_its_own_way(
    was: dict[str, Any], now: dict[str, Any], wanted: dict[str, Any]
) -> None:
    before = json.dumps(EVENT | was).encode()
    found = compare([json.dumps(EVENT | was | now).encode()], [before, b"no event", before])
    ((line,),) = (each.corrections for each in found.conflicts)
    event = json.loads(line)
    assert event.items() >= wanted.items() and event["id"].startswith("x~")
    again = compare([json.dumps(EVENT | was | now).encode()], [before, line])
    assert (again.same, again.conflicts) == (1, []), "once corrected it is what was taken"


def test_an_amount_that_goes_back_and_forth_is_corrected_each_time() -> None:
    lines = [json.dumps(EVENT | {"type": "disbursement.paid", "voucher": "V", "amount": 100}).encode()]
    for amount in (150, 100, 150, 100):
        now = json.dumps(EVENT | {"type": "disbursement.paid", "voucher": "V", "amount": amount}).encode()
        ((line,),) = (each.corrections for each in compare([now], lines).conflicts)
        lines.append(line)
    found = [json.loads(line) for line in lines]
    assert len({each["id"] for each in found}) == 5
    assert [each["type"].partition(".")[2] for each in found[1:]] == ["paid", "reversed"] * 2


def test_what_has_no_correction_is_left_to_a_person() -> None:
    was = EVENT | {"type": "disbursement.paid", "amount": 5, "voucher": "V"}
    now = was | {"booked_on": "2025-02-01"}
    (conflict,) = compare([json.dumps(now).encode()], [json.dumps(was).encode()]).conflicts
    assert conflict.corrections == []


def test_a_mapping_is_proposed_from_the_header(tmp_path: Path) -> None:
    rows = [["支付明細"], ["會計年度", "機關代碼", "科目代碼", "經資門", "用途別科目", "傳票編號", "項次", "支付日期", "實付金額",
                         "契約編號", "摘要"], ["114", "020011", *LINE, "V1", "1", "114/02/01", "70", "", ""]]  # fmt: skip
    csv_of(tmp_path / "own.csv", rows)
    code, proposed, _ = run(tmp_path, "suggest", "own.csv")
    assert code == 0 and "# closest: payments, header in row 2" in proposed
    assert "# its first rows as events:" in proposed and '"amount":70' in proposed
    (tmp_path / "own.yaml").write_text(proposed)
    code, _, said = run(tmp_path, "table", "own.csv", "--mapping", "own.yaml", "-o", "own.ndjson")
    assert code == 0 and len(events(tmp_path / "own.ndjson")) == 1, said
    rows = [[*rows[1], "經費年度"], [*rows[2], "113"]]
    csv_of(tmp_path / "own.csv", rows)
    code, proposed, _ = run(tmp_path, "suggest", "own.csv")
    assert "fiscal_year: 會計年度" in proposed and "[經費年度, 保留年度]" in proposed, "whole names are replaced alone"
    assert '"origin_year":113' in proposed
    code, proposed, _ = run(tmp_path, "suggest", str(HERE / "taipei-social-115.csv"))
    assert "# closest: execution-by-program, header in row 1; it fits as it is" in proposed
