"""What agencies answer, and what the office says to it: acts on the alerts, moved by the table of `alerts.lifecycle`.

Accepting an answer acknowledges its alert until the day that was promised; of a lagging authority it is the reason and the
recovery day of the list. Everything of one call stands on the trail, or nothing of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from alerts.catalogue import Catalogue
from alerts.lifecycle import AWAITS_ANSWER, Move, QuestionState, moved
from alerts.reasons import choices
from ledger.books import Alert
from ledger.city import City, ReasonChoice
from ledger.fiscal import is_day
from ledger.money import AMOUNT_MAX
from ledger.text import is_note, is_text
from streams.people.acts import record_all, record_by
from streams.people.lagging_acts import lagging_reasons, lagging_subject
from streams.people.overlay import state_of
from streams.people.person import LINK, LOCAL, MAY_ACKNOWLEDGE, Person, RefusedAct, check_person
from streams.people.trail import ACKNOWLEDGE, LAGGING_REASON, TrailEntry, acts_of_kinds, acts_on
from streams.store import Store, queries
from streams.store.alerts import is_within
from streams.store.locks import ANSWER_LOCK, lock

ASKED: Final = "asked"
ANSWERED: Final = "answered"
ACCEPTED: Final = "answer-accepted"
RETURNED: Final = "answer-returned"
REMINDED: Final = "reminded"
ESCALATED: Final = "escalated"
NOTICES: Final = Person("notices", (LOCAL,))
"""Who asks and reminds: the program itself."""
MAY_ANSWER: Final = frozenset((*MAY_ACKNOWLEDGE, LINK))
_MOVES: Final[Mapping[str, Move]] = {ASKED: "ask", ANSWERED: "answer", ACCEPTED: "accept", RETURNED: "return"}
QUESTION_ACTS: Final = (*_MOVES, REMINDED, ESCALATED)
_LAGGING: Final = "capital-execution-lagging"


class Answer(msgspec.Struct, frozen=True):
    """What is answered. `amount` is NT$ that the measure is about; None: not said."""

    reason: str
    """A code of the list of reasons."""
    text: str
    measure: str
    responsible: str
    expected_day: str
    """The day by which it will be settled."""
    amount: int | None = None


class Question(msgspec.Struct, frozen=True):
    """How it stands between the office and an agency about one opening of an alert."""

    state: QuestionState
    due_on: str | None = None
    """The day by which to answer, as told last; None: nobody was asked."""
    answer: TrailEntry | None = None
    """The answer given last."""
    decision: TrailEntry | None = None
    """What the office said to it."""
    steps: tuple[TrailEntry, ...] = ()
    """Reminders and escalations since it was asked last."""


UNASKED: Final = Question("unasked")


def question_of(acts: Sequence[TrailEntry], openings: int) -> Question:
    """How it stands after some acts on an alert, oldest first; only those of its latest opening count."""
    found = UNASKED
    for act in acts:
        if act.kind not in QUESTION_ACTS or act.after.get("openings") != openings:
            continue
        move = _MOVES.get(act.kind)
        if move is None:
            found = msgspec.structs.replace(found, steps=(*found.steps, act))
            continue
        state = moved(found.state, move)
        if state is None:
            continue
        match move:
            case "ask":
                found = msgspec.structs.replace(found, state=state, due_on=act.after["due_on"], steps=())
            case "answer":
                found = msgspec.structs.replace(found, state=state, answer=act, decision=None)
            case "accept":
                found = msgspec.structs.replace(found, state=state, decision=act, steps=())
            case "return":
                due_on = act.after["due_on"]
                found = msgspec.structs.replace(found, state=state, decision=act, due_on=due_on, steps=())
    return found


def due_day(question: Question) -> str | None:
    """The day by which the agency's turn ends: the one told, or of an accepted answer the one promised; None: not its turn."""
    if question.state in AWAITS_ANSWER:
        return question.due_on
    if question.state == "accepted" and question.answer is not None:
        promised: str = question.answer.after["expected_day"]
        return promised
    return None


def questions(store: Store) -> dict[str, Question]:
    """How it stands about every alert that somebody was asked about or answered for, by the alert's id."""
    by_alert: dict[str, list[TrailEntry]] = {}
    for act in acts_of_kinds(store, *QUESTION_ACTS):
        by_alert.setdefault(act.subject, []).append(act)
    openings = queries.openings(store, by_alert)
    return {alert: question_of(acts, openings.get(alert, 1)) for alert, acts in by_alert.items()}


class Asking(msgspec.Struct, frozen=True):
    """Who is asked about alerts: in words `to` whom (`agency:020011`), by which day to answer, by which notice."""

    alerts: Sequence[str]
    to: str
    due_on: str
    notice: str


def ask(store: Store, alerts: Sequence[str], to: str, due_on: str, notice: str) -> None:
    """Record that somebody was asked about alerts (see `Asking`)."""
    ask_all(store, [Asking(alerts, to, due_on, notice)])


def ask_all(store: Store, asked: Sequence[Asking]) -> None:
    """Record that people were asked about alerts, all of it in one transaction."""
    with store.writing() as connection:
        lock(connection, ANSWER_LOCK)
        within = store.within(connection)
        openings = queries.openings(within, [alert for one in asked for alert in one.alerts])
        acts = [
            (
                alert,
                {"to": one.to, "due_on": one.due_on, "notice": one.notice, "openings": openings.get(alert, 1)},
            )
            for one in asked
            for alert in one.alerts
        ]
        record_all(connection, NOTICES, ASKED, acts)


def give_answer(
    store: Store,
    catalogue: Catalogue,
    city: City,
    alerts: Sequence[str],
    person: Person,
    answer: Answer,
    today: str,
    *,
    by_link: bool = False,
) -> list[TrailEntry]:
    """Answer for one or several alerts at once. Raises RefusedAct, and records nothing then.

    `by_link`: the right to answer comes from the link, which names the alerts.
    """
    check_person(person, MAY_ANSWER)
    if not alerts:
        raise RefusedAct("no-matter")
    with store.writing() as connection:
        lock(connection, ANSWER_LOCK)
        within = store.within(connection)
        found = {name: _alert(within, name, person, by_link=by_link) for name in dict.fromkeys(alerts)}
        openings = queries.openings(within, found)
        known = {each.code: each for alert in found.values() for each in choices(city, catalogue.rules[alert.rule])}
        chosen = _checked(answer, known, today)
        after = msgspec.to_builtins(answer) | {
            "answer": secrets.token_hex(8),
            "reason_zh": chosen.words.zh,
            "reason_en": chosen.words.en,
        }
        made = []
        for name, alert in found.items():
            number = openings.get(name, 1)
            _check_unfinished(within, alert, name, catalogue, today, number)
            before = question_of(acts_on(within, name), number)
            _move(before.state, "answer")
            kept = {"state": before.state}
            made.append(record_by(within, person, ANSWERED, name, kept, after | {"openings": number}))
        return made


def accept_answer(store: Store, catalogue: Catalogue, alert: str, person: Person, today: str) -> TrailEntry:
    """Accept the answer to a question: the alert is acknowledged until the day promised. Raises RefusedAct."""
    with store.writing() as connection:
        lock(connection, ANSWER_LOCK)
        within = store.within(connection)
        found, question, number = _to_decide(within, alert, person, catalogue, today)
        given = question.answer
        assert given is not None, "what is answered has an answer"
        said = given.after
        if said["expected_day"] <= today:
            raise RefusedAct("expected-past")
        before, state = {"state": "answered"}, state_of(found, acts_on(within, alert), catalogue, today, number)
        after = {"answer": said["answer"], "act": given.n, "openings": number, "expected_day": said["expected_day"]}
        accepted = record_by(within, person, ACCEPTED, alert, before, after)
        reason = "：".join(part for part in (said["reason_zh"], said["text"] or said["measure"]) if part)
        known = {
            "reason": reason,
            "due_on": said["expected_day"],
            "excess": catalogue.rules[found.rule].measured(found.evidence),
            "severity": found.severity,
            "openings": number,
            "answer": said["answer"],
        }
        record_by(within, person, ACKNOWLEDGE, alert, {"state": state}, known)
        if found.rule == _LAGGING:
            _to_the_list(within, found, person, reason, said)
        return accepted


def return_answer(
    store: Store, catalogue: Catalogue, alert: str, person: Person, remark: str, today: str
) -> TrailEntry:
    """Send an answer back with a remark; it is to be answered anew, by a new day. Raises RefusedAct."""
    if not remark.strip() or not is_note(remark):
        raise RefusedAct("answer-remark")
    with store.writing() as connection:
        lock(connection, ANSWER_LOCK)
        within = store.within(connection)
        found, question, number = _to_decide(within, alert, person, catalogue, today)
        assert question.answer is not None, "what is answered has an answer"
        due_on = catalogue.calendar.after(today, catalogue.rules[found.rule].notice.days)
        after = {"answer": question.answer.after["answer"], "act": question.answer.n, "remark": remark}
        after |= {"due_on": due_on, "openings": number}
        return record_by(within, person, RETURNED, alert, {"state": "answered"}, after)


def _to_decide(
    store: Store, alert: str, person: Person, catalogue: Catalogue, today: str
) -> tuple[Alert, Question, int]:
    """The alert, its question and its opening, where somebody of the office may decide on its answer."""
    check_person(person, MAY_ACKNOWLEDGE)
    found = _alert(store, alert, person)
    if not person.scope.whole:
        raise RefusedAct("scope")
    number = queries.openings(store, (alert,)).get(alert, 1)
    _check_unfinished(store, found, alert, catalogue, today, number)
    question = question_of(acts_on(store, alert), number)
    _move(question.state, "accept")
    if question.answer is not None and (question.answer.person, question.answer.role) == (person.name, person.role):
        raise RefusedAct("own-answer")
    return found, question, number


def _alert(store: Store, name: str, person: Person, *, by_link: bool = False) -> Alert:
    found = queries.alert(store, name)
    if found is None or not (by_link or is_within(found, person.scope)):
        raise RefusedAct("unknown", name)
    return found


def _check_unfinished(store: Store, alert: Alert, name: str, catalogue: Catalogue, today: str, openings: int) -> None:
    state = state_of(alert, acts_on(store, name), catalogue, today, openings)
    if state in ("resolved", "closed"):
        raise RefusedAct("finished", state)


def _move(state: QuestionState, move: Move) -> None:
    if moved(state, move) is None:
        raise RefusedAct("not-answered")


def _checked(answer: Answer, known: Mapping[str, ReasonChoice], today: str) -> ReasonChoice:
    """The reason chosen; raises RefusedAct for the first thing that an answer lacks."""
    chosen = known.get(answer.reason)
    if chosen is None:
        raise RefusedAct("reason-choice")
    if not is_note(answer.text) or (chosen.needs_text and not answer.text.strip()):
        raise RefusedAct("reason-text")
    if not answer.measure.strip() or not is_note(answer.measure):
        raise RefusedAct("answer-measure")
    if not is_text(answer.responsible) or not answer.responsible.strip():
        raise RefusedAct("answer-responsible")
    if not is_day(answer.expected_day) or answer.expected_day <= today:
        raise RefusedAct("expected-date")
    if answer.amount is not None and not 0 <= answer.amount <= AMOUNT_MAX:
        raise RefusedAct("answer-amount")
    return chosen


def _to_the_list(store: Store, alert: Alert, person: Person, reason: str, said: Mapping[str, Any]) -> None:
    earlier = lagging_reasons(store).get((alert.key, alert.fiscal_year))
    after = {"reason": reason, "recovery_on": said["expected_day"], "answer": said["answer"]}
    subject = lagging_subject(alert.key, alert.fiscal_year)
    record_by(store, person, LAGGING_REASON, subject, None if earlier is None else earlier.after, after)
