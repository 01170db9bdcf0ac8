"""The history of a line and the log of the reserves, against the books they must agree with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from alerts.catalogue import Catalogue
from alerts.subjects import alert_id
from ledger.books import Books
from ledger.registry import parse
from producers.simulator import registry_csv, simulate
from streams.log.line_history import HISTORIES_MAX, LineHistories, LineHistory, figures_of, history_of
from streams.log.reserve_log import ReserveLog
from streams.store import alert_lists, open_store
from streams.store.alert_lists import Overlay, Wanted
from tests.e2e.serving import Serving, serving, simulated
from tests.streams.store.folding import LINE, Folding, event


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("city") / "data", simulated()) as found:
        yield found


def sample(books: Books) -> list[tuple[int, str, str, dict[str, int]]]:
    """Some lines of every kind: every tenth, all with carried-over money, every one with an alert."""
    every = [
        (year.fiscal_year, year.agency, name, figures_of(position), bool(position.alerts))
        for year in books.agency_years()
        for name, position in year.positions.items()
    ]
    return [each[:4] for number, each in enumerate(every) if number % 10 == 0 or "@" in each[2] or each[4]]


def plain(history: LineHistory) -> tuple[list[tuple[int, str, bytes, dict[str, int], dict[str, int]]], dict[str, int]]:
    """What can be compared: events are not."""
    return [(each.place, each.origin, each.raw, each.before, each.after) for each in history.steps], history.figures


def test_the_history_of_a_line_ends_with_the_figures_of_the_books(city: Serving) -> None:
    monitor = city.monitor
    with monitor.replica.reading() as books:
        lines = sample(books)
    assert len(lines) > 50
    for fiscal_year, agency, name, figures in lines:
        history = history_of(monitor.store, monitor.registry, fiscal_year, agency, name)
        assert history.figures == figures, (agency, name)
        assert history.steps, "a position stands because an event touched it"
        for one, other in zip(history.steps, history.steps[1:], strict=False):
            assert one.after == other.before and one.place < other.place


def test_a_history_that_goes_on_is_that_of_the_whole_log(tmp_path: Path, catalogue: Catalogue) -> None:
    """Whatever references, corrections and duplicates cross the moments at which it was looked at."""
    store, random = open_store(tmp_path / "store.db", create=True), Random(7)
    known = parse(registry_csv().encode(), "agencies.csv")
    folding, histories = Folding(store, known, catalogue), LineHistories(store, known)
    lines = [line.rstrip(b"\n") for line in simulate(114, 7, 6_000, lines=60)]
    for at in range(0, 6_000, 400):
        folding.feed([*lines[at : at + 400], *random.sample(lines[: at + 400], 20)])
        for fiscal_year, agency, name, _ in sample(folding.books)[:20]:
            found, whole = histories.of(fiscal_year, agency, name), history_of(store, known, fiscal_year, agency, name)
            assert plain(found) == plain(whole), (at, agency, name)
    store.close()


def test_a_line_that_no_event_names_has_no_history(city: Serving) -> None:
    monitor = city.monitor
    history = history_of(monitor.store, monitor.registry, 114, "020011", "99999999999/current/9999")
    assert history.steps == [] and set(history.figures.values()) == {0}


def test_the_reserve_log_gives_the_balances_of_the_books_and_reads_on(city: Serving) -> None:
    log = ReserveLog(city.monitor.store)
    with city.monitor.replica.reading() as books:
        funds = {reserve: (fund.established, fund.remaining) for (_, reserve), fund in books.funds.items()}
    for reserve, (established, remaining) in funds.items():
        last = log.balances(114, reserve)[-1]
        assert (last.established, last.remaining) == (established, remaining)
    before = log.balances(114, "second")[-1].remaining
    event = {"type": "reserve.approved", "reserve": "second", "case": "new", "line": "32020110101/current/2000"}
    city.send(
        event | {"id": "r1", "amount": 1_000, "ground": 1},
        event | {"id": "r1", "amount": 1_000, "ground": 1},
        event | {"id": "r1", "amount": 2_000, "ground": 1},
        event | {"id": "r2", "amount": -5},
    )
    assert log.balances(114, "second")[-1].remaining == before - 1_000, (
        "the duplicate and the refused count for nothing"
    )
    assert len(log.of_case(114, "020011", "second", "new")) == 1


def test_alerts_are_found_by_what_people_ask(city: Serving) -> None:
    store, nothing = city.monitor.store, Overlay()
    everything = alert_lists.count(store, Wanted(), nothing)
    by_state = alert_lists.count_by(store, Wanted(), nothing, "state")
    assert everything == sum(by_state.values())
    critical = alert_lists.find(store, Wanted(severity="critical"), nothing, "severity", 1_000)
    assert {each.severity for each in critical} == {"critical"}
    gravest = [each.severity for each in alert_lists.find(store, Wanted(), nothing, "severity", 1_000)]
    assert gravest == sorted(gravest, key=["critical", "high", "warn", "info"].index)
    one = critical[0]
    named = alert_lists.find(store, Wanted(words=one.key), nothing)
    assert one.key in {each.key for each in named}
    assert alert_lists.count(store, Wanted(words="%"), nothing) == 0, "a percent sign is a character"
    name = alert_id(one)
    closed = Overlay(closed=(name,))
    assert alert_lists.count(store, Wanted(states=("closed",)), closed) == 1
    assert alert_lists.count(store, Wanted(states=("open", "acknowledged", "resolved")), closed) == everything - 1
    acknowledged = Overlay(acknowledged=(name,))
    assert alert_lists.count(store, Wanted(states=("acknowledged",)), acknowledged) == (one.state == "open")
    pages = [alert_lists.find(store, Wanted(), nothing, "newest", 7, at) for at in range(0, everything, 7)]
    assert len({alert_id(each) for page in pages for each in page}) == everything


def test_a_history_is_kept_until_its_line_is_touched(tmp_path: Path, catalogue: Catalogue) -> None:
    store, known = open_store(tmp_path / "store.db", create=True), parse(registry_csv().encode(), "agencies.csv")
    folding = Folding(store, known, catalogue)
    histories = LineHistories(store, known)
    other = "32020110199/current/2000"
    folding.feed([event(1, "disbursement.paid", line=LINE, amount=5, voucher="a")])
    first = histories.of(114, "020011", LINE)
    folding.feed([event(2, "disbursement.paid", line=other, amount=7, voucher="b")])
    assert histories.of(114, "020011", LINE) is first
    folding.feed([event(3, "disbursement.paid", line=LINE, amount=2, voucher="c")])
    second = histories.of(114, "020011", LINE)
    assert [len(first.steps), len(second.steps)] == [1, 2] and second.figures["realised"] == 7
    assert plain(second) == plain(history_of(store, known, 114, "020011", LINE))
    for number in range(HISTORIES_MAX):
        histories.of(114, "020011", f"none{number}")
    assert histories.of(114, "020011", LINE) is not second, "the one asked for longest ago goes first"
    store.close()
