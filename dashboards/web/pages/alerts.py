"""Alerts: found by filter, one with its law, evidence and history, and what people do about it."""

from __future__ import annotations

from itertools import chain, islice
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from alerts.laws import Version
from alerts.messages import message
from alerts.naming import subject
from alerts.rule import Named, Rule
from alerts.subjects import agency_in
from alerts.unfinished import UNFINISHED
from alerts.vocabulary import ALERT_STATE, BASIS_STATUS, SEVERITY, UNIT
from dashboards.reports.table import Column, Table, TableRow
from dashboards.web.access import ANYBODY
from dashboards.web.alert_table import alert_grid
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from dashboards.web.forms import act, acting, form_of, form_result
from dashboards.web.grid import Grid
from dashboards.web.matters import matter_of, reason_lists
from dashboards.web.story import history_grid, story_of
from dashboards.web.subjects import page_of
from ledger.books import Alert
from ledger.names import Names, agency_name, authority_name, with_code
from ledger.words import NOTHING, Words, alike
from streams.people import acts as alert_acts
from streams.people import trail
from streams.people.answers import MAY_ANSWER, question_of
from streams.people.at_rest import close_alert, reopen_alert
from streams.people.overlay import acknowledgement_of, lapsed, state_of
from streams.people.person import MAY_ACKNOWLEDGE, MAY_CLOSE
from streams.scope import Scope
from streams.store import alert_lists, queries
from streams.store.alert_lists import ORDERS, Order, Wanted
from streams.store.alerts import is_within

PAGE: Final = 50
CODES_MAX: Final = 200
EXPORTED_MAX: Final = 20_000
SUGGESTED_MAX: Final = 400
_UNFINISHED: Final = "unfinished"
_FILTERS: Final = ("year", "state", "severity", "rule", "agency", "authority", "words", "order")


class Filter(msgspec.Struct, frozen=True):
    """What the address asks for; unknown values leave a thing open."""

    year: int | None
    state: str
    severity: str | None
    rule: str | None
    agency: str
    """A code, or part of a name; empty: any."""
    authority: str | None
    words: str
    order: Order


def _filter(request: Request[Any, Any, Any], desk: Desk, years: list[int]) -> Filter:
    asked = request.query_params
    registry, rules = desk.monitor.registry, desk.monitor.catalogue.rules
    year, state, order = asked.get("year", ""), asked.get("state", _UNFINISHED), asked.get("order", "severity")
    return Filter(
        year=int(year) if year.isascii() and year.isdigit() and len(year) <= 3 and int(year) in years else None,
        state=state if state in (*ALERT_STATE, _UNFINISHED, "all") else _UNFINISHED,
        severity=_one_of(asked.get("severity"), SEVERITY),
        rule=_one_of(asked.get("rule"), rules),
        agency=asked.get("agency", "").strip()[:100],
        authority=_one_of(asked.get("authority"), registry.authorities),
        words=asked.get("words", "").strip()[:100],
        order=order if order in ORDERS else "severity",  # type: ignore[arg-type]  # one of the orders
    )


def codes_called(names: Names, word: str) -> list[str]:
    """The codes of agencies and accounts whose names hold a word, some hundred at most: what people look for is few."""
    word = word.casefold()
    agencies = (a.code for a in names.registry.agencies.values() if word in f"{a.name_zh} {a.name_en}".casefold())
    accounts = (
        account
        for account, rows in names.accounts.items()
        if any(word in f"{row.work_plan.zh} {row.work_plan.en}".casefold() for row in rows)
    )
    return list(islice(chain(agencies, accounts), CODES_MAX))


def agencies_called(names: Names, text: str) -> tuple[str, ...]:
    """The codes of the agencies that a filter names: by code, else by part of the name; an unknown one finds nothing."""
    if not text or text in names.registry.agencies:
        return (text,) if text else ()
    word = text.casefold()
    found = (a.code for a in names.registry.agencies.values() if word in f"{a.code} {a.name_zh} {a.name_en}".casefold())
    return tuple(islice(found, CODES_MAX)) or (text,)


def _one_of(value: str | None, known: Any) -> str | None:
    return value if value in known else None


def _wanted(chosen: Filter, desk: Desk, scope: Scope) -> Wanted:
    states = {"all": (), _UNFINISHED: UNFINISHED}.get(chosen.state, (chosen.state,))
    agencies: tuple[str, ...] = agencies_called(desk.names, chosen.agency)
    if not chosen.agency and chosen.authority is not None:
        known = desk.monitor.registry.agencies.values()
        agencies = tuple(agency.code for agency in known if agency.authority_code == chosen.authority)
    return Wanted(
        states=states,
        severity=chosen.severity,
        rule=chosen.rule,
        fiscal_year=chosen.year,
        agencies=agencies,
        authority=None if chosen.agency else chosen.authority,
        words=chosen.words,
        named={word: codes_called(desk.names, word) for word in chosen.words.split()},
        scope=scope,
    )


@get("/alerts", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def alerts(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """Alerts by filter, page by page."""
    store = desk.monitor.store
    years = desk.figures().years
    chosen = _filter(request, desk, years)
    scope = desk.scope(request)
    wanted = _wanted(chosen, desk, scope)
    text = request.query_params.get("page", "")
    number = max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1
    exporting = request.query_params.get("export") is not None
    limit, offset = (EXPORTED_MAX, 0) if exporting else (PAGE, (number - 1) * PAGE)
    found = alert_lists.find(store, wanted, desk.overlay(), chosen.order, limit, offset)
    total = alert_lists.count(store, wanted, desk.overlay())
    by_severity = alert_lists.count_by(
        store, msgspec.structs.replace(wanted, severity=None), desk.overlay(), "severity"
    )
    by_rule = alert_lists.count_by(store, msgspec.structs.replace(wanted, rule=None), desk.overlay(), "rule")
    rules = [(rule.slug, rule.title, by_rule.get((rule.slug,), 0)) for rule in desk.monitor.catalogue.rules.values()]
    registry = desk.monitor.registry
    return page(
        desk,
        request,
        "alerts.html",
        Words("違規與警示", "Alerts"),
        {
            "chosen": chosen,
            "years": years,
            "total": total,
            "page_number": number,
            "pages": max(1, -(-total // PAGE)),
            "first": offset + 1,
            "last": offset + len(found),
            "severities": [(name, by_severity.get((name,), 0)) for name in SEVERITY],
            "states": (_UNFINISHED, *ALERT_STATE, "all"),
            "rules": rules,
            "orders": ORDERS,
            "authorities": [
                (code, with_code(authority_name(desk.names, code), code))
                for code in sorted(registry.authorities)
                if scope.has_authority(code)
            ],
            "agencies": [
                (code, agency_name(desk.names, code))
                for code in islice(filter(scope.has_agency, sorted(registry.agencies)), SUGGESTED_MAX)
            ],
            "kept": urlencode([(n, request.query_params[n]) for n in _FILTERS if n in request.query_params]),
        },
        [alert_grid(desk, found, Words("違規與警示", "Alerts"))],
        here="alerts",
        file_name="alerts",
    )


class Cited(msgspec.Struct, frozen=True):
    """An article with what it says, in the version in force when the alert was opened."""

    law: Words
    article: Words
    version: Version
    address: str | None
    """Where its text stands in the official database."""


@get("/alerts/{name:str}", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def alert(request: Request[Any, Any, Any], desk: NamedDependency[Desk], name: FromPath[str]) -> Response[Any]:
    """One alert."""
    monitor = desk.monitor
    found = queries.alert(monitor.store, name)
    if found is None or not is_within(found, desk.scope(request)):
        raise NotFoundException("no such alert")
    acts = trail.acts_on(monitor.store, name)
    rule = monitor.catalogue.rules[found.rule]
    openings = queries.openings(monitor.store, (name,)).get(name, 1)
    state = state_of(found, acts, monitor.catalogue, monitor.today(), openings)
    given = acknowledgement_of(acts)
    person = desk.person(request)
    unfinished = state in UNFINISHED
    about = subject(desk.names, found.level, found.key, found.fiscal_year)
    entries = story_of(monitor.store, name, acts)
    question = question_of(acts, openings)
    whole = desk.scope(request).whole
    return page(
        desk,
        request,
        "alert.html",
        rule.title,
        {
            "alert": found,
            "id": name,
            "rule": rule,
            "about": about,
            "about_page": page_of(monitor.registry, found.level, found.key, found.fiscal_year),
            "agency": _agency(desk, found),
            "message": message(rule, about, found.evidence, day=found.opened_on),
            "basis": BASIS_STATUS[rule.basis_on(found.opened_on)],
            "state": state,
            "cited": _cited(desk, found),
            "given": given,
            "lapsed": None
            if given is None or not unfinished
            else lapsed(found, given, monitor.catalogue, monitor.today(), openings),
            "may_acknowledge": unfinished and person is not None and person.may(MAY_ACKNOWLEDGE),
            "may_note": person is not None and person.may(MAY_ACKNOWLEDGE),
            "may_close": unfinished and rule.kind == "act" and person is not None and person.may(MAY_CLOSE),
            "may_reopen": state == "closed" and person is not None and person.may(MAY_CLOSE),
            "entries": entries,
            "unfinished": unfinished,
            "matter": matter_of(desk, found, question),
            "lists": reason_lists(desk, [rule]),
            "letters": unfinished and whole,
            "may_answer": unfinished and person is not None and person.may(MAY_ANSWER),
            "may_decide": unfinished
            and whole
            and question.state == "answered"
            and person is not None
            and person.may(MAY_ACKNOWLEDGE),
            "may_enter_letter": whole and person is not None and person.may(MAY_ACKNOWLEDGE),
            "result": form_result(request),
        },
        [_evidence_grid(rule, found, monitor.today()), history_grid(entries, monitor.today())],
        here="alerts",
        file_name=f"alert-{name[:8]}",
    )


def _agency(desk: Desk, found: Alert) -> tuple[str, Words] | None:
    """The code and name of the agency whose thing an alert is about."""
    code = agency_in(desk.monitor.registry, found)
    return None if code is None else (code, agency_name(desk.names, code))


def _cited(desk: Desk, found: Alert) -> list[Cited]:
    catalogue = desk.monitor.catalogue
    cited = []
    for citation in catalogue.rules[found.rule].citations_on(found.opened_on):
        law = catalogue.laws[citation.slug]
        version = next(v for v in law.articles[citation.article] if v.effective_from == citation.effective_from)
        article = law.article_text(citation.article)
        cited.append(
            Cited(
                law.title,
                Words(article.zh, f"{law.english_unit} {article.en}".strip()),
                version,
                law.address_of(citation.article),
            )
        )
    return cited


def _evidence_row(named: Named | None, key: str, value: Any) -> TableRow:
    """A number with its name and unit; an alert folded under an earlier rule may hold one that has none any more."""
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return (alike(key), text, NOTHING) if named is None else (named.words, text, UNIT[named.unit])


def _evidence_grid(rule: Rule, found: Alert, day: str) -> Grid:
    rows = [_evidence_row(rule.evidence.get(key), key, value) for key, value in found.evidence.items()]
    return Grid(
        table=Table(
            name="evidence",
            title=Words("佐證數據", "Evidence"),
            label=Words("佐證數據", "Evidence"),
            as_of=day,
            columns=(
                Column("name", Words("項目", "Item"), "text"),
                Column("value", Words("數值", "Value"), "text"),
                Column("unit", Words("單位", "Unit"), "text"),
            ),
            rows=rows,
        ),
        name="evidence",
        row_header="name",
    )


@post("/alerts/{name:str}/acknowledge", include_in_schema=False, opt=ANYBODY)
async def acknowledge(
    request: Request[Any, Any, Any], desk: NamedDependency[Desk], name: FromPath[str]
) -> Response[Any]:
    """Acknowledge an alert with a reason and a due date."""
    form = form_of(request)

    def run() -> None:
        person = acting(desk, request, form)
        reason, due_on = form.get("reason", ""), form.get("due_on", "")
        alert_acts.acknowledge(
            desk.monitor.store, desk.monitor.catalogue, name, person, reason, due_on, desk.monitor.today()
        )

    return await act(desk, request, run, address_of(name), "acknowledged")


@post("/alerts/{name:str}/note", include_in_schema=False, opt=ANYBODY)
async def note(request: Request[Any, Any, Any], desk: NamedDependency[Desk], name: FromPath[str]) -> Response[Any]:
    """Put a note beside an alert."""
    form = form_of(request)

    def run() -> None:
        alert_acts.add_note(desk.monitor.store, name, acting(desk, request, form), form.get("text", ""))

    return await act(desk, request, run, address_of(name), "noted")


@post("/alerts/{name:str}/close", include_in_schema=False, opt=ANYBODY)
async def close(request: Request[Any, Any, Any], desk: NamedDependency[Desk], name: FromPath[str]) -> Response[Any]:
    """Close an alert about an act."""
    form = form_of(request)

    def run() -> None:
        person = acting(desk, request, form)
        close_alert(desk.monitor, name, person, form.get("reason", ""))

    return await act(desk, request, run, address_of(name), "closed")


@post("/alerts/{name:str}/reopen", include_in_schema=False, opt=ANYBODY)
async def reopen(request: Request[Any, Any, Any], desk: NamedDependency[Desk], name: FromPath[str]) -> Response[Any]:
    """Reopen an alert that was closed."""
    form = form_of(request)

    def run() -> None:
        person = acting(desk, request, form)
        reopen_alert(desk.monitor, name, person, form.get("reason", ""))

    return await act(desk, request, run, address_of(name), "reopened")


def address_of(name: str) -> str:
    """The address of an alert's page."""
    return f"/alerts/{name}" if name.isalnum() and name.isascii() else "/alerts"


HANDLERS = (alerts, alert, acknowledge, note, close, reopen)
