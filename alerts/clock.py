"""The clock's judgement: time rules, for every fiscal year that has begun and has events, on one day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from alerts.catalogue import Catalogue
from alerts.judgement import CarriedLine, Place
from alerts.rule import Rule
from ledger.books import AgencyYear, Alert, Books
from ledger.calendar import Calendar
from ledger.codes import position_name
from ledger.fiscal import first_day
from ledger.process import Transition
from ledger.rollup import Level, roll_up


def judge_day(
    books: Books, catalogue: Catalogue, as_of: str, only: Collection[str] | None = None, agency: str | None = None
) -> list[Transition]:
    """Judge the time rules as of a day; changes the alerts in `books.time_alerts` and returns the transitions.

    Books that hold a part are judged in part: `only` some rules, by slug, or what is about one agency.
    """
    transitions: list[Transition] = []
    rules = [rule for rule in catalogue.rules.values() if rule.kind == "time" and (only is None or rule.slug in only)]
    for place in _places(books, catalogue, as_of):
        if agency is not None and (place.level in ("authority", "city") or place.key.partition(":")[0] != agency):
            continue
        for rule in rules:
            if rule.subject == place.level:
                transitions += _follow(books, rule, place, as_of)
    return transitions


def latest_bookings(books: Books, as_of: str) -> dict[str, str]:
    """The latest booked_on of each agency that is not after a day, of any fiscal year; empty where there is none."""
    latest: dict[str, str] = {}
    for year in books.agency_years():
        latest[year.agency] = max(year.latest_by(as_of), latest.get(year.agency, ""))
    return latest


def _places(books: Books, catalogue: Catalogue, as_of: str) -> Iterator[Place | CarriedLine]:
    latest = latest_bookings(books, as_of)
    for levels in roll_up(books, as_of):
        fiscal_year = levels[0].fiscal_year
        if first_day(fiscal_year) <= as_of:
            for year in books.years[fiscal_year].values():
                yield from _carried_lines(year, books.find(fiscal_year - 1, year.agency))
            reported = first_reported(books.years[fiscal_year].values())
            yield from (_place(level, latest, catalogue.calendar, reported) for level in levels)


def _carried_lines(year: AgencyYear, before: AgencyYear | None) -> Iterator[CarriedLine]:
    for name, position in year.positions.items():
        if position.origin_year == year.fiscal_year:
            continue
        source = None
        if before is not None:
            source = before.positions.get(position_name(position.line, position.origin_year, before.fiscal_year))
        yield CarriedLine(
            key=f"{year.agency}:{name}",
            fiscal_year=year.fiscal_year,
            position=position,
            known=before is not None,
            source=source,
        )


def first_reported(years: Iterable[AgencyYear]) -> int | None:
    """The earliest month for which any agency filed a report of the year."""
    return min((month for year in years if year.reports is not None for month in year.reports.months), default=None)


def _place(level: Level, latest: dict[str, str], calendar: Calendar, reported: int | None) -> Place:
    return Place(
        level=level.level,
        key=level.key,
        fiscal_year=level.fiscal_year,
        years=level.years,
        capital=level.capital,
        every_class=level.every_class,
        latest=max(latest[year.agency] for year in level.years),
        calendar=calendar,
        first_reported=reported,
    )


def _follow(books: Books, rule: Rule, place: Place | CarriedLine, as_of: str) -> list[Transition]:
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
