"""A new generation folded beside the live one takes its place while workers and the page go on."""

from __future__ import annotations

import hashlib
import shutil
import threading
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from ledger.process import Effects
from ledger.refusals import Refusal
from ledger.registry import parse
from producers.kafka.partitions import partition_of
from producers.kafka.wire import ALERTS
from producers.simulator import registry_csv, simulate
from streams.errors import StoreError, StoreUnavailable
from streams.fold.partition import Partition
from streams.patience import patiently
from streams.people import trail
from streams.store import database, schema
from streams.store.batch import Batch
from streams.store.under_trail import REBUILT
from streams.taipei import today
from streams.upkeep import rebuild as rebuilding
from streams.upkeep.generation import Generation
from streams.upkeep.preview import preview_topic
from streams.upkeep.rebuild import rebuild_topic
from tests.kafka.cluster import Cluster, wait_for
from tests.kafka.serving import served
from tests.kafka.test_serve import LINE, event, move

LINES = [line.rstrip(b"\n") for line in simulate(114, 9, 6_000)]


def store_id(cluster: Cluster) -> str:
    store = cluster.store()
    try:
        return store.manifest()["store_id"]
    finally:
        store.close()


def again(cluster: Cluster) -> int:
    registry = cluster.registry_file
    return rebuild_topic(cluster.url, registry.read_bytes(), str(registry), cluster.connection)


def dry_run(cluster: Cluster) -> dict[str, Any]:
    """What a rebuild would change, as programs are told."""
    arguments = ["--bootstrap", cluster.kafka.bootstrap, "--store", cluster.url]
    arguments += ["--registry", str(cluster.registry_file), "--dry-run", "--format", "json"]
    found: dict[str, Any] = msgspec.json.decode(cluster.command("rebuild", *arguments).stdout)
    return found


def everything(cluster: Cluster) -> dict[str, Any]:
    """How many schemas there are, and each table's rows in one digest."""
    engine = sa.create_engine(sa.make_url(cluster.url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        schemas = sorted(sa.inspect(connection).get_schema_names())
        found: dict[str, Any] = {"schemas": schemas}
        for name in sa.inspect(connection).get_table_names():
            digest = f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t"  # noqa: S608
            found[name] = connection.execute(sa.text(digest)).scalar_one()
    engine.dispose()
    return found


LATER = """
from alembic import op
import sqlalchemy as sa
revision = "9999"
down_revision = {0!r}


def upgrade() -> None:
    op.create_table("later", sa.Column("name", sa.Text(), primary_key=True))
    op.drop_index("deliveries_by_address", "deliveries")
    op.drop_constraint("deliveries_pkey", "deliveries")
"""


def know_a_later_schema(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process need one migration more than any store has."""
    shutil.copytree(database.MIGRATIONS, folder / "migrations")
    head = ScriptDirectory(str(database.MIGRATIONS)).get_current_head()
    (folder / "migrations" / "versions" / "9999_later.py").write_text(LATER.format(head), encoding="utf-8")
    monkeypatch.setattr(database, "MIGRATIONS", folder / "migrations")


def test_workers_and_the_page_go_on_through_a_rebuild(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    before = store_id(cluster)
    with cluster.workers(2) as workers, served(cluster) as monitor:
        enacted = event("e", "appropriation.enacted", line=LINE, amount=100, booked_on="2025-01-02")
        first = monitor.post(enacted, move(1)).json()["outcomes"][1]["alerts"][0]["id"]
        assert monitor.client.post(f"/v1/alerts/{first}/close", json={"reason": "已查明"}).status_code == 200
        cluster.publish(LINES[:3_000])
        cluster.wait_folded(3_002)
        assert monitor.client.post("/v1/judge").json()["changes"] > 0
        feeding = threading.Thread(target=lambda: cluster.publish(LINES[3_000:]))
        feeding.start()
        assert again(cluster) >= 3_002
        feeding.join()
        cluster.wait_folded(6_002)
        assert all(one.process.poll() is None for one in workers)
        assert store_id(cluster) != before
        second = monitor.post(move(2)).json()["outcomes"][0]["alerts"]  # the closing stands in the new generation too
        assert [one["change"] for one in second] == ["opened"]
        wait_for(lambda: monitor.client.get("/healthz").json()["position"] == 6_003, "the page to follow")
        states = {one["id"]: one["state"] for one in monitor.client.get("/v1/alerts", params={"limit": 10_000}).json()}
        assert states[first] == "closed"
        assert monitor.client.get("/healthz").status_code == 200
        cluster.wait_delivered()
    assert cluster.differences() == []
    _nothing_was_told_twice_but_by_id(cluster)


@pytest.mark.parametrize("caught_up", [True, False], ids=["before", "while the tables are locked"])
def test_a_copy_of_the_log_that_was_changed_is_on_the_trail_whenever_it_is_folded(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, *, caught_up: bool
) -> None:
    cluster.begin(registry_csv())
    with cluster.workers():
        cluster.publish(LINES[:300])
        cluster.wait_folded(300)
    store = cluster.store()
    with store.writing() as connection:
        rows = schema.segments.c
        wanted = sa.select(rows.partition, rows.first_place, rows.lines).where(rows.log == store.log)
        one = connection.execute(wanted.order_by(rows.partition, rows.first_place.desc()).limit(1)).one()
        lines = zlib.decompress(one.lines).replace(b'"', b"'", 1)
        changed = {"lines": zlib.compress(lines), "digest": hashlib.sha256(lines).hexdigest()}
        own = (rows.log == store.log, rows.partition == one.partition, rows.first_place == one.first_place)
        assert connection.execute(schema.segments.update().where(*own).values(**changed)).rowcount == 1
    store.close()
    if not caught_up:
        monkeypatch.setattr(Generation, "catch_up", lambda *_: None)
    again(cluster)
    store = cluster.store()
    (rebuilt,) = trail.acts_of_kinds(store, REBUILT)
    store.close()
    assert (rebuilt.after["lines"], rebuilt.after["batches_differ"]) == (300, 1)


def _nothing_was_told_twice_but_by_id(cluster: Cluster) -> None:
    store = cluster.store()
    with store.writing() as connection:
        rows = connection.execute(
            sa.select(schema.outbox.c.id, schema.outbox.c.payload).where(schema.outbox.c.kind == "alert")
        ).all()
        wanted = {row.id for row in rows if not _is_shared(msgspec.json.decode(row.payload))}
        kept = connection.execute(
            sa.text("SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'budgetwatch_before%'")
        ).scalar_one()
    store.close()
    records = [msgspec.json.decode(record.value) for record in cluster.topic("budget.alerts.v1")]
    told = [one["id"] for one in records if not _is_shared(one)]
    assert set(told) == wanted and kept == 1
    assert len(told) - len(set(told)) <= 500  # one round of the outbox at most


def _is_shared(transition: dict[str, Any]) -> bool:
    """About a reserve of the city: which event opened it depends on how partitions interleave (CONTRACT §6)."""
    return transition["key"] in ("second", "disaster")


def test_by_another_register_old_workers_end_and_new_ones_go_on(cluster: Cluster) -> None:
    cluster.begin(registry_csv().replace("020011,", "020019,", 1))
    cluster.publish(LINES[:2_000])
    worker = cluster.worker()
    try:
        cluster.wait_folded(2_000)
        unknown = sum(cluster.column("refused"))
        cluster.registry_file.write_text(registry_csv(), encoding="utf-8")
        again(cluster)
        assert sum(cluster.column("refused")) < unknown
        assert worker.wait() == 3  # nothing has to come first
        assert "another registry digest" in worker.said()
    finally:
        worker.kill()
    cluster.publish(LINES[2_000:2_500])
    with cluster.workers():
        cluster.wait_folded(2_500)
    assert cluster.differences() == []
    known = parse(cluster.registry_file.read_bytes(), "agencies.csv")
    assert "020011" in known.agencies


def test_a_dry_run_lists_what_a_rebuild_does_and_changes_nothing(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.begin(registry_csv().replace("020011,", "020019,", 1))
    cluster.publish(LINES[:600])
    with cluster.workers():
        cluster.wait_folded(600)
        cluster.wait_delivered()
    unknown = sum(cluster.column("refused"))
    cluster.registry_file.write_text(registry_csv(), encoding="utf-8")
    before = everything(cluster)
    listed = dry_run(cluster)
    assert everything(cluster) == before
    with monkeypatch.context() as patched:
        know_a_later_schema(tmp_path, patched)
        found = preview_topic(cluster.url, cluster.connection, cluster.registry, cluster.catalogue, today())
    assert len(found.outcomes) == len(listed["outcomes"]), "of an earlier version's tables it says the same"
    assert len(found.positions) == len(listed["positions"])
    assert everything(cluster) == before
    again(cluster)
    assert {(one["before"], one["after"]) for one in listed["outcomes"]} >= {("unknown_agency", "accepted")}
    assert len(listed["outcomes"]) >= unknown - sum(cluster.column("refused")) > 0
    assert listed["positions"]
    assert dry_run(cluster) == {key: [] for key in listed}


def test_other_rules_than_those_of_the_store_judge_no_day(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    cluster.publish(LINES[:500])
    with cluster.workers():
        cluster.wait_folded(500)
    with served(cluster) as monitor:
        store = cluster.store()
        with store.writing() as connection:  # as a rebuild by another version leaves it
            connection.execute(
                schema.manifest.update().where(schema.manifest.c.name == "rules_digest").values(value="other")
            )
        store.close()
        refused = monitor.client.post("/v1/judge")
        assert refused.status_code == 503 and "other rules" in refused.text


def test_a_rebuild_that_cannot_be_leaves_the_store_as_it_is(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    arguments = [
        "--bootstrap",
        cluster.kafka.bootstrap,
        "--store",
        cluster.url,
        "--registry",
        str(cluster.registry_file),
    ]
    nothing = cluster.command("rebuild", *arguments, expected=3)
    assert "nothing to rebuild" in nothing.stderr
    cluster.publish(LINES[:500])
    with cluster.workers():
        cluster.wait_folded(500)
    before = store_id(cluster)
    cluster.make_topics()
    refused = cluster.command("rebuild", *arguments, expected=3)
    assert "made again" in refused.stderr
    assert store_id(cluster) == before and cluster.folded() == 500
    alone = cluster.command("rebuild", "--bootstrap", cluster.kafka.bootstrap, expected=2)
    assert "go together" in alone.stderr


def test_what_never_was_is_not_told(cluster: Cluster) -> None:
    """Partition after partition, an agency draws on the second reserve before another has founded it."""
    cluster.begin(registry_csv())
    agencies = sorted(cluster.registry.agencies, key=lambda code: partition_of(b"114|" + code.encode(), 12))
    drawing, founding = agencies[0], agencies[-1]
    common = {"fiscal_year": 114, "booked_on": "2025-03-05", "reserve": "second", "amount": 5}
    founded = common | {"id": "f", "type": "reserve.established", "agency": founding}
    drawn = (
        common
        | {"id": "d", "type": "reserve.approved", "agency": drawing, "case": "1"}
        | {"line": "32020110101/current/2000"}
    )
    with cluster.workers():
        cluster.publish([msgspec.json.encode(founded)])
        cluster.wait_folded(1)
        cluster.publish([msgspec.json.encode(drawn)])
        cluster.wait_folded(2)
        assert overdrawn(cluster) == []
        again(cluster)
        assert overdrawn(cluster) == ["opened", "resolved"]
        cluster.wait_delivered()
    told = [msgspec.json.decode(record.value) for record in cluster.topic(ALERTS)]
    assert told and not [one for one in told if one["rule"] == "reserve-overdrawn"]
    assert cluster.differences() == []


def overdrawn(cluster: Cluster) -> list[str]:
    """What the outbox says of the rule."""
    store = cluster.store()
    try:
        with store.writing() as connection:
            of_alerts = sa.select(schema.outbox.c.payload).where(schema.outbox.c.kind == "alert")
            rows = connection.execute(of_alerts.order_by(schema.outbox.c.n)).scalars()
            found = [msgspec.json.decode(payload) for payload in rows]
    finally:
        store.close()
    return [one["change"] for one in found if one["rule"] == "reserve-overdrawn"]


def test_a_batch_that_fails_while_the_stores_change_places_is_not_lost(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.begin(registry_csv())
    cluster.publish(LINES[:1_000])
    failing: list[str] = []

    class Unlucky(Partition):
        def fold(self, batch: Batch, kept: Mapping[int, Refusal] | None = None) -> Effects:
            if failing:
                raise StoreUnavailable(failing.pop())
            return super().fold(batch, kept)

    with cluster.workers():
        cluster.wait_folded(1_000)
        before = store_id(cluster)

        def late(run: Any) -> Any:
            cluster.publish(LINES[1_000:2_000])
            cluster.wait_folded(2_000)
            failing.append("terminating connection due to administrator command")
            return patiently(run)

        with monkeypatch.context() as patched:
            patched.setattr(rebuilding, "Partition", Unlucky)
            patched.setattr(rebuilding, "patiently", late)
            with pytest.raises(StoreError, match=r"administrator command.*run `rebuild` again"):
                again(cluster)
        assert store_id(cluster) == before
        again(cluster)
        assert store_id(cluster) != before
    assert not failing and cluster.folded() == 2_000
    assert cluster.differences() == []
