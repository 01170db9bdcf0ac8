"""The city's own figures as scenarios, with sums worked out by hand (the city's report; DOMAIN §2, §8)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Replay

LINE = "32020110101/current/2000"
CAPITAL = "32020110101/capital/3000"


class Stream:
    """Events of one agency and year, numbered as they are added."""

    def __init__(self, fiscal_year: int, day: str) -> None:
        self.fiscal_year, self.day, self.events = fiscal_year, day, list[dict[str, Any]]()

    def add(self, event_type: str, day: str | None = None, /, **fields: Any) -> Stream:
        self.day = day or self.day
        common = {
            "id": f"e{len(self.events) + 1}",
            "type": event_type,
            "fiscal_year": self.fiscal_year,
            "agency": "020011",
        }
        self.events.append(common | {"booked_on": self.day} | fields)
        return self

    def bytes(self) -> bytes:
        return b"\n".join(json.dumps(event, ensure_ascii=False).encode() for event in self.events)


def rules(result: dict[str, Any], state: str = "open") -> list[str]:
    return sorted(alert["rule"] for alert in result["alerts"] if alert["state"] == state)


def test_the_second_reserve_of_fy113_and_a_49th_case_that_overdraws_it(replay: Replay) -> None:
    stream = Stream(113, "2024-01-01").add("reserve.established", reserve="second", amount=400_000_000)
    stream.add("budget.adopted", "2024-02-01")
    amounts = [8_305_000] * 47 + [398_670_000 - 47 * 8_305_000]
    for number, amount in enumerate(amounts, start=1):
        common = {"reserve": "second", "case": f"113-{number:02d}", "line": LINE, "amount": amount}
        stream.add("reserve.requested", "2024-05-02", ground=3, **common)
        stream.add("reserve.approved", "2024-06-03", ground=3, **common)

    before = replay(stream.bytes())
    fund = before["reserves"][0]
    assert (fund["established"], fund["approved"], fund["remaining"]) == (400_000_000, 398_670_000, 1_330_000)
    assert (fund["cases"], fund["pending"]) == (48, 0)
    assert 398_670_000 <= fund["approved"] < 398_680_000
    assert rules(before) == ["reserve-balance-low"]
    assert [a["severity"] for a in before["alerts"] if a["state"] == "open"] == ["high"]

    exact = (
        stream.bytes()
        + b"\n"
        + Stream(113, "2024-12-02")
        .add("reserve.approved", reserve="second", case="113-49", line=LINE, amount=1_330_000, ground=3)
        .bytes()
        .replace(b'"e1"', b'"x"')
    )
    assert "reserve-overdrawn" not in rules(replay(exact))

    over = replay(exact.replace(b'"amount": 1330000', b'"amount": 1330001'))
    assert over["reserves"][0]["remaining"] == -1
    found = next(alert for alert in over["alerts"] if alert["rule"] == "reserve-overdrawn")
    assert (found["opened_by"], found["severity"], found["subject"]) == (
        "020011:x",
        "critical",
        {"level": "reserve", "key": "second"},
    )
    assert {c["law"] for c in found["citations"]} == {"預算法"}
    assert "400,000,001" in found["message_zh"] and "元" in found["message_zh"]


@pytest.mark.parametrize(
    ("declared", "printed", "listed"), [(8_999, "89.99", True), (89_996, "90.00", True), (9_000, "90.00", False)]
)
def test_below_90_percent_is_listed_unrounded(replay: Replay, declared: int, printed: str, listed: bool) -> None:
    available = 10_000 if declared < 10_000 else 100_000
    stream = Stream(114, "2025-01-01").add("appropriation.enacted", line=CAPITAL, amount=available)
    stream.add("budget.adopted").add("forecast.declared", "2025-09-30", amount=declared)
    result = replay(stream.bytes())
    assert ("capital-execution-lagging" in rules(result)) is listed
    assert len(result["lagging"]) == listed
    if listed:
        row = result["lagging"][0]
        assert (row["rank"], row["authority"], row["predicted"], row["basis"]) == (1, "02", printed, "declared")
        assert (row["predicted_computed"], row["shortfall"]) == (None, available * 9 // 10)


def test_fy115_under_continuing_resolution_until_6_february_2026(replay: Replay) -> None:
    stream = Stream(115, "2025-08-31")
    stream.add("appropriation.proposed", line=LINE, amount=1_000, prior_year_executed=300)
    stream.add("appropriation.proposed", line=CAPITAL, amount=5_000, new_capital=True)
    stream.add("provisional.spent", "2026-01-05", line=LINE, amount=300, voucher="v", basis="prior_year")
    stream.add("provisional.spent", "2026-02-05", line=LINE, amount=1, voucher="v", basis="prior_year")
    stream.add("commitment.made", "2026-02-05", line=CAPITAL, amount=700, commitment="c")
    under = replay(stream.bytes())
    assert rules(under) == ["cr-new-capital", "cr-over-base"]

    stream.add("appropriation.enacted", "2026-02-06", line=LINE, amount=900)
    stream.add("appropriation.enacted", line=CAPITAL, amount=5_000).add("budget.adopted")
    stream.add("commitment.made", line=CAPITAL, amount=700, commitment="c2")
    after = replay(stream.bytes())
    act = next(alert for alert in after["alerts"] if alert["rule"] == "cr-new-capital")
    assert (act["state"], act["evidence"]["count"], act["evidence"]["sum"]) == ("open", 1, 700)
    line = next(p for p in after["positions"] if p["key"] == f"020011:{LINE}")
    assert (line["original"], line["realised"], line["remaining"]) == (900, 301, 599)
    assert "cr-three-months" not in rules(replay(stream.bytes(), "2026-04-30"))
    assert "cr-three-months" in rules(replay(b"\n".join(stream.bytes().split(b"\n")[:5]), "2026-04-30"))


def test_a_year_by_hand(replay: Replay) -> None:
    """original 1000 − out 100 + in 0 − held 50 = 850; paid 300 − 20 back, payable 60, prepaid 40, committed 200 − 60."""
    stream = Stream(114, "2025-01-01").add("appropriation.enacted", line=LINE, amount=1_000).add("budget.adopted")
    stream.add("allotment.approved", line=LINE, months=[100] * 12, revision=1)
    stream.add("virement.approved", "2025-02-03", from_line=LINE, to_line="32020110101/current/2054", amount=100)
    stream.add("hold.placed", line=LINE, amount=50, kind="section_69")
    stream.add("commitment.made", "2025-03-03", line=LINE, amount=200, commitment="c")
    stream.add("disbursement.paid", line=LINE, amount=300, voucher="v")
    stream.add("disbursement.reversed", "2025-04-01", line=LINE, amount=20, voucher="v")
    stream.add("payable.recognised", line=LINE, amount=60, payable="p", commitment="c")
    stream.add("prepayment.made", "2025-05-02", line=LINE, amount=40, prepayment="a")
    stream.add("saving.declared", "2025-06-30", line=LINE, amount=10)
    result = replay(stream.bytes(), "2025-06-30")
    line = next(p for p in result["positions"] if p["key"] == f"020011:{LINE}")
    names = ("available", "allotted", "realised", "prepaid", "payable", "saving", "committed", "remaining")
    assert [line[name] for name in names] == [850, 600, 280, 40, 60, 10, 140, 330]
    assert (line["rates"]["cash"], line["rates"]["period"], line["rates"]["annual"]) == ("46.67", "58.33", "41.18")
    assert line["rates"]["commitment"] == "61.18"
    assert rules(result) == []


def test_sums_pass_64_bits_exactly(replay: Replay) -> None:
    stream = Stream(114, "2025-01-01").add("budget.adopted")
    for number in range(9_300):
        stream.add("disbursement.paid", line=LINE, amount=10**15, voucher=f"v{number}")
    line = replay(stream.bytes())["positions"][0]
    assert line["realised"] == 9_300 * 10**15 > 2**63
