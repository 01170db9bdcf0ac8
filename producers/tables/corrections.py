"""A table that comes again: what is the same, what is new, and what its rows would conflict with, made into corrections.

A correction's id is that of its row, `~` and a digest of what it leads to: made again it is the same event.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from ledger.identity import EventKey

Fields: TypeAlias = dict[str, Any]
_MARK: Final = "~"
_OF_DELIVERY: Final = ("id", "source", "seq", "recorded_at", "note")
"""What tells of the delivery and not of the fact."""
_MORE: Final[Mapping[str, str]] = {
    "appropriation.enacted": "appropriation.corrected",
    "disbursement.paid": "disbursement.paid",
    "commitment.made": "commitment.made",
    "reserve.approved": "reserve.approved",
}
_LESS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "appropriation.enacted": ("appropriation.corrected", ("line",)),
    "disbursement.paid": (
        "disbursement.reversed", ("line", "voucher", "origin_year", "item", "commitment", "payable", "prepayment"),
    ),
    "commitment.made": ("commitment.cancelled", ("commitment",)),
    "reserve.approved": ("reserve.cancelled", ("reserve", "case")),
}  # fmt: skip
_SIGN: Final = {"disbursement.reversed": -1, "commitment.cancelled": -1, "reserve.cancelled": -1}


class _Identified(msgspec.Struct, frozen=True, gc=False):
    id: str
    fiscal_year: int
    agency: str


_decode: Final = msgspec.json.Decoder(_Identified).decode


class TableConflict(msgspec.Struct, frozen=True):
    """A row that says something else than when it was taken."""

    was: Fields
    now: Fields
    corrections: list[bytes]
    """Empty where a person has to correct it."""


class TableComparison(msgspec.Struct, frozen=True):
    """What a table that comes again brings."""

    new: list[bytes]
    same: int
    conflicts: list[TableConflict]


def compare(events: Sequence[bytes], earlier: Iterable[bytes], *, cumulative: bool = False) -> TableComparison:
    """Compare a table's events with those that were taken before.

    Args:
        events: the table's.
        earlier: lines of events taken before, corrections included; others are passed over.
        cumulative: the amounts run from the year's beginning to the day: what a later day adds is booked on that day.
    """
    bare = [line.rstrip() for line in events]
    ours, taken = set(bare), set[bytes]()
    wanted: set[EventKey] = set()
    others: dict[EventKey, list[Fields]] = defaultdict(list)
    for line in map(bytes.rstrip, earlier):
        if line in ours:
            taken.add(line)  # byte for byte the same, as nearly all are: nothing to decode
            continue
        wanted = wanted or {_identified(each) for each in bare}
        key = _key(line)
        if key is not None and key in wanted and (event := msgspec.json.decode(line)) not in others[key]:
            others[key].append(event)
    if not others:
        return TableComparison(
            [line for line, each in zip(events, bare, strict=True) if each not in taken], len(taken), []
        )
    new: list[bytes] = []
    same, conflicts = 0, []
    for line, each in zip(events, bare, strict=True):
        key = _identified(each)
        if key not in others:
            same += each in taken
            if each not in taken:
                new.append(line)
            continue
        event = msgspec.json.decode(line)
        found = [event, *others[key]] if each in taken else others[key]
        was = _stands(found)
        if cumulative:
            was["booked_on"] = max(one["booked_on"] for one in found)
            same_fact = _cumulated(was) == _cumulated(event)
            wanted_now = _continued(was, event)
        else:
            same_fact, wanted_now = _fact(was) == _fact(event), event
        if same_fact:
            same += 1
        else:
            made = (
                []
                if wanted_now is None
                else _corrections(
                    was | {"booked_on": event["booked_on"]} if cumulative else was, wanted_now, len(found)
                )
            )
            conflicts.append(TableConflict(was, event, made))
    return TableComparison(new, same, conflicts)


def _key(line: bytes) -> EventKey | None:
    """Whose event a line is; None of what is none. A correction has the key of what it corrects."""
    try:
        return _identified(line)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None  # a refused line is no event


def _identified(line: bytes) -> EventKey:
    found = _decode(line)
    return found.fiscal_year, found.agency, found.id.partition(_MARK)[0]


def _stands(events: Sequence[Fields]) -> Fields:
    """What an event and its corrections come to."""
    first = next((each for each in events if _MARK not in each["id"]), events[0])
    made = dict(first)
    if "months" in first:
        newest = max(events, key=lambda each: each["revision"])
        return made | {"months": newest["months"], "revision": newest["revision"]}
    if "realised" in first:
        return made | {"realised": events[-1]["realised"]}
    if "amount" in first:
        made["amount"] = sum(each["amount"] * _SIGN.get(each["type"], 1) for each in events)
    return made


def _fact(event: Fields) -> Fields:
    left_out = (*_OF_DELIVERY, "revision") if "months" in event else _OF_DELIVERY
    return {name: value for name, value in event.items() if name not in left_out}


def _cumulated(event: Fields) -> Fields:
    """What a cumulated row says, whatever its day: of twelve months their sum."""
    fact = {name: value for name, value in _fact(event).items() if name != "booked_on"}
    return fact | {"months": sum(fact["months"])} if "months" in fact else fact


def _continued(was: Fields, now: Fields) -> Fields | None:
    """A row that tells of a later day, as what stands with the difference in that day's month; None of an earlier day."""
    if now["booked_on"] < was["booked_on"]:
        return None
    if "months" not in now:
        return now
    months = list(was["months"])
    at = int(now["booked_on"][5:7]) - 1
    months[at] += sum(now["months"]) - sum(months)
    for earlier in range(at - 1, -1, -1):  # less than before: taken from the latest months first
        if months[earlier + 1] >= 0:
            break
        months[earlier], months[earlier + 1] = months[earlier] + months[earlier + 1], 0
    return now | {"months": months} if min(months) >= 0 else None


def _corrections(was: Fields, now: Fields, so_far: int) -> list[bytes]:
    """Events that lead from what stands to what a row says now; none where a person has to.

    `so_far`: how many events made what stands, so that an amount that returns to what it was is another correction.
    """
    kind = now["type"]
    differ = {name for name in {*was, *now} - set(_OF_DELIVERY) if was.get(name) != now.get(name)}
    content = (sorted(_fact(was).items()), sorted(_fact(now).items()), so_far)
    ident = f"{now['id']}{_MARK}{hashlib.blake2b(repr(content).encode(), digest_size=4).hexdigest()}"
    if kind == "allotment.approved" and differ <= {"months", "revision"}:
        return [_line(now | {"id": ident, "revision": max(int(now["revision"]), int(was["revision"]) + 1)})]
    if kind == "balance.reported" and differ == {"realised"}:
        return [_line(now | {"id": ident})]
    if differ != {"amount"} or kind not in _MORE:
        return []
    change = now["amount"] - was["amount"]
    if kind == "appropriation.enacted":
        common = {name: now[name] for name in ("fiscal_year", "agency", "booked_on", "line")}
        fields = {"type": "appropriation.corrected", **common, "stage": "enacted", "amount": change}
        return [_line({"id": ident, **fields})]
    if change > 0:
        return [_line(now | {"id": ident, "type": _MORE[kind], "amount": change})]
    less, names = _LESS[kind]
    common = {name: now[name] for name in ("fiscal_year", "agency", "booked_on")}
    return [_line({"id": ident, "type": less, **common, **{n: now[n] for n in names if n in now}, "amount": -change})]


def _line(event: Fields) -> bytes:
    return msgspec.json.encode(event) + b"\n"
