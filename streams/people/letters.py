"""Official letters that left by the document system: number and date, entered afterwards (CONTRACT §8)."""

from __future__ import annotations

from typing import Final

from ledger.fiscal import is_day
from ledger.text import is_text
from streams.people.acts import record_by
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct, check_person
from streams.people.trail import TrailEntry
from streams.store import Store, queries
from streams.store.alerts import is_within

LETTER_SENT: Final = "letter-sent"


def enter_letter(store: Store, alert: str, person: Person, number: str, sent_on: str, today: str) -> TrailEntry:
    """Keep the number and date under which an alert's letter left. Raises RefusedAct."""
    check_person(person, MAY_ACKNOWLEDGE)
    if not person.scope.whole:
        raise RefusedAct("scope")
    found = queries.alert(store, alert)
    if found is None or not is_within(found, person.scope):
        raise RefusedAct("unknown", alert)
    if not is_text(number) or not number.strip():
        raise RefusedAct("letter-number")
    if not is_day(sent_on) or sent_on > today:
        raise RefusedAct("letter-date")
    return record_by(store, person, LETTER_SENT, alert, None, {"letter_number": number.strip(), "sent_on": sent_on})
