"""What a PostgreSQL is told when it is opened: beside what was given, and so that a lost machine is noticed."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from ledger.registry import Registry, RegistryProblem
from streams.errors import StoreUnavailable
from streams.store import Store, locks, open_store, schema
from streams.store.mark import mark_held, mark_of
from streams.store.register import register_for
from tests.streams.store.folding import LINE, Folding, event


@pytest.fixture
def url(postgres_url: str) -> str:
    """A database with nothing in it."""
    name = f"settings_{time.monotonic_ns()}"
    engine = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return sa.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)


def shown(store: Store, *names: str) -> list[str]:
    with store.writing() as connection:
        return [str(connection.exec_driver_sql(f"SHOW {name}").scalar_one()) for name in names]


@pytest.mark.parametrize("by", ["url", "environment"])
def test_settings_that_are_given_stay(url: str, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if by == "environment":
        monkeypatch.setenv("PGOPTIONS", "-c work_mem=7MB")
    else:
        url = sa.make_url(url).update_query_dict({"options": "-c work_mem=7MB"}).render_as_string(hide_password=False)
    store = open_store(url, create=True)
    assert shown(store, "work_mem", "tcp_keepalives_idle", "default_transaction_read_only") == ["7MB", "30", "off"]
    store.close()
    reader = open_store(url, read_only=True)
    assert shown(reader, "work_mem", "tcp_keepalives_idle", "default_transaction_read_only") == ["7MB", "30", "on"]
    reader.close()


def test_whoever_holds_a_partition_and_stands_still_loses_it(
    url: str, city: Registry, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(url, create=True)
    Folding(store, city, catalogue).feed([event(1, "disbursement.paid", line=LINE, amount=5, voucher="v")])
    monkeypatch.setattr(locks, "_IDLE_TIMEOUT", "300ms")
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        _stand_still(store)
    assert 0.2 < time.monotonic() - began < 20
    assert mark_of(store).place == 1, "the next one finds it as it was"
    store.close()


def _stand_still(store: Store) -> None:
    with mark_held(store) as (held, position):
        assert position == 1
        with mark_held(store) as (_, again):  # another connection, which waits for the first to be thrown out
            assert again == 1
        held.manifest()


def test_a_code_that_has_events_is_taken_beside_workers_too(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever it is made of; a new one of its kind is refused, and so is any before there is a store."""
    head = "code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email\n"
    row = "{0},甲局,Bureau A,02,甲局主管,Authority A,\n"
    register = (head + row.format("02:1")).encode()
    with pytest.raises(RegistryProblem, match="must have no"):
        register_for(url, register, "agencies.csv")
    store = open_store(url, create=True)
    with pytest.raises(RegistryProblem, match="must have no"):
        register_for(url, register, "agencies.csv")
    with store.writing() as connection:
        connection.execute(
            schema.agency_years.insert().values(
                fiscal_year=114, agency="02:1", authority="02", latest="", adopted_on="", original_current=0
            )
        )
    store.close()
    assert set(register_for(url, register, "agencies.csv").agencies) == {"02:1"}
    assert "no address can be made" in capsys.readouterr().out
    with pytest.raises(RegistryProblem, match="02/2"):
        register_for(url, register + row.format("02/2").encode(), "agencies.csv")
