"""Which passwords are taken: long enough, and none that whoever guesses tries first. Pure."""

from __future__ import annotations

import re
from typing import Final

LENGTH_MIN: Final = 12
LENGTH_MAX: Final = 1_024
_DISTINCT_MIN: Final = 6
_COMMON: Final = (
    *("password", "passw0rd", "passwd", "qwerty", "qwertyuiop", "asdfghjkl", "asdfgh", "zxcvbnm", "zxcvbn", "letmein"),
    *(
        "welcome",
        "iloveyou",
        "admin",
        "administrator",
        "monkey",
        "dragon",
        "football",
        "baseball",
        "sunshine",
        "princess",
    ),
    *("superman", "trustno1", "master", "shadow", "michael", "changeme", "default", "secret", "login", "hello", "abc"),
    *(
        "abcdef",
        "google",
        "taiwan",
        "taipei",
        "kaohsiung",
        "woaini",
        "budget",
        "budgetwatch",
        "accounting",
        "government",
    ),
    *("q1w2e3r4t5y6", "1q2w3e4r5t", "1qaz2wsx3edc", "zaq12wsx", "ji32k7au4a83", "your", "my", "the", "user", "test"),
)
"""The commonest passwords and what the commonest are made of; ji32k7au4a83 is 我的密碼 on a Taiwanese keyboard."""
_RUNS: Final = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
_LOOKALIKES: Final = str.maketrans("0134578@$!", "oleastbasi")


def weakness(password: str, *own: str) -> str | None:
    """Why a password is not taken, in a sentence for who chose it; None where it is. `own`: the user's names."""
    if len(password) < LENGTH_MIN:
        return f"the password needs at least {LENGTH_MIN} characters"
    if len(password) > LENGTH_MAX:
        return f"the password may have at most {LENGTH_MAX:,} characters"
    if len(set(password)) < _DISTINCT_MIN:
        return f"the password needs at least {_DISTINCT_MIN} different characters"
    words = [word.casefold() for word in own if len(word) > 2]
    if _is_made_of(password.casefold(), (*_COMMON, *words)):
        return "the password is one of the commonest, or made of them or of the user's name; choose another"
    return None


def _is_made_of(text: str, words: tuple[str, ...]) -> bool:
    """Whether nothing is left of a text but the odd sign once common words and runs are taken out of it."""
    for read in (text, re.sub(r"[\W\d_]+$", "", text).translate(_LOOKALIKES)):
        left = read
        for word in sorted(words, key=len, reverse=True):
            left = left.replace(word, " ")
        left = re.sub(r"[\W\d_]+", "", _without_runs(left)) if left != read else _without_runs(left)
        if len(left.replace(" ", "")) < len(text) // 3:
            return True
    return False


def _without_runs(text: str) -> str:
    """Taken out of a text: what runs along the digits, the alphabet or the keyboard, forwards or backwards."""
    found, at = [], 0
    while at < len(text):
        size = next((n for n in range(min(20, len(text) - at), 3, -1) if _is_run(text[at : at + n])), 0)
        if not size:
            found.append(text[at])
        at += size or 1
    return "".join(found)


def _is_run(part: str) -> bool:
    return any(part in run or part[::-1] in run for run in _RUNS)
