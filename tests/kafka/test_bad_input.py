"""What a topic may hold beside good records, and logs that are not the store's: refused and kept, or an end with advice."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from producers.kafka.partitions import partition_of
from producers.kafka.wire import EVENTS
from producers.simulator import registry_csv, simulate
from streams.kafka.topics import SourceReader
from streams.store import schema
from tests.kafka.cluster import Cluster, wait_for

KEY = b"114|010011"
HOME = partition_of(KEY, 12)


def paid(name: str, agency: str = "010011") -> bytes:
    return (
        f'{{"id":"{name}","type":"disbursement.paid","fiscal_year":114,"agency":"{agency}","booked_on":"2025-03-05",'
        '"line":"32020110101/current/2000","amount":5,"voucher":"v"}'
    ).encode()


def refusals(cluster: Cluster) -> dict[tuple[str, int], str]:
    store = cluster.store()
    rows = schema.refusals.c
    try:
        with store.writing() as connection:
            found = connection.execute(sa.select(rows.origin, rows.line, rows.reason))
            return {(row.origin.removeprefix(f"{EVENTS}/"), row.line): row.reason for row in found}
    finally:
        store.close()


def test_poison_is_refused_with_its_place_and_the_stream_goes_on(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    other = (HOME + 1) % 12
    records = [
        (HOME, KEY, b"\xff\xfe not JSON"),
        (HOME, KEY, None),
        (HOME, KEY, b"[]"),
        (HOME, KEY, b"[" + paid("a") + b', {"id":"b"},\n ' + paid("c") + b"]"),
        (HOME, KEY, b"[" + paid("d") + b", {"),
        (HOME, None, paid("e")),
        (HOME, b"114|020011", paid("f")),
        (HOME, KEY, paid("g", agency="020011")),
        (other, KEY, paid("h")),
        (HOME, KEY, b'{"id":"x\x00\n"}'),
        (HOME, KEY, b"[" * 100_000),
        (HOME, KEY, paid("a")),
        (HOME, KEY, paid("last")),
    ]
    cluster.send(records)
    with cluster.workers():
        cluster.wait_folded(14)
        cluster.wait_delivered()
    assert refusals(cluster) == {
        (f"{HOME}/0", 1): "malformed",
        (f"{HOME}/1", 1): "malformed",
        (f"{HOME}/3", 2): "missing_field",
        (f"{HOME}/4", 1): "malformed",
        (f"{HOME}/5", 1): "misrouted",
        (f"{HOME}/6", 1): "misrouted",
        (f"{HOME}/7", 1): "misrouted",
        (f"{other}/0", 1): "misrouted",
        (f"{HOME}/8", 1): "malformed",
        (f"{HOME}/9", 1): "malformed",
    }
    assert sum(cluster.column("accepted")) == 3
    assert sum(cluster.column("duplicate")) == 1
    assert cluster.differences() == []


def test_a_hole_of_the_log_itself_is_passed(cluster: Cluster) -> None:
    """Each transaction of a producer leaves a marker that no consumer sees."""
    cluster.begin(registry_csv())
    producer = KafkaProducer(bootstrap_servers=cluster.kafka.bootstrap, transactional_id="feeder")
    producer.init_transactions()
    for number in range(5):
        producer.begin_transaction()
        producer.send(EVENTS, paid(f"t{number}"), key=KEY, partition=HOME)
        producer.commit_transaction()
    producer.close()
    with cluster.workers():
        cluster.wait_folded(5)
    assert cluster.column("next_offset")[HOME] == 9
    assert cluster.differences() == []


def test_what_a_transaction_took_back_was_never_sent(cluster: Cluster) -> None:
    """By workers, an audit and a rebuild alike, wherever in the log it stands; and who has read it all is well."""
    cluster.begin(registry_csv())
    sending = KafkaProducer(bootstrap_servers=cluster.kafka.bootstrap, transactional_id="feeder")
    sending.init_transactions()
    for number, kept in enumerate((False, True, False, False, True, False)):
        sending.begin_transaction()
        for part in range(3):
            sending.send(EVENTS, paid(f"t{number}.{part}"), key=KEY, partition=HOME)
        sending.flush()
        if kept:
            sending.commit_transaction()
        else:
            sending.abort_transaction()
    sending.close()
    with cluster.workers():
        cluster.wait_folded(6)
        reader = SourceReader(cluster.connection)
        mark = cluster.column("next_offset")[HOME]
        stands = {HOME: mark, (HOME + 1) % 12: 0}
        end = 6 * (3 + 1)
        assert reader.ends_of(stands)[HOME] == end > mark, "a marker, and all of the last transaction"
        assert reader.ends_of(stands) == reader.ends_of(stands) == stands, "nothing waits"
        cluster.send([(HOME, KEY, paid("t0.0")), (HOME, KEY, paid("t1.0"))])
        assert reader.ends_of(stands)[HOME] == reader.ends_of(stands)[HOME] == end + 2
        reader.close()
        cluster.wait_folded(8)
    assert (sum(cluster.column("accepted")), sum(cluster.column("duplicate"))) == (7, 1)
    assert cluster.differences() == []
    cluster.command(
        "rebuild", "--bootstrap", cluster.kafka.bootstrap, "--store", cluster.url,
        "--registry", str(cluster.registry_file),
    )  # fmt: skip
    assert cluster.differences() == []
    assert cluster.folded() == 8


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_records_compressed_by_any_codec_are_folded_and_audited(cluster: Cluster, codec: str) -> None:
    """A topic made otherwise than by `topics`, which lets the brokers undo what feeders compress."""
    cluster.begin(registry_csv())
    cluster.send([(HOME, KEY, paid("a"))])
    with cluster.workers():
        cluster.wait_folded(1)
    topic = ConfigResource(ConfigResourceType.TOPIC, EVENTS, {"compression.type": codec})
    with KafkaAdminClient(bootstrap_servers=cluster.kafka.bootstrap) as admin:
        made = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, EVENTS)])
        assert "'compression.type': {'value': 'uncompressed'" in str(made)
        admin.alter_configs([topic])
    cluster.send([(HOME, KEY, paid(f"b{number}")) for number in range(50)])
    with cluster.workers():
        cluster.wait_folded(51)
    assert cluster.differences() == []
    cluster.command(
        "audit",
        "--bootstrap",
        cluster.kafka.bootstrap,
        "--store",
        cluster.url,
        "--registry",
        str(cluster.registry_file),
    )


def test_another_log_than_the_store_s_is_refused_with_advice(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    lines = [line.rstrip(b"\n") for line in simulate(114, 5, 2_000)]
    cluster.publish(lines)
    with cluster.workers():
        cluster.wait_folded(2_000)
    cluster.make_topics()
    again = cluster.worker()
    assert again.wait() == 3
    assert "the topic was deleted and made again" in again.said()
    audited = cluster.command(
        "audit", "--bootstrap", cluster.kafka.bootstrap, "--store", cluster.url,
        "--registry", str(cluster.registry_file), expected=3,
    )  # fmt: skip
    assert "made again" in audited.stderr


def test_a_store_that_is_ahead_or_of_other_partitions_is_refused(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    cluster.send([(HOME, KEY, paid("a"))])
    with cluster.workers():
        cluster.wait_folded(1)
    marks = schema.marks
    for values, advice in (
        ({"next_offset": 7}, "the log has lost records"),
        ({"last_digest": "0" * 64}, "not the one that was folded"),
        ({"partitions": 13}, "keys have moved"),
        ({"cluster": "another"}, "another Kafka cluster"),
    ):
        store = cluster.store()
        with store.writing() as connection:
            own = marks.c.partition == HOME
            before = connection.execute(sa.select(marks).where(own)).one()._asdict()
            connection.execute(marks.update().where(own).values(values))
        ended = cluster.worker()
        assert ended.wait() == 3
        assert advice in ended.said()
        with store.writing() as connection:
            connection.execute(marks.update().where(own).values(before))
        store.close()


def test_partitions_that_were_added_are_refused(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    cluster.send([(HOME, KEY, paid("a"))])
    with cluster.workers():
        cluster.wait_folded(1)
    with KafkaAdminClient(bootstrap_servers=cluster.kafka.bootstrap) as admin:
        admin.create_partitions({EVENTS: 13})
        wait_for(lambda: len(admin.describe_topics([EVENTS])[0]["partitions"]) == 13, "the 13th partition")
    ended = cluster.worker()
    assert ended.wait() == 3
    assert "keys have moved" in ended.said() and "Traceback" not in ended.said()


@pytest.mark.parametrize("changed", ["made again", "given partitions"])
def test_a_topic_that_changes_under_a_running_worker_ends_it(cluster: Cluster, changed: str) -> None:
    cluster.begin(registry_csv())
    cluster.send([(HOME, KEY, paid("a"))])
    running = cluster.worker()
    try:
        cluster.wait_folded(1)
        if changed == "made again":
            cluster.make_topics()
        else:
            with KafkaAdminClient(bootstrap_servers=cluster.kafka.bootstrap) as admin:
                admin.create_partitions({EVENTS: 13})
        assert running.wait() == 3
    finally:
        running.kill()
    advice = "the topic was deleted and made again" if changed == "made again" else "keys have moved"
    assert advice in running.said() and "Traceback" not in running.said()


def test_a_name_belongs_to_one_worker_at_a_time(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    with cluster.workers(1, "--member", "one") as (first,):
        cluster.send([(HOME, KEY, paid("a"))])
        cluster.wait_folded(1)
        second = cluster.worker("--member", "one", "--patience", "1")
        assert second.wait() == 3
        assert "another worker runs as --member one" in second.said() and "Traceback" not in second.said()
        with cluster.workers(1, "--member", "two"):
            cluster.send([(HOME, KEY, paid("b"))])
            cluster.wait_folded(2)
        first.kill()
        with cluster.workers(1, "--member", "one"):
            cluster.send([(HOME, KEY, paid("c"))])
            cluster.wait_folded(3)
    assert cluster.differences() == []


def test_without_a_topic_nothing_is_begun(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    with KafkaAdminClient(bootstrap_servers=cluster.kafka.bootstrap) as admin:
        admin.delete_topics([EVENTS])
        wait_for(lambda: EVENTS not in admin.list_topics(), "the topic to be gone")
    ended = cluster.worker()
    assert ended.wait() == 3
    assert "make it with `budgetwatch topics`" in ended.said() and "Traceback" not in ended.said()
    file = cluster.folder / "one.ndjson"
    file.write_bytes(paid("a") + b"\n")
    published = cluster.command("publish", str(file), "--bootstrap", cluster.kafka.bootstrap, expected=3)
    assert "make it with `budgetwatch topics`" in published.stderr


def test_a_worker_without_its_parts_ends_in_one_line(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    for arguments, said in (
        (["--bootstrap", "nowhere"], "name brokers as HOST:PORT"),
        (
            ["--bootstrap", cluster.kafka.bootstrap, "--store", "postgresql://nobody@127.0.0.1:1/x", "--patience", "0"],
            "127.0.0.1",
        ),
        (["--bootstrap", cluster.kafka.bootstrap, "--store", str(cluster.folder / "a.db")], "share a PostgreSQL"),
    ):
        store = [] if "--store" in arguments else ["--store", cluster.url]
        code = 2 if "nowhere" in arguments else 3
        done = cluster.command("worker", *arguments, *store, "--registry", str(cluster.registry_file), expected=code)
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_a_name_stays_a_workers_when_the_database_has_forgotten_it(cluster: Cluster) -> None:
    cluster.begin(registry_csv())
    with cluster.workers(1, "--member", "one") as (first,):
        store = cluster.store()
        holders = sa.text("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid <> 0")

        def held_by() -> list[int]:
            with store.writing() as connection:
                return list(connection.execute(holders).scalars())

        wait_for(held_by, "the name to be claimed")
        (before,) = held_by()
        with store.writing() as connection:
            connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": before})
        wait_for(lambda: held_by() not in ([], [before]), "the name to be claimed again")
        store.close()
        second = cluster.worker("--member", "one", "--patience", "1")
        assert second.wait() == 3
        assert first.process.poll() is None
