"""The answer to "may I spend this?": the shape that `check --json` and `POST /v1/check` give. Amounts are NT$."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from ledger.events import Day, Year
from ledger.output import AlertOut
from ledger.refusals import Reason
from ledger.words import Words

Permission: TypeAlias = Literal["allowed", "warned", "blocked"]
Turn: TypeAlias = Literal["opened", "worse", "joined"]


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The event that was asked about; `id` is `draft` where it has none."""

    id: str
    type: str
    fiscal_year: Year
    agency: str
    booked_on: Day


class RefusedFor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the event would be refused (CONTRACT §2)."""

    reason: Reason
    detail: str


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure without the event and with it."""

    before: int
    after: int


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left of a limit; null while there is none."""

    before: int | None
    after: int | None


class LineRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left on a line's position; below 0, what is missing."""

    key: str
    economic_class: Literal["current", "capital"]
    line: Change
    """B + held − O: what is appropriated and not obligated."""
    held_free: Change
    """B − O: the same without what is on hold."""
    allotment: Limit | None
    """What is allotted up to `allotment_month`, less realised and prepaid; null without an allotment."""
    allotment_month: int | None
    """The latest month in which anything of them is booked, or that of the event if later; at most 12."""
    cr_base: Limit | None
    """Under continuing resolution: the base less what counts against it; null where no base is known."""
    cr_month: Limit | None
    """Under continuing resolution: the allotment of the event's month less what counts in it; null without one."""


class AgencyRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An agency's money of one economic class: B, O and B − O."""

    key: str
    economic_class: Literal["current", "capital"]
    available: Change
    obligated: Change
    remaining: Change


class ReserveRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can still be drawn on a reserve: established − approved + cancelled."""

    key: str
    remaining: Change


class ObjectRoom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What virements may still move into and out of a level-1 object of one account (Budget Act §63); below 0, too much."""

    key: str
    inflow: Change
    outflow: Change


class Headroom(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left at each level that the event reaches; empty where it is refused or names no line."""

    lines: list[LineRoom] = []
    agency: list[AgencyRoom] = []
    reserves: list[ReserveRoom] = []
    objects: list[ObjectRoom] = []


class Foretold(AlertOut, forbid_unknown_fields=True):
    """An alert as it would be: opened by the event, made worse by it, or joined by it (an act rule's)."""

    change: Turn


class Advice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What would free the event; `about` is the rule, or the reason of the refusal."""

    about: str
    zh: str
    en: str

    @property
    def words(self) -> Words:
        """The advice in both languages."""
        return Words(self.zh, self.en)


class Verdict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What would come of an event. Nothing of it is recorded."""

    verdict: Permission
    as_of: Day | None
    """The day up to which the books tell; null where they hold nothing."""
    event: Asked | None
    """Null where the line cannot be read as an event."""
    refusal: RefusedFor | None
    headroom: Headroom
    alerts: list[Foretold]
    """The gravest first."""
    standing: list[AlertOut]
    """Unfinished on what the event touches, and made neither by it nor worse by it."""
    warnings: list[Words]
    unblock: list[Advice]
