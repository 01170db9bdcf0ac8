"""JSON read exactly: what the fast decoder takes in silence (repeated keys, deep nesting) is found here."""

from __future__ import annotations

import json
from typing import Final, NoReturn

import msgspec

from ledger.refusals import Detail, detail

LINE_BYTES_MAX: Final = 1 << 20
DEPTH_MAX: Final = 64


_NO_LINE: Final = b"\x00"
"""Stands for a line break inside what is no JSON: it keeps the line one line, and refused."""


class Malformed(ValueError):
    """The line is not UTF-8, not JSON, not an object, repeats a key, is too long or nested too deep."""

    def __init__(self, detail: Detail) -> None:
        """`detail` says which of these."""
        super().__init__(detail.text)
        self.detail = detail


class Huge(float):
    """An integer of more digits than Python converts; no field takes it."""


def _integer(digits: str) -> int | Huge:
    return int(digits) if len(digits) <= 40 else Huge("-inf" if digits[0] == "-" else "inf")


def _no_constant(name: str) -> NoReturn:
    raise Malformed(detail("no_json_constant", constant=name))


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Malformed(detail("repeated_key", key=ascii(key[:40])))
            seen.add(key)
    return found


def parse_object(line: bytes) -> dict[str, object]:
    """Read one line as a JSON object; raises Malformed with the reason."""
    if len(line) > LINE_BYTES_MAX:
        raise Malformed(detail("too_many_bytes"))
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(detail("not_utf8", byte=error.start + 1)) from None
    if _too_deep(text):
        raise Malformed(detail("too_deep", limit=DEPTH_MAX))
    try:
        value = json.loads(
            text.strip(" \t\r\n"), parse_int=_integer, parse_constant=_no_constant, object_pairs_hook=_pairs
        )
    except json.JSONDecodeError as error:
        raise Malformed(detail("not_json", found=error.msg, character=error.pos + 1)) from None
    if not isinstance(value, dict):
        raise Malformed(detail("no_object"))
    return value


def _too_deep(text: str) -> bool:
    """Whether brackets outside strings nest deeper than allowed (a line that is no JSON may be called so too)."""
    if text.count("{") + text.count("[") <= DEPTH_MAX:
        return False
    depth, in_string, escaped = 0, False, False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "{[":
            depth += 1
            if depth > DEPTH_MAX:
                return True
        elif character in "}]":
            depth -= 1
    return False


def one_line(text: bytes) -> bytes:
    """Write a JSON value on one line; repeated keys and all else that admission refuses stay as they are."""
    if b"\n" not in text:
        return text
    try:
        return msgspec.json.format(text, indent=-1)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return text.replace(b"\n", _NO_LINE)
