"""One box that finds things by name or code: agencies, work plans, cases, contracts, vouchers, alerts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency

from alerts.naming import case_name, line_name, reference_name
from dashboards.web.access import ANYBODY
from dashboards.web.answer import page
from dashboards.web.desk import Desk
from dashboards.web.subjects import address
from ledger.books import AgencyYear, Books
from ledger.fiscal import roc_day
from ledger.money import thousands
from ledger.names import agency_name, authority_name, with_code
from ledger.vocabulary import EVENT
from ledger.words import Words, alike
from streams.log.vouchers import Looked, events_on
from streams.scope import Scope
from streams.store import alert_lists
from streams.store.alert_lists import Wanted

FOUND_MAX: Final = 20
"""Of each kind."""
QUERY_MAX: Final = 100
VOUCHERS: Final = "vouchers"
"""Asks that vouchers be looked for although something else was found."""


class Hit(msgspec.Struct, frozen=True):
    """Something found: where it is, what it is called, what it belongs to."""

    address: str
    name: Words
    beside: Words


@get("/search", include_in_schema=False, sync_to_thread=True, opt=ANYBODY)
def search(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[Any]:
    """What a word finds."""
    asked = request.query_params.get("q", "").strip()[:QUERY_MAX]
    scope, monitor = desk.scope(request), desk.monitor
    kinds: list[tuple[Words, list[Hit]]] = []
    looked, alerts, vouchers_address = Looked([], None), 0, ""
    if asked:
        with monitor.replica.reading() as books:
            kinds = [
                (Words("機關", "Agencies"), list(islice(_units(desk, asked, scope), FOUND_MAX))),
                (
                    Words("工作計畫及預算科目", "Work plans and lines"),
                    list(islice(_lines(desk, books, asked, scope), FOUND_MAX)),
                ),
                (
                    Words("動支案、保留案及契約", "Cases and contracts"),
                    list(islice(_cases(desk, books, asked, scope), FOUND_MAX)),
                ),
            ]
        alerts = alert_lists.count(monitor.store, Wanted(words=asked, scope=scope), desk.overlay())
        if VOUCHERS in request.query_params or not (alerts or any(hits for _, hits in kinds)):
            looked = events_on(monitor.store, asked, scope)  # through the log: it takes longer than all else
            kinds.append((Words("憑證", "Vouchers"), [_on_voucher(desk, each) for each in looked.found]))
        else:
            vouchers_address = "/search?" + urlencode({"q": asked, VOUCHERS: "yes"})
    return page(
        desk,
        request,
        "search.html",
        Words("搜尋", "Search"),
        {
            "asked": asked,
            "kinds": [(words, hits) for words, hits in kinds if hits],
            "alerts": alerts,
            "alerts_address": "/alerts?" + urlencode({"words": asked, "state": "all"}),
            "vouchers_address": vouchers_address,
            "back_to": looked.back_to,
        },
        here="search",
    )


def _units(desk: Desk, asked: str, scope: Scope) -> Iterator[Hit]:
    word = asked.casefold()
    for code in desk.monitor.registry.authorities:
        name = authority_name(desk.names, code)
        if scope.has_authority(code) and (code == asked or word in f"{name.zh} {name.en}".casefold()):
            yield Hit(address("authorities", code), with_code(name, code), Words("主管機關", "authority"))
    for code, agency in desk.monitor.registry.agencies.items():
        if scope.has_agency(code) and (asked in code or word in f"{agency.name_zh} {agency.name_en}".casefold()):
            name = agency_name(desk.names, code)
            yield Hit(
                address("agencies", code), with_code(name, code), authority_name(desk.names, agency.authority_code)
            )


def _years(books: Books, scope: Scope) -> Iterator[AgencyYear]:
    """The books of a scope, the newest year first."""
    for fiscal_year in sorted(books.years, reverse=True):
        for agency, year in books.years[fiscal_year].items():
            if scope.has_agency(agency):
                yield year


def _lines(desk: Desk, books: Books, asked: str, scope: Scope) -> Iterator[Hit]:
    word = asked.casefold()
    called = {
        account
        for account, rows in desk.names.accounts.items()
        if any(word in f"{row.work_plan.zh} {row.work_plan.en}".casefold() for row in rows)
    }
    for year in _years(books, scope):
        for name in year.positions:
            if asked in name or name.partition("/")[0] in called:
                beside = _beside(desk, year)
                line = with_code(line_name(desk.names, year.fiscal_year, name), name)
                yield Hit(address("lines", year.fiscal_year, year.agency, name), line, beside)


def _cases(desk: Desk, books: Books, asked: str, scope: Scope) -> Iterator[Hit]:
    for year in _years(books, scope):
        beside = _beside(desk, year)
        for (reserve, case), kept in year.cases.items():
            if asked in case:
                yield Hit(_line_page(year, kept.line), case_name(reserve, case), beside)
        if asked in year.carryover_cases:
            kept_case = year.carryover_cases[asked]
            yield Hit(_line_page(year, kept_case.line), case_name("carryover", asked), beside)
        for kind, references in (
            ("commitment", year.commitments),
            ("payable", year.payables),
            ("prepayment", year.prepayments),
        ):
            if asked in references:
                yield Hit(_line_page(year, references[asked].position), reference_name(kind, asked), beside)


def _beside(desk: Desk, year: AgencyYear) -> Words:
    name = agency_name(desk.names, year.agency)
    return Words(f"{name.zh} {year.fiscal_year}年度", f"{name.en}, FY {year.fiscal_year}")


def _line_page(year: AgencyYear, line: str | None) -> str:
    if line is None:
        return f"{address('agencies', year.agency)}?year={year.fiscal_year}"
    return address("lines", year.fiscal_year, year.agency, line)


def _on_voucher(desk: Desk, event: Any) -> Hit:
    what = EVENT.get(event.type, alike(event.type))
    amount = thousands(event.amount)
    name = agency_name(desk.names, event.agency)
    line = event.line if event.origin_year in (None, event.fiscal_year) else f"{event.line}@{event.origin_year}"
    return Hit(
        address("lines", event.fiscal_year, event.agency, line),
        Words(f"{what.zh} {amount} 元", f"{what.en}, NT$ {amount}"),
        Words(f"{name.zh} {roc_day(event.booked_on)} {event.id}", f"{name.en}, {event.booked_on}, {event.id}"),
    )


HANDLERS = (search,)
