"""Every detail that a refusal can give is told in Chinese too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from dashboards.web.refusal_words import words_of
from ledger.admission import Refusal, read
from producers.simulator import simulate

VALUES: tuple[Any, ...] = (
    5, -1, 0, 10**16, 10**30, 1.5, True, None, "", "x", "2025-02-30", "2025-03-05", "a\x07b", "y" * 3_000, [], [1], {}, [-1] * 12,
)  # fmt: skip


def samples() -> Iterator[dict[str, Any]]:
    """An event of each type, with all its fields."""
    fullest: dict[str, dict[str, Any]] = {}
    for line in simulate(114, 1, 6_000):
        try:
            event = msgspec.json.decode(line)
            if len(event) > len(fullest.get(event["type"], ())):
                fullest[event["type"]] = event
        except (msgspec.MsgspecError, KeyError, TypeError):
            continue
    yield from fullest.values()


def refusals() -> Iterator[Refusal]:
    """What comes of an event with one field wrong."""
    for event in samples():
        lines = [
            msgspec.json.encode(event | {name: value})
            for name in (*event, "origin_year", "seq", "recorded_at", "council_notified_on")
            for value in VALUES
            if name != "type"
        ]
        for line in (
            *lines,
            b"[1]",
            b"{",
            b"\xff",
            b'{"a":1,"a":2}',
            b"{" * 70,
            b'{"type":NaN}',
            b" " * 9 + b"x" * (1 << 20),
        ):
            found = read(line)
            if isinstance(found, Refusal):
                yield found


NAMES_ONLY = ("missing_field", "unknown_field", "unknown_type")
"""Reasons whose detail is the name of a field."""


def test_what_admission_says_is_translated() -> None:
    said = {one.detail for one in refusals() if one.reason not in NAMES_ONLY}
    assert len(said) > 60
    untold = sorted(detail for detail in said if words_of(detail).zh == detail)
    assert untold == []


@pytest.mark.parametrize(
    ("detail", "chinese"),
    [
        ("Expected `int`, got `str` - at `$.amount`", "amount 應為整數，收到文字"),
        ("Expected `int` >= 1 - at `$.amount`", "amount 須不小於 1"),
        ("020019 is not in the registry", "機關 020019 不在名冊"),
        ("no commitment C-1 was opened", "查無契約責任 C-1"),
        ("500 of payable P was opened on x stands open", "應付帳款 P was opened on x 僅餘 500 元"),
        ("commitment C was opened on 33010010101/current/1015", "契約責任 C 原屬 33010010101/current/1015"),
        ("70 of case S {0} is approved", "申請案 S {0} 僅核准 70 元"),
        (
            "booked_on 2030-01-01 is not between 2025-01-01 and 2026-02-28",
            "booked_on 2030-01-01 不在 2025-01-01 至 2026-02-28 之間",
        ),
        ("this id was accepted with other content", "同編號事件已入帳，內容不同"),
        ("something new", "something new"),
    ],
)
def test_details_are_told_in_chinese(detail: str, chinese: str) -> None:
    assert (words_of(detail).zh, words_of(detail).en) == (chinese, detail)
