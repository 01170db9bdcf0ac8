from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.catalogue import Catalogue
from alerts.subjects import alert_id
from ledger.books import Alert
from streams.fold.queue import FoldQueue
from streams.people import trail
from streams.people.acts import acknowledge
from streams.people.at_rest import close_alert, reopen_alert
from streams.people.lagging_acts import give_lagging_reason, lagging_reasons
from streams.people.overlay import lapsed, overlay_on, state_of
from streams.people.person import LOCAL, MAY_ACKNOWLEDGE, MAY_CLOSE, Person, RefusedAct
from streams.people.trail import TrailEntry
from streams.store import alert_lists
from streams.store.alert_lists import Overlay, Wanted
from tests.e2e.serving import DAY, Serving, serving

OFFICER = Person("王科長", ("officer",), "10.0.0.1")


def found(excess: int, state: str = "open") -> Alert:
    return Alert("cr-over-base", "high", "line", "a:l", 114, state, "a:e", "2025-01-01", {"excess": excess})


def act(kind: str, **after: Any) -> TrailEntry:
    return TrailEntry(1, "2025-09-01T00:00:00.000Z", "p", "officer", "", kind, "id", None, after, "", "")


def test_an_acknowledgement_counts_until_its_due_date(catalogue: Catalogue) -> None:
    given = act("acknowledge", due_on="2025-09-20", excess=100, severity="high", openings=1)
    assert state_of(found(100), [given], catalogue, "2025-09-19") == "acknowledged"
    assert state_of(found(100), [given], catalogue, "2025-09-20") == "open"
    assert lapsed(found(100), given, catalogue, "2025-09-20") == "due"


def test_it_lapses_when_the_excess_has_doubled(catalogue: Catalogue) -> None:
    given = act("acknowledge", due_on="2025-12-31", excess=100, severity="high", openings=1)
    assert state_of(found(199), [given], catalogue, "2025-09-19") == "acknowledged"
    assert state_of(found(200), [given], catalogue, "2025-09-19") == "open"
    again = act("acknowledge", due_on="2025-12-31", excess=200, severity="high", openings=1)
    assert state_of(found(200), [given, again], catalogue, "2025-09-19") == "acknowledged", "the last one counts"


def reserve(remaining: int, severity: str) -> Alert:
    """The second reserve of 1,000 with so much left: `short` is what lies below 20 %."""
    evidence = {"remaining": remaining, "established": 1_000, "share_at": 20, "short": 200 - remaining}
    return Alert("reserve-balance-low", severity, "reserve", "second", 114, "open", "a:e", "2025-01-01", evidence)


def test_it_lapses_when_the_severity_rises_above_the_one_acknowledged(catalogue: Catalogue) -> None:
    """Acknowledged at 19 % of the reserve, silent at 3.5 %: that it is no more."""
    given = act("acknowledge", due_on="2025-12-31", excess=10, severity="info", openings=1)
    assert lapsed(reserve(190, "info"), given, catalogue, "2025-09-19") is None
    assert lapsed(reserve(185, "info"), given, catalogue, "2025-09-19") is None
    assert lapsed(reserve(35, "high"), given, catalogue, "2025-09-19") == "graver"
    milder = act("acknowledge", due_on="2025-12-31", excess=165, severity="high", openings=1)
    assert lapsed(reserve(35, "high"), milder, catalogue, "2025-09-19") is None
    assert lapsed(reserve(150, "info"), milder, catalogue, "2025-09-19") is None, "it has become milder"


def test_two_forecasts_that_drift_apart_end_it(catalogue: Catalogue) -> None:
    """Acknowledged at 11 points, silent at 91: that it is no more."""

    def apart(points: int) -> Alert:
        return Alert(
            "forecast-diverges", "info", "authority", "02", 114, "open", None, "2025-01-01", {"points_apart": points}
        )

    given = act("acknowledge", due_on="2025-12-31", excess=11, severity="info", openings=1)
    assert lapsed(apart(21), given, catalogue, "2025-09-19") is None
    assert lapsed(apart(22), given, catalogue, "2025-09-19") == "doubled"
    assert lapsed(apart(91), given, catalogue, "2025-09-19") == "doubled"


def test_from_a_measure_of_0_any_rise_counts(catalogue: Catalogue) -> None:
    given = act("acknowledge", due_on="2025-12-31", excess=0, severity="high", openings=1)
    assert lapsed(found(0), given, catalogue, "2025-09-19") is None
    assert lapsed(found(1), given, catalogue, "2025-09-19") == "doubled"


def test_one_that_ended_and_opened_again_the_same_day_is_not_acknowledged(catalogue: Catalogue) -> None:
    given = act("acknowledge", due_on="2025-12-31", excess=100, severity="high", openings=1)
    assert state_of(found(100), [given], catalogue, "2025-09-19", openings=1) == "acknowledged"
    assert state_of(found(100), [given], catalogue, "2025-09-19", openings=2) == "open"
    assert lapsed(found(100), given, catalogue, "2025-09-19", openings=2) == "reopened"


def test_what_was_reopened_is_neither_closed_nor_acknowledged_as_before(catalogue: Catalogue) -> None:
    given = act("acknowledge", due_on="2025-12-31", excess=100, severity="high", openings=1)
    acts = [given, act("close"), act("reopen")]
    assert state_of(found(100), acts, catalogue, "2025-09-19") == "open"
    assert state_of(found(100), [*acts, given], catalogue, "2025-09-19") == "acknowledged"
    assert state_of(found(100), [*acts, act("close")], catalogue, "2025-09-19") == "closed"


def test_resolved_and_closed_go_before_anything_else(catalogue: Catalogue) -> None:
    given = act("acknowledge", due_on="2025-12-31", excess=1)
    assert state_of(found(1, "resolved"), [given], catalogue, "2025-09-19") == "resolved"
    assert state_of(found(1), [given, act("close")], catalogue, "2025-09-19") == "closed"


def test_roles_decide_who_may_act() -> None:
    assert OFFICER.may(MAY_CLOSE) and Person("x", (LOCAL,)).may(MAY_CLOSE)
    assert not Person("x", ("reviewer", "feeder")).may(MAY_ACKNOWLEDGE)
    assert Person("x", ("reviewer", "officer")).role == "officer"


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path / "data") as running:
        yield running


def opened(monitor: Serving, rule: str) -> list[str]:
    found = alert_lists.find(monitor.monitor.store, Wanted(rule=rule), Overlay(), "newest")
    return [alert_id(each) for each in found]


def test_what_is_missing_or_wrong_is_refused_and_leaves_no_act(monitor: Serving) -> None:
    monitor.overspend("first")
    store = monitor.monitor.store
    name = opened(monitor, "spending-without-appropriation")[0]
    for person, reason, due_on, code in (
        (OFFICER, "", "2025-12-31", "reason"),
        (OFFICER, "x" * 2_001, "2025-12-31", "reason"),
        (OFFICER, "x\0", "2025-12-31", "reason"),
        (OFFICER, "x", DAY, "due-date"),
        (OFFICER, "x", "2025-02-30", "due-date"),
        (Person("", ("officer",)), "x", "2025-12-31", "person"),
        (Person("y", ("reviewer",)), "x", "2025-12-31", "role"),
    ):
        with pytest.raises(RefusedAct) as refused:
            acknowledge(store, monitor.monitor.catalogue, name, person, reason, due_on, DAY)
        assert refused.value.code == code
    with pytest.raises(RefusedAct, match="no such alert"):
        acknowledge(store, monitor.monitor.catalogue, "0" * 32, OFFICER, "x", "2025-12-31", DAY)
    with pytest.raises(RefusedAct, match="Only alerts about acts"):
        close_alert(monitor.monitor, name, OFFICER, "x")
    assert [act.kind for act in trail.newest_acts(store)] == [
        "store-begun",
        "trail-began",
    ] and monitor.monitor.replica.broken is None


def test_a_closing_takes_the_alert_off_its_row_and_loading_does_it_again(monitor: Serving) -> None:
    between = {
        "type": "virement.approved",
        "from_line": "32020110101/current/2000",
        "to_line": "32020210101/current/2000",
    }
    monitor.send(between | {"id": "v1", "amount": 7_000})
    (name,) = opened(monitor, "virement-between-programs")
    close_alert(monitor.monitor, name, OFFICER, "已撤銷")
    with pytest.raises(RefusedAct, match="closed"):
        close_alert(monitor.monitor, name, OFFICER, "again")

    def standing() -> set[str]:
        with monitor.monitor.replica.reading() as books:
            row = books.years[114]["020011"].positions["32020210101/current/2000"]
            return set(row.alerts or {})

    assert "virement-between-programs" not in standing()
    writer = monitor.monitor.replica
    assert isinstance(writer, FoldQueue)
    writer.between_batches(lambda: 1 / 0).exception()  # the books are loaded again
    writer.between_batches(lambda: None).result()
    assert "virement-between-programs" not in standing()
    monitor.send(between | {"id": "v2", "amount": 9_000})
    second, first = opened(monitor, "virement-between-programs")
    assert first == name and second != name
    store = monitor.monitor.store
    assert overlay_on(store, monitor.monitor.catalogue, DAY) == Overlay(frozenset(), frozenset((name,)))


def test_what_a_person_closed_a_person_reopens_and_further_acts_join_it(monitor: Serving) -> None:
    between = {
        "type": "virement.approved",
        "from_line": "32020110101/current/2000",
        "to_line": "32020210101/current/2000",
    }
    running, store, catalogue = monitor.monitor, monitor.monitor.store, monitor.monitor.catalogue
    monitor.send(between | {"id": "v1", "amount": 7_000})
    (first,) = opened(monitor, "virement-between-programs")
    with pytest.raises(RefusedAct) as refused:
        reopen_alert(running, first, OFFICER, "不應結案")
    assert refused.value.code == "not-closed"
    close_alert(running, first, OFFICER, "已撤銷")
    with pytest.raises(RefusedAct, match="Give a reason"):
        reopen_alert(running, first, OFFICER, "")
    reopen_alert(running, first, OFFICER, "未撤銷")
    assert overlay_on(store, catalogue, DAY).closed == frozenset()
    writer = running.replica
    assert isinstance(writer, FoldQueue)
    writer.between_batches(lambda: 1 / 0).exception()  # the books are loaded again
    monitor.send(between | {"id": "v2", "amount": 9_000})
    (found,) = alert_lists.find(store, Wanted(rule="virement-between-programs"), Overlay(), "newest")
    assert (found.evidence["count"], found.evidence["sum"]) == (2, 16_000), "the further act joined it"


def test_what_a_newer_alert_has_followed_stays_closed_until_that_is_closed_too(monitor: Serving) -> None:
    between = {
        "type": "virement.approved",
        "from_line": "32020110101/current/2000",
        "to_line": "32020210101/current/2000",
    }
    running, store = monitor.monitor, monitor.monitor.store
    monitor.send(between | {"id": "v1", "amount": 7_000})
    (first,) = opened(monitor, "virement-between-programs")
    close_alert(running, first, OFFICER, "已撤銷")
    monitor.send(between | {"id": "v2", "amount": 9_000})
    second, _ = opened(monitor, "virement-between-programs")
    with pytest.raises(RefusedAct) as refused:
        reopen_alert(running, first, OFFICER, "不應結案")
    assert refused.value.code == "superseded"
    close_alert(running, second, OFFICER, "已撤銷")
    reopen_alert(running, first, OFFICER, "不應結案")
    writer = running.replica
    assert isinstance(writer, FoldQueue)
    writer.between_batches(lambda: 1 / 0).exception()  # the books are loaded again
    monitor.send(between | {"id": "v3", "amount": 1_000})
    sums = {
        alert_id(each): each.evidence["sum"]
        for each in alert_lists.find(store, Wanted(rule="virement-between-programs"), Overlay(), "newest")
    }
    assert sums == {first: 8_000, second: 9_000}


def test_the_reason_given_last_counts(monitor: Serving) -> None:
    store = monitor.monitor.store
    give_lagging_reason(store, "a:b", 114, OFFICER, "用地", "2025-11-30", DAY)
    give_lagging_reason(store, "a:b", 114, OFFICER, "缺工", "2025-12-31", DAY)
    last = lagging_reasons(store)["a:b", 114]
    assert last.after == {"reason": "缺工", "recovery_on": "2025-12-31"} and last.before["reason"] == "用地"
    with pytest.raises(RefusedAct):
        give_lagging_reason(store, "a:b", 114, OFFICER, "x", DAY, DAY)
