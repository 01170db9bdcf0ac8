"""TLS, users and rights on a real broker: who may, can; whoever may not is told why, soon, in one line, without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest
from kafka import KafkaAdminClient

from agents.worker import open_kafka_store
from producers.kafka.connection import Connection
from producers.kafka.wire import ALERTS, EVENTS
from producers.simulator import registry_csv, simulate
from streams.kafka.topics import SourceReader
from streams.store import open_store
from streams.store.mark import places
from tests.kafka.cluster import Worker, wait_for
from tests.kafka.guarded import PASSWORDS, Guarded, P, Said, command, guarded_broker
from tests.real_parts.postgres import postgres

EVENTS_FED: Final = 500
OVERSPENT: Final = (
    b'{"id":"overspent","type":"disbursement.paid","fiscal_year":114,"agency":"010011","booked_on":"2025-03-05",'
    b'"line":"99990010101/current/2000","amount":5,"voucher":"v"}\n'
)
"""A line that nobody enacted: an alert for the worker to tell of."""
BOUND_SECONDS: Final = 45.0
"""Ten to reach a broker, and what a machine that does six of these at once takes to start Python."""


class City(Guarded):
    """The guarded broker, a database, and what the commands are given."""

    url: str
    registry: Path
    events: Path

    def publish(self, environment: dict[str, str], bootstrap: str) -> Said:
        return command(environment, "publish", str(self.events), "--bootstrap", bootstrap, "--again")

    def worker(self, environment: dict[str, str], bootstrap: str) -> Said:
        return command(environment, "worker", *self.of_store(bootstrap), "--patience", "0")

    def audit(self, environment: dict[str, str], bootstrap: str) -> Said:
        return command(environment, "audit", *self.of_store(bootstrap))

    def topics(self, environment: dict[str, str], bootstrap: str) -> Said:
        return command(environment, "topics", "--bootstrap", bootstrap)

    def of_store(self, bootstrap: str) -> list[str]:
        return ["--bootstrap", bootstrap, "--store", self.url, "--registry", str(self.registry)]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("guarded")
    registry, events = folder / "agencies.csv", folder / "events.ndjson"
    registry.write_text(registry_csv(), encoding="utf-8")
    events.write_bytes(b"".join([*simulate(114, 3, EVENTS_FED - 1), OVERSPENT]))
    with postgres() as url, guarded_broker(folder) as guarded:
        open_kafka_store(url, registry.read_bytes()).close()
        parts = {name: getattr(guarded, name) for name in guarded.__struct_fields__}
        yield City(**parts, url=url, registry=registry, events=events)


def test_users_with_their_rights_publish_fold_tell_and_audit_over_tls(city: City) -> None:
    good = city.tls["good"]
    sent = city.publish(city.environment("feeder"), good)
    assert sent.code == 0, sent.out
    folding = city.environment("folding")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in folding.items():
            patch.setenv(name, value)
        worker = Worker(["worker", *city.of_store(good)], city.folder / "worker.log")
    store = open_store(city.url, log=EVENTS)
    told = SourceReader(Connection(city.open), ALERTS)
    try:

        def folded() -> int:
            with store.writing() as connection:
                return sum(places(store, connection).values())

        wait_for(lambda: folded() == EVENTS_FED, "all to be folded", worker.said)
        wait_for(lambda: any(one.end for one in told.ends(range(12)).values()), "alerts to be told", worker.said)
    finally:
        told.close()
        store.close()
        worker.stop()
    assert not any(secret in worker.said() for secret in PASSWORDS.values())
    audited = city.audit(folding, good)
    assert (audited.code, audited.out) == (0, f"{EVENTS_FED} lines folded again: no differences\n")
    by_publisher = city.audit(city.environment("feeder"), good)
    assert by_publisher.code == 3 and f"user feeder {NO_RIGHT}" in by_publisher.out
    _one_line(by_publisher)


NOT_LET_IN, NO_RIGHT = "is not let in with this password", "has no right to this"
CASES: Final[dict[str, tuple[str, str | None, str, str | None, bool, str]]] = {
    # a command, by a user or nobody, at a listener, with another password than the user's, trusting another authority;
    # and what is said of it
    "publish, wrong password": ("publish", "feeder", "good", "a-wrong-password", False, NOT_LET_IN),
    "worker, wrong password": ("worker", "folding", "good", "a-wrong-password", False, NOT_LET_IN),
    "audit, wrong password": ("audit", "folding", "good", "a-wrong-password", False, NOT_LET_IN),
    "topics, wrong password": ("topics", "folding", "good", "a-wrong-password", False, NOT_LET_IN),
    "publish, no such user": ("publish", "nobody", "good", "any-password-at-all", False, NOT_LET_IN),
    "publish by a worker": ("publish", "folding", "good", None, False, f"user folding {NO_RIGHT}"),
    "publish by a stranger": ("publish", "stranger", "good", None, False, f"user stranger {NO_RIGHT}"),
    "work by a publisher": ("worker", "feeder", "good", None, False, f"user feeder {NO_RIGHT}"),
    "work by a stranger": ("worker", "stranger", "good", None, False, f"user stranger {NO_RIGHT}"),
    "audit by a stranger": ("audit", "stranger", "good", None, False, f"user stranger {NO_RIGHT}"),
    "publish, expired": ("publish", "feeder", "expired", None, False, "certificate has expired"),
    "worker, expired": ("worker", "folding", "expired", None, False, "certificate has expired"),
    "publish, untrusted": ("publish", "feeder", "good", None, True, "unable to get local issuer certificate"),
    "worker, untrusted": ("worker", "folding", "good", None, True, "unable to get local issuer certificate"),
    "publish, misnamed": ("publish", "feeder", "misnamed", None, False, "certificate is not valid for '127.0.0.1'"),
    "audit, misnamed": ("audit", "folding", "misnamed", None, False, "certificate is not valid for '127.0.0.1'"),
    "publish, TLS left out": ("publish", None, "good", None, False, "does it speak PLAINTEXT there?"),
    "publish, user left out": ("publish", None, "plain", None, False, "does it speak PLAINTEXT there?"),
    "publish, TLS to a listener without": ("publish", "feeder", "plain", None, False, "does it speak SASL_SSL there?"),
}


@pytest.fixture(scope="module")
def refusals(city: City) -> dict[str, Said]:
    """Every case, several at once: most of them only wait."""

    def run(name: str) -> Said:
        what, user, listener, password, is_other_authority, _ = CASES[name]
        authority = city.other_authority if is_other_authority else None
        environment = {} if user is None else city.environment(user, password, authority)
        said: Said = getattr(city, what)(environment, city.plain if listener == "plain" else city.tls[listener])
        return said

    with ThreadPoolExecutor(6) as at_once:
        return dict(zip(CASES, at_once.map(run, CASES), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_whoever_may_not_is_told_why_in_one_line(refusals: dict[str, Said], case: str) -> None:
    said = refusals[case]
    assert CASES[case][-1] in said.out
    _one_line(said)


def test_a_password_without_tls_is_taken_where_the_broker_takes_it(city: City) -> None:
    said = city.publish(city.environment("feeder") | {f"{P}SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, city.plain)
    assert said.code == 0, said.out


def test_weak_or_missing_passwords_are_not_set(city: City, tmp_path: Path) -> None:
    (tmp_path / "feeder").write_text("short\n")
    named = ["topics", "--bootstrap", city.open, "--publisher", "feeder", "--passwords"]
    for passwords, said in ((tmp_path, "16 printable"), (tmp_path / "none", "No such file")):
        done = command({}, *named, str(passwords))
        assert (done.code, done.out.count("\n")) == (2, 1)
        assert said in done.out
        assert "short" not in done.out


def test_a_topic_that_is_not_there_is_named_by_everybody(city: City) -> None:
    """Last: it takes the topic away."""
    with KafkaAdminClient(bootstrap_servers=city.open) as admin:
        admin.delete_topics([EVENTS])
        wait_for(lambda: EVENTS not in admin.list_topics(), "the topic to be gone")
    good = city.tls["good"]
    for said in (
        city.publish(city.environment("feeder"), good),
        city.worker(city.environment("folding"), good),
        city.audit(city.environment("folding"), good),
    ):
        assert f"{EVENTS}: no such topic" in said.out
        _one_line(said)


def _one_line(said: Said) -> None:
    assert said.code == 3, said.out
    assert said.out.count("\n") == 1, said.out
    assert said.out.startswith("budgetwatch: ")
    assert said.seconds < BOUND_SECONDS
