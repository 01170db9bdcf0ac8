"""匯入: a file is uploaded, looked through, and taken in; what was taken in is kept as it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath

from dashboards.reports.formats.cells import moment_words
from dashboards.reports.table import Column, Table, TableRow
from dashboards.web.access import ANYBODY
from dashboards.web.answer import go, headers, page
from dashboards.web.desk import Desk
from dashboards.web.draft_grids import draft_grids
from dashboards.web.drafts import FILE_BYTES_MAX, DraftProblem, FileDraft
from dashboards.web.file_words import TABLES, known_mappings
from dashboards.web.forms import acting, after, file_of, form_of, form_result, refused_page
from dashboards.web.grid import Grid
from dashboards.web.loading import feeder_of, look_through, take_in
from dashboards.web.unsent import FILE, GIVEN, unsent_page
from dashboards.web.uploads import FILE_BYTES, FILE_ROLES
from dashboards.web.visitor import visitor_of
from ledger.vocabulary import EVENT
from ledger.words import Words
from producers.tables.apart import TableChoice
from producers.tables.name_lists import LIST_PREFIX, LIST_TITLES, list_named
from streams.people.files import kept_content, loaded_files
from streams.people.person import MAY_LOAD, RefusedAct, check_person
from streams.people.vocabulary import REFUSED_ACT

_TITLE: Final = Words("匯入", "Import")
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NO_CHOICE: Final = TableChoice()
_REFRESH: Final = {"Refresh": "2"}
"""A browser without scripts looks again by itself while a file is read."""


def known_lists() -> dict[str, Words]:
    """The lists of names that a file can be, by the name of their kind."""
    return {f"{LIST_PREFIX}{kind}": title for kind, title in LIST_TITLES.items()}


def _owner(request: Request[Any, Any, Any]) -> str:
    """Whose files are shown: who is logged in; on this machine, while there are no users, everybody's."""
    visitor = visitor_of(request)
    return "" if visitor is None or visitor.credential == "local" else visitor.person.name


def check_may_load(request: Request[Any, Any, Any], desk: Desk) -> None:
    """Raise RefusedAct where who asks may load nothing."""
    person = desk.person(request, "somebody")
    if person is None or not person.may(MAY_LOAD):
        raise RefusedAct("role", " or ".join(sorted(MAY_LOAD)))


@get("/files", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def files(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Where a file is chosen; what waits for a decision, and what was loaded."""
    return _start(request, desk)


def _start(
    request: Request[Any, Any, Any], desk: Desk, problem: Words | None = None, choice: TableChoice = _NO_CHOICE
) -> Response[Any]:
    person = desk.person(request, "somebody")
    found = loaded_files(desk.monitor.store, desk.scope(request))
    columns = (
        Column("at", Words("時間（臺北）", "When (Taipei)"), "text"),
        Column("name", TABLES["file_name"], "text"),
        Column("mapping", TABLES["mapping"], "text"),
        Column("person", Words("匯入者", "By"), "text"),
        Column("accepted", Words("收錄", "Accepted"), "count"),
        Column("duplicate", Words("重複", "Duplicates"), "count"),
        Column("refused", Words("拒收", "Refused"), "count"),
        Column("state", Words("狀態", "State"), "text"),
        Column("digest", TABLES["digest"], "text"),
    )
    rows: list[TableRow] = []
    for each in found:
        came, mapping = each.came or {}, known_mappings().get(each.choice.get("name", ""))
        state = TABLES["taken"] if each.came is not None else TABLES["unfinished"]
        counts = (came.get("accepted"), came.get("duplicate"), came.get("refused"))
        name = str(each.choice.get("name", ""))
        called = known_lists().get(name, name) if mapping is None else mapping.title
        rows.append((moment_words(each.at), each.name, called, each.person, *counts, state, each.digest))
    title = TABLES["loaded"]
    table = Table(name="files", title=title, label=title, as_of=desk.monitor.today(), columns=columns, rows=rows)
    may = person is not None and person.may(MAY_LOAD)
    context = {
        "may_load": may,
        "mappings": [(name, each.title) for name, each in known_mappings().items()],
        "lists": list(known_lists().items()) if desk.scope(request).whole else [],
        "most": FILE_BYTES_MAX,
        "typed": {"mapping": choice.mapping, "own_mapping": choice.text},
        "drafts": [each for each in desk.drafts.of_owner(_owner(request)) if each.state != "taken"] if may else [],
        "result": form_result(request) if problem is None else ("problem", problem),
    }
    links: dict[str, Sequence[str | None]] = {"name": [f"/files/kept/{each.n}" for each in found]}
    grid = Grid(table=table, name="files", links=links, row_header="name", stacked=True, wide=("digest",))
    status = 200 if problem is None else 422
    return page(desk, request, "files.html", _TITLE, context, [grid], here="files", file_name="files", status=status)


@get("/files/templates/{name:str}", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def template_file(name: FromPath[str]) -> Response[Any]:
    """A workbook to fill in."""
    from producers.tables.templates import list_template, template  # noqa: PLC0415  # what makes workbooks is large

    asked = name.removesuffix(".xlsx")
    mapping, kind = known_mappings().get(asked), list_named(asked)
    if name.endswith(".xlsx") and mapping is not None:
        content, called = template(mapping), mapping.title
    elif name.endswith(".xlsx") and kind is not None:
        content, called = list_template(kind), LIST_TITLES[kind]
    else:
        raise NotFoundException("no such template")
    disposition = f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(called.zh)}.xlsx"
    return Response(content, media_type=_WORKBOOK, headers=headers() | {"Content-Disposition": disposition})


@get("/files/kept/{number:int}", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def kept_file(request: Request[Any, Any, Any], desk: NamedDependency[Desk], number: FromPath[int]) -> Response[Any]:
    """A file as it came."""
    found = kept_content(desk.monitor.store, number, desk.scope(request))
    if found is None:
        raise NotFoundException("no such file")
    disposition = f"attachment; filename*=UTF-8''{quote(found[0].name, safe='')}"
    kind = "application/octet-stream"
    return Response(found[1], media_type=kind, headers=headers() | {"Content-Disposition": disposition})


@post(
    "/files",
    include_in_schema=False,
    opt=ANYBODY | {FILE_BYTES: FILE_BYTES_MAX, FILE_ROLES: MAY_LOAD},
    request_max_body_size=FILE_BYTES_MAX + (2 << 20),
)
async def upload(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Take a file to look at."""
    return await sync_to_thread(_upload, request, desk)


def _upload(request: Request[Any, Any, Any], desk: Desk) -> Response[Any]:
    check_may_load_page(request, desk)
    form, file = form_of(request), file_of(request)
    choice = _choice_of(form)
    if file is None or not file.content:
        return _start(request, desk, TABLES["none"], choice)
    try:
        draft = desk.drafts.begin(_owner(request), file.name, file.content, choice)
    except DraftProblem:
        return _start(request, desk, TABLES["too_many"], choice)
    draft.with_corrections = "corrections" in form
    _look(request, desk, draft)
    return go(f"/files/{draft.id}")


def _choice_of(form: Mapping[str, str]) -> TableChoice:
    """How a form says that the table is to be read."""
    given = {name.removeprefix(GIVEN): text for name, text in form.items() if name.startswith(GIVEN)}
    return TableChoice(form.get("mapping", ""), form.get("own_mapping", "").strip(), given, form.get("sheet", ""))


def check_may_load_page(request: Request[Any, Any, Any], desk: Desk) -> None:
    """The same as a page's error."""
    try:
        check_may_load(request, desk)
    except RefusedAct as refused:
        raise PermissionDeniedException(str(refused)) from None


def _look(request: Request[Any, Any, Any], desk: Desk, draft: FileDraft) -> None:
    person = desk.person(request, "somebody")
    if person is None:
        raise RefusedAct("role")
    monitor, feeder = desk.monitor, feeder_of(person)
    desk.drafts.do(draft, lambda each: look_through(monitor, feeder, each))


def _draft(request: Request[Any, Any, Any], desk: Desk, ident: str) -> FileDraft:
    check_may_load_page(request, desk)
    try:
        return desk.drafts.of(ident, _owner(request))
    except RefusedAct:
        raise NotFoundException("the file has lapsed or was given up") from None


@get("/files/{ident:str}", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def draft_page(request: Request[Any, Any, Any], desk: NamedDependency[Desk], ident: FromPath[str]) -> Response[Any]:
    """What would come of a file; what came of it."""
    draft, scope = _draft(request, desk, ident), desk.scope(request)
    under_way = draft.state in ("reading", "taking")
    grids = [] if under_way else draft_grids(draft, desk.names, desk.monitor.catalogue, scope, desk.monitor.today())
    read = draft.read
    context = {
        "draft": draft,
        "read": read,
        "under_way": under_way,
        "shown_grids": [each.name for each in grids],
        "share": int(100 * draft.share),
        "mappings": [(name, each.title) for name, each in known_mappings().items()],
        "lists": list(known_lists().items()) if scope.whole else [],
        "kinds": [] if read is None else [(EVENT[kind], count) for kind, count in read.kinds.items()],
        "problems": draft.problems,
        "may_correct": any(each.is_corrected for each in draft.differing),
        "may_rename": draft.is_list and any(changed for _, changed in draft.names.values()),
        "rules": desk.monitor.catalogue.rules,
        "result": form_result(request),
    }
    title = Words(f"匯入「{draft.name}」", f"Import “{draft.name}”")
    answer = page(desk, request, "file.html", title, context, grids, here="files", file_name="file")
    if under_way:
        answer.headers.update(_REFRESH)
    return answer


@post("/files/{ident:str}/read", include_in_schema=False, opt=ANYBODY)
async def read_otherwise(
    request: Request[Any, Any, Any], desk: NamedDependency[Desk], ident: FromPath[str]
) -> Response[Any]:
    """Look through a file once more, read otherwise."""
    form = form_of(request)

    def run() -> Response[Any]:
        check_may_load_page(request, desk)
        try:
            draft = desk.drafts.of(ident, _owner(request))
        except RefusedAct as lapsed:  # what was typed is worth more than the file, which can be chosen again
            form[FILE], words = "", REFUSED_ACT[lapsed.code]
            return unsent_page(desk, request, form, words, status=404, back="/files", path="/files")
        with suppress(RefusedAct):  # somebody else reads or takes it: its page says so
            if draft.number is None:
                desk.drafts.turn(draft, "reading", lambda: None)
                draft.choice, draft.with_corrections = _choice_of(form), "corrections" in form
                _look(request, desk, draft)
        return go(f"/files/{ident}")

    return await sync_to_thread(run)


@post("/files/{ident:str}/take", include_in_schema=False, opt=ANYBODY)
async def take(request: Request[Any, Any, Any], desk: NamedDependency[Desk], ident: FromPath[str]) -> Response[Any]:
    """Take a file in; it is kept, and its events are sent."""
    form, back = form_of(request), f"/files/{ident}"

    def run() -> Response[Any]:
        try:
            draft, person = _draft(request, desk, ident), acting(desk, request, form)
            check_person(person, MAY_LOAD)
            desk.drafts.turn(draft, "taking", lambda: _check_ready(draft, form))
        except RefusedAct as refused:
            if refused.code == "draft-taken":  # nothing is left to send: there is nothing to be put right
                return go(after(back, done="taken_once"))
            return refused_page(desk, request, refused, back)
        draft.with_names = draft.is_list or not draft.names or "names" in form
        desk.drafts.do(draft, lambda each: take_in(desk.monitor, person, each))
        return go(back)

    return await sync_to_thread(run)


def _check_ready(draft: FileDraft, form: Mapping[str, str]) -> None:
    """Raise RefusedAct where a file that was read cannot be taken in, or not so."""
    if not draft.is_ready:
        raise RefusedAct("draft-not-ready")
    if draft.passed_over and draft.number is None and "leave_out" not in form:
        raise RefusedAct("rows-differ")


@post("/files/{ident:str}/drop", include_in_schema=False, opt=ANYBODY)
async def drop(request: Request[Any, Any, Any], desk: NamedDependency[Desk], ident: FromPath[str]) -> Response[Any]:
    """Throw a file away."""

    def run() -> Response[Any]:
        desk.drafts.drop(_draft(request, desk, ident))
        return go("/files?done=dropped_file")

    return await sync_to_thread(run)


HANDLERS = (files, template_file, kept_file, upload, draft_page, read_otherwise, take, drop)
