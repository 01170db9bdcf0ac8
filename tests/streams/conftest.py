"""Stores on both databases, each test its own and empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from ledger.registry import Registry, parse
from producers.simulator import registry_csv, simulate
from streams.store import Store, open_store
from tests.real_parts.postgres import postgres
from tests.streams.store.folding import Folding


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place for a new store."""
    if request.param == "sqlite":
        return str(tmp_path / "store.db")
    return of_its_own(request.getfixturevalue("postgres_url"), request.node.nodeid)


def of_its_own(url: str, test: str) -> str:
    """The address of an empty PostgreSQL for one test, by its id.

    A role with a schema of its name sees that alone: as good as a database of its own, and made in no time.
    """
    name = f"test_{abs(hash(test))}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE ROLE {name} LOGIN"))
        connection.execute(sa.text(f"CREATE SCHEMA AUTHORIZATION {name}"))
    engine.dispose()
    return sa.make_url(url).set(username=name).render_as_string()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    made = open_store(store_url, create=True)
    yield made
    made.close()


@pytest.fixture(scope="session")
def city() -> Registry:
    """The register of the simulated city."""
    return parse(registry_csv().encode(), "agencies.csv")


@pytest.fixture(scope="session")
def year() -> list[bytes]:
    """3,000 lines of a simulated year, deliberate mistakes included."""
    return [line.removesuffix(b"\n") for line in simulate(fiscal_year=114, seed=7, events=3_000)]


@pytest.fixture
def folding(store: Store, city: Registry, catalogue: Catalogue) -> Folding:
    """Books of the simulated city on an empty store."""
    return Folding(store, city, catalogue)
