"""May I spend this? A form that builds one event and asks what would come of it, by the fold's own code. Records nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency

from alerts.check import Checked
from alerts.naming import line_name, subject
from alerts.verdict import Verdict
from alerts.vocabulary import TURN, VERDICT
from dashboards.reports.headroom import headroom
from dashboards.web import language
from dashboards.web.access import ANYBODY, OutOfScope
from dashboards.web.answer import page
from dashboards.web.asking import asked_about
from dashboards.web.desk import Desk
from dashboards.web.filters import TYPED
from dashboards.web.forms import form_of
from dashboards.web.grid import Grid
from dashboards.web.subjects import page_of
from ledger.books import Books
from ledger.fiscal import ROC_OFFSET
from ledger.names import agency_name, with_code
from ledger.words import Words

LINE_BYTES_MAX: Final = 1 << 20
DRAFT: Final = "draft"

FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "disbursement.paid": ("line", "amount", "origin_year", "commitment", "payable", "prepayment", "basis", "basis_ref"),
    "commitment.made": ("line", "amount", "origin_year", "basis", "basis_ref"),
    "prepayment.made": ("line", "amount", "origin_year", "commitment", "basis", "basis_ref"),
    "payable.recognised": ("line", "amount", "origin_year", "commitment"),
    "provisional.spent": ("line", "amount", "basis", "basis_ref"),
    "virement.approved": ("from_line", "to_line", "amount", "disaster"),
    "reserve.approved": (
        "reserve",
        "case",
        "line",
        "amount",
        "ground",
        "council_notified_on",
        "council_consent",
        "disaster",
        "approval_ref",
    ),
}
"""The acts a form can ask about, and the fields of each beside year, agency and day."""
_NUMBERS: Final = frozenset(("amount", "origin_year", "ground"))
_FLAGS: Final = frozenset(("disaster", "council_consent"))
_OWN_IDS: Final[Mapping[str, Mapping[str, str]]] = {
    "disbursement.paid": {"voucher": DRAFT},
    "provisional.spent": {"voucher": DRAFT},
    "commitment.made": {"commitment": DRAFT},
    "prepayment.made": {"prepayment": DRAFT},
    "payable.recognised": {"payable": DRAFT},
}
"""What the act would be filed under is not known before it is done."""
COMMON: Final = ("type", "fiscal_year", "agency", "booked_on")
STATUS: Final[Mapping[str, str]] = {"allowed": "normal", "warned": "watch", "blocked": "breach"}
"""How an answer is coloured."""


@get("/check", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def check_form(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The form; the address may fill it in."""
    asked = {name: value for name, value in request.query_params.items() if isinstance(value, str)}
    return _page(request, desk, asked, None, None)


@post("/check", include_in_schema=False, status_code=200, opt=ANYBODY)
async def check_answer(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """The answer, below the form."""
    return await sync_to_thread(_answer, request, desk, form_of(request))


def _answer(request: Request[Any, Any, Any], desk: Desk, form: dict[str, str]) -> Response[Any]:
    line = form["json"].encode("utf-8", "replace") if form.get("json", "").strip() else event_of(form)
    line = line[:LINE_BYTES_MAX].replace(b"\n", b" ")
    found = asked_about(desk.monitor, line, desk.scope(request))
    return _page(request, desk, form, found, line)


def event_of(form: Mapping[str, str]) -> bytes:
    """The event that a form describes. What is left empty is left out; what is no number stays text and is refused."""
    kind = form.get("type", "")
    event: dict[str, Any] = {"type": kind}
    for name in (*COMMON[1:], *FIELDS.get(kind, ())):
        text = form.get(name, "").strip()
        if name in _FLAGS:
            if text:
                event[name] = True
        elif text:
            event[name] = _number(text) if name in _NUMBERS or name == "fiscal_year" else text
    for name, value in _OWN_IDS.get(kind, {}).items():
        event.setdefault(name, value)
    return msgspec.json.encode(event)


def _number(text: str) -> int | str:
    # Full-width digits and commas are what a Chinese input method types.
    digits = unicodedata.normalize("NFKC", text).replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else text


def _page(
    request: Request[Any, Any, Any], desk: Desk, form: Mapping[str, str], found: Checked | None, line: bytes | None
) -> Response[Any]:
    monitor = desk.monitor
    verdict, refusal = (None, None) if found is None else found
    today = monitor.today()
    registry = monitor.registry
    scope = desk.scope(request)
    own = sorted(filter(scope.has_agency, registry.agencies))
    agency = form.get("agency", "") if form.get("agency") in own else min(own, default="")
    year = form.get("fiscal_year", "")
    fiscal_year = int(year) if year.isascii() and year.isdigit() and len(year) <= 3 else int(today[:4]) - ROC_OFFSET
    filled = {"type": "disbursement.paid", "fiscal_year": str(fiscal_year), "agency": "", "booked_on": today} | dict(
        form
    )
    lines = desk.look(("line names", fiscal_year, agency), lambda books: _line_names(books, fiscal_year, agency))
    context: dict[str, Any] = {
        "form": filled,
        "fields": FIELDS,
        "every_field": list(dict.fromkeys(name for fields in FIELDS.values() for name in fields)),
        "uses": {
            name: " ".join(kind for kind, fields in FIELDS.items() if name in fields)
            for fields in FIELDS.values()
            for name in fields
        },
        "agencies": [(code, with_code(agency_name(desk.names, code), code)) for code in own],
        "lines": [(line, with_code(line_name(desk.names, fiscal_year, line), line)) for line in lines],
        "verdict": verdict,
        "refusal_words": None if refusal is None else refusal.detail.words,
        "answer": None if verdict is None else (STATUS[verdict.verdict], VERDICT[verdict.verdict]),
        "turns": TURN,
        "asked_json": "" if line is None else line.decode("utf-8", "replace"),
        "rules": monitor.catalogue.rules,
        "page_of": lambda alert: page_of(registry, alert.subject.level, alert.subject.key, alert.fiscal_year),
        "subject_of": lambda alert: subject(desk.names, alert.subject.level, alert.subject.key, alert.fiscal_year),
    }
    grids = [] if verdict is None else [_headroom(desk, verdict)]
    return page(desk, request, "check.html", Words("可否支用", "May I spend this?"), context, grids, here="check")


@get("/check/lines", include_in_schema=False, sync_to_thread=True, opt=ANYBODY | TYPED)
def check_lines(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> list[tuple[str, str]]:
    """The lines of an agency and year with their names, for the form to suggest."""
    year, agency = request.query_params.get("year", ""), request.query_params.get("agency", "")
    fiscal_year = int(year) if year.isascii() and year.isdigit() and len(year) <= 3 else 0
    if not desk.scope(request).has_agency(agency):
        raise OutOfScope(detail="another agency's lines")
    found = desk.look(("line names", fiscal_year, agency), lambda books: _line_names(books, fiscal_year, agency))
    reader = language.of(request)
    return [(line, with_code(line_name(desk.names, fiscal_year, line), line).text(reader)) for line in found]


def _line_names(books: Books, fiscal_year: int, agency: str) -> list[str]:
    year = books.find(fiscal_year, agency)
    return [] if year is None else sorted(name for name in year.positions if "@" not in name)


def _headroom(desk: Desk, verdict: Verdict) -> Grid:
    table = headroom(verdict, desk.names, verdict.as_of or desk.monitor.today())
    missing = [isinstance(after, int) and after < 0 for after in table.column("after")]
    return Grid(
        table=table, name="headroom", formats=(), chips={"after": ["negative" if each else None for each in missing]}
    )


HANDLERS = (check_form, check_lines, check_answer)
