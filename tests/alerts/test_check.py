"""The answer to "may I spend this?", worked out by hand, and foretelling what a replay then does.

Method: a city is folded from plain events; `ask` folds one more into a copy. Lines: A and B of one account, C capital.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.catalogue import Catalogue
from alerts.check import DRAFT_ID, check
from alerts.engine import SEVERITIES, Engine
from alerts.refusal_advice import ADVICE
from alerts.verdict import Change, Verdict
from ledger.books import Books
from ledger.identity import SeenIds
from ledger.process import Context, process
from ledger.refusals import Reason
from ledger.registry import Registry
from streams.settings import read_names
from tests.conftest import Replay
from tests.machine.random_events import AGENCIES, Generator

A = "32020110101/current/2000"
B = "32020110101/current/3000"
C = "32020110101/capital/3000"
PERSONNEL = "32020110101/current/1000"
DAY = "2025-03-05"
Ask = Callable[..., Verdict]


def of(kind: str, /, **fields: Any) -> dict[str, Any]:
    """An event of the first agency and 114, on 5 March unless it says otherwise."""
    event: dict[str, Any] = {"type": kind, "fiscal_year": 114, "agency": "020011", "booked_on": DAY}
    if kind in ("disbursement.paid", "disbursement.reversed", "provisional.spent"):
        event["voucher"] = "v"
    return event | fields


def enacted(line: str = A, amount: int = 1_000, **fields: Any) -> dict[str, Any]:
    return of("appropriation.enacted", line=line, amount=amount, booked_on="2025-01-01", **fields)


def allotted(line: str = A, month: int = 80) -> dict[str, Any]:
    return of("allotment.approved", line=line, months=[month] * 12, revision=1, booked_on="2025-01-01")


def pay(amount: int, line: str = A, **fields: Any) -> dict[str, Any]:
    return of("disbursement.paid", line=line, amount=amount, **fields)


ADOPTED = of("budget.adopted", booked_on="2025-01-01")
BUDGET = [enacted(), ADOPTED]


def folded(events: Sequence[dict[str, Any] | bytes], catalogue: Catalogue, registry: Registry) -> Books:
    """The books after events, which are numbered e0, e1 … where they are no lines yet."""
    lines = [
        each if isinstance(each, bytes) else json.dumps({"id": f"e{n}"} | each).encode()
        for n, each in enumerate(events)
    ]
    books = Books()
    context = Context(registry.agencies, SeenIds(), Engine(catalogue), lines.__getitem__)
    process(0, lines, books, context)
    return books


@pytest.fixture
def ask(catalogue: Catalogue, registry: Registry) -> Ask:
    engine = Engine(catalogue)

    def run(events: list[dict[str, Any]], asked: dict[str, Any] | bytes) -> Verdict:
        line = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
        books = folded(events, catalogue, registry)
        return check(line, books, registry.agencies, engine, catalogue, DAY)

    return run


def made(verdict: Verdict) -> list[tuple[str, str, str]]:
    """The alerts foretold: rule, severity and change."""
    return [(alert.rule, alert.severity, alert.change) for alert in verdict.alerts]


def both(change: Any) -> tuple[Any, Any]:
    return change.before, change.after


# ---------------------------------------------------------------- ordinary spending


def test_what_fits_is_allowed_and_the_room_is_told_at_each_level(ask: Ask) -> None:
    """1,000 on A (80 a month, 50 committed) and 500 on B; of March's 240, 30 are paid and 200 asked for."""
    events = [*BUDGET, enacted(B, 500), allotted(), of("commitment.made", line=A, amount=50, commitment="k"), pay(30)]
    found = ask(events, pay(200))
    assert (found.verdict, found.alerts, found.unblock, found.warnings) == ("allowed", [], [], [])
    (line,) = found.headroom.lines
    assert line.key == f"020011:{A}"
    assert both(line.line) == (920, 720)
    assert both(line.held_free) == (920, 720)
    assert (both(line.allotment), line.allotment_month) == ((210, 10), 3)
    assert (line.cr_base, line.cr_month) == (None, None)
    (agency,) = found.headroom.agency
    assert (agency.key, agency.economic_class) == ("020011", "current")
    assert both(agency.available) == (1_500, 1_500)
    assert both(agency.obligated) == (80, 280)
    assert both(agency.remaining) == (1_420, 1_220)
    assert found.headroom.reserves == []


def test_exactly_what_is_left_is_allowed(ask: Ask) -> None:
    found = ask([*BUDGET, pay(400)], pay(600))
    assert found.verdict == "allowed"
    assert both(found.headroom.lines[0].line) == (600, 0)


def test_a_dollar_too_much_is_blocked_and_says_what_would_free_it(ask: Ask) -> None:
    found = ask([*BUDGET, pay(400)], pay(601))
    assert found.verdict == "blocked"
    assert made(found) == [("spending-over-appropriation", "critical", "opened")]
    (alert,) = found.alerts
    assert alert.evidence == {"obligated": 1_001, "appropriated": 1_000, "excess": 1}
    assert [(c.law, c.article) for c in alert.citations] == [("預算法", "25"), ("預算法", "61")]
    assert alert.basis_status == "statute"
    assert "超出 1 元" in alert.message_zh and "NT$ 1 too much" in alert.message_en
    (advice,) = found.unblock
    assert advice.about == "spending-over-appropriation"
    assert "流用、預備金或追加預算補足至少 1 元" in advice.zh
    assert advice.en.startswith("At least NT$ 1 is needed before this is spent, by virement")


def test_two_limits_are_each_told_with_their_own_excess(ask: Ask) -> None:
    """1,200 by March, of 1,000 in all and 240 by then."""
    found = ask([*BUDGET, allotted()], pay(1_200))
    assert {alert.rule: alert.evidence["excess"] for alert in found.alerts} == {
        "spending-over-appropriation": 200,
        "spending-over-allotment": 960,
    }
    assert both(found.headroom.lines[0].allotment) == (240, -960)
    assert "960" in next(advice.zh for advice in found.unblock if advice.about == "spending-over-allotment")


def test_a_contract_is_measured_against_the_month_it_is_booked_in(ask: Ask) -> None:
    """A commitment pays nothing yet: the room of the allotment up to its month stays."""
    found = ask(
        [*BUDGET, allotted()], of("commitment.made", line=A, amount=500, commitment="k", booked_on="2025-05-20")
    )
    (line,) = found.headroom.lines
    assert found.verdict == "allowed"
    assert (both(line.allotment), line.allotment_month) == ((400, 400), 5)
    assert both(line.line) == (1_000, 500)


def test_money_on_hold_is_told_apart(ask: Ask) -> None:
    """1,000 with 300 on hold: 750 is within the appropriation and 50 beyond what is free."""
    hold = of("hold.placed", line=A, amount=300, kind="council")
    found = ask([*BUDGET, hold], pay(750))
    assert made(found) == [("held-funds-spent", "critical", "opened")]
    assert both(found.headroom.lines[0].line) == (1_000, 250)
    assert both(found.headroom.lines[0].held_free) == (700, -50)
    assert "300 元" in found.unblock[0].zh and "50 元" in found.unblock[0].zh


def test_a_line_without_money_is_blocked(ask: Ask) -> None:
    found = ask(BUDGET, pay(5, B))
    assert made(found) == [("spending-without-appropriation", "critical", "opened")]
    assert both(found.headroom.lines[0].line) == (0, -5)


def test_the_first_event_of_an_agency_can_be_asked_about(ask: Ask) -> None:
    found = ask([], pay(5))
    assert found.verdict == "blocked"
    assert both(found.headroom.agency[0].remaining) == (0, -5)


# ---------------------------------------------------------------- what stands already


OVERSPENT = [*BUDGET, pay(1_200)]


def test_a_breached_line_gets_worse(ask: Ask) -> None:
    """200 too much already: 50 more makes it 250, all of which must be found."""
    found = ask(OVERSPENT, pay(50))
    assert made(found) == [("spending-over-appropriation", "critical", "worse")]
    assert found.alerts[0].opened_by == "020011:e2"
    assert both(found.headroom.lines[0].line) == (-200, -250)
    assert "250" in found.unblock[0].zh
    assert found.standing == []


def test_what_mends_a_breach_in_part_is_allowed_and_the_alert_is_shown_standing(ask: Ask) -> None:
    found = ask(OVERSPENT, of("disbursement.reversed", line=A, amount=150))
    assert (found.verdict, found.alerts, found.unblock) == ("allowed", [], [])
    assert [(alert.rule, alert.evidence["excess"]) for alert in found.standing] == [("spending-over-appropriation", 50)]


def test_what_mends_a_breach_in_full_leaves_nothing(ask: Ask) -> None:
    found = ask(OVERSPENT, of("appropriation.supplemented", line=A, amount=200, ground=1))
    assert (found.verdict, found.alerts, found.standing) == ("allowed", [], [])


def test_a_breach_elsewhere_is_not_told(ask: Ask) -> None:
    found = ask([*OVERSPENT, enacted(B, 500)], pay(5, B))
    assert (found.alerts, found.standing) == ([], [])


def test_a_graver_severity_is_worse(ask: Ask) -> None:
    """The second reserve of 100 falls from 15 left (info) to 8 (warn)."""
    drawn = of("reserve.approved", reserve="second", case="K1", line=A, amount=85, ground=1)
    events = [*BUDGET, of("reserve.established", reserve="second", amount=100, booked_on="2025-01-01"), drawn]
    found = ask(events, drawn | {"case": "K2", "amount": 7})
    assert (found.verdict, made(found)) == ("warned", [("reserve-balance-low", "warn", "worse")])
    assert both(found.headroom.reserves[0].remaining) == (15, 8)
    assert "8 元" in found.unblock[0].zh


def test_a_further_act_joins_and_its_own_amount_is_told(ask: Ask) -> None:
    """Virements into personnel: 30 before, 20 now."""
    move = of("virement.approved", from_line=A, to_line=PERSONNEL, amount=30)
    found = ask([*BUDGET, enacted(PERSONNEL), move], move | {"amount": 20})
    assert made(found) == [("virement-into-personnel", "critical", "joined")]
    assert (found.alerts[0].evidence["count"], found.alerts[0].evidence["sum"]) == (2, 50)
    assert "20 元" in found.unblock[0].zh and "50" not in found.unblock[0].zh
    assert [line.key for line in found.headroom.lines] == [f"020011:{A}", f"020011:{PERSONNEL}"]


# ---------------------------------------------------------------- warned


def test_a_rule_that_is_no_law_only_warns(ask: Ask) -> None:
    found = ask([*BUDGET, enacted(C)], pay(5, commitment="unknown"))
    assert (found.verdict, made(found)) == ("warned", [("payment-unmatched", "warn", "opened")])
    assert "5 元" in found.unblock[0].zh


def test_high_without_a_statute_only_warns(ask: Ask) -> None:
    """Capital money to a current line, within 20 % of both: practice, not law."""
    found = ask([*BUDGET, enacted(C)], of("virement.approved", from_line=C, to_line=A, amount=100))
    assert (found.verdict, made(found)) == ("warned", [("virement-capital-to-current", "high", "opened")])
    assert found.alerts[0].basis_status == "central_practice"
    assert [each.economic_class for each in found.headroom.agency] == ["capital", "current"]


def test_enacting_after_adoption_and_adopting_before_enacting_are_warned_of(ask: Ask) -> None:
    late, early = ask(BUDGET, enacted(B)), ask([], ADOPTED)
    assert (late.verdict, late.alerts) == ("warned", [])
    assert "enactments first" in late.warnings[0].en and "請先送法定預算" in late.warnings[0].zh
    assert (early.verdict, len(early.warnings)) == ("warned", 1)
    assert ask([enacted()], ADOPTED).verdict == "allowed"


def test_an_adoption_names_no_line(ask: Ask) -> None:
    found = ask([enacted(), pay(1_200)], ADOPTED)
    assert made(found)[0] == ("spending-over-appropriation", "critical", "opened")
    assert found.headroom.lines == [] and found.headroom.agency == []


# ---------------------------------------------------------------- continuing resolution


def proposed(**fields: Any) -> dict[str, Any]:
    return of("appropriation.proposed", line=A, amount=900, booked_on="2024-09-30", **fields)


def spent(amount: int, basis: str = "prior_year", **fields: Any) -> dict[str, Any]:
    return of("provisional.spent", line=A, amount=amount, basis=basis, booked_on="2025-01-20", **fields)


def test_the_base_before_adoption(ask: Ask) -> None:
    """Last year 500; 400 counts already."""
    events = [proposed(prior_year_executed=500), spent(400)]
    fits, passes = ask(events, spent(100)), ask(events, spent(150))
    assert fits.verdict == "allowed"
    assert both(fits.headroom.lines[0].cr_base) == (100, 0)
    assert (passes.verdict, made(passes)) == ("blocked", [("cr-over-base", "high", "opened")])
    assert both(passes.headroom.lines[0].cr_base) == (100, -50)
    assert "50 元" in passes.unblock[0].zh and "500 元" in passes.unblock[0].zh


def test_what_does_not_count_leaves_the_base_alone(ask: Ask) -> None:
    found = ask([proposed(prior_year_executed=500), spent(400)], spent(150, "statutory", basis_ref="律"))
    assert found.verdict == "allowed"
    assert both(found.headroom.lines[0].cr_base) == (100, 100)


def test_the_month_before_adoption_is_another_citys_rule_and_only_warns(ask: Ask) -> None:
    events = [proposed(prior_year_executed=500), allotted(month=60), spent(40)]
    found = ask(events, spent(30))
    assert (found.verdict, made(found)) == ("warned", [("cr-over-month", "high", "opened")])
    assert both(found.headroom.lines[0].cr_month) == (20, -10)
    assert "10 元" in found.unblock[0].zh


def test_a_base_that_is_not_known_is_told_each_time(ask: Ask) -> None:
    first = ask([proposed()], spent(10))
    again = ask([proposed(), spent(10)], spent(5))
    assert made(first) == [("cr-base-missing", "info", "opened")]
    assert made(again) == [("cr-base-missing", "info", "worse")]
    assert (first.verdict, again.verdict) == ("warned", "warned")
    assert first.headroom.lines[0].cr_base is None


def test_a_proposal_brings_a_base(ask: Ask) -> None:
    found = ask([spent(10)], proposed(prior_year_executed=500))
    assert both(found.headroom.lines[0].cr_base) == (None, 490)


@pytest.mark.parametrize(
    ("basis", "verdict"),
    [("prior_year", "blocked"), ("council_consent", "warned"), ("statutory", "allowed"), ("disaster", "allowed")],
)
def test_new_capital_before_adoption_by_its_basis(ask: Ask, basis: str, verdict: str) -> None:
    events = [proposed(new_capital=True, prior_year_executed=500)]
    found = ask(events, spent(70, basis, basis_ref="府函第1號"))
    assert found.verdict == verdict
    assert ("cr-new-capital" in {alert.rule for alert in found.alerts}) == (verdict != "allowed")
    assert all("70 元" in advice.zh for advice in found.unblock)


# ---------------------------------------------------------------- reserves


SECOND = [*BUDGET, of("reserve.established", reserve="second", amount=100_000_000, booked_on="2025-01-01")]


def draw(amount: int, **fields: Any) -> dict[str, Any]:
    return of("reserve.approved", reserve="second", case="K", line=A, amount=amount, ground=1) | fields


def test_a_large_draw_needs_notice_to_the_council_first(ask: Ask) -> None:
    told, untold = ask(SECOND, draw(60_000_000, council_notified_on=DAY)), ask(SECOND, draw(60_000_000))
    assert told.verdict == "allowed"
    assert [(each.key, both(each.remaining)) for each in told.headroom.reserves] == [
        ("second", (100_000_000, 40_000_000))
    ]
    assert both(told.headroom.lines[0].line) == (1_000, 60_001_000)
    assert (untold.verdict, made(untold)) == (
        "blocked",
        [("reserve-without-council-notice", "critical", "opened")],
    )
    assert "60,000,000" in untold.unblock[0].zh and "50,000,000" in untold.unblock[0].zh


def test_a_draw_on_more_than_there_is(ask: Ask) -> None:
    found = ask(SECOND, draw(100_000_001, council_notified_on=DAY))
    assert made(found) == [("reserve-overdrawn", "critical", "opened"), ("reserve-balance-low", "high", "opened")]
    assert "至少 1 元" in found.unblock[0].zh


def test_an_agencys_own_reserve(ask: Ask) -> None:
    events = [*BUDGET, of("reserve.established", reserve="first", amount=10, booked_on="2025-01-01")]
    found = ask(events, draw(4, reserve="first"))
    assert found.verdict == "allowed"
    assert [(each.key, both(each.remaining)) for each in found.headroom.reserves] == [("first:020011", (10, 6))]
    begun = ask(BUDGET, of("reserve.established", reserve="first", amount=10, booked_on="2025-01-01"))
    assert both(begun.headroom.reserves[0].remaining) == (0, 10)


# ---------------------------------------------------------------- the closing period


def test_a_voucher_that_was_paid_already_is_warned_of_before_it_is_paid_again(ask: Ask) -> None:
    """A design rule warns; another row of the voucher is another payment."""
    books = [*BUDGET, enacted(B, 90_000), pay(10_000, B, voucher="V1", item="1")]
    again = ask(books, pay(10_000, B, voucher="V1", item="1"))
    assert (again.verdict, [alert.rule for alert in again.alerts]) == ("warned", ["payment-duplicated"])
    assert again.unblock[0].en.startswith("A payment of NT$ 10,000 with this voucher and item was made before")
    assert ask(books, pay(10_000, B, voucher="V1", item="2")).verdict == "allowed"
    asked_twice = [*books, of("disbursement.reversed", line=B, amount=10_000, voucher="V1", item="1")]
    assert ask(asked_twice, pay(10_000, B, voucher="V1", item="1")).verdict == "allowed"


def test_a_saving_that_is_not_there_is_warned_of(ask: Ask) -> None:
    """1,000 with 600 paid: 400 is left to save, and a dollar more is not."""
    books = [*BUDGET, pay(600)]
    assert ask(books, of("saving.declared", line=A, amount=400)).verdict == "allowed"
    too_much = ask(books, of("saving.declared", line=A, amount=401))
    assert (too_much.verdict, [alert.rule for alert in too_much.alerts]) == ("warned", ["saving-over-balance"])
    assert too_much.unblock[0].en.startswith("Declare NT$ 1 less")


def test_a_virement_out_of_more_than_there_is_is_blocked(ask: Ask) -> None:
    """5,000 out of a line of 1,000, within one object so that the 20 % does not speak."""
    within = "32020110101/current/2054"
    moved = ask(BUDGET, of("virement.approved", from_line=A, to_line=within, amount=5_000))
    assert (moved.verdict, [alert.rule for alert in moved.alerts]) == ("blocked", ["available-below-zero"])
    assert moved.headroom.objects == []
    assert ask(BUDGET, of("virement.approved", from_line=A, to_line=within, amount=1_000)).verdict == "allowed"


def test_what_20_percent_still_allows_is_told_of_both_objects(ask: Ask) -> None:
    """Object 2 has 1,000 and gave 150, object 3 has 600 and received them: 200 − 150 and 120 − 150 before, 40 more after."""
    books = [enacted(), enacted(B, 600), ADOPTED, of("virement.approved", from_line=A, to_line=B, amount=150)]
    room = ask(books, of("virement.approved", from_line=A, to_line=B, amount=40)).headroom.objects
    told = [(each.key[-4:], each.outflow, each.inflow) for each in room]
    assert told == [
        ("2000", Change(50, 10), Change(200, 200)),
        ("3000", Change(120, 120), Change(-30, -70)),
    ]


def test_a_contract_after_the_year_is_blocked_and_paying_an_old_one_is_not(ask: Ask) -> None:
    contract = of("commitment.made", line=A, amount=100, commitment="k")
    events = [*BUDGET, allotted(), contract]
    late = ask(events, contract | {"commitment": "k2", "booked_on": "2026-01-15"})
    paid = ask(events, pay(100, commitment="k", booked_on="2026-01-15"))
    assert (late.verdict, made(late)) == ("blocked", [("closing-late-obligation", "critical", "opened")])
    assert "100 元改由次年度預算支應" in late.unblock[0].zh
    assert paid.verdict == "allowed"
    assert (both(paid.headroom.lines[0].allotment), paid.headroom.lines[0].allotment_month) == ((960, 860), 12)
    assert both(paid.headroom.lines[0].line) == (900, 900)


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (b"no json", "malformed"),
        (b"[]", "malformed"),
        (b"  ", "malformed"),
        (b'{"a":1,"a":2}', "malformed"),
        (b"{}", "missing_field"),
        (of("spending"), "unknown_type"),
        ({"type": "budget.adopted"}, "missing_field"),
        (pay(5, colour="red"), "unknown_field"),
        (pay(0), "invalid_value"),
        (pay(5, id=7), "invalid_value"),
        (pay(5, agency="999999"), "unknown_agency"),
        (pay(5, booked_on="2026-03-01"), "outside_fiscal_year"),
        (of("commitment.cancelled", commitment="none", amount=5), "unknown_reference"),
        (of("commitment.made", commitment="k", amount=5, line=B), "conflicting_reference"),
        (of("commitment.cancelled", commitment="k", amount=51), "exceeds_reference"),
    ],
)
def test_what_would_be_refused_is_blocked_with_the_reason(ask: Ask, asked: Any, reason: str) -> None:
    found = ask([*BUDGET, of("commitment.made", line=A, amount=50, commitment="k")], asked)
    assert found.verdict == "blocked"
    assert found.refusal is not None and found.refusal.reason == reason and found.refusal.detail
    assert [advice.about for advice in found.unblock] == [reason]
    assert (found.headroom.lines, found.alerts, found.standing) == ([], [], [])
    assert (found.event is None) == (
        reason in ("malformed", "missing_field", "unknown_type", "unknown_field", "invalid_value")
    )


def test_there_is_advice_for_every_reason() -> None:
    assert set(ADVICE) == set(get_args(Reason))


# ---------------------------------------------------------------- the asker


@pytest.mark.parametrize("text", [json.dumps(pay(5)), json.dumps(pay(5), indent=2), f" \n{json.dumps(pay(5))}\n"])
def test_a_draft_needs_no_id(ask: Ask, text: str) -> None:
    found = ask(BUDGET, text.encode())
    assert found.verdict == "allowed"
    assert found.event is not None and (found.event.id, found.event.type) == (DRAFT_ID, "disbursement.paid")


def test_an_id_that_is_accepted_already_is_judged_as_one_more_event(ask: Ask) -> None:
    found = ask([*BUDGET, pay(800)], pay(800) | {"id": "e2"})
    assert (found.verdict, found.event is not None and found.event.id) == ("blocked", "e2")
    assert both(found.headroom.lines[0].line) == (200, -600)


def test_an_event_after_the_day_asked_is_judged_all_the_same(ask: Ask) -> None:
    assert ask(BUDGET, pay(1_001, booked_on="2025-12-31")).verdict == "blocked"


# ---------------------------------------------------------------- as a replay does it


def stream(random: Random) -> tuple[list[bytes], bytes]:
    """A random stream of events, and one more that is no repetition."""
    years = random.choice(((114,), (114,), (113, 114)))
    generator = Generator(random, years, AGENCIES[: random.choice((1, 1, 2, 3))])
    lines = [generator.line() for _ in range(random.randint(5, 110))]
    event = generator.event()
    if random.random() < 0.1:
        generator.spoil(event)
    return lines, json.dumps(
        {"id": DRAFT_ID, **event}
    ).encode()  # without an id it would be a draft here and refused there


def unfinished(result: dict[str, Any], catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """Alerts that stand after a replay, by id, without those of time rules."""
    return {
        alert["id"]: alert
        for alert in result["alerts"]
        if alert["state"] != "resolved" and catalogue.rules[alert["rule"]].kind != "time"
    }


def is_worse(alert: dict[str, Any], before: dict[str, Any], catalogue: Catalogue) -> bool:
    if SEVERITIES.index(alert["severity"]) > SEVERITIES.index(before["severity"]):
        return True
    told, known = alert["evidence"], before["evidence"]
    measure = catalogue.rules[alert["rule"]].measure  # every rule names its own
    return measure is not None and int(told[measure]) > int(known[measure])


@settings(max_examples=120)
@given(seed=st.integers(0, 2**32))
def test_a_replay_does_what_check_foretold(replay: Replay, catalogue: Catalogue, registry: Registry, seed: int) -> None:
    """Nothing is recorded; the event appended, a replay opens and worsens exactly the alerts foretold, or refuses it."""
    lines, asked = stream(Random(seed))
    books = folded(lines, catalogue, registry)
    untouched = pickle.dumps((books.years, books.funds, books.time_alerts))
    names = read_names(registry, None)
    found = check(asked, books, registry.agencies, Engine(catalogue), catalogue, None, names)
    assert pickle.dumps((books.years, books.funds, books.time_alerts)) == untouched
    assert check(asked, books, registry.agencies, Engine(catalogue), catalogue, None, names) == found
    before, after = replay(b"\n".join(lines)), replay(b"\n".join([*lines, asked]))
    refused = [(one["reason"], one["detail"]) for one in after["refusals"] if one["line"] == len(lines) + 1]
    assert refused == ([] if found.refusal is None else [(found.refusal.reason, found.refusal.detail)])
    stood, stands = unfinished(before, catalogue), unfinished(after, catalogue)
    foretold = {alert.id: alert for alert in found.alerts}
    opened = {name for name, alert in foretold.items() if alert.change == "opened"}
    assert opened == stands.keys() - stood.keys()
    worse = {name for name, alert in stands.items() if name in stood and is_worse(alert, stood[name], catalogue)}
    assert foretold.keys() - opened == worse
    for name, alert in [*foretold.items(), *((each.id, each) for each in found.standing)]:
        assert {field: value for field, value in msgspec.to_builtins(alert).items() if field != "change"} == stands[
            name
        ]
    unchanged = {alert.id for alert in found.standing}
    assert not unchanged & foretold.keys() and unchanged <= stood.keys()
    if found.refusal is None:
        _headroom_is_the_replays(found, before, after)


def _headroom_is_the_replays(found: Verdict, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Every line's and class's figures, before and after, are those of the positions printed."""
    assert found.event is not None
    was, now = (
        {
            (each["key"], each["economic_class"]): each
            for each in result["positions"]
            if each["fiscal_year"] == found.event.fiscal_year
        }
        for result in (before, after)
    )
    none = {"remaining": 0, "held": 0, "available": 0}
    for line in found.headroom.lines:
        name = (line.key, line.economic_class)
        for change, extra in ((line.line, "held"), (line.held_free, None)):
            sides = [each["remaining"] + (each[extra] if extra else 0) for each in (was.get(name, none), now[name])]
            assert [change.before, change.after] == sides
    for agency in found.headroom.agency:
        name = (agency.key, agency.economic_class)
        assert [agency.remaining.before, agency.remaining.after] == [
            was.get(name, none)["remaining"],
            now[name]["remaining"],
        ]
