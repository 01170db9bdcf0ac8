"""Each line is admitted, or refused with the contract's first reason; anything else is a blank line."""

from __future__ import annotations

import json

import pytest

from ledger.admission import content, read
from ledger.effects import EFFECTS
from ledger.events import EVENTS, Event
from ledger.refusals import Refusal
from tests.ledger.hand_made_lines import BAD, GOOD, OTHER, PAID, line, of


def test_every_event_type_has_an_effect() -> None:
    assert set(EFFECTS) == set(EVENTS)
    assert len(EVENTS) == 36


@pytest.mark.parametrize(("line", "reason"), BAD)
def test_a_bad_line_is_refused_with_the_first_reason(line: bytes, reason: str) -> None:
    found = read(line)
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert "\n" not in found.detail.text and len(found.detail.text) < 400


@pytest.mark.parametrize("line", GOOD)
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
    virement = {"from_line": PAID["line"], "to_line": OTHER, "amount": 5}
    unnamed = canonical(of("virement.approved", **virement))
    assert canonical(of("virement.approved", **virement, virement="p1", pooled=False)) == unnamed
    assert canonical(of("virement.approved", **virement, virement="p2")) != unnamed
    assert canonical(of("report.filed", month=1, number=1, version=1)) == canonical(
        of("report.filed", month=1, number=1)
    )
    proposed = {**PAID, "type": "appropriation.proposed"}
    del proposed["voucher"]
    stated = json.dumps({**proposed, "new_capital": False, "statutory": False}).encode()
    assert canonical(stated) == canonical(json.dumps(proposed).encode())
    assert canonical(json.dumps({**proposed, "prior_year_executed": 0}).encode()) != canonical(stated)
