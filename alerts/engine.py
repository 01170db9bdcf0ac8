"""The engine: after each accepted event, the rules are judged for what it touched (CONTRACT §4).

State rules open an alert when their condition begins to hold and resolve it when it ends. Act rules add each act to the
unfinished alert of their subject. There is at most one unfinished alert per rule, subject and fiscal year: the subject's
row holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import UNSET

from alerts.catalogue import Catalogue
from alerts.guards import (
    AFTER,
    AFTER_UNDER_CR,
    COVERED,
    OF_REPEATS,
    OF_UNSOUND,
    PAYMENTS,
    UNGUARDED,
    act_is_quiet,
    guard,
    is_sound,
)
from alerts.judgement import Act, Breach, Finding, Parameters
from alerts.rule import Rule
from alerts.subjects import subject_key
from ledger.books import AgencyYear, Alert, Case, Feed, Fund, ObjectSum, Position, Reference, Row
from ledger.continuing_resolution import SPENDING, ground
from ledger.effects import under_cr
from ledger.events import BY_NAME, DisbursementPaid, Event, ProvisionalSpent, ReserveApproved, VirementApproved
from ledger.process import Transition

_NO_PARAMETERS: Final[Parameters] = {}
SEVERITIES: Final = ("info", "warn", "high", "critical")
_ROWS: Final[dict[str, type[Row]]] = {
    "line": Position,
    "object": ObjectSum,
    "reference": Reference,
    "case": Case,
    "reserve": Fund,
    "agency": AgencyYear,
    "feed": Feed,
}


Judging: TypeAlias = Callable[[AgencyYear, Event, list[Row], list[Transition]], None]


class Engine:
    """The rules of a catalogue, sorted by what sets them off.

    Rules in `covered` are asked where a guard does not rule them out; any other rule is always asked.
    """

    judge: Judging
    """Judge what an accepted event touched, and the event itself as an act; appends each transition."""

    def __init__(self, catalogue: Catalogue, covered: frozenset[str] = COVERED) -> None:
        guarded = [rule for rule in catalogue.rules.values() if rule.slug in covered]
        unguarded = [rule for rule in catalogue.rules.values() if rule.slug not in covered and rule.kind != "time"]
        self._state, self._acts = _by_row(guarded), _by_event(guarded)
        self._of_sound = tuple(rule for rule in self._state[Position] if rule.slug not in OF_UNSOUND)
        acts = _by_event(rule for rule in guarded if rule.slug not in OF_REPEATS)
        once_adopted = acts | dict.fromkeys(PAYMENTS, ())
        self._under_cr = {kind: (quiet, acts[kind]) for kind, quiet in AFTER_UNDER_CR.items()}
        self._once_adopted = {kind: (quiet, once_adopted[kind]) for kind, quiet in AFTER.items()}
        self._state_always, self._acts_always = _by_row(unguarded), _by_event(unguarded)
        # Chosen once: where the guards cover every rule, nothing is asked of the others at each event.
        self.judge = self._judge_all if unguarded else self._judge_guarded

    def _judge_all(self, year: AgencyYear, event: Event, touched: list[Row], transitions: list[Transition]) -> None:
        self._judge_guarded(year, event, touched, transitions)
        for row in touched:
            self._judge_always(year, row, event, transitions)
        acts = self._acts_always[type(event)]
        if acts:
            self._judge_act(year, event, acts, transitions)

    def _judge_guarded(self, year: AgencyYear, event: Event, touched: list[Row], transitions: list[Transition]) -> None:
        quiet, acts = (self._under_cr if event.booked_on < year.adopted_on else self._once_adopted)[type(event)]
        for row in touched:
            if not quiet[type(row)](row, event):
                self._judge_row(year, row, event, transitions)
        if year.repeats:  # of the payment accepted last, which may be this one
            self._judge_act(year, event, self._acts[type(event)], transitions)
        elif acts and not act_is_quiet(year, event):
            self._judge_act(year, event, acts, transitions)

    def judge_row(self, year: AgencyYear, row: Row, event: Event, transitions: list[Transition]) -> None:
        """Judge the state rules of one row that an accepted event touched, and nothing else of the event."""
        if not UNGUARDED[type(row)](row, event):
            self._judge_row(year, row, event, transitions)
        self._judge_always(year, row, event, transitions)

    def _judge_always(self, year: AgencyYear, row: Row, event: Event, transitions: list[Transition]) -> None:
        for rule in self._state_always[type(row)]:
            breach = rule.function(row, year, rule.parameters_on(event.booked_on))
            transitions += _follow(rule, row, year, event, breach)

    def _judge_row(self, year: AgencyYear, row: Row, event: Event, transitions: list[Transition]) -> None:
        clean = True
        rules = self._of_sound if type(row) is Position and is_sound(row) else self._state[type(row)]
        for rule in rules:
            parameters = rule.parameters_on(event.booked_on) if rule.parameters else _NO_PARAMETERS
            breach = rule.function(row, year, parameters)
            if breach is not None:
                clean = False
                transitions += _follow(rule, row, year, event, breach)
            elif row.alerts is not None:
                transitions += _follow(rule, row, year, event, breach)
        if isinstance(row, Position):
            if clean:
                guard(row, year)
            else:
                row.guarded = False

    def _judge_act(
        self, year: AgencyYear, event: Event, rules: tuple[Rule, ...], transitions: list[Transition]
    ) -> None:
        act = act_of(year, event)
        for rule in rules:
            for finding in rule.function(act, rule.parameters_on(event.booked_on)):
                transitions += _join(rule, finding, year, event)


def _by_row(rules: Iterable[Rule]) -> dict[type[Row], tuple[Rule, ...]]:
    state = [rule for rule in rules if rule.kind == "state"]
    return {row: tuple(rule for rule in state if _ROWS[rule.subject] is row) for row in UNGUARDED}


def _by_event(rules: Iterable[Rule]) -> dict[type[Event], tuple[Rule, ...]]:
    acts = [rule for rule in rules if rule.kind == "act"]
    return {kind: tuple(rule for rule in acts if name in rule.events) for name, kind in BY_NAME.items()}


def act_of(year: AgencyYear, event: Event) -> Act:
    """An accepted event as the act rules see it."""
    in_cr = under_cr(year, event)
    basis, basis_ref = ground(year, event) if in_cr and isinstance(event, SPENDING) else (None, None)
    case = year.cases[event.reserve, event.case] if isinstance(event, ReserveApproved) else None
    repeats = year.repeats if isinstance(event, DisbursementPaid | ProvisionalSpent) else 0
    return Act(event, year, in_cr, _positions(year, event), case, basis, basis_ref, repeats)


def _positions(year: AgencyYear, event: Event) -> Sequence[Position]:
    if isinstance(event, VirementApproved):
        return (year.position(event.from_line), year.position(event.to_line))
    line = getattr(event, "line", None)
    origin = getattr(event, "origin_year", UNSET)
    return () if line is None else (year.position(line, None if origin is UNSET else origin),)


def _follow(rule: Rule, row: Row, year: AgencyYear, event: Event, breach: Breach | None) -> list[Transition]:
    """Bring a state rule's alert in line with its condition."""
    alert = row.alerts.get(rule.slug) if row.alerts is not None else None
    if breach is None:
        if alert is None:
            return []
        by = cause(year, event)
        finish(row, alert, by)
        return [Transition(alert, "resolved", by)]
    severity = breach.severity or rule.severity
    if alert is None:
        return [_open(rule, row, year, event, severity, breach.evidence)]
    alert.evidence = breach.evidence
    return [] if severity == alert.severity else _change_severity(alert, severity, cause(year, event))


def _join(rule: Rule, finding: Finding, year: AgencyYear, event: Event) -> list[Transition]:
    """Add an act to the unfinished alert of its subject, or open one."""
    row = finding.subject
    severity = finding.severity or rule.severity
    by = cause(year, event)
    last = finding.last or by
    alert = row.alerts.get(rule.slug) if row.alerts is not None else None
    if alert is None:
        evidence: dict[str, int | str] = {
            **finding.numbers,
            "count": finding.count,
            "sum": finding.amount,
            "last": last,
        }
        return [_open(rule, row, year, event, severity, evidence)]
    count, amount = alert.evidence["count"] + finding.count, alert.evidence["sum"] + finding.amount
    alert.evidence = {**finding.numbers, "count": count, "sum": amount, "last": last}
    return _change_severity(alert, max(alert.severity, severity, key=SEVERITIES.index), by)


def _open(
    rule: Rule, row: Row, year: AgencyYear, event: Event, severity: str, evidence: Mapping[str, int | str]
) -> Transition:
    by = cause(year, event)
    alert = Alert(
        rule=rule.slug,
        severity=severity,
        level=rule.subject,
        key=subject_key(year, row),
        fiscal_year=year.fiscal_year,
        state="open",
        opened_by=by,
        opened_on=event.booked_on,
        evidence=dict(evidence),
    )
    if row.alerts is None:
        row.alerts = {}
    row.alerts[rule.slug] = alert
    return Transition(alert, "opened", by)


def finish(row: Row, alert: Alert, resolved_by: str) -> None:
    """Take a resolved alert off its subject."""
    alert.state = "resolved"
    alert.resolved_by = resolved_by
    assert row.alerts is not None, "the alert stands on this row"
    del row.alerts[alert.rule]
    if not row.alerts:
        row.alerts = None


def _change_severity(alert: Alert, severity: str, by: str) -> list[Transition]:
    if alert.severity == severity:
        return []
    before, alert.severity = alert.severity, severity
    return [Transition(alert, "severity", by, before)]


def cause(year: AgencyYear, event: Event) -> str:
    """An event as alerts name it: `<agency>:<event id>`."""
    return f"{year.agency}:{event.id}"
