"""The clock's judgement: time rules, for every fiscal year that has begun and has events, on one day."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.catalogue import Catalogue
from alerts.judgement import Place
from alerts.rule import Rule
from ledger.books import Alert, Books
from ledger.fiscal import first_day
from ledger.process import Transition
from ledger.rollup import Level, roll_up


def judge_day(books: Books, catalogue: Catalogue, as_of: str) -> list[Transition]:
    """Judge all time rules as of a day; changes the alerts in `books.time_alerts` and returns the transitions."""
    transitions: list[Transition] = []
    rules = [rule for rule in catalogue.rules.values() if rule.kind == "time"]
    for place in _places(books, as_of):
        for rule in rules:
            if rule.subject == place.level:
                transitions += _follow(books, rule, place, as_of)
    return transitions


def _places(books: Books, as_of: str) -> Iterator[Place]:
    latest: dict[str, str] = {}
    for year in books.agency_years():
        latest[year.agency] = max(year.latest, latest.get(year.agency, ""))
    for levels in roll_up(books, as_of):
        if first_day(levels[0].fiscal_year) <= as_of:
            yield from (_place(level, latest) for level in levels)


def _place(level: Level, latest: dict[str, str]) -> Place:
    return Place(
        level=level.level,
        key=level.key,
        fiscal_year=level.fiscal_year,
        years=level.years,
        capital=level.capital,
        every_class=level.every_class,
        latest=max(latest[year.agency] for year in level.years),
    )


def _follow(books: Books, rule: Rule, place: Place, as_of: str) -> list[Transition]:
    name = (rule.slug, place.key, place.fiscal_year)
    alert = books.time_alerts.get(name)
    breach = rule.function(place, as_of, rule.parameters_on(as_of))
    if breach is None:
        if alert is None:
            return []
        alert.state, alert.resolved_by = "resolved", as_of
        del books.time_alerts[name]
        return [Transition(alert, "resolved", as_of)]
    severity = breach.severity or rule.severity
    if alert is not None:
        alert.evidence = dict(breach.evidence)
        if alert.severity == severity:
            return []
        before, alert.severity = alert.severity, severity
        return [Transition(alert, "severity", as_of, before)]
    alert = books.time_alerts[name] = Alert(
        rule=rule.slug,
        severity=severity,
        level=place.level,
        key=place.key,
        fiscal_year=place.fiscal_year,
        state="open",
        opened_by=None,
        opened_on=as_of,
        evidence=dict(breach.evidence),
    )
    return [Transition(alert, "opened", as_of)]
