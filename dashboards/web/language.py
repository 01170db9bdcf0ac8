"""Which language a reader is given: the city's (`city.yaml`; Chinese unless it says otherwise) until another is chosen."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request
from litestar.datastructures import Cookie

from dashboards.web.visitor import visitor_of
from ledger.words import Language

COOKIE: Final = "bw_lang"
_YEAR_SECONDS: Final = 365 * 24 * 3600
TAGS: Final[dict[Language, str]] = {"zh": "zh-Hant-TW", "en": "en"}
"""What `lang` says in HTML."""


def of(request: Request[Any, Any, Any]) -> Language:
    """The language of an answer: the one asked for in the address, else the one kept, else the user's, else the city's."""
    visitor = visitor_of(request)
    chosen = asked(request) or request.cookies.get(COOKIE) or (visitor and visitor.language)
    if chosen is None:
        desk = request.app.state.get("desk")
        own: Language = "zh" if desk is None else desk.names.city.language
        return own
    return "en" if chosen == "en" else "zh"


def asked(request: Request[Any, Any, Any]) -> Language | None:
    """The language that the address asks for, if it does."""
    value = request.query_params.get("lang")
    if value is None:
        return None
    return "en" if value == "en" else "zh"


def kept(language: Language, *, secure: bool) -> Cookie:
    """The cookie that keeps a choice."""
    return Cookie(COOKIE, value=language, max_age=_YEAR_SECONDS, samesite="lax", secure=secure, httponly=True, path="/")


def switched(request: Request[Any, Any, Any], language: Language) -> str:
    """The address of this page in another language."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name not in ("lang", "export")]
    return f"{request.url.path}?{urlencode([*pairs, ('lang', language)])}"
