"""From what a page found to what is sent: the whole page, its changing part alone, or one of its tables as a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.response import Redirect, Stream
from markupsafe import Markup

from alerts.lagging import target
from dashboards.reports.formats import FORMATS
from dashboards.reports.formats.cells import day, large_sum
from dashboards.reports.printed_form import UNITS, as_form
from dashboards.reports.table import NOTED, ReportProblem, Table, marked, with_head
from dashboards.web import grid, language, names, shown, static_files
from dashboards.web.desk import Desk
from dashboards.web.grid import Grid
from dashboards.web.paging import paged
from dashboards.web.visitor import visitor_of
from dashboards.web.words import NAVIGATION, WORDS
from ledger.words import Language, Words
from streams.people import trail
from streams.people.links import PATH as LINK_PATH
from streams.people.person import MAY_LOAD, Person
from streams.scope import Scope
from streams.store.mark import all_marks
from streams.trail.keys import shown_head

FRAGMENT_HEADER: Final = "x-fragment"
"""A page that refreshes itself asks for its changing part by this header."""
EXPORTED: Final = ("csv", "xlsx", "ods", "pdf")
_NONE_BUT_OWN: Final = (
    "default-src 'none'; script-src 'self'; style-src {style}; img-src 'self' data:; font-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_MAY_DIFFER: Final = frozenset(("other_address", "csrf", "refresh_from"))
"""What every template may name and a page may know better."""
_SECRET: Final = {"Referrer-Policy": "no-referrer"}
"""Where the address itself is a secret."""
TRAIL_HEAD: Final = "Budgetwatch-Trail-Head"
"""Of an answer that is a report: number and hash of the newest act, as `--expect-head` takes them."""
_UNSAFE_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")

_templates: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["capital"] = lambda text: text[:1].upper() + text[1:]
"""A label begins with a capital; what follows stays as it is (YAML, ROC year)."""


def compile_templates() -> None:
    """Make every template ready; else each page's first reader waits for it."""
    for name in _templates.list_templates():
        _templates.get_template(name)


def page(
    desk: Desk,
    request: Request[Any, Any, Any],
    template: str,
    title: Words,
    context: Mapping[str, Any],
    grids: Sequence[Grid] = (),
    *,
    here: str = "",
    status: int = 200,
    charts: bool = False,
    file_name: str = "",
) -> Response[Any]:
    """Answer with a page.

    Args:
        desk: what pages work with.
        request: what was asked.
        template: its name.
        title: the page's own title.
        context: what the template is given beside the common names.
        grids: its tables; each is `grids.<name>` in the template and can be exported.
        here: the entry of the navigation it belongs to.
        status: the HTTP status.
        charts: whether the page draws charts (plotly sets styles of its own).
        file_name: how an export's name begins; ASCII.
    """
    reader = language.of(request)
    asked = request.query_params.get("export")
    if asked in EXPORTED and grids:
        wanted, stem = request.query_params.get("table"), file_name or here or "budgetwatch"
        return _export(desk, grids, str(asked), wanted, reader, stem, request.query_params.get("unit"))
    fragment = FRAGMENT_HEADER in request.headers
    views = {}
    for each in grids:
        part, paging = paged(each, request.query_params, reader)
        views[each.name] = grid.view(part, reader) | {"paging": paging}
    own = {
        "title": title.text(reader),
        "here": here,
        "charts": charts,
        "grids": views,
        "layout": "fragment.html" if fragment else "layout.html",
    }
    common = _common(desk, request, reader)
    hidden = common.keys() & context.keys() - _MAY_DIFFER
    assert not hidden, f"{template}: {sorted(hidden)} is said on every page alike"  # noqa: S101  # of the programmer
    text = _templates.get_template(template).render(common | dict(context) | own)
    return _html(desk, request, text, status=status, charts=charts)


def _html(desk: Desk, request: Request[Any, Any, Any], text: str, *, status: int, charts: bool) -> Response[Any]:
    asked, secure = language.asked(request), is_secure(desk, request)
    cookies = [desk.form_tokens.cookie(request, secure=secure), asked and language.kept(asked, secure=secure)]
    return Response(
        text,
        status_code=status,
        media_type="text/html",
        headers=headers(charts=charts) | (_SECRET if request.url.path.startswith(LINK_PATH) else {}),
        cookies=[each for each in cookies if each],
    )


def is_secure(desk: Desk, request: Request[Any, Any, Any]) -> bool:
    """Whether cookies are for https alone."""
    return desk.monitor.reach.https or request.url.scheme == "https"


def headers(*, charts: bool = False) -> dict[str, str]:
    """What every answer of the page carries."""
    return {
        "Content-Security-Policy": _NONE_BUT_OWN.format(style="'self' 'unsafe-inline'" if charts else "'self'"),
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Vary": "Cookie",
    }


def _common(desk: Desk, request: Request[Any, Any, Any], reader: Language) -> dict[str, Any]:
    """What every template may name."""
    monitor = desk.monitor
    person = desk.person(request)
    visitor = visitor_of(request)
    scope = desk.scope(request)
    other: Language = "zh" if reader == "en" else "en"
    mark = all_marks(monitor.store)
    return {
        "lang": reader,
        "lang_tag": language.TAGS[reader],
        "other_lang": other,
        "other_lang_tag": language.TAGS[other],
        "other_address": language.switched(request, other),
        "t": lambda key, **values: _word(key, reader, values),
        "say": lambda words: words.text(reader),
        "name": lambda table, code: _name(table, code, reader),
        "money": shown.money,
        "signed": shown.change,
        "yi": lambda amount: large_sum(amount, monitor.names().city.unit).text(reader),
        "percent": shown.percent,
        "day": lambda text: shown.NOTHING if text is None else day(text, reader),
        "moment": lambda text: shown.moment(text, reader),
        "plain": shown.plain,
        "quoted": lambda text: quote(str(text), safe=""),
        "spec": _spec,
        "static": static_files.address,
        "query": lambda **changes: _query(request, changes),
        "query_with": lambda changes: _query(request, changes),
        "kept_pairs": lambda *names: [
            (name, value)
            for name, value in request.query_params.multi_items()
            if name not in (*names, "lang", "export", "table", "unit", "done")
        ],
        "csrf": desk.form_tokens.of(request),
        "navigation": [each for each in NAVIGATION if may_open(each[0], scope, person)],
        "path": request.url.path,
        "refresh_from": "" if request.method in ("GET", "HEAD") else "/api",
        "lines_folded": monitor.replica.lines,
        "committed_at": mark.committed_at,
        "today": monitor.today(),
        "city_name": monitor.names().city.name,
        "office": monitor.names().city.office,
        "target": target(monitor.catalogue, monitor.today()),
        "demonstration": monitor.demonstration,
        "broken": monitor.replica.broken,
        "stopped": monitor.stopped(),
        "person": person,
        "scope": scope,
        "is_local": visitor is not None and visitor.credential == "local",
        "shown_as": "" if visitor is None else visitor.shown_as,
        "logged_in": visitor is not None and visitor.credential == "session",
        "users": desk.has_users(),
        "file_formats": ("csv", "xlsx", "ods"),
        "printed_units": [(name, unit.name) for name, unit in UNITS.items()],
    }


def may_open(name: str, scope: Scope, person: Person | None) -> bool:
    """Whether an entry of the navigation leads anywhere for who has a scope."""
    if name == "files":
        return person is not None and person.may(MAY_LOAD)
    needs = {
        "lagging": scope.city,
        "half-year": scope.city,
        "audit-trail": scope.whole,
        "notices": scope.whole,
    }
    return needs.get(name, True)


def _word(key: str, reader: Language, values: Mapping[str, Any]) -> str:
    text = WORDS[key].text(reader)
    return text.format(**values) if values else text


def _name(table: str, code: Any, reader: Language) -> str:
    """What a code is called; the code itself where it has no name."""
    found: Mapping[Any, Words] = names.VOCABULARIES[table]
    return found[code].text(reader) if code in found else str(code)


def _spec(value: Any) -> Markup:
    """JSON for a data block of the page; nothing in it can end the block."""
    text = msgspec.json.encode(value).decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704  # every character that means something in HTML is written as its escape


def _query(request: Request[Any, Any, Any], changes: Mapping[str, Any]) -> str:
    """The address of this page with some of its parameters changed; None takes one away."""
    kept = [
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in changes and name not in ("lang", "export", "table", "unit")
    ]
    added = [(name, str(value)) for name, value in changes.items() if value is not None]
    pairs = [*kept, *added]
    return f"{request.url.path}?{urlencode(pairs)}" if pairs else request.url.path


def _export(
    desk: Desk,
    grids: Sequence[Grid],
    name: str,
    wanted: str | None,
    reader: Language,
    file_name: str,
    unit: str | None,
) -> Response[Any]:
    """One table, or all of them, as a file; as its form prints it where a unit is asked for."""
    chosen = [each for each in grids if wanted is None or each.name == wanted]
    if not chosen or not any(name in each.formats for each in chosen):
        return problem_text(404, "no such table, or not in this format")
    tables, stem = [each.table for each in chosen], f"{file_name}-{wanted}" if wanted and len(grids) > 1 else file_name
    printed = next((each for each in UNITS if each == unit), None)
    if printed is not None:
        tables, stem = [as_form(each, printed, desk.names.city) for each in tables], f"{stem}-{printed}"
    return report(desk, tables, name, reader, stem)


def report(desk: Desk, tables: Sequence[Table], name: str, reader: Language, file_name: str) -> Response[Any]:
    """Tables as a file in one of the formats; its name is ASCII and ends with the day judged.

    What they hold is at hand by now: nothing of the store is held open while it is sent.
    """
    form = FORMATS[name]
    if desk.monitor.demonstration:
        tables, file_name = marked(tables), f"demonstration-{file_name}"
    head = trail.head(desk.monitor.store)
    if name in NOTED:
        tables = with_head(tables, head)
    stem = _UNSAFE_NAME.sub("-", file_name).strip("-")
    disposition = f'attachment; filename="{stem}-{tables[0].as_of}{form.suffix}"'
    found = headers() | {"Content-Disposition": disposition}
    if head is not None:
        found[TRAIL_HEAD] = shown_head(head)
    if form.pieces is not None:
        return Stream(form.pieces(tables, reader), media_type=form.media_type, headers=found)
    try:
        return Response(form.render(tables, reader), media_type=form.media_type, headers=found)
    except ReportProblem as problem:
        return problem_text(503, str(problem))


def problem_text(status: int, sentence: str) -> Response[Any]:
    """A plain sentence."""
    return Response(sentence, status_code=status, media_type="text/plain", headers=headers())


def go(path: str) -> Redirect:
    """On to another page after a form."""
    return Redirect(path, status_code=303, headers={"Cache-Control": "no-store"})
