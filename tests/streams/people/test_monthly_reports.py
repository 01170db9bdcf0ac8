"""Two officers at the same finding: what each of them checked still holds when it is acted upon, in SQLite and PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from alerts.findings import DecidingReport
from ledger.monthly import MonthlyReport, ReportDifference
from streams.people.person import Person, RefusedAct
from streams.people.report_findings import enter_reply, findings_of, open_findings, verify_findings
from streams.store import Store, open_store

REPORT = MonthlyReport(114, "020011", 2, ())
ONE, OTHER = (ReportDifference("sum", line, 3_200, 3_100) for line in ("current", "capital"))
OFFICERS = [Person(name, ("officer",)) for name in ("王", "林")]
EACH = 4
"""How often each of the two does it."""


@pytest.fixture
def desks(store: Store, store_url: str) -> Iterator[list[tuple[Store, Person]]]:
    """A store of its own for each of the officers."""
    stores = [open_store(store_url) for _ in OFFICERS]
    yield list(zip(stores, OFFICERS, strict=True))
    for each in stores:
        each.close()


def at_once(desks: list[tuple[Store, Person]], act: Callable[[Store, Person], object]) -> Counter[str]:
    """What came of an act done by all at the same moment: the code of a refusal, or `done`."""
    begin = Barrier(len(desks) * EACH, timeout=30)

    def run(desk: tuple[Store, Person]) -> str:
        begin.wait()
        try:
            act(*desk)
        except RefusedAct as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(len(desks) * EACH) as pool:
        return Counter(pool.map(run, desks * EACH))


def note(store: Store, person: Person, *found: ReportDifference) -> None:
    open_findings(store, person, REPORT, found, "2025-03-31", "", "2025-03-01")


def test_of_two_officers_at_once_one_is_heeded(store: Store, desks: list[tuple[Store, Person]]) -> None:
    assert at_once(desks, lambda store, person: note(store, person, ONE)) == {"done": 1, "finding-state": 7}
    (one,) = findings_of(store, 114)

    assert at_once(desks, lambda store, person: enter_reply(store, person, one.subject, "已更正", corrected=True)) == {
        "done": 1,
        "finding-state": 7,
    }
    (one,) = findings_of(store, 114)
    assert [act.kind for act in one.acts] == ["finding-opened", "finding-replied", "finding-corrected"]

    later = [DecidingReport(1, 3, (), ())]
    assert at_once(desks, lambda store, person: verify_findings(store, person, 114, "020011", later)) == {
        "done": 1,
        "no-later-report": 7,
    }
    (one,) = findings_of(store, 114)
    assert (one.state, len(one.acts)) == ("verified", 4)


def test_of_differences_one_of_which_is_noted_already_none_is(store: Store) -> None:
    note(store, OFFICERS[0], ONE)
    with pytest.raises(RefusedAct, match="finding"):
        note(store, OFFICERS[1], OTHER, ONE)
    with pytest.raises(RefusedAct, match="finding"):
        note(store, OFFICERS[1], OTHER, OTHER)
    assert [each.line for each in findings_of(store, 114)] == ["current"]
