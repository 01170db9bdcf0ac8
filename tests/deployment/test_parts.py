"""The broker's settings and the database's roles of docker-compose.yml, on a real Kafka and PostgreSQL, end to end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from alerts.catalogue import load
from producers.simulator import registry_csv, simulate
from tests.kafka.cluster import Worker, wait_for
from tests.kafka.guarded import Said, command
from tests.real_parts.kafka import answers, jars
from tests.real_parts.postgres import MissingPart, free_port, missing, postgres

DEPLOYED: Final = Path(__file__).parents[2] / "deployment"
SECRETS: Final = {
    name: f"{name}-secret-of-the-test" for name in ("publisher", "worker", "store_owner", "store_page", "store_boards")
}
EVENTS_FED: Final = 2_000


class City(msgspec.Struct):
    """The parts as docker-compose.yml sets them up, and the settings of each service."""

    folder: Path
    within: str
    """Kafka's listener within its own container."""
    clients: str
    owner: str
    page: str

    def environment(self, user: str, store: str, role: str) -> dict[str, str]:
        return {
            "BUDGETWATCH_BOOTSTRAP": self.clients,
            "BUDGETWATCH_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "BUDGETWATCH_KAFKA_SASL_USERNAME": user,
            "BUDGETWATCH_KAFKA_SASL_PASSWORD_FILE": str(self.folder / user),
            "BUDGETWATCH_STORE": store,
            "BUDGETWATCH_STORE_PASSWORD_FILE": str(self.folder / role),
            "BUDGETWATCH_REGISTRY": str(self.folder / "agencies.csv"),
            "BUDGETWATCH_TRAIL_KEY": str(self.folder / "trail_key"),
        }

    @property
    def of_worker(self) -> dict[str, str]:
        return self.environment("worker", self.owner, "store_owner")

    @property
    def of_serve(self) -> dict[str, str]:
        return self.environment("publisher", self.page, "store_page")

    def start(self, environment: dict[str, str], *arguments: str) -> Worker:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            return Worker(list(arguments), self.folder / f"{arguments[0]}.log")


CHANGED = (
    *(
        ("acts", "person"),
        ("users", "roles"),
        ("tokens", "roles"),
        ("credentials", "name"),
        ("presented_lists", "payload"),
    ),
    *(("session_generations", "name"), ("segments", "at"), ("marks", "position"), ("positions", "realised")),
    *(
        ("alerts", "state"),
        ("judgements", "day"),
        ("outbox", "payload"),
        ("deliveries", "state"),
        ("manifest", "value"),
    ),
    *(("link_uses", "at"), ("answer_links", "alerts"), ("refusals", "reason"), ("funds", "approved")),
)
NOT_ADDED = ("users", "tokens", "segments", "marks", "positions", "alerts", "alert_history", "judgements", "outbox",
             "deliveries", "manifest", "refusals", "funds", "refs", "cases")  # fmt: skip
"""Tables to which the page may add nothing."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("city")
    for name, secret in SECRETS.items():
        (folder / name).write_text(secret + "\n")
    (folder / "agencies.csv").write_text(registry_csv(), encoding="utf-8")
    with _kafka(folder) as (within, clients), postgres() as url:
        address = _roles(folder, url)
        owner, page = (f"postgresql://{role}@{address}/budgetwatch" for role in ("budgetwatch", "budgetwatch_page"))
        yield City(folder, within, clients, owner, page)


@contextmanager
def _kafka(folder: Path) -> Iterator[tuple[str, str]]:
    """A broker as its container starts it, twice: the second time on the folder that is in use."""
    try:
        libs = jars()
    except MissingPart as error:
        missing(str(error))
        return
    ports = {port: str(free_port()) for port in ("9092", "9093", "9094")}
    settings = (DEPLOYED / "kafka" / "server.properties").read_text()
    for port, other in ports.items():
        settings = settings.replace(f":{port}", f":{other}")
    settings = settings.replace("CLIENTS://kafka:", "CLIENTS://127.0.0.1:")
    settings = settings.replace("/var/lib/kafka/data", str(folder / "kafka-log"))
    (folder / "server.properties").write_text(settings)
    programs = folder / "bin"
    programs.mkdir()
    for name, of_class in {"storage": "kafka.tools.StorageTool", "server-start": "kafka.Kafka"}.items():
        program = programs / f"kafka-{name}.sh"
        quiet = f"-Dlog4j2.configurationFile={DEPLOYED / 'kafka' / 'log4j2.properties'}"
        program.write_text(f"#!/bin/sh\nexec java -Xmx512m {quiet} -cp '{libs}/*' {of_class} \"$@\"\n")
        program.chmod(0o755)
    within, clients = (f"127.0.0.1:{ports[port]}" for port in ("9094", "9092"))
    with _started(folder, within):
        before = _cluster_id(folder)
    with _started(folder, within):
        assert _cluster_id(folder) == before
        yield within, clients


@contextmanager
def _started(folder: Path, within: str) -> Iterator[None]:
    command = ["sh", str(DEPLOYED / "kafka" / "start.sh"), str(folder / "server.properties")]
    environment = os.environ | {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    written = folder / "kafka.out"
    with written.open("ab") as log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
        try:
            wait_for(lambda: answers(within) or process.poll() is not None, "Kafka", written.read_text)
            assert process.poll() is None, written.read_text()
            yield
            process.terminate()
            process.wait(30)
        finally:
            process.kill()


def _cluster_id(folder: Path) -> str:
    kept = (folder / "kafka-log" / "meta.properties").read_text()
    return next(line for line in kept.splitlines() if line.startswith("cluster.id="))


def _roles(folder: Path, url: str) -> str:
    """Make the roles by the container's script, ask them for their passwords; gives the server's address."""
    at = sa.make_url(url)
    script = folder / "roles.sh"
    script.write_text((DEPLOYED / "postgres" / "roles.sh").read_text().replace("/run/secrets", str(folder)))
    if shutil.which("psql") is None:
        missing("psql")
    environment = {"PGHOST": str(at.host), "PGPORT": str(at.port), "POSTGRES_USER": "postgres"}
    subprocess.run(["sh", str(script)], env=os.environ | environment, check=True)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        rules = Path(connection.execute(sa.text("SHOW hba_file")).scalar_one())
        rules.write_text(
            "host all budgetwatch,budgetwatch_page,budgetwatch_boards 127.0.0.1/32 scram-sha-256\n" + rules.read_text()
        )
        connection.execute(sa.text("SELECT pg_reload_conf()"))
    engine.dispose()
    return f"{at.host}:{at.port}"


def test_a_city_from_nothing_to_a_rebuild(city: City) -> None:
    made = command(
        {}, "topics", "--bootstrap", city.within, "--publisher", "publisher", "--worker", "worker",
        "--passwords", str(city.folder),
    )  # fmt: skip
    assert made.code == 0, made.out
    events = city.folder / "events.ndjson"
    events.write_bytes(b"".join(simulate(114, 4, EVENTS_FED)))
    early = command(city.of_serve, "serve", "--port", str(free_port()))
    assert (early.code, early.out.count("\n")) == (3, 1)  # no worker has made the tables yet

    health = free_port()
    worker = city.start(city.of_worker, "worker", "--member", "worker-1", "--health-port", str(health))
    try:
        wait_for(lambda: _answer(health), "the worker", worker.said)
        assert command(city.of_serve, "publish", str(events)).code == 0
        denied = command(city.of_worker, "publish", str(events), "--again")
        assert denied.code == 3 and "user worker has no right" in denied.out
        port = free_port()
        elsewhere = command(city.of_serve, "serve", "--host", "0.0.0.0", "--port", str(port))  # noqa: S104
        assert elsewhere.code == 3 and "there are no users" in elsewhere.out
        refused = command(city.of_serve, "token", "add", "test", "--role", "administrator")
        assert refused.code == 3 and "permission denied" in refused.out, "who may log in is another role's business"
        token = command(city.of_worker, "token", "add", "test", "--role", "administrator")
        assert token.code == 0, token.out
        key = city.folder / "session_key"
        key.write_bytes(os.urandom(32))
        serve = city.start(city.of_serve, "serve", "--port", str(port), "--session-key", str(key))
        try:
            _use_the_page(city, port, token.out.splitlines()[0], serve)
        finally:
            serve.stop()
    finally:
        worker.stop()
    audited = command(city.of_worker, "audit")
    assert audited.code == 0, audited.out
    _page_may_not(city)
    _boards_read_the_views_alone(city)


def _boards_read_the_views_alone(city: City) -> None:
    """After a rebuild too: what they read is the live generation, named."""
    url = sa.make_url(city.owner).set(drivername="postgresql+psycopg", username="budgetwatch_boards")
    engine = sa.create_engine(url.set(password=SECRETS["store_boards"]))
    owner = sa.create_engine(
        sa.make_url(city.owner).set(drivername="postgresql+psycopg", password=SECRETS["store_owner"])
    )
    with engine.connect() as connection:
        shown = connection.execute(
            sa.text("SELECT count(*), count(*) FILTER (WHERE agency_zh <> agency) FROM board_lines")
        ).one()
        said = connection.execute(sa.text("SELECT count(*) FROM board_alerts WHERE message_zh LIKE '%。'")).scalar_one()
    with owner.connect() as connection:
        kept = connection.execute(sa.text("SELECT count(*) FROM public.positions")).scalar_one()
        alerts = connection.execute(sa.text("SELECT count(*) FROM public.alerts")).scalar_one()
        old = connection.execute(
            sa.text(
                "SELECT count(*) FROM pg_views WHERE viewname = 'board_lines' AND schemaname LIKE 'budgetwatch_before_%'"
            )
        ).scalar_one()
    assert tuple(shown) == (kept, kept) and said == alerts > 0 and old == 1
    for statement in (
        "SELECT 1 FROM users",
        "SELECT 1 FROM positions",
        "UPDATE board_lines SET agency = ''",
        "SELECT 1 FROM board_names",
    ):
        with (
            engine.connect() as connection,
            pytest.raises(sa.exc.DBAPIError, match=r"permission denied|read-only|cannot update"),
        ):
            connection.execute(sa.text(statement))
    engine.dispose()
    owner.dispose()


def _use_the_page(city: City, port: int, token: str, serve: Worker) -> None:
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ) as page:
        wait_for(lambda: (_answer(port) or {}).get("position") == EVENTS_FED, "the page to show all", serve.said)
        again = (city.folder / "events.ndjson").read_bytes().splitlines()[0]
        posted = page.post("/v1/events", content=again, headers={"Content-Type": "application/x-ndjson"})
        assert posted.status_code == 200, posted.text
        assert posted.json()["outcomes"][0]["outcome"] == "duplicate"
        assert page.post("/v1/judge").status_code in (200, 201)
        plan = page.get("/notices")
        assert plan.status_code == 200 and 'id="table-plan"' in plan.text
        acts = {slug for slug, rule in load().rules.items() if rule.kind == "act"}
        found = page.get("/v1/alerts", params={"state": "open", "limit": 10_000}).json()
        alert = next(one["id"] for one in found if one["rule"] in acts)
        assert page.post(f"/v1/alerts/{alert}/close", json={"reason": "已查明"}).status_code == 200
        rebuilt = command(city.of_worker, "rebuild")
        assert rebuilt.code == 0, rebuilt.out
        time.sleep(1)
        wait_for(lambda: (_answer(port) or {}).get("position") == EVENTS_FED + 1, "the page to follow", serve.said)
        states = {one["id"]: one["state"] for one in page.get("/v1/alerts", params={"limit": 10_000}).json()}
        assert states[alert] == "closed"


def _page_may_not(city: City) -> None:
    """Change or take out any row, add one to what is folded, or to who may log in; after a rebuild too."""
    secret = SECRETS["store_page"]
    engine = sa.create_engine(sa.make_url(city.page).set(drivername="postgresql+psycopg", password=secret))
    for statement in (
        "DELETE FROM acts",
        *(f"UPDATE {name} SET {column} = {column}" for name, column in CHANGED),  # noqa: S608
        *(f"DELETE FROM {name}" for name, _ in CHANGED),  # noqa: S608
        *(f"INSERT INTO {name} SELECT * FROM {name}" for name in NOT_ADDED),  # noqa: S608
        "SELECT 1 FROM marks FOR UPDATE",
        "LOCK TABLE acts IN EXCLUSIVE MODE",
        "TRUNCATE marks",
        "DROP TABLE segments",
        "ALTER TABLE alerts ADD x int",
        "CREATE TABLE mine (x int)",
        "CREATE SCHEMA mine",
    ):
        with engine.connect() as connection, pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            connection.execute(sa.text(statement))
    engine.dispose()


def test_a_backup_restored_keeps_figures_and_rights(city: City) -> None:
    """After the test above: as docs/operating.md says, by the administrator in the workers' name."""
    at = sa.make_url(city.owner)
    url = f"postgresql://postgres@{at.host}:{at.port}"
    dump = city.folder / "store.dump"
    subprocess.run(["pg_dump", "--format=custom", f"--file={dump}", f"{url}/budgetwatch"], check=True)
    server = sa.create_engine(
        f"postgresql+psycopg://postgres@{at.host}:{at.port}/postgres", isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE restored OWNER budgetwatch TEMPLATE template0"))
    server.dispose()
    restore = [
        "pg_restore",
        "--no-owner",
        "--role=budgetwatch",
        "--exit-on-error",
        f"--dbname={url}/restored",
        str(dump),
    ]
    subprocess.run(restore, check=True)
    restored = city.owner.removesuffix("/budgetwatch") + "/restored"
    audited = command(city.of_worker | {"BUDGETWATCH_STORE": restored}, "audit")
    assert audited.code == 0, audited.out
    engine = sa.create_engine(f"postgresql+psycopg://postgres@{at.host}:{at.port}/restored")
    may = sa.text("SELECT has_table_privilege('budgetwatch_page', :table, :right)")
    with engine.connect() as connection:
        rights = {right: connection.execute(may, {"table": "public.acts", "right": right}).scalar_one()
                  for right in ("SELECT", "INSERT", "UPDATE", "DELETE")}  # fmt: skip
    engine.dispose()
    assert rights == {"SELECT": True, "INSERT": True, "UPDATE": False, "DELETE": False}


@pytest.mark.parametrize(
    ("file", "said"),
    [("none", "BUDGETWATCH_STORE_PASSWORD_FILE"), ("worker", "password authentication failed")],
)
def test_a_wrong_password_of_the_store_is_told_in_one_line(city: City, file: str, said: str) -> None:
    """The last of these tests needs the tables, the first nothing."""
    environment = city.of_serve | {"BUDGETWATCH_STORE_PASSWORD_FILE": str(city.folder / file)}
    told: Said = command(environment, "serve", "--port", str(free_port()))
    assert (told.code, told.out.count("\n")) == (3, 1)
    assert said in told.out
    assert not any(secret in told.out for secret in SECRETS.values())


def _answer(port: int) -> dict[str, int] | None:
    try:
        found: dict[str, int] = json.loads(httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).content)
        return found
    except (httpx.HTTPError, ValueError):
        return None
