"""What proves that a form was made for who sends it: a token bound to the session, or to a cookie of the browser before that.

The token changes at each log-in, for the session does; nobody can make one without the key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any, Final

from litestar import Request
from litestar.datastructures import Cookie

from dashboards.web.sessions import COOKIE as SESSION
from dashboards.web.visitor import visitor_of

FIELD: Final = "_csrf_token"
COOKIE: Final = "bw_form"
_STATE: Final = "form_cookie"
_BYTES: Final = 16


class FormTokens:
    """Makes tokens and knows them again."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = hashlib.sha256(b"form tokens" + (key or secrets.token_bytes(32))).digest()

    def of(self, request: Request[Any, Any, Any]) -> str:
        """The token for the forms of a page; the page must send `cookie` along."""
        bound = self._bound(request)
        if bound is None:
            bound = secrets.token_urlsafe(_BYTES)
            request.scope["state"][_STATE] = bound
        return self.for_session(bound)

    def for_session(self, bound: str) -> str:
        """The token under a session's cookie."""
        return hmac.new(self._key, bound.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    def cookie(self, request: Request[Any, Any, Any], *, secure: bool) -> Cookie | None:
        """What the browser is to keep, where `of` made something new for it."""
        made = request.scope["state"].get(_STATE)
        if made is None:
            return None
        return Cookie(COOKIE, value=made, httponly=True, samesite="strict", secure=secure, path="/")

    def holds(self, request: Request[Any, Any, Any], token: str) -> bool:
        """Whether a form was made for who sends it."""
        bound = self._bound(request)
        return bound is not None and hmac.compare_digest(
            self.for_session(bound).encode(), token.encode("utf-8", "replace")
        )

    def _bound(self, request: Request[Any, Any, Any]) -> str | None:
        """What the token is bound to: the session, where there is one; else this browser's cookie."""
        found = visitor_of(request)
        name = SESSION if found is not None and found.ticket is not None else COOKIE
        return request.cookies.get(name) or request.scope["state"].get(_STATE)
