"""Deliveries to people of what is new in the outbox: by whom of them it is read, and from when on; or held in a storm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from alerts.routing.deciding import AlertNews, Planned, plan, route_for
from alerts.routing.routes import Routing
from alerts.subjects import agency_in
from ledger.books import Alert
from ledger.words import Words
from streams.notices.bulletins import Saying, leave_bulletin
from streams.notices.settings import NoticeSettings, readers
from streams.notices.switch import Switch, switch_of
from streams.store import Store, schema
from streams.store.alerts import alert_of
from streams.store.deliveries_sealed import of_messages, sealed_run
from streams.store.times import moment
from streams.taipei import TAIPEI

STORM_WINDOW: Final = timedelta(minutes=10)
_LOOKED_BACK: Final = 20_000
"""Messages among which a storm is looked for."""
BARRED: Final = "address-barred"
STORM: Final = "storm"


class NewMessage(msgspec.Struct, frozen=True):
    """A transition that the outbox has not routed yet."""

    id: str
    n: int
    subject: str
    payload: dict[str, Any]
    created_at: str
    untold: bool = False


class Decided(msgspec.Struct, frozen=True):
    """What is to be written for some messages."""

    rows: Sequence[dict[str, Any]] = ()
    muted: frozenset[str] = frozenset()
    """Messages that routing keeps from Kafka."""
    held_since: str | None = None
    """In a storm: what was made since then and has not left is held too."""


class Making:
    """Decides about messages, and writes what it decided within the outbox's transaction."""

    def __init__(self, store: Store, settings: NoticeSettings) -> None:
        self._store, self.settings = store, settings

    def decide(self, messages: Sequence[NewMessage]) -> Decided:
        """About messages in their order."""
        found = plans(self._store, self.settings, messages, switch_of(self._store))
        rows = [_row(message, planned) for message, planneds, _ in found for planned in planneds]
        muted = frozenset(message.id for message, _, is_muted in found if is_muted)
        if not rows:
            return Decided(muted=muted)
        barred = self._barred()
        held_since = self._storm_since(self.settings.routing())
        for row in rows:
            if row["channel"] == "mail" and row["address"].lower() in barred:
                row |= {"state": "suppressed", "cause": BARRED}
            elif held_since is not None:
                row |= {"state": "held", "cause": STORM}
        return Decided(rows, muted, held_since)

    def write(self, connection: sa.Connection, decided: Decided) -> None:
        """Within a transaction that writes."""
        rows = schema.deliveries
        is_first = decided.held_since is not None and not _has_held(connection)
        if decided.rows:
            with sealed_run(connection, "people", *of_messages([row["message"] for row in decided.rows])):
                connection.execute(rows.insert(), list(decided.rows))
        if decided.held_since is None:
            return
        waiting = (rows.c.state == "waiting", rows.c.notice.is_(None), rows.c.made_at >= decided.held_since)
        connection.execute(rows.update().where(*waiting).values(state="held", cause=STORM))
        if is_first:
            people = readers(self._store.within(connection))
            leave_bulletin(connection, self.settings, _storm(moment(self.settings.now())), "office", "", people)

    def _barred(self) -> set[str]:
        rows = schema.deliveries.c
        wanted = sa.select(rows.address).distinct().where(rows.state == "given_up", rows.cause == "address")
        with self._store.reading() as connection:
            return {address.lower() for address in connection.execute(wanted).scalars()}

    def _storm_since(self, routing: Routing) -> str | None:
        """When the window began, where more alerts opened in it than a storm begins with."""
        outbox = schema.outbox.c
        since = moment(self.settings.now() - STORM_WINDOW)
        last = sa.select(sa.func.coalesce(sa.func.max(outbox.n), 0)).scalar_subquery()
        opened = (
            outbox.kind == "alert",
            outbox.untold.is_(False),
            outbox.n > last - _LOOKED_BACK,
            outbox.payload.contains('"change":"opened"', autoescape=True),
        )
        wanted = sa.select(outbox.created_at).where(*opened).order_by(outbox.n.desc()).offset(routing.storm).limit(1)
        with self._store.reading() as connection:
            found = connection.execute(wanted).scalar_one_or_none()
        return since if found is not None and found >= since else None


def plans(
    store: Store, settings: NoticeSettings, messages: Sequence[NewMessage], switch: Switch
) -> list[tuple[NewMessage, list[Planned], bool]]:
    """Of each transition to whom it is told, and whether Kafka is left out; nobody while notices are off, or of what is older."""
    routing, names = settings.routing(), settings.names()
    alerts, people = _alerts(store, {one.subject for one in messages}), readers(store)
    found = []
    for message in messages:
        alert = alerts.get(message.subject)
        if alert is None or "change" not in message.payload:
            continue
        severity = message.payload["severity"]
        route = route_for(routing, alert, severity, agency_in(names.registry, alert))
        is_muted = route is not None and route[1].kafka == "never"
        planned: list[Planned] = []
        if switch.on and why_not(message, alert, switch) is None:
            at = datetime.fromisoformat(message.created_at).astimezone(TAIPEI)
            news = AlertNews(alert, message.payload["change"], severity, message.payload["severity_before"], at)
            planned = plan(news, names, people, routing, settings.catalogue.calendar)
        found.append((message, planned, is_muted))
    return found


def why_not(message: NewMessage, alert: Alert, switch: Switch) -> str | None:
    """Why nobody is told of a transition whatever the routes say; None where they decide."""
    if message.untold:
        return "rebuild"
    if message.created_at < switch.since or (
        message.payload["change"] == "opened" and alert.opened_on < switch.from_day
    ):
        return "older"
    return None


def _alerts(store: Store, subjects: set[str]) -> dict[str, Alert]:
    rows = schema.alerts
    with store.reading() as connection:
        found = connection.execute(sa.select(rows).where(rows.c.id.in_(sorted(subjects))))
        return {row.id: alert_of(row) for row in found}


def _row(message: NewMessage, planned: Planned) -> dict[str, Any]:
    return {
        "message": message.id,
        "channel": planned.channel,
        "address": planned.address,
        "n": message.n,
        "subject": message.subject,
        "state": "waiting",
        "attempts": 0,
        "next_try_at": moment(planned.leaves_at.astimezone(UTC)),
        "recipient_kind": planned.recipient,
        "recipient_key": planned.key,
        "language": planned.language,
        "mode": planned.mode,
        "routed_by": f"{planned.route}:{planned.line}",
        "cause": None,
        "made_at": message.created_at,
    }


def _has_held(connection: sa.Connection) -> bool:
    rows = schema.deliveries.c
    return connection.execute(sa.select(rows.n).where(rows.state == "held").limit(1)).first() is not None


def _storm(at: str) -> Saying:
    return Saying(
        f"storm-{at}",
        "storm",
        Words("大量警示，通知已暫緩發送", "Many alerts at once: notices are held"),
        (
            Words(
                "十分鐘內發生之警示超過設定數量，各機關之通知均已暫緩。",
                "More alerts opened within ten minutes than are sent without being asked; all notices are held.",
            ),
            Words(
                "請查明是否為匯入或介接錯誤，再決定發送或捨棄（`notices release`、`notices drop`），並敘明理由。",
                "Find out whether an import or a feed went wrong, then release or drop them, with a reason: "
                "`notices release`, `notices drop`.",
            ),
        ),
        "/notices?state=held",
    )
