"""What a city says of itself in `city.yaml`: what it and its office are called, who signs, how large sums are written."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from ledger.words import Language, Words

LargeUnit: TypeAlias = Literal["hundred_million", "thousand"]
"""億元 or 千元: what large sums stand in on paper."""
PrintedLine: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class Signatory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs letters: the post, and the person's name where it is printed."""

    title: Words
    name: str = ""


class ReasonChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason that an agency can choose when it answers."""

    code: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,39}$")]
    words: Words
    needs_text: bool = False
    """Whether it must be explained."""


class City(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of `city.yaml` (CONTRACT §7); every one may be left out, and nothing of a city stands in the source.

    `days_off` and `working_days` are `YYYY-MM-DD`, laid over the calendar that ships.
    """

    name: Words = Words("本市", "the city")
    office: Words = Words("主計機關", "the accounting office")
    address: str = ""
    telephone: str = ""
    signatory: Signatory | None = None
    days_off: list[PrintedLine] = []
    working_days: list[PrintedLine] = []
    language: Language = "zh"
    unit: LargeUnit = "hundred_million"
    lagging_reasons: list[ReasonChoice] = []
    """Why capital execution lags (落後原因), in place of the list that ships."""
    answer_reasons: list[ReasonChoice] = []
    """The same of all other alerts."""


NO_CITY: Final = City()
