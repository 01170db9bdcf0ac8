"""Answers: what may follow what, what an answer must hold, and what accepting one does."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.city_file import read_city
from alerts.lifecycle import MOVES, Move, QuestionState, days_late, moved
from alerts.subjects import alert_id
from alerts.yaml_files import CatalogueProblem
from ledger.calendar import Calendar
from ledger.city import NO_CITY, City, ReasonChoice
from ledger.words import Words
from streams.folder import Folder
from streams.people import answers, trail
from streams.people.answers import (
    ACCEPTED,
    ANSWERED,
    ASKED,
    REMINDED,
    RETURNED,
    Answer,
    accept_answer,
    ask,
    give_answer,
    question_of,
    questions,
    return_answer,
)
from streams.people.lagging_acts import lagging_reasons
from streams.people.overlay import overlay_on
from streams.people.person import Person, RefusedAct
from streams.people.trail import TrailEntry
from streams.scope import Scope
from streams.store import alert_lists, open_store
from streams.store.alert_lists import Overlay, Wanted
from streams.store.store import digest_of
from streams.upkeep.audit import audit
from streams.upkeep.rebuild import rebuild
from tests.e2e.serving import AGENCY, DAY, LINE, Serving, serving

OFFICER = Person("王科長", ("officer",), "10.0.0.1")
CLERK = Person("林專員", ("officer",), "10.0.0.2", Scope(frozenset([AGENCY])))
ANSWER = Answer("mistyped", "", "轉正至本年度科目", "林專員", "2025-10-01", 5_000_000)
STATES: tuple[QuestionState, ...] = get_args(QuestionState)
KINDS = {"ask": ASKED, "answer": ANSWERED, "accept": ACCEPTED, "return": RETURNED}


def act(n: int, kind: str, openings: int = 1) -> TrailEntry:
    after = {"openings": openings, "due_on": f"2025-09-{n:02d}", "answer": str(n), "expected_day": "2025-10-01"}
    return TrailEntry(n, "2025-09-01T00:00:00.000Z", "p", "officer", "", kind, "id", None, after, "", "")


def test_the_table_says_all_that_can_happen() -> None:
    assert {state for state, _ in MOVES} | set(MOVES.values()) == set(STATES)
    for state, move in product(STATES, get_args(Move)):
        decides = move in ("accept", "return")
        assert (moved(state, move) is None) == (decides and state != "answered"), (state, move)


@given(st.lists(st.tuples(st.sampled_from([*KINDS, "remind"]), st.integers(1, 2)), max_size=12))
def test_acts_are_folded_as_the_table_says_and_those_of_another_opening_are_not(moves: list[tuple[Any, int]]) -> None:
    acts = [act(n, KINDS.get(move, REMINDED), opening) for n, (move, opening) in enumerate(moves, start=1)]
    state: QuestionState = "unasked"
    for move, opening in moves:
        if opening == 2 and move in KINDS:
            state = MOVES.get((state, move), state)
    found = question_of(acts, 2)
    assert found.state == state
    assert (found.decision is not None) <= (found.answer is not None)
    if state in ("asked", "returned"):
        assert found.due_on is not None


def test_days_late_are_working_days() -> None:
    calendar = Calendar(off=frozenset(["2025-09-29"]))
    assert days_late(calendar, "2025-09-26", "2025-09-26") == 0
    assert days_late(calendar, "2025-09-26", "2025-09-29") == 0, "a Saturday, a Sunday and a day off"
    assert days_late(calendar, "2025-09-26", "2025-09-30") == 1


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path / "data") as running:
        running.overspend("over")
        yield running


def opened(monitor: Serving, rule: str = "spending-without-appropriation") -> list[str]:
    found = alert_lists.find(monitor.monitor.store, Wanted(rule=rule), Overlay(), "newest")
    return [alert_id(alert) for alert in found]


def answered(
    monitor: Serving, alerts: list[str], answer: Answer = ANSWER, person: Person = CLERK, city: City = NO_CITY
) -> None:
    give_answer(monitor.monitor.store, monitor.monitor.catalogue, city, alerts, person, answer, DAY)


def refused(run: Any) -> str:
    with pytest.raises(RefusedAct) as found:
        run()
    return found.value.code


def test_an_accepted_answer_acknowledges_until_the_day_promised(monitor: Serving) -> None:
    store, catalogue = monitor.monitor.store, monitor.monitor.catalogue
    (alert,) = opened(monitor)
    ask(store, [alert], "agency:020011", "2025-09-18", "key")
    assert questions(store)[alert].state == "asked" and questions(store)[alert].due_on == "2025-09-18"
    answered(monitor, [alert])
    assert questions(store)[alert].state == "answered"
    assert alert not in overlay_on(store, catalogue, DAY).acknowledged, "an answer alone acknowledges nothing"
    accept_answer(store, catalogue, alert, OFFICER, DAY)
    assert questions(store)[alert].state == "accepted"
    assert alert in overlay_on(store, catalogue, "2025-09-30").acknowledged
    assert alert not in overlay_on(store, catalogue, "2025-10-01").acknowledged, "the day has come"
    kinds = [each.kind for each in trail.acts_on(store, alert)]
    assert kinds == ["asked", "answered", "answer-accepted", "acknowledge"]
    assert trail.broken_link(store) is None


def test_a_returned_answer_is_asked_for_anew_with_a_remark_and_a_day(monitor: Serving) -> None:
    store, catalogue = monitor.monitor.store, monitor.monitor.catalogue
    (alert,) = opened(monitor)
    answered(monitor, [alert])
    return_answer(store, catalogue, alert, OFFICER, "請附核定文號", DAY)
    found = questions(store)[alert]
    assert found.state == "returned" and found.decision is not None and found.decision.after["remark"] == "請附核定文號"
    assert found.due_on == catalogue.calendar.after(DAY, 3)
    assert refused(lambda: accept_answer(store, catalogue, alert, OFFICER, DAY)) == "not-answered"
    answered(monitor, [alert], msgspec.structs.replace(ANSWER, text="第 1140001 號"))
    accept_answer(store, catalogue, alert, OFFICER, DAY)
    assert questions(store)[alert].state == "accepted"


def test_several_are_answered_at_once_or_none(monitor: Serving) -> None:
    monitor.overspend("second", line="32020110298/current/2000")
    alerts = opened(monitor)
    assert len(alerts) == 2
    assert refused(lambda: answered(monitor, [*alerts, "0" * 32])) == "unknown"
    assert questions(monitor.monitor.store) == {}, "nothing of it is recorded"
    answered(monitor, alerts)
    found = questions(monitor.monitor.store)
    given = [found[alert].answer for alert in alerts]
    assert len({each.after["answer"] for each in given if each is not None}) == 1 and None not in given


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "nothing"}, "reason-choice"),
        ({"reason": "other"}, "reason-text"),
        ({"text": "x" * 2_001}, "reason-text"),
        ({"measure": " "}, "answer-measure"),
        ({"responsible": ""}, "answer-responsible"),
        ({"responsible": "a\nb"}, "answer-responsible"),
        ({"expected_day": DAY}, "expected-date"),
        ({"expected_day": "2025-02-30"}, "expected-date"),
        ({"amount": -1}, "answer-amount"),
        ({"amount": 10**15 + 1}, "answer-amount"),
    ],
)
def test_an_answer_that_lacks_something_is_refused(monitor: Serving, changes: dict[str, Any], code: str) -> None:
    wrong = msgspec.structs.replace(ANSWER, **changes)
    assert refused(lambda: answered(monitor, opened(monitor), wrong)) == code
    assert trail.newest_acts(monitor.monitor.store)[0].kind == "store-begun"


def test_who_may_answer_and_who_may_decide(monitor: Serving) -> None:
    store, catalogue = monitor.monitor.store, monitor.monitor.catalogue
    (alert,) = opened(monitor)
    stranger = Person("x", ("officer",), "", Scope(frozenset(["030011"])))
    assert refused(lambda: answered(monitor, [alert], person=stranger)) == "unknown"
    assert refused(lambda: answered(monitor, [alert], person=Person("x", ("reviewer",)))) == "role"
    assert refused(lambda: answered(monitor, [])) == "no-matter"
    answered(monitor, [alert])
    assert refused(lambda: accept_answer(store, catalogue, alert, CLERK, DAY)) == "scope", (
        "an agency decides on nothing"
    )
    assert refused(lambda: return_answer(store, catalogue, alert, CLERK, "x", DAY)) == "scope"
    assert refused(lambda: return_answer(store, catalogue, alert, OFFICER, " ", DAY)) == "answer-remark"
    answered(monitor, [alert], person=OFFICER)
    assert refused(lambda: accept_answer(store, catalogue, alert, OFFICER, DAY)) == "own-answer"
    assert (
        refused(lambda: accept_answer(store, catalogue, alert, Person("y", ("officer",)), "2025-10-01"))
        == "expected-past"
    )


def test_what_has_ended_is_not_answered(monitor: Serving) -> None:
    (alert,) = opened(monitor)
    back = {"id": "back", "type": "disbursement.reversed", "line": LINE, "amount": 5_000_000, "voucher": "over"}
    assert monitor.send(back)[0].outcome == "accepted"
    assert refused(lambda: answered(monitor, [alert])) == "finished"


def test_what_opens_anew_was_not_answered(monitor: Serving) -> None:
    (alert,) = opened(monitor)
    answered(monitor, [alert])
    acts = trail.acts_on(monitor.monitor.store, alert)
    assert question_of(acts, 1).state == "answered" and question_of(acts, 2).state == "unasked"


def test_a_citys_own_reasons_take_the_place_of_those_that_ship(monitor: Serving) -> None:
    own = City(answer_reasons=[ReasonChoice("flood", Words("淹水", "Flood"))])
    alerts = opened(monitor)
    assert refused(lambda: answered(monitor, alerts, city=own)) == "reason-choice"
    answered(monitor, alerts, msgspec.structs.replace(ANSWER, reason="flood"), city=own)
    given = questions(monitor.monitor.store)[alerts[0]].answer
    assert given is not None and given.after["reason_zh"] == "淹水", "as it was called then"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("answer_reasons: [{code: Flood, words: {zh: 淹水, en: Flood}}]", ":1: "),
        ("answer_reasons: [{code: flood, words: {zh: 淹水}}]", ":1: "),
        ("lagging_reasons:\n- {code: a, words: {zh: 一, en: x}}\n- {code: a, words: {zh: 二, en: y}}", "twice"),
    ],
)
def test_reasons_that_cannot_stand_are_refused_with_their_place(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "city.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueProblem, match=says):
        read_city(tmp_path / "city.yaml")


def test_the_accepted_answer_of_a_lagging_authority_is_on_the_list(monitor: Serving) -> None:
    store, catalogue = monitor.monitor.store, monitor.monitor.catalogue
    capital = {"line": "32020110101/capital/3000"}
    monitor.send(
        {"id": "e", "type": "appropriation.enacted", "amount": 1_000, "booked_on": "2025-01-01"} | capital,
        {"id": "b", "type": "budget.adopted", "booked_on": "2025-01-01"},
        {"id": "a", "type": "allotment.approved", "months": [80] * 12, "revision": 1, "booked_on": "2025-01-01"}
        | capital,
        {"id": "p", "type": "disbursement.paid", "amount": 100, "voucher": "v"} | capital,
    )
    monitor.monitor.replica.judge(DAY).result()
    (alert,) = opened(monitor, "capital-execution-lagging")
    authority = Person("陳", ("officer",), "", Scope(frozenset([AGENCY]), frozenset(["02"])))
    lagging = msgspec.structs.replace(ANSWER, reason="tender", text="兩次流標")
    answered(monitor, [alert], lagging, authority)
    assert lagging_reasons(store) == {}
    accept_answer(store, catalogue, alert, OFFICER, DAY)
    kept = lagging_reasons(store)["02", 114].after
    assert kept["reason"] == "流標或廢標：兩次流標" and kept["recovery_on"] == "2025-10-01"


def test_each_kind_of_act_has_a_name() -> None:
    from streams.people.vocabulary import ACT, QUESTION

    assert set(answers.QUESTION_ACTS) <= set(ACT) and set(STATES) == set(QUESTION)


def test_an_accepted_answer_is_carried_through_a_rebuild(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "data")
    with serving(folder.path) as running:
        running.overspend("over")
        store, catalogue = running.monitor.store, running.monitor.catalogue
        (alert,) = opened(running)
        ask(store, [alert], "agency:020011", "2025-09-18", "key")
        answered(running, [alert])
        accept_answer(store, catalogue, alert, OFFICER, DAY)
        before, acts = questions(store), trail.acts_on(store, alert)
    registry, content = folder.read_registry()
    rebuild(folder, registry, catalogue, digest_of(content))
    again = open_store(folder.store)
    assert questions(again) == before and before[alert].state == "accepted"
    assert trail.acts_on(again, alert) == acts
    assert alert in overlay_on(again, catalogue, "2025-09-30").acknowledged
    assert list(audit(again, registry, catalogue)) == []
    again.close()
