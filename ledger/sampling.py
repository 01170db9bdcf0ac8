"""按月抽核: which agencies' reports of a month are looked through, by risk and by lot. The same seed draws the same. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

DrawnFor: TypeAlias = Literal["repeated", "never-sampled", "difference", "lot"]
"""Why an agency was drawn: a finding that was repeated; it was never sampled this year; its report differs most; by lot."""


class SampleCandidate(msgspec.Struct, frozen=True):
    """An agency that filed a report for the month."""

    agency: str
    times_sampled: int = 0
    """Earlier this year."""
    repeated: int = 0
    """Findings of this year that were repeated."""
    difference: int = 0
    """The most that its report differs by in one place, NT$."""


class SampledAgency(msgspec.Struct, frozen=True):
    """An agency that was drawn, and why."""

    agency: str
    why: DrawnFor


def draw(
    candidates: Sequence[SampleCandidate], size: int, seed: int, fiscal_year: int, month: int
) -> list[SampledAgency]:
    """Draw so many agencies: half of them (rounded up) by risk, the rest by lot; by agency.

    By risk: first those with repeated findings (the most first), then the never sampled whose reports differ, then the
    largest differences, then the never sampled. Where that leaves a choice, and for the rest, the lot decides: the
    digest of seed, year, month and agency, so that anybody can draw the same again.
    """

    def lot(one: SampleCandidate) -> str:
        return hashlib.sha256(f"{seed}|{fiscal_year}|{month}|{one.agency}".encode()).hexdigest()

    def risk(one: SampleCandidate) -> tuple[int, bool, int, bool, str]:
        never = one.times_sampled == 0
        return -one.repeated, not (never and one.difference > 0), -one.difference, not never, lot(one)

    at_risk = [one for one in candidates if _why(one) is not None]
    chosen = sorted(at_risk, key=risk)[: min((size + 1) // 2, len(at_risk))]
    found = [SampledAgency(one.agency, _why(one) or "lot") for one in chosen]
    taken = {one.agency for one in chosen}
    rest = sorted((one for one in candidates if one.agency not in taken), key=lot)
    found += [SampledAgency(one.agency, "lot") for one in rest[: max(0, size - len(found))]]
    return sorted(found, key=lambda one: one.agency)


def _why(one: SampleCandidate) -> DrawnFor | None:
    if one.repeated:
        return "repeated"
    if one.difference:
        return "difference"
    return "never-sampled" if one.times_sampled == 0 else None
