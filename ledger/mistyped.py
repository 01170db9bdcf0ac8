"""Which field of an event has a value of a wrong kind, told as a code with its values.

The decoder of `msgspec` says so in an English sentence alone. Here the fields are gone through in the order of the line,
as the decoder does, against the same types and limits; the decoder's sentence stays the measure: where ours is another,
it is taken as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import isinf
from typing import Any, Final

from msgspec import inspect

from ledger.events import Event
from ledger.json_text import Huge
from ledger.refusals import Detail, detail

_INT64_MIN: Final = -(2**63)
_UINT64_MAX: Final = 2**64 - 1


def mistyped(kind: type[Event], pairs: Mapping[str, object], said: str) -> Detail:
    """The first field of a line that the decoder of its type refuses; `said` is what it says of it."""
    for name, value in pairs.items():
        if name == "type":
            continue
        found = _wrong(_types(kind)[name], name, value)
        if found is not None:
            return found if found.text == said else detail("undecodable", found=said)
    return detail("undecodable", found=said)


@cache
def _types(kind: type[Event]) -> dict[str, inspect.Type]:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return {field.encode_name: _plain(field.type) for field in described.fields}


def _plain(found: inspect.Type) -> inspect.Type:
    return found.type if isinstance(found, inspect.Metadata) else found


def _wrong(wanted: inspect.Type, field: str, value: Any) -> Detail | None:
    got = _type_of(value)
    if type(value) is float and isinf(value):
        return detail("out_of_range", field=field)
    if got == "int" and not isinstance(wanted, inspect.IntType) and not _INT64_MIN <= value <= _UINT64_MAX:
        got = "float"  # where no integer is wanted, the decoder takes one that long for this
    match wanted:
        case inspect.IntType():
            return _wrong_type(field, "int", got) or _wrong_number(wanted, field, value)
        case inspect.StrType():
            return _wrong_type(field, "str", got) or _wrong_length(wanted, field, value)
        case inspect.BoolType():
            return _wrong_type(field, "bool", got)
        case inspect.ListType():
            return _wrong_type(field, "array", got) or _wrong_items(wanted, field, value)
        case inspect.LiteralType(values=values):
            expected = "int" if isinstance(values[0], int) else "str"
            problem = _wrong_type(field, expected, got)
            return problem or (None if value in values else detail("no_choice", field=field, found=repr(value)))
    return None


def _type_of(value: object) -> str:
    names = {bool: "bool", int: "int", Huge: "int", float: "float", str: "str", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _wrong_type(field: str, expected: str, got: str) -> Detail | None:
    return None if expected == got else detail("wrong_type", field=field, expected=expected, got=got)


def _wrong_number(wanted: inspect.IntType, field: str, value: int | Huge) -> Detail | None:
    if wanted.ge is not None and value < wanted.ge:
        return detail("below", field=field, limit=wanted.ge)
    if wanted.le is not None and value > wanted.le:
        return detail("above", field=field, limit=wanted.le)
    return None


def _wrong_length(wanted: inspect.StrType, field: str, value: str) -> Detail | None:
    if wanted.min_length is not None and len(value) < wanted.min_length:
        return detail("too_short", field=field, limit=wanted.min_length)
    if wanted.max_length is not None and len(value) > wanted.max_length:
        return detail("too_long", field=field, limit=wanted.max_length)
    return None


def _wrong_items(wanted: inspect.ListType, field: str, value: list[object]) -> Detail | None:
    item = _plain(wanted.item_type)
    for number, each in enumerate(value):
        if wanted.max_length is not None and number >= wanted.max_length:
            return detail("too_many", field=field, limit=wanted.max_length)
        found = _wrong(item, f"{field}[{number}]", each)
        if found is not None:
            return found
    if wanted.min_length is not None and len(value) < wanted.min_length:
        return detail("too_few", field=field, limit=wanted.min_length)
    return None
