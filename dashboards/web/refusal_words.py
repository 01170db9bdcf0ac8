"""What a refusal says of its event, in both languages: the log keeps it in English."""

from __future__ import annotations

import re
from typing import Final

from ledger.words import Words

_AT: Final = r"(?: - at `\$\.?(?P<at>[^`]*)`)?"
_KIND: Final = {"commitment": "契約責任", "payable": "應付帳款", "prepayment": "預付款"}
_TYPE: Final = {
    "int": "整數",
    "str": "文字",
    "bool": "是否值",
    "array": "陣列",
    "object": "物件",
    "float": "小數",
    "null": "空值",
}
_PATTERNS: Final = tuple(
    (re.compile(pattern, re.DOTALL), chinese)
    for pattern, chinese in (
        (r"Expected `(?P<wanted>[a-z |]+)`, got `(?P<got>[a-z]+)`" + _AT, "{at}應為{wanted}，收到{got}"),
        (r"Expected `int` >= (?P<a>-?\d+)" + _AT, "{at}須不小於 {a}"),
        (r"Expected `int` <= (?P<a>-?\d+)" + _AT, "{at}須不大於 {a}"),
        (r"Expected `str` of length >= (?P<a>\d+)" + _AT, "{at}至少 {a} 字"),
        (r"Expected `str` of length <= (?P<a>\d+)" + _AT, "{at}至多 {a} 字"),
        (r"Expected `str` matching regex .*?" + _AT, "{at}格式不符"),
        (r"Expected `array` of length (?P<a>\d+)(?:, got (?P<b>\d+))?" + _AT, "{at}須為 {a} 項，收到 {b} 項"),
        (r"Expected `array` of length [<>]= (?P<a>\d+)" + _AT, "{at}須為 {a} 項"),
        (r"Invalid enum value (?P<a>.*?)" + _AT, "{at}無此選項：{a}"),
        (r"Integer value out of range" + _AT, "{at}超出範圍"),
        (r"longer than 1 MiB", "長度逾 1 MiB"),
        (r"not UTF-8 at byte (?P<a>\d+)", "第 {a} 位元組起不是 UTF-8"),
        (r"nested deeper than (?P<a>\d+)", "巢狀逾 {a} 層"),
        (r"not JSON: .* at character (?P<a>\d+)", "第 {a} 字起不是 JSON"),
        (r"not a JSON object", "不是 JSON 物件"),
        (r"no event in it", "沒有事件"),
        (r"the key (?P<a>.+) is repeated", "欄位 {a} 重複"),
        (r"(?P<a>.+) is no JSON", "{a} 不是 JSON"),
        (r"(?P<at>\w+): no real day", "{at}無此日期"),
        (r"(?P<at>recorded_at): no RFC 3339 instant such as (?P<a>.+)", "{at}不是 RFC 3339 時刻，如 {a}"),
        (r"seq: needs a source", "有 seq 須有 source"),
        (
            r"(?P<at>line|from_line, to_line): not <10 or 11 digits>/.*",
            "{at}格式不符：10 或 11 位數／current 或 capital／4 位數",
        ),
        (r"from_line, to_line: the same line", "from_line 與 to_line 相同"),
        (r"(?P<at>origin_year|original_year): after the fiscal year", "{at}晚於年度"),
        (r"origin_year: not before the fiscal year", "origin_year 未早於年度"),
        (r"amount: 0 without a council_cut", "amount 為 0 而無 council_cut"),
        (r"amount: 0", "amount 不得為 0"),
        (r"booked_on: not the last day of a month", "booked_on 不是月底"),
        (r"(?P<at>\w+): a lone surrogate", "{at}含不成對之代理字元"),
        (r"(?P<at>\w+): a control character or a lone surrogate", "{at}含控制字元"),
        (r"(?P<a>\S+) is not in the registry", "機關 {a} 不在名冊"),
        (r"booked_on (?P<a>\S+) is not between (?P<b>\S+) and (?P<c>\S+)", "booked_on {a} 不在 {b} 至 {c} 之間"),
        (r"this id was accepted with other content", "同編號事件已入帳，內容不同"),
        (r"no case (?P<a>.+) of the (?P<b>\w+) reserve was opened", "預備金（{b}）無申請案 {a}"),
        (r"case (?P<a>.+) was opened on (?P<b>.+)", "申請案 {a} 原屬 {b}"),
        (r"(?P<a>-?\d+) of case (?P<b>.+) is approved", "申請案 {b} 僅核准 {a} 元"),
        (r"no (?P<kind>commitment|payable|prepayment) (?P<a>.+) was opened", "查無{kind} {a}"),
        (r"(?P<kind>commitment|payable|prepayment) (?P<a>.+) was opened on (?P<b>.+)", "{kind} {a} 原屬 {b}"),
        (r"(?P<a>-?\d+) of (?P<kind>commitment|payable|prepayment) (?P<b>.+) stands open", "{kind} {b} 僅餘 {a} 元"),
        (r"the record's key is (?P<a>.+)", "訊息鍵為 {a}"),
    )
)


def words_of(detail: str) -> Words:
    """A refusal's detail; names of fields and what is not known stay as they are."""
    for pattern, chinese in _PATTERNS:
        found = pattern.fullmatch(detail)
        if found is not None:
            return Words(chinese.format_map(_filled(found.groupdict())), detail)
    return Words(detail, detail)


def _filled(groups: dict[str, str | None]) -> dict[str, str]:
    filled = {name: value or "" for name, value in groups.items()}
    if filled.get("at"):
        filled["at"] += " "
    if "kind" in filled:
        filled["kind"] = _KIND[filled["kind"]]
    for name in ("wanted", "got"):
        if name in filled:
            filled[name] = "或".join(_TYPE.get(each.strip(), each.strip()) for each in filled[name].split("|"))
    return filled
