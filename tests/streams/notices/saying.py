"""Something to be told: alerts put into a store as a commit puts them, and what notices are made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from alerts.catalogue import load
from alerts.channels import Outside, open_channels
from alerts.channels.parcel import Failure, Parcel
from alerts.routing.file import read_routing
from alerts.routing.routes import Routing
from alerts.subjects import alert_id
from ledger.books import Alert
from ledger.names import Names
from ledger.process import Transition
from ledger.registry import HEADER, parse
from streams.notices.making import Making
from streams.notices.notifier import Notifier
from streams.notices.settings import NoticeSettings
from streams.outbox import Outbox
from streams.store import Store
from streams.store.alerts import write_alerts
from streams.store.times import moment

CATALOGUE: Final = load()
NOON: Final = datetime(2099, 11, 24, 4, 0, tzinfo=UTC)
"""A Tuesday, noon in Taipei, after whatever the machine's own clock says."""
SHIPPED: Final = read_routing(None, CATALOGUE.rules)


class Clockwork:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **time: float) -> None:
        self.at += timedelta(**time)


class Taker:
    """A channel that keeps what it is given, and fails where a test says so."""

    def __init__(self, problem: Callable[[Parcel], Failure | None] = lambda _: None, name: str = "mail") -> None:
        self.name, self.problem = name, problem
        self.parcels: list[Parcel] = []
        self.tried = 0

    def deliver(self, parcels: Any) -> list[Failure | None]:
        found = [self.problem(parcel) for parcel in parcels]
        self.tried += len(found)
        self.parcels += [parcel for parcel, problem in zip(parcels, found, strict=True) if problem is None]
        return found

    def close(self) -> None:
        pass

    @property
    def addresses(self) -> list[str]:
        return sorted(parcel.address for parcel in self.parcels)


def registry_of(agencies: int, names: Mapping[int, str] | None = None) -> Names:
    """So many agencies of a tenth as many authorities."""
    rows = [
        f'A{n},"{(names or {}).get(n, f"第{n}局")}",Bureau {n},A{n - n % 10},主管{n // 10},Authority,a{n}@city.test'
        for n in range(agencies)
    ]
    return Names(parse("\n".join([",".join(HEADER), *rows]).encode(), "agencies.csv"))


class Told:
    """A store with its outbox and notifier, on a clock of its own."""

    def __init__(self, store: Store, names: Names, routing: Routing = SHIPPED, taker: Any = None) -> None:
        self.store, self.clock, self.routing = store, Clockwork(), routing
        self.taker = Taker() if taker is None else taker
        self.settings = NoticeSettings(
            CATALOGUE, lambda: names, lambda: self.routing, self.today, None, "https://city.test", now=self.clock
        )
        self.outbox = Outbox(store, open_channels(Outside())[:0], self.clock, Making(store, self.settings))
        self.notifier = Notifier(store, self.settings, lambda ways, folder: (self.taker,))

    def today(self) -> str:
        return (self.clock.at + timedelta(hours=8)).date().isoformat()

    def opens(self, *agencies: int, line: int = 0, severity: str = "critical", change: str = "opened") -> list[str]:
        """Alerts about a line of some agencies open (or resolve), as a commit leaves it; their ids."""
        alerts = [_alert(n, line, severity, self.today()) for n in agencies]
        told = [Transition(alert, "opened", f"A{n}:e{line}") for n, alert in zip(agencies, alerts, strict=True)]
        if change == "resolved":
            for alert in alerts:
                alert.state = "resolved"
            told = [Transition(alert, "resolved", "A:x") for alert in alerts]
        with self.store.writing() as connection:
            write_alerts(connection, {}, told, 1, moment(self.clock.at))
        return [alert_id(alert) for alert in alerts]

    def round(self) -> int:
        """Route, gather and send once; how many parcels arrived by it."""
        before = len(self.taker.parcels) if isinstance(self.taker, Taker) else 0
        self.outbox.deliver_all()
        self.notifier.deliver_all()
        return (len(self.taker.parcels) if isinstance(self.taker, Taker) else 0) - before


def with_numbers(**numbers: Any) -> Routing:
    """The routing that ships with other numbers."""
    return msgspec.structs.replace(SHIPPED, **numbers)


def _alert(agency: int, line: int, severity: str, day: str) -> Alert:
    key = f"A{agency}:{32020110101 + line}/current/2000"
    evidence = {"obligated": 5_000_000, "excess": 5_000_000}
    return Alert(
        "spending-without-appropriation", severity, "line", key, 115, "open", f"A{agency}:e{line}", day, evidence
    )
