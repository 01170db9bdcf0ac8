"""What the pages of answers show of an alert that is to be answered, and how a form becomes an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from alerts.messages import message
from alerts.naming import subject
from alerts.reasons import choices
from alerts.rule import Rule, Severity
from alerts.subjects import alert_id
from dashboards.web.desk import Desk
from ledger.books import Alert
from ledger.city import ReasonChoice
from ledger.words import Words
from streams.people.answers import UNASKED, Answer, Question, due_day, questions
from streams.people.person import RefusedAct

CHOSEN: Final = "matter-"
"""How the fields that choose matters begin; the alert's id follows."""


class OpenMatter(msgspec.Struct, frozen=True):
    """An alert with how it stands about its answer."""

    id: str
    alert: Alert
    severity: Severity
    title: Words
    about: Words
    message: Words
    ask: Words
    settles: Words
    due_on: str
    """By when to answer: as told, else as the rule says from the day of its opening."""
    question: Question
    reasons: Sequence[ReasonChoice]
    finished: bool = False

    @property
    def awaited(self) -> bool:
        """Whether it is the agency's turn, by the day due; of an accepted answer once what was promised is due."""
        return due_day(self.question) is not None


def matter_of(desk: Desk, alert: Alert, question: Question, *, finished: bool = False) -> OpenMatter:
    """What is shown of one alert."""
    rule, city = desk.monitor.catalogue.rules[alert.rule], desk.names.city
    about = subject(desk.names, alert.level, alert.key, alert.fiscal_year)
    due_on = (
        due_day(question) or question.due_on or desk.monitor.catalogue.calendar.after(alert.opened_on, rule.notice.days)
    )
    return OpenMatter(
        id=alert_id(alert),
        alert=alert,
        severity=alert.severity,  # type: ignore[arg-type]  # the books keep it as text
        title=rule.title,
        about=about,
        message=message(rule, about, alert.evidence, day=alert.opened_on),
        ask=rule.notice.ask,
        settles=rule.unblock,
        due_on=due_on,
        question=question,
        reasons=choices(city, rule),
        finished=finished,
    )


def matters_of(desk: Desk, alerts: Iterable[Alert]) -> list[OpenMatter]:
    """The same of several, by the day due."""
    known = all_questions(desk)
    found = [matter_of(desk, alert, known.get(alert_id(alert), UNASKED)) for alert in alerts]
    return sorted(found, key=lambda one: (one.due_on, one.alert.rule, one.alert.key))


def all_questions(desk: Desk) -> Mapping[str, Question]:
    """How it stands about every alert that was asked about or answered for; made once between two acts."""
    return desk.look("questions", lambda _: questions(desk.monitor.store))


def reason_lists(desk: Desk, rules: Iterable[Rule]) -> list[tuple[str, Sequence[ReasonChoice]]]:
    """The lists to choose a reason from when it is about some rules: each with its name."""
    wanted = {rule.notice.reasons: rule for rule in rules}
    return [(name, choices(desk.names.city, rule)) for name, rule in sorted(wanted.items(), reverse=True)]


def chosen_in(form: Mapping[str, str]) -> list[str]:
    """The ids of the matters that a form chooses."""
    return [name.removeprefix(CHOSEN) for name in form if name.startswith(CHOSEN)]


def answer_in(form: Mapping[str, str]) -> Answer:
    """The answer that a form holds. Raises RefusedAct for an amount that is none; the rest is looked at where it is kept."""
    text = form.get("amount", "").strip().replace(",", "").replace("，", "")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise RefusedAct("answer-amount")
    return Answer(
        reason=form.get("reason", ""),
        text=form.get("text", "").strip(),
        measure=form.get("measure", "").strip(),
        responsible=form.get("responsible", "").strip(),
        expected_day=form.get("expected_day", ""),
        amount=int(text) if text else None,
    )
