"""One voucher a hundred thousand times: one alert, exact, over a restart too; and none of it is slow to look up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.house.test_words import ROOT
from tests.running import Running, running

LINE = "32020110101/current/2000"
COMMON = {"fiscal_year": 114, "agency": "020011", "booked_on": "2025-02-03"}
PAYMENTS, AMOUNT = 100_000, 10_000
NDJSON = {"Content-Type": "application/x-ndjson"}


def lines(first: int, count: int) -> Iterator[str]:
    """Payments that differ in their ids alone."""
    paid = COMMON | {"type": "disbursement.paid", "line": LINE, "amount": AMOUNT, "voucher": "V-1"}
    return (json.dumps({"id": f"p{n}"} | paid) for n in range(first, first + count))


def send(at: Running, text: str) -> None:
    with at.client(at.token()) as client:
        answer = client.post("/v1/events", content=text.encode(), headers=NDJSON)
    assert answer.status_code == 200 and '"refused":0' in answer.text, answer.text[:300]


def duplicated(at: Running) -> dict[str, Any]:
    with at.client(at.token("officer")) as client:
        (alert,) = client.get("/v1/alerts", params={"rule": "payment-duplicated"}).json()
    found: dict[str, Any] = alert["evidence"]
    return found


def test_they_are_one_alert_and_exact_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path / "data") as at:
        enacted = {"id": "e", "type": "appropriation.enacted", "line": LINE, "amount": 10**10}
        send(at, "\n".join(json.dumps(COMMON | one) for one in (enacted, {"id": "a", "type": "budget.adopted"})))
        for first in range(0, PAYMENTS, 20_000):
            send(at, "\n".join(lines(first, 20_000)))
        assert duplicated(at) == {
            "count": PAYMENTS - 1, "sum": AMOUNT * (PAYMENTS - 1), "last": f"020011:p{PAYMENTS - 1}"
        }  # fmt: skip
    with running(tmp_path / "data") as at:
        send(at, "\n".join(lines(PAYMENTS, 1)))
        assert duplicated(at) == {"count": PAYMENTS, "sum": AMOUNT * PAYMENTS, "last": f"020011:p{PAYMENTS}"}
    program = [sys.executable, "-m", "budgetwatch", "audit", "--data", str(at.folder.path)]
    assert subprocess.run(program, cwd=ROOT, timeout=120, check=False).returncode == 0
