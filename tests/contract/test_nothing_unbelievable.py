"""What was taken in silence once: each figure that nobody would believe raises its alert. Sums are worked out by hand."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Replay

CURRENT, OTHER, CAPITAL = "32020110101/current/2000", "32020110101/current/2054", "32020110101/capital/3000"


def of(kind: str, day: str, /, year: int = 114, agency: str = "020011", **fields: Any) -> dict[str, Any]:
    return {"type": kind, "fiscal_year": year, "agency": agency, "booked_on": day} | fields


def enacted(line: str, amount: int, day: str = "2025-01-01", **fields: Any) -> dict[str, Any]:
    return of("appropriation.enacted", day, line=line, amount=amount, **fields)


ADOPTED = of("budget.adopted", "2025-01-01")


def told(replay: Replay, events: list[dict[str, Any]], as_of: str | None = None) -> dict[str, Any]:
    lines = [json.dumps({"id": f"e{n}"} | event).encode() for n, event in enumerate(events, start=1)]
    result = replay(b"\n".join(lines), as_of)
    assert result["refusals"] == [], "facts are recorded even when nobody believes them"
    return result


def rules(result: dict[str, Any]) -> set[str]:
    return {alert["rule"] for alert in result["alerts"] if alert["state"] == "open"}


def test_a_reversal_of_99_999_999_999_where_2_5_million_is_paid(replay: Replay) -> None:
    result = told(
        replay,
        [
            enacted(CURRENT, 3_000_000),
            ADOPTED,
            of("disbursement.paid", "2025-02-03", line=CURRENT, amount=2_500_000, voucher="V1"),
            of("disbursement.reversed", "2025-02-04", line=CURRENT, amount=99_999_999_999, voucher="V1"),
        ],
    )
    (alert,) = [alert for alert in result["alerts"] if alert["rule"] == "realised-below-zero"]
    assert alert["evidence"] == {"excess": 99_997_499_999} and alert["severity"] == "high"


def test_a_voucher_paid_twice_under_two_ids(replay: Replay) -> None:
    paid = of("disbursement.paid", "2025-02-03", line=CURRENT, amount=50_000, voucher="V1")
    result = told(replay, [enacted(CURRENT, 3_000_000), ADOPTED, paid, paid])
    (alert,) = [alert for alert in result["alerts"] if alert["rule"] == "payment-duplicated"]
    assert alert["evidence"] == {"count": 1, "sum": 50_000, "last": "020011:e4"}


def test_a_saving_of_115_of_120_million_with_60_paid(replay: Replay) -> None:
    """60 + 115 − 120 = 55 million is not there; (60 + 115) ÷ 120 = 145.83 % keeps the authority off the list."""
    result = told(
        replay,
        [
            enacted(CAPITAL, 120_000_000),
            ADOPTED,
            of("allotment.approved", "2025-01-01", line=CAPITAL, months=[10_000_000] * 12, revision=1),
            of("disbursement.paid", "2025-06-02", line=CAPITAL, amount=60_000_000, voucher="V1"),
            of("saving.declared", "2025-12-31", line=CAPITAL, amount=115_000_000),
        ],
        "2025-12-31",
    )
    (alert,) = [alert for alert in result["alerts"] if alert["rule"] == "saving-over-balance"]
    assert alert["evidence"]["excess"] == 55_000_000
    (annual,) = [
        row["rates"]["annual"]
        for row in result["positions"]
        if (row["level"], row["economic_class"]) == ("authority", "capital")
    ]
    assert annual == "145.83" and result["lagging"] == []


def test_5_000_moved_out_of_a_line_of_1_000(replay: Replay) -> None:
    moved = of("virement.approved", "2025-03-03", from_line=CURRENT, to_line=OTHER, amount=5_000)
    result = told(replay, [enacted(CURRENT, 1_000), ADOPTED, moved])
    (alert,) = [alert for alert in result["alerts"] if alert["rule"] == "available-below-zero"]
    assert alert["evidence"] == {"granted": 1_000, "moved_out": 5_000, "excess": 4_000}


def test_900_million_carried_over_for_a_line_of_20_million(replay: Replay) -> None:
    """None of it was committed either: the whole 900 million has no contract."""
    result = told(
        replay,
        [
            enacted(CURRENT, 20_000_000, "2024-01-01", year=113),
            of(
                "carryover.approved",
                "2025-02-20",
                line=CURRENT,
                amount=900_000_000,
                origin_year=113,
                kind="encumbrance",
            ),
        ],
        "2025-03-03",
    )
    excess = {alert["rule"]: alert["evidence"]["excess"] for alert in result["alerts"] if "excess" in alert["evidence"]}
    assert excess == {"carryover-over-balance": 880_000_000, "carryover-without-obligation": 900_000_000}


def test_capital_money_without_an_allotment_on_31_december(replay: Replay) -> None:
    result = told(replay, [enacted(CAPITAL, 120_000_000), ADOPTED], "2025-12-31")
    assert result["lagging"] == []
    assert [(row["authority"], row["available"], row["reason"]) for row in result["unjudged"]] == [
        ("02", 120_000_000, "no-allotment")
    ]


def test_an_authority_on_the_list_for_a_feed_that_is_dead_says_so(replay: Replay) -> None:
    """Nothing for 107 days after 2 May 2025, until 17 August: the list names the agency and its last booking."""
    result = told(
        replay,
        [
            enacted(CAPITAL, 120_000_000),
            ADOPTED,
            of("allotment.approved", "2025-01-01", line=CAPITAL, months=[10_000_000] * 12, revision=1),
            of("disbursement.paid", "2025-05-02", line=CAPITAL, amount=50_000_000, voucher="V1"),
        ],
        "2025-08-17",
    )
    (row,) = result["lagging"]
    assert {"agency": "020011", "last_booked_on": "2025-05-02"} in row["silent_agencies"]
    assert "feed-silent" in rules(result)
