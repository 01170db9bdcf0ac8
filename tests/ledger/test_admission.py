"""Each line is admitted, or refused with the contract's first reason; anything else is a blank line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.admission import Refusal, content, read
from ledger.effects import EFFECTS
from ledger.events import EVENTS, Event

PAID: dict[str, Any] = {
    "id": "p1",
    "type": "disbursement.paid",
    "fiscal_year": 114,
    "agency": "020011",
    "booked_on": "2025-03-05",
    "line": "32020110101/current/2000",
    "amount": 5,
    "voucher": "v",
}


def line(**changes: Any) -> bytes:
    return json.dumps({**PAID, **changes}, ensure_ascii=False).encode()


def raw(text: str) -> bytes:
    """PAID as text with `text` put in before its last brace."""
    return json.dumps(PAID).encode()[:-1] + text.encode() + b"}"


def test_every_event_type_has_an_effect() -> None:
    assert set(EFFECTS) == set(EVENTS)
    assert len(EVENTS) == 30


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"\xff", "malformed"),
        (b'{"id":"\xed\xa0\x80"}', "malformed"),
        (b"[]", "malformed"),
        (b"5", "malformed"),
        (b'{"type":"x"', "malformed"),
        (b'{"type":"x","amount":NaN}', "malformed"),
        (b'{"type":"x","amount":Infinity}', "malformed"),
        (b'{"type":"x","amount":01}', "malformed"),
        (b'\xef\xbb\xbf{"type":"x"}', "malformed"),
        (raw(',"amount":5'), "malformed"),
        (raw(',"id":"p1"'), "malformed"),
        (raw(',"x":{"a":1,"a":2}'), "malformed"),
        (raw(',"x":' + "[" * 64 + "]" * 64), "malformed"),
        (raw(',"x":' + "[" * 63 + "]" * 63), "unknown_field"),
        (b'{"type":"x","x":"' + b"a" * (1 << 20) + b'"}', "malformed"),
        (b"[" * 100_000, "malformed"),
        (b"{}", "missing_field"),
        (b'{"type":null}', "unknown_type"),
        (b'{"type":["disbursement.paid"]}', "unknown_type"),
        (b'{"type":"payment"}', "unknown_type"),
        (b'{"type":"disbursement.paid","colour":1}', "missing_field"),
        (line(colour=1), "unknown_field"),
        (line(colour=1, amount="x"), "unknown_field"),
        (line(amount=None), "invalid_value"),
        (line(note=None), "invalid_value"),
        (line(amount=0), "invalid_value"),
        (line(amount=-1), "invalid_value"),
        (line(amount=10**15 + 1), "invalid_value"),
        (line(amount=2**64), "invalid_value"),
        (line(amount=1.0), "invalid_value"),
        (line(amount=True), "invalid_value"),
        (line(amount="5"), "invalid_value"),
        (raw("").replace(b'"amount": 5', b'"amount": 1e3'), "invalid_value"),
        (raw("").replace(b'"amount": 5', b'"amount": 1e400'), "invalid_value"),
        (raw("").replace(b'"amount": 5', b'"amount": ' + b"9" * 5000), "invalid_value"),
        (line(id=""), "invalid_value"),
        (line(id="x" * 129), "invalid_value"),
        (line(id="a\tb"), "invalid_value"),
        (line(id="a\x7fb"), "invalid_value"),
        (raw("").replace(b'"p1"', b'"\\ud800"'), "invalid_value"),
        (line(booked_on="2025-02-29"), "invalid_value"),
        (line(booked_on="2025-3-5"), "invalid_value"),
        (line(booked_on="114/03/05"), "invalid_value"),
        (line(booked_on="２０２５-03-05"), "invalid_value"),
        (line(fiscal_year=0), "invalid_value"),
        (line(fiscal_year=1000), "invalid_value"),
        (line(line="3202011010/other/2000"), "invalid_value"),
        (line(line="32020110101/current/2000\n"), "invalid_value"),
        (line(line="320201101011/current/2000"), "invalid_value"),
        (line(origin_year=115), "invalid_value"),
        (line(seq=1), "invalid_value"),
        (line(source="cba", seq=0), "invalid_value"),
        (line(recorded_at="2025-03-05t10:11:12Z"), "invalid_value"),
        (line(recorded_at="2025-03-05 10:11:12Z"), "invalid_value"),
        (line(recorded_at="2025-03-05T10:11:12"), "invalid_value"),
        (line(recorded_at="2025-03-05T10:11:12+0800"), "invalid_value"),
        (line(recorded_at="2025-02-30T10:11:12Z"), "invalid_value"),
        (line(recorded_at="2025-03-05T24:00:00Z"), "invalid_value"),
        (line(note="x" * 2001), "invalid_value"),
        (line(note="bell\a"), "invalid_value"),
        (line(basis="because"), "invalid_value"),
    ],
)
def test_a_bad_line_is_refused_with_the_first_reason(line: bytes, reason: str) -> None:
    found = read(line)
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert "\n" not in found.detail and len(found.detail) < 400


@pytest.mark.parametrize(
    "line",
    [
        line(),
        line(amount=10**15),
        line(id="x" * 128),
        line(id="採購 4 號"),
        line(id='a"b\\c'),
        line(note="第一行\n第二行\t\r"),
        line(note=""),
        line(note="x" * 2000),
        line(source="cba", seq=2**63 - 1),
        line(recorded_at="2025-03-05T10:11:12.123456789+08:00"),
        line(recorded_at="2024-02-29T23:59:59Z"),
        line(line="3202011010/capital/3000"),
        json.dumps(PAID | {"id": "採購"}).encode(),
        b"  " + json.dumps(PAID, indent=1).replace("\n", "\r").encode() + b" \r",
    ],
)
def test_a_good_line_is_admitted(line: bytes) -> None:
    assert isinstance(read(line), Event)


@pytest.mark.parametrize("line", [b"", b" ", b"\t\r", b"\x0b\x0c"])
def test_a_blank_line_is_nothing(line: bytes) -> None:
    assert read(line) is None


def canonical(line: bytes) -> bytes:
    found = read(line)
    assert isinstance(found, Event)
    return content(found)


def test_what_tells_of_the_delivery_and_stated_defaults_make_no_difference() -> None:
    plain = canonical(line())
    assert canonical(line(source="cba", seq=3, recorded_at="2025-03-05T10:11:12Z", note='"id":"x"')) == plain
    assert canonical(line(origin_year=114)) == plain
    assert canonical(json.dumps(dict(reversed(PAID.items()))).encode()) == plain
    assert canonical(line(origin_year=113)) != plain
    assert canonical(line(amount=6)) != plain
    proposed = {**PAID, "type": "appropriation.proposed"}
    del proposed["voucher"]
    stated = json.dumps({**proposed, "new_capital": False, "statutory": False}).encode()
    assert canonical(stated) == canonical(json.dumps(proposed).encode())
    assert canonical(json.dumps({**proposed, "prior_year_executed": 0}).encode()) != canonical(stated)
