"""How many posts of one token are taken: so many at once, then so many a second, so that no feeder keeps the others waiting."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

POSTS_A_SECOND: Final = 200
POSTS_AT_ONCE: Final = 2_000
"""What may come after a pause. Many events belong into one post; who sends one each still gets through at a steady pace."""


class TokenBucket:
    """A bucket for each token, filled as time goes by. Asked in one thread; there are as many as there are tokens."""

    def __init__(
        self,
        a_second: float = POSTS_A_SECOND,
        at_once: float = POSTS_AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._a_second = a_second
        self._at_once = at_once
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, token: str) -> int:
        """Take one post of a token and answer 0; or, where there were too many, in how many seconds to come again."""
        now = self._clock()
        left, at = self._left.get(token, (self._at_once, now))
        left = min(self._at_once, left + (now - at) * self._a_second)
        if left < 1:
            self._left[token] = (left, now)
            return math.ceil((1 - left) / self._a_second)
        self._left[token] = (left - 1, now)
        return 0
