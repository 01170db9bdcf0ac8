"""What was typed into a form that was not taken comes back, to be put right and sent once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Request, Response

from dashboards.web import names
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from dashboards.web.drafts import FILE_BYTES_MAX
from dashboards.web.file_words import known_mappings
from dashboards.web.words import SESSION_ENDED, WORDS
from ledger.words import Words, alike
from streams.people.vocabulary import ACT_FIELD

FILE: Final = "file"
"""The field of a form's file. Its name comes back alone: no page can choose a file for somebody."""
_HIDDEN: Final = frozenset(("year", "again", "next", "kept", "kept_for", "password"))
_DAYS: Final = frozenset(("due_on", "recovery_on", "expected_day", "sent_on", "booked_on", "council_notified_on"))
_LONG: Final = frozenset(("reason", "text", "measure", "remark", "json", "own_mapping"))
GIVEN: Final = "given-"
"""How the fields begin that stand for what a table does not say."""
_LABELS: Final[Mapping[str, Words]] = {
    "person": WORDS["person"],
    "json": alike("JSON"),
    FILE: WORDS["files_file"],
    "mapping": WORDS["files_kind"],
    "own_mapping": WORDS["files_own"],
    "sheet": WORDS["files_sheet"],
}


def unsent_page(
    desk: Desk,
    request: Request[Any, Any, Any],
    form: Mapping[str, str],
    why: Words,
    *,
    status: int,
    back: str = "/",
    path: str = "",
    csrf: str = "",
) -> Response[Any]:
    """What was typed into a form that was not taken, with why, to be put right and sent once more.

    `path` and `csrf`: where it goes and its token, where they are not those of this request.
    """
    typed = [_field(name, value) for name, value in form.items()]
    context: dict[str, Any] = {
        "typed": typed,
        "why": why,
        "back": back,
        "send_to": path or request.url.path,
        "other_address": back,
    }
    context |= {"with_file": FILE in form, "most": FILE_BYTES_MAX}
    if csrf:
        context["csrf"] = csrf
    return page(desk, request, "unsent.html", Words("尚未送出", "Not sent yet"), context, status=status)


def log_in_with_unsent(desk: Desk, request: Request[Any, Any, Any], form: Mapping[str, str]) -> Response[Any]:
    """The log-in form, with what was typed kept in it until then: the session ended meanwhile."""
    kept = msgspec.json.encode(dict(form)).decode()
    context = {
        "next": "/",
        "problem": "",
        "wait": 0,
        "kept": kept,
        "kept_for": request.url.path,
        "other_address": "/log-in",
    }
    return page(desk, request, "log-in.html", SESSION_ENDED, context, status=401)


def _field(name: str, value: str) -> Mapping[str, Any]:
    label = _label(name)
    return {
        "name": name,
        "value": value,
        "label": label,
        "hidden": name in _HIDDEN or label is None,
        "day": name in _DAYS,
        "long": len(value) > 60 or name in _LONG,
        "code": name in ("json", "own_mapping"),
        "file": name == FILE,
        "choices": _choices(name),
    }


def _choices(name: str) -> Sequence[tuple[str, Words]]:
    """What a field is chosen from; nothing where it is typed."""
    if name != "mapping":
        return ()
    return [("", WORDS["files_suggest"]), *((key, each.title) for key, each in known_mappings().items())]


def _label(name: str) -> Words | None:
    """What a field of a form is called; None for what nobody types."""
    fields = names.VOCABULARIES["FIELD"]
    return _LABELS.get(name) or ACT_FIELD.get(name) or fields.get(name.removeprefix(GIVEN))
