"""To whom, how and when: pure, by the first route that holds and the one calendar."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from alerts.catalogue import load
from alerts.routing.deciding import AlertNews, NoticeReader, Planned, kind_of, plan
from alerts.routing.file import read_routing
from alerts.routing.hours import may_leave, next_digest
from alerts.routing.routes import Between, Route, Routing, When
from ledger.books import Alert
from ledger.names import Names
from ledger.registry import HEADER, parse

TAIPEI = ZoneInfo("Asia/Taipei")
CALENDAR = load().calendar
ROUTING = read_routing(None, load().rules)
ROWS = (
    "A1,甲局,First Bureau,A,甲主管,First,one@city.test",
    "A,甲處,First Head,A,甲主管,First,head@city.test",
    "B1,乙局,Second Bureau,B,乙主管,Second,",
)
NAMES = Names(parse("\n".join([",".join(HEADER), *ROWS]).encode(), "agencies.csv"))
OFFICER = NoticeReader("lin", "lin@city.test", frozenset({"officer"}), "en")
OWN = NoticeReader("chen", "chen@city.test", frozenset({"reviewer"}), None, frozenset({"A1"}))
UNDER = NoticeReader("wu", "wu@city.test", frozenset({"officer"}), None, None, "A")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=TAIPEI)


MONDAY = at("2026-11-23 10:00")


def alert(key: str = "A1:32020110101/current/2000", level: str = "line", severity: str = "critical") -> Alert:
    return Alert("spending-over-appropriation", severity, level, key, 115, "open", "A1:e", "2026-11-23", {})


def change(one: Alert, kind: str = "opened", before: str | None = None, when: datetime = MONDAY) -> AlertNews:
    return AlertNews(one, kind, one.severity, before, when)


def planned(one: AlertNews, routing: Routing = ROUTING, *readers: NoticeReader) -> list[Planned]:
    return plan(one, NAMES, readers or (OFFICER, OWN, UNDER), routing, CALENDAR)


def test_a_breach_goes_to_agency_authority_and_office_each_by_its_line() -> None:
    found = {each.address: each for each in planned(change(alert()))}
    assert {(address, each.recipient, each.mode) for address, each in found.items()} == {
        ("one@city.test", "agency", "immediately"),
        ("chen@city.test", "agency", "immediately"),
        ("head@city.test", "authority", "digest"),
        ("wu@city.test", "authority", "digest"),
        ("lin@city.test", "office", "digest"),
    }
    assert {each.route for each in found.values()} == {"breach"}
    assert found["lin@city.test"].language == "en" and found["one@city.test"].language is None
    assert found["one@city.test"].leaves_at == at("2026-11-23 10:02")
    assert found["head@city.test"].leaves_at == at("2026-11-24 08:30")


def test_what_is_shared_is_the_offices() -> None:
    (only,) = planned(change(alert("second", "reserve")))
    assert (only.address, only.recipient, only.mode) == ("lin@city.test", "office", "immediately")
    of_authority = planned(change(alert("A", "authority", "high")))
    assert {each.address for each in of_authority} == {"head@city.test", "wu@city.test", "lin@city.test"}


def test_nobody_confined_reads_for_the_office() -> None:
    assert [each.address for each in planned(change(alert("second", "reserve")), ROUTING, UNDER)] == []


def test_one_address_is_told_once_by_its_nearest_office() -> None:
    both = NoticeReader("x", "ONE@city.test", frozenset({"officer"}))
    found = [each for each in planned(change(alert()), ROUTING, both) if each.address.lower() == "one@city.test"]
    assert [each.recipient for each in found] == ["agency"]


def test_an_agency_without_an_address_is_told_by_its_users_alone() -> None:
    assert {each.address for each in planned(change(alert("B1:x/current/2000")))} == {"lin@city.test"}


def test_the_first_route_that_holds_counts() -> None:
    first = {"own": Route(When(rules=["spending-over-appropriation"], agencies=["A1"]), office="immediately")}
    routing = msgspec.structs.replace(ROUTING, routes={**first, **ROUTING.routes}, lines={"own": 1, **ROUTING.lines})
    assert [(each.address, each.route) for each in planned(change(alert()), routing)] == [("lin@city.test", "own")]
    assert {each.route for each in planned(change(alert("B1:x/current/2000")), routing)} == {"breach"}


def test_what_got_slighter_is_no_news() -> None:
    assert kind_of("severity", "high", "critical") is None and kind_of("severity", "critical", "high") == "worsened"
    assert planned(change(alert(severity="warn"), "severity", "critical")) == []


@pytest.mark.parametrize(
    ("asked", "severity", "expected"),
    [
        ("2026-11-23 10:00", "high", "2026-11-23 10:00"),
        ("2026-11-23 07:59", "high", "2026-11-23 08:00"),
        ("2026-11-23 18:00", "high", "2026-11-24 08:00"),
        ("2026-11-27 19:00", "high", "2026-11-30 08:00"),  # a Friday evening
        ("2026-11-28 03:00", "critical", "2026-11-28 03:00"),
        ("2026-02-16 10:00", "high", "2026-02-23 08:00"),  # New Year's holidays
    ],
)
def test_office_hours_and_working_days_hold_back_all_but_the_critical(asked: str, severity: str, expected: str) -> None:
    assert may_leave(ROUTING, CALENDAR, at(asked), severity) == at(expected)


def test_quiet_hours_hold_back_everything() -> None:
    quiet = msgspec.structs.replace(ROUTING, quiet_hours=Between("22:00", "07:00"))
    assert may_leave(quiet, CALENDAR, at("2026-11-27 23:00"), "critical") == at("2026-11-28 07:00")
    assert may_leave(quiet, CALENDAR, at("2026-11-28 06:59"), "critical") == at("2026-11-28 07:00")
    assert may_leave(quiet, CALENDAR, at("2026-11-27 23:00"), "warn") == at("2026-11-30 08:00")


def test_a_digest_leaves_on_the_next_working_day_at_its_time() -> None:
    assert next_digest(ROUTING, CALENDAR, at("2026-11-23 08:29")) == at("2026-11-23 08:30")
    assert next_digest(ROUTING, CALENDAR, at("2026-11-23 08:30")) == at("2026-11-24 08:30")
    assert next_digest(ROUTING, CALENDAR, at("2026-11-27 09:00")) == at("2026-11-30 08:30")
