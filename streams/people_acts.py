"""What people do about alerts and authorities. A record of its own, laid over what the fold found (CONTRACT §4, People).

An acknowledgement needs a reason and a due date; it lapses on that date and when the rule's measure doubles. Closing ends an
alert of an act rule: it comes off its row, so that a further act opens a new alert. Each closing keeps the position of
the log it was done at, so that loading and auditing can do it again at the same place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

from alerts.catalogue import Catalogue
from alerts.subjects import alert_id
from ledger.books import Alert, Books
from ledger.fiscal import is_day
from ledger.text import is_note, is_text
from streams.closings import CLOSE, take_off
from streams.monitor import Monitor
from streams.store import Store, people, queries
from streams.store.alert_rows import agency_of
from streams.store.people import Act, PeopleProblem

AlertState: TypeAlias = Literal["open", "acknowledged", "resolved", "closed"]

ACKNOWLEDGE: Final = "acknowledge"
NOTE: Final = "note"
LAGGING_REASON: Final = "lagging-reason"
LAGGING_PRESENTED: Final = "lagging-presented"
JUDGE: Final = "judge"
LOG_IN: Final = "log-in"

MAY_ACKNOWLEDGE: Final = frozenset(("officer", "administrator"))
MAY_CLOSE: Final = frozenset(("officer", "administrator"))
LOCAL: Final = "local"
"""The role of somebody on the monitor's own machine while it has no users: may do what an administrator may."""
_WIDEST_FIRST: Final = ("administrator", "officer", "reviewer", "feeder", LOCAL)


class Person(msgspec.Struct, frozen=True):
    """Who acts: the name recorded, the roles, and the address they come from."""

    name: str
    roles: tuple[str, ...]
    address: str = ""

    @property
    def role(self) -> str:
        """The role an act is recorded under: the widest the person has."""
        return next((role for role in _WIDEST_FIRST if role in self.roles), "")

    def may(self, roles: frozenset[str]) -> bool:
        """Whether one of the roles is theirs; on this machine, without users, everything is allowed."""
        return LOCAL in self.roles or not roles.isdisjoint(self.roles)


class Refused(PeopleProblem):
    """The act is not done; `code` names the reason for those who translate it."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


# ---------------------------------------------------------------- the state of an alert


def state_of(alert: Alert, acts: Sequence[Act], catalogue: Catalogue, today: str) -> AlertState:
    """What an alert's state is, with what people did about it (oldest first) laid over it."""
    if any(act.kind == CLOSE for act in acts):
        return "closed"
    if alert.state == "resolved":
        return "resolved"
    given = next((act for act in reversed(acts) if act.kind == ACKNOWLEDGE), None)
    return "open" if given is None or lapsed(alert, given, catalogue, today) is not None else "acknowledged"


def lapsed(alert: Alert, acknowledgement: Act, catalogue: Catalogue, today: str) -> str | None:
    """Why an acknowledgement no longer counts: `due` (its date has come), `doubled` (the rule's measure has), or None."""
    if today >= acknowledgement.after["due_on"]:
        return "due"
    before = acknowledgement.after["excess"]
    return "doubled" if before > 0 and catalogue.rules[alert.rule].measured(alert.evidence) >= 2 * before else None


class Standing(msgspec.Struct, frozen=True):
    """Which alerts people's acts have put into another state than the fold's."""

    acknowledged: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()

    def state(self, alert: Alert) -> AlertState:
        """The state of one alert."""
        name = alert_id(alert)
        if name in self.closed:
            return "closed"
        if alert.state == "resolved":
            return "resolved"
        return "acknowledged" if name in self.acknowledged else "open"


def standing(store: Store, catalogue: Catalogue, today: str) -> Standing:
    """Which alerts are acknowledged or closed on a day."""
    by_alert: dict[str, list[Act]] = {}
    for act in people.acts_of_kinds(store, ACKNOWLEDGE, CLOSE):
        by_alert.setdefault(act.subject, []).append(act)
    closed = {name for name, acts in by_alert.items() if any(act.kind == CLOSE for act in acts)}
    acknowledged = set()
    for name in by_alert.keys() - closed:
        alert = queries.alert(store, name)
        if alert is not None and state_of(alert, by_alert[name], catalogue, today) == "acknowledged":
            acknowledged.add(name)
    return Standing(frozenset(acknowledged), frozenset(closed))


# ---------------------------------------------------------------- acts about an alert


def acknowledge(
    store: Store, catalogue: Catalogue, alert: str, person: Person, reason: str, due_on: str, today: str
) -> Act:
    """Say that an unfinished alert is known, why it stands, and by when it will be dealt with. Raises Refused."""
    _check(person, MAY_ACKNOWLEDGE, reason)
    if not is_day(due_on) or due_on <= today:
        raise Refused("due-date", "the due date must be a day after today")
    found, before = _unfinished(store, catalogue, alert, today)
    measured = catalogue.rules[found.rule].measured(found.evidence)
    after = {"reason": reason, "due_on": due_on, "excess": measured, "severity": found.severity}
    return _record(store, person, ACKNOWLEDGE, alert, {"state": before}, after)


def add_note(store: Store, alert: str, person: Person, text: str) -> Act:
    """Put a note beside an alert, whatever its state. Raises Refused."""
    _check(person, MAY_ACKNOWLEDGE, text)
    _alert(store, alert)
    return _record(store, person, NOTE, alert, None, {"text": text})


def close(
    store: Store,
    books: Books,
    catalogue: Catalogue,
    alert: str,
    person: Person,
    reason: str,
    today: str,
    position: int,
) -> Act | Refused:
    """Close an alert of an act rule (see `close_alert`); answers Refused rather than raising it.

    `position` is the place after the last line committed; it is kept with the act.
    """
    try:
        _check(person, MAY_CLOSE, reason)
        found, before = _unfinished(store, catalogue, alert, today)
        rule = catalogue.rules.get(found.rule)
        if rule is None or rule.kind != "act":
            raise Refused("no-act", "only alerts about acts are closed; this one ends when its condition does")
    except Refused as refused:
        return refused
    after = {
        "reason": reason,
        "rule": found.rule,
        "level": found.level,
        "key": found.key,
        "fiscal_year": found.fiscal_year,
        "partition": store.partition,
        "position": position,
        "evidence": found.evidence,
    }
    act = _record(store, person, CLOSE, alert, {"state": before}, after)
    take_off(books, act)
    return act


def close_alert(monitor: Monitor, alert: str, person: Person, reason: str) -> Act:
    """Close an alert while nothing is folded of the agency it is about, and wait for it. Raises Refused."""
    found = _alert(monitor.store, alert)

    def run(store: Store, books: Books, position: int) -> Act | Refused:
        return close(store, books, monitor.catalogue, alert, person, reason, monitor.today(), position)

    done = monitor.replica.at_rest(found.fiscal_year, agency_of(found) or "", run)
    if isinstance(done, Refused):
        raise done
    return done


def judge_now(monitor: Monitor, person: Person) -> int:
    """Judge today's time rules again without waiting for the clock; how many alerts changed by it. Raises Refused."""
    _check_person(person, MAY_ACKNOWLEDGE)
    day = monitor.today()
    changes = monitor.replica.judge(day).result()
    _record(monitor.store, person, JUDGE, day, None, {"changes": changes})
    return changes


# ---------------------------------------------------------------- acts about the lagging list


def lagging_subject(authority: str, fiscal_year: int) -> str:
    """What the reason of a lagging authority is kept under."""
    return f"{authority}:{fiscal_year}"


def give_lagging_reason(
    store: Store, authority: str, fiscal_year: int, person: Person, reason: str, recovery_on: str, today: str
) -> Act:
    """Keep why an authority lags, and by when it will have caught up. Raises Refused."""
    _check(person, MAY_ACKNOWLEDGE, reason)
    if not is_day(recovery_on) or recovery_on <= today:
        raise Refused("recovery-date", "the recovery date must be a day after today")
    subject = lagging_subject(authority, fiscal_year)
    earlier = lagging_reasons(store).get((authority, fiscal_year))
    before = None if earlier is None else earlier.after
    return _record(store, person, LAGGING_REASON, subject, before, {"reason": reason, "recovery_on": recovery_on})


def lagging_reasons(store: Store) -> dict[tuple[str, int], Act]:
    """The reason given last, by authority and fiscal year."""
    found: dict[tuple[str, int], Act] = {}
    for act in people.acts_of_kinds(store, LAGGING_REASON):
        authority, _, fiscal_year = act.subject.rpartition(":")
        found[authority, int(fiscal_year)] = act
    return found


# ---------------------------------------------------------------- common parts


def _check_person(person: Person, roles: frozenset[str]) -> None:
    if not is_text(person.name):
        raise Refused("person", "an act needs the name of a person: 1 to 128 characters")
    if not person.may(roles):
        raise Refused("role", f"this needs the role {' or '.join(sorted(roles))}")


def _check(person: Person, roles: frozenset[str], text: str) -> None:
    _check_person(person, roles)
    if not text.strip() or not is_note(text):
        raise Refused("reason", "write a reason of at most 2,000 characters")


def _alert(store: Store, alert: str) -> Alert:
    found = queries.alert(store, alert)
    if found is None:
        raise Refused("unknown", f"there is no alert {alert}")
    return found


def _unfinished(store: Store, catalogue: Catalogue, alert: str, today: str) -> tuple[Alert, AlertState]:
    found = _alert(store, alert)
    state = state_of(found, people.acts_on(store, alert), catalogue, today)
    if state in ("resolved", "closed"):
        raise Refused("finished", f"the alert is {state}")
    return found, state


def _record(store: Store, person: Person, kind: str, subject: str, before: Any, after: Any) -> Act:
    return people.record(store, person.name, person.role, person.address, kind, subject, before, after)
