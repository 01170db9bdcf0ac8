"""May I spend this? The answer of `alerts.check`, without what is not the asker's to know (CONTRACT §8 Scope)."""

from __future__ import annotations

from typing import Final

import msgspec

from alerts.catalogue import Catalogue
from alerts.check import Checked, checked
from alerts.engine import Engine
from alerts.verdict import Advice, Foretold, Verdict
from dashboards.web.access import OutOfScope
from ledger.output import AlertOut
from ledger.words import Words
from streams.monitor import Monitor
from streams.scope import Scope

ASK_THE_OFFICE: Final = Words(
    "全市預備金額度由主計處掌管，請洽主計處",
    "The city's reserves are kept by the accounting office; ask there",
)


def asked_about(monitor: Monitor, line: bytes, scope: Scope) -> Checked:
    """What would come of an event as of today, by the fold's own code on a copy of its agency's books.

    Raises OutOfScope for an event of an agency outside the scope.
    """
    engine, catalogue = Engine(monitor.catalogue), monitor.catalogue
    with monitor.replica.reading() as books:
        found = checked(line, books, monitor.registry.agencies, engine, catalogue, monitor.today(), monitor.names())
    event = found.verdict.event
    if event is not None and not scope.has_agency(event.agency):
        raise OutOfScope(detail="the event is of an agency outside the scope of who asks")
    return found if scope.city else Checked(without_the_citys(found.verdict, scope, catalogue), found.refusal)


def without_the_citys(verdict: Verdict, scope: Scope, catalogue: Catalogue) -> Verdict:
    """Allowed or blocked, and by which rule; the figures of the city's funds are left out."""
    blocks = verdict.verdict == "blocked"
    kept: list[Foretold] = []
    advice: list[Advice] = list(verdict.unblock) if not verdict.alerts else []
    for alert, said in zip(verdict.alerts, verdict.unblock, strict=False):
        if _is_within(scope, alert):
            kept.append(alert)
            advice.append(said)
        elif blocks:
            title = catalogue.rules[alert.rule].title
            kept.append(msgspec.structs.replace(alert, evidence={}, message_zh=title.zh, message_en=title.en))
            advice.append(Advice(alert.rule, ASK_THE_OFFICE.zh, ASK_THE_OFFICE.en))
    room = verdict.headroom
    return msgspec.structs.replace(
        verdict,
        verdict="blocked" if blocks else ("warned" if kept or verdict.warnings else "allowed"),
        alerts=kept,
        unblock=advice,
        standing=[alert for alert in verdict.standing if _is_within(scope, alert)],
        headroom=msgspec.structs.replace(
            room, reserves=[each for each in room.reserves if scope.has("reserve", each.key, None)]
        ),
    )


def _is_within(scope: Scope, alert: AlertOut) -> bool:
    return scope.has(alert.subject.level, alert.subject.key, alert.subject.key.partition(":")[0])
