"""Payments by the voucher they were made on: looked for in the log itself, newest first, for as long as may be waited."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from streams.scope import Scope
from streams.store import Store, schema

SECONDS_MAX: Final = 2.0
FOUND_MAX: Final = 20


class OnVoucher(msgspec.Struct, frozen=True):
    """An event that names a voucher, as it was sent; amounts NT$."""

    agency: str
    fiscal_year: int
    booked_on: str
    line: str
    type: str
    id: str
    amount: int
    voucher: str
    origin_year: int | None = None


class Looked(msgspec.Struct, frozen=True):
    """What was found, and the moment back to which the log was looked through; None: all of it."""

    found: list[OnVoucher]
    back_to: str | None


def events_on(store: Store, voucher: str, scope: Scope, seconds: float = SECONDS_MAX) -> Looked:
    """The events of a scope on a voucher, written exactly so."""
    needles = [msgspec.json.encode(voucher), _escaped(voucher)]
    found: list[OnVoucher] = []
    end = time.monotonic() + seconds
    rows = schema.segments.c
    wanted = (
        sa.select(rows.lines, rows.at).where(rows.log == store.log).order_by(rows.at.desc(), rows.first_place.desc())
    )
    with store.reading() as connection:
        for lines, at in connection.execution_options(stream_results=True).execute(wanted).yield_per(16):
            raw = zlib.decompress(lines)
            if any(needle in raw for needle in needles):
                found += [each for each in _in(raw, needles, voucher) if scope.has_agency(each.agency)]
            if len(found) >= FOUND_MAX or time.monotonic() > end:
                return Looked(found[:FOUND_MAX], at)
    return Looked(found, None)


def _in(raw: bytes, needles: list[bytes], voucher: str) -> Iterator[OnVoucher]:
    for line in raw.split(b"\n"):
        if any(needle in line for needle in needles):
            try:
                event = msgspec.json.decode(line, type=OnVoucher)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
            if event.voucher == voucher:
                yield event


def _escaped(text: Any) -> bytes:
    """As feeders write it that escape what is not ASCII."""
    return b'"' + "".join(c if c.isascii() else f"\\u{ord(c):04x}" for c in text).encode("ascii", "replace") + b'"'
