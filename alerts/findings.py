"""What becomes of a finding about a monthly report: open → corrected → verified or repeated, by one table. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, Literal, TypeAlias

from ledger.monthly import FindingKind, ReportDifference

FindingState: TypeAlias = Literal["open", "corrected", "verified", "repeated"]
FindingAct: TypeAlias = Literal["finding-opened", "finding-corrected", "finding-verified", "finding-repeated"]
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
}
"""The state after an act; what is not in it is not done. A later report verifies a finding, or repeats it."""


def after(state: FindingState | None, act: str) -> FindingState | None:
    """The state that an act leads to; None where it is not for this state."""
    return AFTER.get((state, act))


def outcome(kind: FindingKind, line: str, later: Collection[ReportDifference]) -> FindingAct:
    """What a later report says of a finding: the same kind on the same line once more, or not."""
    repeated = any((each.kind, each.line) == (kind, line) for each in later)
    return "finding-repeated" if repeated else "finding-verified"
