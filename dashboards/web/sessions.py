"""Who is logged in: a signed cookie with a name, its generation and an end, checked against the store at each request.

The cookie holds nothing secret and cannot be made without the key. Logging out and disabling a user end a user's sessions
at once (see `streams.people.sessions`); so does a new key (one is made at each start unless the caller keeps one).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

import msgspec

COOKIE: Final = "bw_session"
HOURS: Final = 10
KEY_BYTES: Final = 32

TRIES: Final = 5
"""Wrong passwords for one name, from anywhere, before it has to wait."""
TRIES_FROM: Final = 20
"""The same from one address, for any names."""
WAIT_SECONDS: Final = 300.0
_REMEMBERED_MAX: Final = 10_000


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What the cookie says: whose session, of which generation, until when (seconds since 1970)."""

    name: str
    generation: int
    until: int


class Sessions:
    """Makes and reads cookies."""

    def __init__(self, key: bytes | None = None, clock: Callable[[], float] = time.time) -> None:
        self._key = key or secrets.token_bytes(KEY_BYTES)
        self._clock = clock

    def begin(self, name: str, generation: int) -> str:
        """The cookie of a new session."""
        content = msgspec.json.encode(Ticket(name, generation, int(self._clock()) + HOURS * 3600))
        said = base64.urlsafe_b64encode(content).decode().rstrip("=")
        return f"{said}.{self._sign(said)}"

    def read(self, cookie: str) -> Ticket | None:
        """What a cookie says; None for one that is forged or over."""
        said, _, signature = cookie.partition(".")
        if not signature.isascii() or not hmac.compare_digest(signature, self._sign(said)):
            return None
        try:
            ticket = msgspec.json.decode(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)), type=Ticket)
        except (binascii.Error, ValueError, msgspec.MsgspecError):
            return None
        return None if ticket.until <= self._clock() else ticket

    def _sign(self, said: str) -> str:
        return hmac.new(self._key, said.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


class Throttle:
    """Counts wrong passwords by name and by address; either has to wait once there were too many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong: dict[tuple[str, str], list[float]] = {}

    def wait(self, name: str, address: str) -> int:
        """In how many seconds the next try is taken; 0: now."""
        with self._lock:
            return max(self._wait(("name", name), TRIES), self._wait(("address", address), TRIES_FROM))

    def wrong(self, name: str, address: str) -> None:
        """Remember a wrong password."""
        now = self._clock()
        with self._lock:
            if len(self._wrong) >= _REMEMBERED_MAX:
                self._wrong = {key: at for key, at in self._wrong.items() if at[-1] > now - WAIT_SECONDS}
            for key in (("name", name), ("address", address)):
                self._wrong.setdefault(key, []).append(now)
                del self._wrong[key][:-TRIES_FROM]

    def right(self, name: str) -> None:
        """The password was right: the name starts anew."""
        with self._lock:
            self._wrong.pop(("name", name), None)

    def _wait(self, key: tuple[str, str], tries: int) -> int:
        now = self._clock()
        recent = [at for at in self._wrong.get(key, ()) if at > now - WAIT_SECONDS]
        return 0 if len(recent) < tries else int(recent[-tries] + WAIT_SECONDS - now) + 1
