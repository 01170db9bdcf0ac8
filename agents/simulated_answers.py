"""What agencies of a demonstration answer when they are asked: some at once, some never, one not well enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Final

from alerts.letters.compose import recipient_for
from alerts.reasons import choices
from alerts.subjects import alert_id
from ledger.books import Alert
from streams.monitor import Monitor
from streams.people.answers import Answer, accept_answer, ask, give_answer, return_answer
from streams.people.escalating import remind
from streams.people.overlay import overlay_on
from streams.people.person import Person
from streams.store import alert_lists
from streams.store.alert_lists import Wanted

ASKED_MAX: Final = 12
ASKED_DAYS_AGO: Final = 12
OFFICER: Final = Person("示範人員", ("officer",))
AGENT: Final = Person("示範機關承辦", ("officer",))
"""Nobody: what stands where a name of the agency would."""
SAID: Final = (
    ("示範：已洽廠商趕辦", "示範：增加工班，逐週檢討進度", 45),
    ("示範：科目登錄有誤", "示範：辦理轉正並加強審核", 20),
    ("示範：核定文號補登中", "示範：補登核定文號", 15),
    ("示範：說明如附", "示範：檢討後辦理", 30),
)
"""Explanation, measure, and in how many days it will be settled."""
REMARK: Final = "示範：請敘明金額及核定文號"


def agencies_answer(monitor: Monitor) -> None:
    """Ask about a dozen alerts, answer four, accept one answer and return one; the others are reminded of."""
    store, catalogue, today = monitor.store, monitor.catalogue, monitor.today()
    asked_on = _days_from(today, -ASKED_DAYS_AGO)
    overlay = overlay_on(store, catalogue, today)
    open_ones = alert_lists.find(store, Wanted(states=("open",)), overlay, "severity", limit=500)
    of_agencies = (alert for alert in open_ones if recipient_for(monitor.names(), alert).kind != "office")
    chosen = list(islice(_one_of_each(monitor, of_agencies), ASKED_MAX))
    for alert in chosen:
        to = recipient_for(monitor.names(), alert)
        due_on = catalogue.calendar.after(asked_on, catalogue.rules[alert.rule].notice.days)
        ask(store, [alert_id(alert)], f"{to.kind}:{to.key}", due_on, "demonstration")
    remind(store, catalogue, None, today)
    for alert, (text, measure, days) in zip(chosen, SAID, strict=False):
        reason = choices(monitor.names().city, catalogue.rules[alert.rule])[0].code
        answer = Answer(reason, text, measure, AGENT.name, _days_from(today, days))
        give_answer(store, catalogue, monitor.names().city, [alert_id(alert)], AGENT, answer, today)
    for alert in chosen[:1]:
        accept_answer(store, catalogue, alert_id(alert), OFFICER, today)
    for alert in chosen[3:4]:
        return_answer(store, catalogue, alert_id(alert), OFFICER, REMARK, today)


def _one_of_each(monitor: Monitor, alerts: Iterable[Alert]) -> Iterator[Alert]:
    """The gravest alert of each recipient: what one agency alone does says little of the others."""
    seen: set[tuple[str, str]] = set()
    for alert in alerts:
        to = recipient_for(monitor.names(), alert)
        if (to.kind, to.key) not in seen:
            seen.add((to.kind, to.key))
            yield alert


def _days_from(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
