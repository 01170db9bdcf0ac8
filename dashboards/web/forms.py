"""What a form sends, and what the page says after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.concurrency import sync_to_thread

from dashboards.web.answer import go
from dashboards.web.desk import Desk
from dashboards.web.words import DONE
from ledger.words import Words
from streams.people.person import Person, RefusedAct
from streams.people.vocabulary import REFUSED_ACT


async def form_of(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of a form, the last of each name; files are left out. Line breaks are single ones."""
    fields = await request.form()
    return {name: value.replace("\r\n", "\n") for name, value in fields.multi_items() if isinstance(value, str)}


def after(path: str, *, done: str | None = None, problem: str | None = None) -> str:
    """Where a form leads, with what the page then says."""
    pairs = {"done": done} if problem is None else {"problem": problem}
    return f"{path}{'&' if '?' in path else '?'}{urlencode({k: v for k, v in pairs.items() if v})}"


def form_result(request: Request[Any, Any, Any]) -> tuple[str, Words] | None:
    """What to say after a form: (`done` or `problem`, the sentence); None without one. Only known words are said."""
    done, problem = request.query_params.get("done"), request.query_params.get("problem")
    if problem in REFUSED_ACT:
        return "problem", REFUSED_ACT[str(problem)]
    if done in DONE:
        return "done", DONE[str(done)]
    return None


def acting(desk: Desk, request: Request[Any, Any, Any], form: Mapping[str, str]) -> Person:
    """Who does what a form asks for; raises RefusedAct where nobody is logged in."""
    person = desk.person(request, form.get("person", ""))
    if person is None:
        raise RefusedAct("role")
    return person


async def act(desk: Desk, run: Callable[[], object], back: str, done: str) -> Response[Any]:
    """Do what a form asks for, in a thread; then back to its page, which says what came of it."""
    try:
        await sync_to_thread(run)
    except RefusedAct as refused:
        return go(after(back, problem=refused.code))
    desk.acted()
    return go(after(back, done=done))
