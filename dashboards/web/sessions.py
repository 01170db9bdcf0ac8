"""Who is logged in: a signed cookie with a name, its generation and an end, checked against the store at each request.

The cookie holds nothing secret and cannot be made without the key. Logging out and disabling a user end a user's sessions
at once (see `streams.people.sessions`); so does a new key (one is made at each start unless the caller keeps one).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
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

    @property
    def id(self) -> str:
        """By which the trail knows the session; nobody can log in with it."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]


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
        ticket = self.read_ended(cookie)
        return None if ticket is None or ticket.until <= self._clock() else ticket

    def read_ended(self, cookie: str) -> Ticket | None:
        """The same of one that may be over: somebody was logged in here once."""
        said, _, signature = cookie.partition(".")
        if not signature.isascii() or not hmac.compare_digest(signature, self._sign(said)):
            return None
        try:
            return msgspec.json.decode(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)), type=Ticket)
        except (binascii.Error, ValueError, msgspec.MsgspecError):
            return None

    def _sign(self, said: str) -> str:
        return hmac.new(self._key, said.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


class Throttle:
    """Counts tries to log in by name and by address; either has to wait once too many were wrong.

    A try counts as wrong from its beginning until it proves right: any number at the same moment are no more than so many.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong: dict[tuple[str, str], list[float]] = {}

    def begin(self, name: str, address: str) -> int:
        """Begin a try and answer 0; or, where there were too many, in how many seconds the next one is taken."""
        now, keys = self._clock(), _keys(name, address)
        with self._lock:
            seconds = max(self._wait(key, tries, now) for key, tries in keys.items())
            if seconds == 0:
                self._make_room(now)
                for key in keys:
                    self._wrong.setdefault(key, []).append(now)
                    del self._wrong[key][:-TRIES_FROM]
            return seconds

    def right(self, name: str, address: str) -> None:
        """The password was right: the name starts anew, and of the address this try is not counted."""
        by_name, by_address = _keys(name, address)
        with self._lock:
            self._wrong.pop(by_name, None)
            tries = self._wrong.get(by_address)
            if tries:
                tries.pop()

    def _wait(self, key: tuple[str, str], tries: int, now: float) -> int:
        recent = [at for at in self._wrong.get(key, ()) if at > now - WAIT_SECONDS]
        return 0 if len(recent) < tries else int(recent[-tries] + WAIT_SECONDS - now) + 1

    def _make_room(self, now: float) -> None:
        """Forget those who need not wait any more; where that is not enough, those who came first."""
        if len(self._wrong) < _REMEMBERED_MAX:
            return
        self._wrong = {key: at for key, at in self._wrong.items() if at and at[-1] > now - WAIT_SECONDS}
        for key in list(self._wrong)[: max(0, len(self._wrong) - _REMEMBERED_MAX // 2)]:
            del self._wrong[key]


def _keys(name: str, address: str) -> dict[tuple[str, str], int]:
    """What a try is counted under, and how many each may have. Who has one IPv6 address has its whole network."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        network = address
    else:
        network = str(ipaddress.ip_network((known, 64), strict=False)) if known.version == 6 else address
    return {("name", name): TRIES, ("address", network): TRIES_FROM}
