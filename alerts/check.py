"""The answer to "may I spend this?": what would come of an event, by the very fold and rules, recording nothing.

The event is folded into a copy of what it can reach: its agency's books of the year and that year's funds. The books
given stay as they are, and are the figures before.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Final, NamedTuple

from alerts.catalogue import Catalogue
from alerts.headroom import headroom
from alerts.messages import remedy
from alerts.naming import subject
from alerts.output import alert_fields, alert_out
from alerts.refusal_advice import ADVICE
from alerts.row_copies import copied
from alerts.trial import gravest_first, nothing_to_recall, turn_of
from alerts.unfinished import unfinished
from alerts.verdict import (
    Advice,
    Asked,
    Foretold,
    Headroom,
    Permission,
    RefusedFor,
    Turn,
    Verdict,
)
from ledger.admission import read
from ledger.books import AgencyYear, Alert, Books, Row
from ledger.events import Event
from ledger.identity import SeenIds
from ledger.json_text import Malformed, parse_object
from ledger.names import NO_NAMES, Names
from ledger.payments import OnTrial
from ledger.process import Context, Judge, process
from ledger.receipt import warnings_of
from ledger.refusals import Refusal, detail
from ledger.registry import Agency

DRAFT_ID: Final = "draft"
"""The id of an event that is asked about without one."""


class Checked(NamedTuple):
    """What would come of an event, and why it would be refused, for whoever puts it into words."""

    verdict: Verdict
    refusal: Refusal | None


def check(
    line: bytes,
    books: Books,
    agencies: Mapping[str, Agency],
    engine: Judge,
    catalogue: Catalogue,
    as_of: str | None,
    names: Names = NO_NAMES,
) -> Verdict:
    """Say what would come of an event, as `checked` does, for programs."""
    return checked(line, books, agencies, engine, catalogue, as_of, names).verdict


def checked(
    line: bytes,
    books: Books,
    agencies: Mapping[str, Agency],
    engine: Judge,
    catalogue: Catalogue,
    as_of: str | None,
    names: Names = NO_NAMES,
) -> Checked:
    """Say what would come of an event.

    Args:
        line: the event, as it would be sent; `id` may be left out. Under an id that is accepted already it is judged
            as one more event, never as a duplicate.
        books: as they stand; nothing in them is changed.
        agencies: the register.
        engine: the rules' judge.
        catalogue: the rules' words and articles.
        as_of: the day up to which the books tell.
        names: what the texts call things.

    Returns:
        blocked, where the event is refused, or opens or worsens an alert that is critical, or high by statute; warned
        for any other alert it opens or worsens, and for a warning; else allowed. Time rules are the clock's and are
        not foretold. A standing alert is worse when its severity or its rule's measure grows.
    """
    line = _with_id(line)
    event = read(line)
    after = _within_reach(books, event) if isinstance(event, Event) else Books()
    after.payments = OnTrial(books.payments)
    effects = process(0, [line], after, Context(agencies, SeenIds(), engine, nothing_to_recall))
    if not effects.accepted:
        refusal = effects.refusals[0].refusal if effects.refusals else Refusal("malformed", detail("no_event"), None)
        return Checked(_refused(refusal, event, as_of), refusal)
    event, (year, touched) = effects.events[0], effects.touched[0]
    rows = list({id(row): row for row in touched}.values())
    before = books.find(year.fiscal_year, year.agency)
    stood = {(alert.rule, alert.key): alert for alert in unfinished(_within(books, before, year.fiscal_year))}
    alerts, standing = _sort_out(rows, stood, catalogue)
    foretold = [Foretold(**alert_fields(alert, catalogue, names), change=change) for alert, change in alerts]
    warnings = warnings_of(event, after)
    verdict = Verdict(
        verdict=_answer(foretold, warned=bool(warnings)),
        as_of=as_of,
        event=_asked(event),
        refusal=None,
        headroom=headroom(event, rows, before, year, books, catalogue),
        alerts=foretold,
        standing=[alert_out(alert, catalogue, names) for alert in standing],
        warnings=warnings,
        unblock=[_advice(alert, stood.get((alert.rule, alert.key)), catalogue, names) for alert, _ in alerts],
    )
    return Checked(verdict, None)


def _with_id(line: bytes) -> bytes:
    """Number a draft. A line that is no object, or has an id, stays as it is."""
    try:
        pairs = parse_object(line)
    except Malformed:
        return line
    if "id" in pairs:
        return line
    head, brace, rest = line.partition(b"{")
    return head + brace + b'"id":"' + DRAFT_ID.encode() + (b'",' if pairs else b'"') + rest


def _within_reach(books: Books, event: Event) -> Books:
    """A copy of all that an event of this agency and year can read or change."""
    year = books.find(event.fiscal_year, event.agency)
    found = _within(books, None if year is None else copied(year), event.fiscal_year)
    found.funds = copy.deepcopy(found.funds)
    return found


def _within(books: Books, year: AgencyYear | None, fiscal_year: int) -> Books:
    """An agency's books of a year, and the city's funds of that year."""
    found = Books()
    if year is not None:
        found.add(year)
    found.funds = {key: fund for key, fund in books.funds.items() if key[0] == fiscal_year}
    return found


def _asked(event: Event) -> Asked:
    kind = str(event.__struct_config__.tag)
    return Asked(event.id, kind, event.fiscal_year, event.agency, event.booked_on)


# ---------------------------------------------------------------- the answer


def _refused(refusal: Refusal, event: Event | Refusal | None, as_of: str | None) -> Verdict:
    advice = ADVICE[refusal.reason]
    return Verdict(
        verdict="blocked",
        as_of=as_of,
        event=_asked(event) if isinstance(event, Event) else None,
        refusal=RefusedFor(refusal.reason, refusal.detail.text),
        headroom=Headroom(),
        alerts=[],
        standing=[],
        warnings=[],
        unblock=[Advice(refusal.reason, advice.zh, advice.en)],
    )


def _answer(alerts: list[Foretold], *, warned: bool) -> Permission:
    if any(map(_blocks, alerts)):
        return "blocked"
    return "warned" if alerts or warned else "allowed"


def _blocks(alert: Foretold) -> bool:
    return alert.severity == "critical" or (alert.severity == "high" and alert.basis_status == "statute")


def _sort_out(
    rows: list[Row], stood: Mapping[tuple[str, str], Alert], catalogue: Catalogue
) -> tuple[list[tuple[Alert, Turn]], list[Alert]]:
    """The alerts on the rows touched: those the event makes, with how, the gravest first; and the others."""
    made: list[tuple[Alert, Turn]] = []
    others: list[Alert] = []
    for alert in (alert for row in rows if row.alerts is not None for alert in row.alerts.values()):
        change = turn_of(alert, stood.get((alert.rule, alert.key)), catalogue)
        if change is None:
            others.append(alert)
        else:
            made.append((alert, change))

    order = gravest_first(catalogue)
    return sorted(made, key=lambda item: order(item[0])), sorted(others, key=order)


def _advice(alert: Alert, before: Alert | None, catalogue: Catalogue, names: Names) -> Advice:
    """What would free the event from one alert; of an act, its own amount and not that of acts before it."""
    rule = catalogue.rules[alert.rule]
    amount = None
    if rule.kind == "act":
        amount = alert.evidence["sum"] - (before.evidence["sum"] if before is not None else 0)
    said = remedy(rule, subject(names, alert.level, alert.key, alert.fiscal_year), alert.evidence, amount)
    return Advice(rule.slug, said.zh, said.en)
