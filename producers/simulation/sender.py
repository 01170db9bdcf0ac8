"""From a draft to the bytes that are sent: ids, feeds and their numbers, recording times and notes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from random import Random
from typing import Final

from producers.event_line import Field, event_line
from producers.simulation.lines import SimulatedAgency
from producers.simulation.mix import Mix
from producers.simulation.seasons import SeasonDay

FEED: Final = "accounting"
"""The source that agencies' events name: their accounting system (會計系統)."""

REFUSED_ID: Final = "X"
"""How the ids of events begin that are to be refused (except conflicting duplicates, which repeat another's id)."""

_RECENT: Final = 400
_NOTES: Final = (
    "辦公用品採購",
    "第2期估驗款",
    "資訊系統維護費",
    "水電費",
    "委辦案期中款",
    "場地租金",
    "道路養護工程款",
    "補助款第1期撥付",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event about to be sent.

    Attributes:
      agency: Who books it.
      type: A type of CONTRACT.md §2.
      fields: The type's own fields in the contract's order.
      booked_on: Ordinal day, or None for the day being simulated.
      note: A note, or "".
      refused: Whether it is meant to be refused: it then carries no feed number, which would leave a gap.

    """

    agency: SimulatedAgency
    type: str
    fields: dict[str, Field]
    booked_on: int | None = None
    note: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """An accepted event, kept for a while to be sent again."""

    id: str
    draft: Draft
    booked_on: str
    line: bytes


class Sender:
    """Numbers and encodes the events of a year, in the order they are sent."""

    def __init__(self, fiscal_year: int, iso_days: dict[int, str], mix: Mix, rng: Random) -> None:
        self.recent: deque[Sent] = deque(maxlen=_RECENT)
        self._fiscal_year = fiscal_year
        self._iso_days = iso_days
        self._mix = mix
        self._rng = rng
        self._number = 0

    def send(self, draft: Draft, day: SeasonDay) -> bytes:
        """Send the draft as a line. Money in it stays as it is; only envelope fields are decided here."""
        self._number += 1
        prefix = REFUSED_ID if draft.refused else "E"
        event_id = f"{prefix}{self._number:07d}"
        booked_on = day.iso if draft.booked_on is None else self._iso_days[draft.booked_on]
        if draft.booked_on is None:
            draft.agency.last_booked = day.ordinal
        fields = dict(draft.fields)
        if not draft.refused:
            fields["source"] = FEED
            if draft.agency.numbered:
                draft.agency.sequence += 1
                fields["seq"] = draft.agency.sequence
        chance = self._rng.randrange(1_000_000)
        if chance % 1000 < self._mix.recorded_at_permille:
            fields["recorded_at"] = f"{day.iso}T{8 + chance % 10:02d}:{chance % 60:02d}:{chance % 59:02d}+08:00"
        if draft.note:
            fields["note"] = draft.note
        elif chance // 1000 < self._mix.noted_permille and draft.type == "disbursement.paid":
            fields["note"] = _NOTES[chance % len(_NOTES)]
        line = event_line(
            event_id, draft.type, self._fiscal_year, draft.agency.code, booked_on=booked_on, fields=fields
        )
        if not draft.refused:
            self.recent.append(Sent(event_id, draft, booked_on, line))
        return line

    def contradict(self, sent: Sent, note: str) -> bytes:
        """Send an event of an id already taken, by the same agency on the same day, with one NT$ more."""
        fields = dict(sent.draft.fields)
        amount = fields["amount"]
        if not isinstance(amount, int):
            raise TypeError("only an event with an amount can be contradicted")
        fields.update(amount=amount + 1, note=note)
        agency = sent.draft.agency.code
        return event_line(sent.id, sent.draft.type, self._fiscal_year, agency, booked_on=sent.booked_on, fields=fields)
