"""The one type for what people read in either language."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

Language: TypeAlias = Literal["zh", "en"]
Sentence: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]
"""What a YAML file must not leave empty."""

Shown: TypeAlias = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1})]
"""What is shown is not empty, and schemas say so; a name from outside that is may be kept and read back."""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same in Traditional Chinese and in English. Names from outside may be empty; in a YAML file neither may be."""

    zh: Shown
    en: Shown

    def text(self, language: Language) -> str:
        """The words in one language."""
        return self.zh if language == "zh" else self.en


NOTHING: Final = Words("", "")


def alike(text: str) -> Words:
    """What is written the same in both languages: a code, a number, a name from outside."""
    return Words(text, text)


def as_sentence(words: Words) -> Words:
    """Words with the full stop of either language."""
    return Words(f"{words.zh}。", f"{words.en}.")
