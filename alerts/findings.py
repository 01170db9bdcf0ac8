"""What becomes of a finding about a monthly report: open → corrected → verified or repeated, by one table. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from ledger.monthly import FindingKind, ReportDifference

FindingState: TypeAlias = Literal["open", "corrected", "verified", "repeated"]
FindingAct: TypeAlias = Literal[
    "finding-opened", "finding-corrected", "finding-verified", "finding-repeated", "finding-settled"
]
AFTER: Final[Mapping[tuple[FindingState | None, str], FindingState]] = {
    (None, "finding-opened"): "open",
    ("open", "finding-corrected"): "corrected",
    ("open", "finding-verified"): "verified",
    ("open", "finding-repeated"): "repeated",
    ("corrected", "finding-verified"): "verified",
    ("corrected", "finding-repeated"): "repeated",
    ("repeated", "finding-corrected"): "corrected",
    ("repeated", "finding-verified"): "verified",
    ("repeated", "finding-repeated"): "repeated",
    ("open", "finding-settled"): "verified",
    ("corrected", "finding-settled"): "verified",
    ("repeated", "finding-settled"): "verified",
}
"""The state after an act; what is not in it is not done. A later report verifies a finding, or repeats it; where no report can
tell, an officer settles it, with a reason."""


class DecidingReport(msgspec.Struct, frozen=True):
    """A report that counts, against which findings are held."""

    number: int
    """Under which it is kept: of two the higher came later."""
    month: int
    lines: Collection[str]
    """The positions that it reports, by name."""
    found: Sequence[ReportDifference]
    """What it differs in."""


_OF_LINES: Final[tuple[FindingKind, ...]] = ("over-allotted", "books", "movement")


def after(state: FindingState | None, act: str) -> FindingState | None:
    """The state that an act leads to; None where it is not for this state."""
    return AFTER.get((state, act))


def decision(
    kind: FindingKind, line: str, month: int, seen: int, reports: Sequence[DecidingReport]
) -> tuple[FindingAct, DecidingReport] | None:
    """What became of a finding, and the report that says so; None where nothing that came after it can tell.

    Reports of its own month or a later one decide that are kept under a higher number than `seen`: the last to come that
    can tell.
    """
    later = [each for each in reports if each.number > seen and each.month >= month]
    for each in sorted(later, key=lambda each: each.number, reverse=True):
        act = _outcome(kind, line, each, own=each.month == month)
        if act is not None:
            return act, each
    return None


def _outcome(kind: FindingKind, line: str, report: DecidingReport, *, own: bool) -> FindingAct | None:
    """What one report says: the same kind on the same line once more, or not, or nothing of it.

    A later month that follows its own predecessor does not put right a month that did not, and a line that is not in it
    tells nothing.
    """
    there = [(each.kind, each.line) for each in report.found]
    if (kind, line) in there:
        return "finding-repeated"
    if own:
        return "finding-repeated" if kind in _OF_LINES and ("left-out", line) in there else "finding-verified"
    can_tell = kind != "movement" and (kind not in _OF_LINES or line in report.lines)
    return "finding-verified" if can_tell else None
