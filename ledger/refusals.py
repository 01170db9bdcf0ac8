"""Why an event cannot be taken: a reason of the contract, and what is wrong as a code with its values.

Nothing is told in words before somebody reads it. The English of a detail is the contract's `detail`; the Chinese names
fields, kinds and reserves as the vocabulary does. A new refusal is a template in `DETAIL`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from ledger.vocabulary import CASE, FIELD, JSON_TYPE, REFERENCE, RESERVE
from ledger.words import Words, alike

Reason: TypeAlias = Literal[
    "malformed",
    "unknown_type",
    "missing_field",
    "unknown_field",
    "invalid_value",
    "unknown_agency",
    "outside_fiscal_year",
    "conflicting_duplicate",
    "unknown_reference",
    "conflicting_reference",
    "exceeds_reference",
    "misrouted",
]
DetailValue: TypeAlias = str | int | tuple[str, ...]

_AT: Final = " - at `$.{field}`"
_LINE: Final = "<10 or 11 digits or letters>/<current|capital>/<4 digits>"

DETAIL: Final[Mapping[str, Words]] = {
    # the line alone cannot be read
    "no_event": Words("沒有事件", "no event in it"),
    "too_many_bytes": Words("長度逾 1 MiB", "longer than 1 MiB"),
    "not_utf8": Words("第 {byte} 位元組起不是 UTF-8", "not UTF-8 at byte {byte}"),
    "too_deep": Words("巢狀逾 {limit} 層", "nested deeper than {limit}"),
    "not_json": Words("第 {character} 字起不是 JSON", "not JSON: {found} at character {character}"),
    "no_json_constant": Words("{constant} 不是 JSON", "{constant} is no JSON"),
    "no_object": Words("不是 JSON 物件", "not a JSON object"),
    "repeated_key": Words("欄位 {key} 重複", "the key {key} is repeated"),
    # its fields
    "fields": Words("{fields}", "{fields}"),
    "keys": Words("{keys}", "{keys}"),
    "type": Words("事件種類（type）：{found}", "type: {found}"),
    "wrong_type": Words("{field}應為{expected}，收到{got}", "Expected `{expected}`, got `{got}`" + _AT),
    "below": Words("{field}須不小於 {limit}", "Expected `int` >= {limit}" + _AT),
    "above": Words("{field}須不大於 {limit}", "Expected `int` <= {limit}" + _AT),
    "out_of_range": Words("{field}超出範圍", "Number out of range" + _AT),
    "too_short": Words("{field}至少 {limit} 字", "Expected `str` of length >= {limit}" + _AT),
    "too_long": Words("{field}至多 {limit} 字", "Expected `str` of length <= {limit}" + _AT),
    "too_few": Words("{field}至少 {limit} 項", "Expected `array` of length >= {limit}" + _AT),
    "too_many": Words("{field}至多 {limit} 項", "Expected `array` of length <= {limit}" + _AT),
    "no_choice": Words("{field}無此選項：{found}", "Invalid enum value {found}" + _AT),
    "undecodable": Words("欄位值不合：{found}", "{found}"),
    "lone_surrogate": Words("{field}含不成對之代理字元", "{field}: a lone surrogate"),
    "control_character": Words("{field}含控制字元", "{field}: a control character or a lone surrogate"),
    "no_day": Words("{field}無此日期", "{field}: no real day"),
    "no_instant": Words(
        "{field}不是 RFC 3339 時刻，如 2025-03-05T09:30:00+08:00",
        "{field}: no RFC 3339 instant such as 2025-03-05T09:30:00+08:00",
    ),
    "no_source": Words("有序號（seq）須有資料來源（source）", "seq: needs a source"),
    "no_line": Words("{field}格式不符：10 或 11 位數字或英文字母／current 或 capital／4 位數", "{field}: not " + _LINE),
    "no_lines": Words(
        "流出科目（from_line）、流入科目（to_line）格式不符：10 或 11 位數字或英文字母／current 或 capital／4 位數",
        "from_line, to_line: not " + _LINE,
    ),
    "same_line": Words("流出科目（from_line）與流入科目（to_line）相同", "from_line, to_line: the same line"),
    "after_fiscal_year": Words("{field}晚於年度", "{field}: after the fiscal year"),
    "not_before_fiscal_year": Words("{field}未早於年度", "{field}: not before the fiscal year"),
    "no_amount": Words("{field}不得為 0", "{field}: 0"),
    "no_amount_uncut": Words("{field}為 0 而無議會刪減數（council_cut）", "{field}: 0 without a council_cut"),
    "no_month_end": Words("{field}不是月底", "{field}: not the last day of a month"),
    # what it refers to
    "unknown_agency": Words("機關 {agency} 不在名冊", "{agency} is not in the registry"),
    "outside_window": Words(
        "入帳日（booked_on）{day} 不在 {first} 至 {last} 之間", "booked_on {day} is not between {first} and {last}"
    ),
    "other_content": Words("同編號事件已入帳，內容不同", "this id was accepted with other content"),
    "no_case": Words("{reserve}無動支案 {id}", "no case {id} of the {reserve} reserve was opened"),
    "case_elsewhere": Words("動支案 {id} 原屬 {line}", "case {id} was opened on {line}"),
    "case_exceeded": Words("動支案 {id} 僅核准 {amount} 元", "{amount} of case {id} is approved"),
    "no_reference": Words("查無{kind} {id}", "no {kind} {id} was opened"),
    "reference_elsewhere": Words("{kind} {id} 原屬 {line}", "{kind} {id} was opened on {line}"),
    "reference_exceeded": Words("{kind} {id} 僅餘 {amount} 元", "{amount} of {kind} {id} stands open"),
    "carryover_exceeded": Words(
        "該科目此類保留僅餘 {amount} 元", "{amount} of that kind stands carried over on the line"
    ),
    "saving_exceeded": Words("該科目申報賸餘僅 {amount} 元", "{amount} is declared saved on the line"),
    # how its record is addressed
    "other_key": Words("訊息鍵為 {year}|{agency}", "the record's key is {year}|{agency}"),
    "no_key": Words("訊息鍵不是 <fiscal_year>|<agency>", "the record's key is not <fiscal_year>|<agency>"),
    "key_not_utf8": Words("訊息鍵不是 UTF-8", "the record's key is not UTF-8"),
    "other_partition": Words(
        "訊息在分割區 {found}，其鍵屬分割區 {expected}",
        "the record stands in partition {found}, its key belongs in {expected}",
    ),
}
"""What is wrong, by its code, with the names of its values in braces. Values are codes, amounts and texts from outside."""


class Detail(msgspec.Struct, frozen=True):
    """What is wrong with an event: a code of `DETAIL`, and its values."""

    code: str
    values: Mapping[str, DetailValue] = {}

    @property
    def text(self) -> str:
        """In English, as the contract's `detail`: values as they are."""
        return _filled(DETAIL[self.code].en, {name: _listed(value, ", ") for name, value in self.values.items()})

    @property
    def words(self) -> Words:
        """In both languages; in Chinese codes are called by their names."""
        chinese = {name: _chinese(name, value) for name, value in self.values.items()}
        return Words(_filled(DETAIL[self.code].zh, chinese), self.text)


class Refusal(msgspec.Struct, frozen=True):
    """Why an event cannot be taken; `id` is the event's where it can be read, and so are its fiscal year and agency."""

    reason: Reason
    detail: Detail
    id: str | None
    fiscal_year: int | None = None
    agency: str | None = None


def detail(code: str, **values: DetailValue) -> Detail:
    """What is wrong, with its values by name."""
    return Detail(code, values)


def kept_words(code: str | None, values: Mapping[str, DetailValue], text: str) -> Words:
    """The words of a detail that was kept; its text where it was kept before details had codes, or by a newer version."""
    if code is None or code not in DETAIL:
        return alike(text)
    try:
        return Detail(code, values).words
    except KeyError:  # the values of another version
        return alike(text)


def _filled(template: str, values: Mapping[str, str]) -> str:
    return template.format_map(values)


def _listed(value: DetailValue, separator: str) -> str:
    return separator.join(value) if isinstance(value, (tuple, list)) else str(value)


def _chinese(name: str, value: DetailValue) -> str:
    if isinstance(value, int):
        return f"{value:,}" if name == "amount" else str(value)
    match name:
        case "field":
            return _field(str(value))
        case "fields":
            return "、".join(_field(each) for each in value)
        case "kind":
            return (CASE.get(str(value)) or REFERENCE[str(value)]).zh
        case "reserve":
            return RESERVE[str(value)].zh
        case "expected" | "got":
            return JSON_TYPE[str(value)].zh
    return _listed(value, "、")


def _field(path: str) -> str:
    """A field by its name, its code in brackets: 金額（amount）, 各月分配數（months[3]）."""
    name, _, _ = path.partition("[")
    return f"{FIELD[name].zh}（{path}）" if name in FIELD else path
