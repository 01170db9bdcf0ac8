"""What people ask of the store: alerts, their history, refusals."""

from __future__ import annotations

from random import Random

import pytest

from alerts.catalogue import Catalogue
from alerts.subjects import alert_id
from ledger.books import Alert
from ledger.refusals import DETAIL
from ledger.registry import Registry
from ledger.words import alike
from streams.store import Store, queries, schema
from streams.store.alert_lists import Overlay, Wanted, changes_by_event, count, find
from streams.store.mark import mark_of
from tests.machine.random_events import AGENCIES, Generator
from tests.streams.store.folding import Folding

ALL = 100_000
NOTHING_DONE = Overlay()


@pytest.fixture
def filled(store: Store, registry: Registry, catalogue: Catalogue) -> Store:
    generator = Generator(Random(5), (113, 114), AGENCIES)
    Folding(store, registry, catalogue).feed([generator.line() for _ in range(600)], batch=90)
    return store


def ids(alerts: list[Alert]) -> list[str]:
    return [alert_id(alert) for alert in alerts]


def test_alerts_are_found_by_any_of_their_properties(filled: Store) -> None:
    everything = find(filled, Wanted(), NOTHING_DONE, limit=ALL)
    assert count(filled, Wanted(), NOTHING_DONE) == len(everything) > 100
    for name in ("rule", "severity", "fiscal_year", "key"):
        for value in {getattr(alert, name) for alert in everything}:
            wanted = Wanted(**{name: value})
            expected = [alert for alert in everything if getattr(alert, name) == value]
            assert ids(find(filled, wanted, NOTHING_DONE, limit=ALL)) == ids(expected)
            assert count(filled, wanted, NOTHING_DONE) == len(expected)


def test_a_first_reserves_alerts_are_told_in_its_agencys_history(filled: Store) -> None:
    of_first = [one for one in find(filled, Wanted(), NOTHING_DONE, limit=ALL) if one.key.startswith("first:")]
    assert of_first
    for alert in of_first:
        changes = changes_by_event(filled, alert.key.removeprefix("first:"), alert.fiscal_year)
        assert alert_id(alert) in {alert_id(found) for found, _ in changes[alert.opened_by or ""]}


def test_alerts_come_in_pages_the_latest_first(filled: Store) -> None:
    everything = ids(find(filled, Wanted(), NOTHING_DONE, limit=ALL))
    pages = [find(filled, Wanted(), NOTHING_DONE, limit=7, offset=at) for at in range(0, len(everything), 7)]
    assert [name for page in pages for name in ids(page)] == everything


def test_an_alerts_history_tells_it_from_its_opening_on(filled: Store) -> None:
    for alert in find(filled, Wanted(), NOTHING_DONE, limit=ALL):
        changes = queries.history(filled, alert_id(alert))
        assert changes[0].change == "opened"
        assert changes[0].by == alert.opened_by
        assert changes[-1].severity == alert.severity
        assert (changes[-1].change == "resolved") is (alert.state == "resolved")


def test_refusals_are_counted_and_come_newest_first(filled: Store) -> None:
    counts = {reason: one.refused for reason, one in queries.refusals_by_reason(filled).items()}
    assert sum(counts.values()) == mark_of(filled).refused > 10
    for reason, number in counts.items():
        found = queries.refusals(filled, reason, limit=ALL)
        assert len(found) == number
        assert [one.place for one in found] == sorted((one.place for one in found), reverse=True)


def test_what_was_refused_is_kept_as_a_code_with_its_values_and_told_in_both_languages(filled: Store) -> None:
    found = queries.refusals(filled, limit=ALL)
    assert {one.detail for one in found} == {one.words.en for one in found}
    assert all(one.code in DETAIL for one in found)
    assert len({one.words.zh for one in found} - {one.detail for one in found}) > 5


def test_what_was_refused_before_details_had_codes_is_told_as_it_was_kept(filled: Store) -> None:
    with filled.writing() as connection:
        connection.execute(schema.refusals.update().values(code=None, facts=None))
    found = queries.refusals(filled, limit=ALL)
    assert {one.words for one in found} == {alike(one.detail) for one in found}
