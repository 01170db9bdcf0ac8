"""Lines written by hand: each bad one with the contract's first reason against it, and the good ones beside them."""

from __future__ import annotations

import json
from typing import Any

LINE = "32020110101/current/2000"
OTHER = "32020110101/current/4000"
PAID: dict[str, Any] = {
    "id": "p1",
    "type": "disbursement.paid",
    "fiscal_year": 114,
    "agency": "020011",
    "booked_on": "2025-03-05",
    "line": LINE,
    "amount": 5,
    "voucher": "v",
}


def line(**changes: Any) -> bytes:
    return json.dumps({**PAID, **changes}, ensure_ascii=False).encode()


def raw(text: str) -> bytes:
    """PAID as text with `text` put in before its last brace."""
    return json.dumps(PAID).encode()[:-1] + text.encode() + b"}"


def of(kind: str, /, **fields: Any) -> bytes:
    """An event of another type, with the common fields."""
    common = {name: PAID[name] for name in ("id", "fiscal_year", "agency", "booked_on")}
    return json.dumps({**common, "type": kind, **fields}, ensure_ascii=False).encode()


BAD: list[tuple[bytes, str]] = [
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
    (line(recorded_at="2025-03-05T10:11:60Z"), "invalid_value"),
    (line(recorded_at="2025-03-05T10:59:61Z"), "invalid_value"),
    (line(recorded_at="2025-03-05T10:59:60"), "invalid_value"),
    (line(recorded_at="2025-03-05T10:11:12Z\n"), "invalid_value"),
    (line(booked_on="2025-03-05\n"), "invalid_value"),
    (line(booked_on="0000-01-01"), "invalid_value"),
    (line(line="3202011010/current/2000\n"), "invalid_value"),
    (line(source="a\nb"), "invalid_value"),
    (line(commitment=""), "invalid_value"),
    (line(origin_year=0), "invalid_value"),
    (line(source="cba", seq=2**63), "invalid_value"),
    (of("appropriation.enacted", line=LINE, amount=0), "invalid_value"),
    (of("appropriation.enacted", line=LINE, amount=0, council_cut=0), "invalid_value"),
    (of("appropriation.enacted", line=LINE, amount=1, council_cut=-1), "invalid_value"),
    (of("appropriation.enacted", line=LINE, amount=1, statutory=1), "invalid_value"),
    (of("appropriation.corrected", line=LINE, stage="enacted", amount=0), "invalid_value"),
    (of("appropriation.corrected", line=LINE, stage="drafted", amount=1), "invalid_value"),
    (of("appropriation.supplemented", line=LINE, amount=0, ground=1), "invalid_value"),
    (of("appropriation.supplemented", line=LINE, amount=1, ground=5), "invalid_value"),
    (of("budget.adopted", amount=1), "unknown_field"),
    (of("allotment.approved", line=LINE, months=[1] * 11, revision=1), "invalid_value"),
    (of("allotment.approved", line=LINE, months=[1] * 11 + [-1], revision=1), "invalid_value"),
    (of("allotment.approved", line=LINE, months=[1] * 12, revision=0), "invalid_value"),
    (of("virement.approved", from_line=LINE, to_line=LINE, amount=1), "invalid_value"),
    (of("virement.approved", from_line=LINE, to_line="x", amount=1), "invalid_value"),
    (of("reclassification.booked", from_line=LINE, to_line=OTHER, amount=1, origin_year=115), "invalid_value"),
    (of("carryover.approved", line=LINE, amount=1, origin_year=114, kind="payable"), "invalid_value"),
    (of("carryover.approved", line=LINE, amount=1, origin_year=113, kind="loan"), "invalid_value"),
    (of("disbursement.recovered", line=LINE, amount=1, original_year=115), "invalid_value"),
    (of("reserve.established", reserve="third", amount=1), "invalid_value"),
    (of("reserve.approved", reserve="second", case="c", line=LINE, amount=1, ground="1"), "invalid_value"),
    (
        of("reserve.approved", reserve="second", case="c", line=LINE, amount=1, council_notified_on="2025-02-30"),
        "invalid_value",
    ),
    (of("forecast.declared", amount=-1), "invalid_value"),
    (of("balance.reported", line=LINE, realised=1), "invalid_value"),
    (of("balance.reported", line=LINE, realised=1, booked_on="2024-02-28"), "invalid_value"),
    (of("balance.reported", line=LINE, realised=10**15 + 1, booked_on="2025-03-31"), "invalid_value"),
]

GOOD: list[bytes] = [
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
    line(recorded_at="2016-12-31T23:59:60Z"),
    line(recorded_at="2017-01-01T07:59:60.5+08:00"),
    of("appropriation.enacted", line=LINE, amount=0, council_cut=5),
    of("appropriation.corrected", line=LINE, stage="proposed", amount=-(10**15)),
    of("budget.adopted"),
    of("allotment.approved", line=LINE, months=[0] * 12, revision=1),
    of("virement.approved", from_line=LINE, to_line=OTHER, amount=1),
    of("carryover.approved", line=LINE, amount=1, origin_year=113, kind="payable"),
    of("disbursement.recovered", line=LINE, amount=1, original_year=114),
    of("reserve.approved", reserve="second", case="c", line=LINE, amount=1, ground=-7),
    of("forecast.declared", amount=0),
    of("balance.reported", line=LINE, realised=-1, booked_on="2024-02-29"),
    of("balance.reported", line=LINE, realised=0, booked_on="2025-02-28"),
]
