"""What is wrong with an event is a code with its values: in English as the contract has it, in Chinese by the names of things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import ledger
from ledger.admission import read
from ledger.refusals import DETAIL, Detail, Refusal, detail, kept_words
from ledger.words import Words, alike
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


CHINESE = re.compile("[\u4e00-\u9fff]")
ROOT = Path(ledger.__file__).parents[1]


def test_what_the_decoder_says_is_found_out_field_by_field() -> None:
    """Each sentence of the decoder is met by a code with its values, which say in English exactly the same."""
    found = [one.detail for one in refusals() if one.reason == "invalid_value"]
    assert len({one.text for one in found}) > 60
    assert [one.text for one in found if one.code == "undecodable"] == []


def test_every_detail_is_told_in_chinese() -> None:
    untold = {one.detail.text for one in refusals() if not CHINESE.search(one.detail.words.zh)}
    assert {text for text in untold if not text.startswith("'")} == set()  # the feeder's own name for a field


def test_both_languages_name_the_same_values_and_every_code_is_given_somewhere() -> None:
    for code, words in DETAIL.items():
        own = set(re.findall(r"{([a-z]+)}", words.en)) - set(re.findall(r"{([a-z]+)}", words.zh))
        assert own <= {"found", "line"}, code
        assert set(re.findall(r"{([a-z]+)}", words.zh)) <= set(re.findall(r"{([a-z]+)}", words.en)), code
    text = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("ledger", "alerts", "streams")
        for path in (ROOT / folder).rglob("*.py")
    )
    given = set(re.findall(r'\bdetail\(\s*"([a-z0-9_]+)"', text))
    assert given == DETAIL.keys()


@pytest.mark.parametrize(
    ("told", "english", "chinese"),
    [
        (
            detail("wrong_type", field="amount", expected="int", got="str"),
            "Expected `int`, got `str` - at `$.amount`",
            "金額（amount）應為整數，收到文字",
        ),
        (detail("below", field="amount", limit=1), "Expected `int` >= 1 - at `$.amount`", "金額（amount）須不小於 1"),
        (
            detail("below", field="months[3]", limit=0),
            "Expected `int` >= 0 - at `$.months[3]`",
            "各月分配數（months[3]）須不小於 0",
        ),
        (detail("fields", fields=("line", "amount")), "line, amount", "預算科目（line）、金額（amount）"),
        (detail("keys", keys=("'lien'", "'x'")), "'lien', 'x'", "'lien'、'x'"),
        (detail("unknown_agency", agency="020019"), "020019 is not in the registry", "機關 020019 不在名冊"),
        (detail("no_reference", kind="commitment", id="C-1"), "no commitment C-1 was opened", "查無契約 C-1"),
        (
            detail("reference_exceeded", kind="payable", id="P was opened on x", amount=15_283_481),
            "15283481 of payable P was opened on x stands open",
            "應付款項 P was opened on x 僅餘 15,283,481 元",
        ),
        (
            detail("reference_elsewhere", kind="commitment", id="C", line="33010010101/current/1015"),
            "commitment C was opened on 33010010101/current/1015",
            "契約 C 原屬 33010010101/current/1015",
        ),
        (detail("case_exceeded", id="S {0}", amount=70), "70 of case S {0} is approved", "動支案 S {0} 僅核准 70 元"),
        (
            detail("no_case", id="S1", reserve="second"),
            "no case S1 of the second reserve was opened",
            "第二預備金無動支案 S1",
        ),
        (
            detail("outside_window", day="2030-01-01", first="2025-01-01", last="2026-02-28"),
            "booked_on 2030-01-01 is not between 2025-01-01 and 2026-02-28",
            "入帳日（booked_on）2030-01-01 不在 2025-01-01 至 2026-02-28 之間",
        ),
        (detail("other_content"), "this id was accepted with other content", "同編號事件已入帳，內容不同"),
        (
            detail("other_partition", found=3, expected=5),
            "the record stands in partition 3, its key belongs in 5",
            "訊息在分割區 3，其鍵屬分割區 5",
        ),
    ],
)
def test_details_in_words(told: Detail, english: str, chinese: str) -> None:
    assert told.text == english
    assert told.words == Words(chinese, english)
    assert kept_words(told.code, msgspec.json.decode(msgspec.json.encode(told.values)), "kept") == told.words


def test_what_was_kept_without_a_code_or_by_a_newer_version_is_shown_as_it_was_kept() -> None:
    assert kept_words(None, {}, "something old") == alike("something old")
    assert kept_words("something_new", {}, "something new") == alike("something new")
    assert kept_words("no_reference", {"other": 1}, "something new") == alike("something new")
