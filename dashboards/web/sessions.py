"""Who is logged in: a signed cookie with a name and an end, checked against the users at each request.

The cookie holds nothing secret and cannot be made without the key. Logging out and disabling a user end a session at
once; so does a new key (one is made at each start unless the caller keeps one).
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
    """What the cookie says: whose session, until when (seconds since 1970), and its own number."""

    name: str
    until: int
    number: str


class Sessions:
    """Makes and reads cookies."""

    def __init__(self, key: bytes | None = None, clock: Callable[[], float] = time.time) -> None:
        self._key = key or secrets.token_bytes(KEY_BYTES)
        self._clock = clock
        self._ended: dict[str, int] = {}
        self._lock = threading.Lock()

    def begin(self, name: str) -> str:
        """The cookie of a new session."""
        ticket = Ticket(name, int(self._clock()) + HOURS * 3600, secrets.token_hex(16))
        said = base64.urlsafe_b64encode(msgspec.json.encode(ticket)).decode().rstrip("=")
        return f"{said}.{self._sign(said)}"

    def read(self, cookie: str) -> str | None:
        """Whose session a cookie is; None for one that is forged, over or ended."""
        ticket = self._ticket(cookie)
        return None if ticket is None else ticket.name

    def end(self, cookie: str) -> None:
        """End a session before its time."""
        ticket = self._ticket(cookie)
        if ticket is None:
            return
        now = self._clock()
        with self._lock:
            self._ended = {number: until for number, until in self._ended.items() if until > now}
            self._ended[ticket.number] = ticket.until

    def _ticket(self, cookie: str) -> Ticket | None:
        said, _, signature = cookie.partition(".")
        if not signature.isascii() or not hmac.compare_digest(signature, self._sign(said)):
            return None
        try:
            ticket = msgspec.json.decode(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)), type=Ticket)
        except (binascii.Error, ValueError, msgspec.MsgspecError):
            return None
        return None if ticket.until <= self._clock() or ticket.number in self._ended else ticket

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
