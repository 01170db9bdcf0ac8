"""A command that reads a part of a store says what it would say of the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.catalogue import Catalogue
from alerts.check import check
from alerts.engine import Engine
from dashboards.reports import agency_report, lagging_list, reserve_report
from dashboards.reports.table import ReportProblem
from ledger.names import Names
from ledger.registry import parse
from producers.simulator import registry_csv, simulate
from streams.settings import read_names
from streams.sources import LookedAt, OpenedBooks, stored_books
from streams.store import open_store
from tests.streams.store.folding import Folding

AS_OF = "2025-10-15"


@pytest.fixture(scope="module")
def names() -> Names:
    return read_names(parse(registry_csv().encode(), "agencies.csv"), None)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, names: Names, catalogue: Catalogue) -> Path:
    path = tmp_path_factory.mktemp("store") / "store.db"
    made = open_store(path, create=True)
    folding = Folding(made, names.registry, catalogue)
    folding.feed([line.rstrip(b"\n") for line in simulate(114, 3, 20_000)], batch=2_000)
    made.close()
    return path


def opened(store: Path, names: Names, catalogue: Catalogue, wanted: LookedAt) -> OpenedBooks:
    return stored_books(store, names, catalogue, AS_OF, wanted)


def test_an_agency_alone_is_reported_as_among_all(store: Path, names: Names, catalogue: Catalogue) -> None:
    whole = opened(store, names, catalogue, LookedAt())
    agencies = sorted({year.agency for year in whole.books.agency_years()})
    with_alerts = 0
    for code in agencies[::9]:
        alone = opened(store, names, catalogue, LookedAt(agency=code))
        for of in (alone, whole):
            assert of.as_of == AS_OF
        found, expected = (
            agency_report.tables(code, of.alerts, of.books, names, catalogue, AS_OF) for of in (alone, whole)
        )
        assert [table.rows for table in found] == [table.rows for table in expected], code
        with_alerts += len(found[-1].rows) > 0
    assert with_alerts > 3


def test_what_an_agency_may_spend_is_said_alike(store: Path, names: Names, catalogue: Catalogue) -> None:
    whole, engine = opened(store, names, catalogue, LookedAt()), Engine(catalogue)
    verdicts = set()
    years = list(whole.books.agency_years())
    for year in years[:: len(years) // 12]:
        alone = opened(store, names, catalogue, LookedAt(agency=year.agency))
        line = next(iter(year.positions)).partition("@")[0]
        for amount in (1, 10**12):
            event = (
                f'{{"type":"disbursement.paid","fiscal_year":114,"agency":"{year.agency}","booked_on":"2025-10-14",'
                f'"line":"{line}","amount":{amount},"voucher":"v1"}}'
            ).encode()
            found, expected = (
                check(event, of.books, names.registry.agencies, engine, catalogue, AS_OF, names)
                for of in (alone, whole)
            )
            assert found == expected, (year.agency, amount)
            verdicts.add(found.verdict)
    assert {"allowed", "blocked"} <= verdicts


def test_capital_lines_alone_give_the_lagging_list_and_lines_drawn_on_with_their_cases_the_reserves(
    store: Path, names: Names, catalogue: Catalogue
) -> None:
    whole = opened(store, names, catalogue, LookedAt())
    capital, reserves = (opened(store, names, catalogue, LookedAt(only=only)) for only in ("capital", "reserves"))
    found, expected = (lagging_list.tables(of.alerts, of.books, names, catalogue, AS_OF) for of in (capital, whole))
    assert [(table.rows, table.data) for table in found] == [(table.rows, table.data) for table in expected]
    assert any(table.rows for table in found)
    found, expected = (reserve_report.tables(of.books, names, catalogue, AS_OF) for of in (reserves, whole))
    assert [table.rows for table in found] == [table.rows for table in expected]
    assert len(found) > 1 and all(table.rows for table in found[:2])
    read, there = (sum(len(year.positions) for year in of.books.agency_years()) for of in (reserves, whole))
    assert 0 < read < there // 2, "the rest is not read"


def test_of_an_agency_that_has_nothing_nothing_is_read(store: Path, names: Names, catalogue: Catalogue) -> None:
    alone = opened(store, names, catalogue, LookedAt(agency=""))
    assert not any(year.positions for year in alone.books.agency_years())
    with pytest.raises(ReportProblem):
        agency_report.tables("", alone.alerts, alone.books, names, catalogue, AS_OF)
