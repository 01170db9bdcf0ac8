"""What is said of tables, in both languages: the English stands where it is said, the Chinese in `sentences.yaml` under it.

As with gettext the English template is the key, and the values come beside it, so that nothing reads a finished sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Final

import yaml

from ledger.words import Words

CHINESE: Final[Mapping[str, str]] = yaml.safe_load(
    resources.files("producers.tables").joinpath("sentences.yaml").read_text(encoding="utf-8")
)
"""Templates by the English one; {0} is the first value. A test holds that none is missing."""


def sentence(english: str, *values: object) -> Words:
    """A sentence with its values; a value that is Words itself is said in each language.

    Args:
        english: the template, as `str.format` takes it, with `{}` for each value in turn.
        values: what is put in.
    """
    zh, en = (
        [each.text(language) if isinstance(each, Words) else each for each in values] for language in ("zh", "en")
    )
    return Words(CHINESE[english].format(*zh), english.format(*en))
