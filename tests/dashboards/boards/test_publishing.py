"""Push, check and pull against a server that answers as Grafana 12 and 13 do, whole and with its faults."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards import publishing
from dashboards.data_sources import UnusableSource, postgres_source, prometheus_source, push_sources
from dashboards.grafana import Grafana, GrafanaProblem
from tests.dashboards.boards.grafana_server import TOKEN, Served, served
from tests.house.test_words import ROOT


@pytest.fixture(params=[12, 13])
def server(request: pytest.FixtureRequest) -> Iterator[Served]:
    with served(request.param) as found:
        yield found


def client(server: Served, token: str = TOKEN) -> Grafana:
    return Grafana(server.url, token, wait_seconds=0.01)


def push(server: Served, *, dry_run: bool = False, overwrite: bool = False, prefix: str = "budgetwatch") -> list[str]:
    wanted = publishing.boards("zh", embedded=False, prefix=prefix)
    found = publishing.push(client(server), wanted, prefix, "看板", dry_run=dry_run, overwrite=overwrite)
    return [each.state for each in found]


def test_a_push_creates_then_changes_nothing_then_brings_what_is_new(server: Served) -> None:
    assert push(server, dry_run=True) == ["create"] * 5 and not server.boards and not server.folders
    assert push(server) == ["create"] * 5
    assert server.folders["budgetwatch"]["title"] == "看板" and len(server.boards) == 5
    saved = len([line for line in server.asked if line.startswith("POST /api/dashboards")])
    assert push(server) == ["up to date"] * 5
    assert len([line for line in server.asked if line.startswith("POST /api/dashboards")]) == saved
    server.versions["budgetwatch-unit"][0]["message"] = publishing.SAID + "an earlier one"
    assert push(server) == ["up to date"] * 4 + ["update"]
    assert server.boards["budgetwatch-unit"]["version"] == 2
    assert not any("/id/" in line or "/name/" in line for line in server.asked), "nothing by number or name"


def test_what_was_edited_by_hand_is_left_alone_unless_told(server: Served) -> None:
    push(server)
    server.edit("budgetwatch-overview", title="自己的總覽")
    assert push(server, dry_run=True).count("edited by hand") == 1
    assert push(server).count("edited by hand") == 1
    assert server.boards["budgetwatch-overview"]["title"] == "自己的總覽"
    changed = dict(publishing.pull(client(server), publishing.boards("zh", embedded=False)))
    assert any("自己的總覽" in line for line in changed["budgetwatch-overview"])
    assert not changed["budgetwatch-unit"]
    push(server, overwrite=True)
    assert server.boards["budgetwatch-overview"]["title"] == "預算執行總覽"
    assert push(server) == ["up to date"] * 5


def test_two_cities_on_one_grafana_stay_apart(server: Served) -> None:
    push(server)
    assert push(server, prefix="tainan") == ["create"] * 5
    assert len(server.boards) == 10 and set(server.folders) == {"budgetwatch", "tainan"}
    overview = server.boards["tainan-overview"]
    assert overview["tags"] == ["tainan"] and "budgetwatch" not in [*overview["links"][0]["tags"], overview["uid"]]


def test_sources_of_data_are_made_by_uid_compared_and_never_show_a_password(server: Served) -> None:
    def bring(url: str = "http://prometheus:9090", *, dry_run: bool = False) -> list[str]:
        database = "postgresql://budgetwatch_boards@db.example/budgetwatch?sslmode=verify-full"
        wanted = [prometheus_source("tainan", url), postgres_source("tainan", database, "p-w")]
        return [each.state for each in push_sources(client(server), wanted, dry_run=dry_run)]

    assert bring(dry_run=True) == ["create"] * 2 and not server.sources
    assert bring() == ["create"] * 2 and set(server.sources) == {"tainan-prometheus", "tainan-postgres"}
    database = server.sources["tainan-postgres"]
    assert (database["url"], database["user"]) == ("db.example:5432", "budgetwatch_boards")
    assert database["jsonData"]["sslmode"] == "verify-full" and server.passwords == {"tainan-postgres": "p-w"}
    assert "p-w" not in str(server.sources)
    assert bring() == ["up to date"] * 2
    server.sources["tainan-prometheus"]["jsonData"]["httpMethod"] = "POST"  # set by somebody, none of ours
    assert bring("http://another:9090", dry_run=True) == ["update", "up to date"]
    assert bring("http://another:9090") == ["update", "up to date"]
    moved = server.sources["tainan-prometheus"]
    assert (moved["url"], moved["jsonData"]["httpMethod"], moved["version"]) == ("http://another:9090", "POST", 2)
    server.sources["tainan-postgres"]["secureJsonFields"] = {}
    assert bring("http://another:9090") == ["up to date", "update"], "a source without its password is none"
    moved["readOnly"] = True
    with pytest.raises(GrafanaProblem, match="a file of the server provides it"):
        bring()


@pytest.mark.parametrize(
    "url",
    [
        "mysql://role@host/db",
        "postgresql://host/db",
        "postgresql://role@host",
        "postgresql://role@host/db?sslmode=maybe",
        "postgresql://role:secret@host/db",
    ],
)
def test_an_address_that_no_source_can_have_is_refused(url: str) -> None:
    with pytest.raises(UnusableSource) as found:
        postgres_source("x", url, "p")
    assert "secret" not in str(found.value)
    with pytest.raises(UnusableSource):
        prometheus_source("x", url)


def test_each_citys_boards_ask_its_own_sources_first(server: Served) -> None:
    for prefix in ("budgetwatch", "tainan"):
        list(push_sources(client(server), [prometheus_source(prefix, f"http://{prefix}:9090")]))
        push(server, prefix=prefix)
        for name in ("overview", "unit"):
            variables = {one["name"]: one for one in server.boards[f"{prefix}-{name}"]["templating"]["list"]}
            assert variables["prometheus"]["current"]["value"] == f"{prefix}-prometheus"
        server.queries.clear()
        list(publishing.check(client(server), publishing.boards("zh", embedded=True, prefix=prefix), prefix))
        assert {query["datasource"]["uid"] for query in server.queries} == {f"{prefix}-prometheus"}


def test_a_change_at_the_same_moment_is_never_lost(server: Served) -> None:
    push(server)
    server.versions["budgetwatch-unit"][0]["message"] = publishing.SAID + "an earlier one"
    server.edited_before_save = True
    with pytest.raises(GrafanaProblem, match="changed meanwhile") as found:
        push(server)
    assert found.value.status == 412 and server.boards["budgetwatch-unit"]["title"] == "changed meanwhile"


def test_an_answer_that_is_lost_is_no_failure(server: Served) -> None:
    server.lose_answer = True
    assert push(server) == ["create"] * 5
    assert all(board["version"] == 1 for board in server.boards.values())


@pytest.mark.parametrize(
    ("status", "said"),
    [(401, "the token is not taken"), (403, "lacks the right"), (500, "HTTP 500"), (503, "HTTP 503")],
)
def test_faults_are_told_in_one_line_without_the_token(server: Served, status: int, said: str) -> None:
    server.status, server.times = status, 99
    with pytest.raises(GrafanaProblem, match=said) as found:
        push(server)
    assert TOKEN not in str(found.value) and "\n" not in str(found.value)
    assert len(server.asked) == (4 if status >= 500 else 1), "only what may pass is tried again"


def test_a_fault_that_passes_is_not_even_noticed(server: Served) -> None:
    server.status, server.times = 502, 2
    assert push(server) == ["create"] * 5


@pytest.mark.parametrize("status", [0, 403, 502])
def test_a_page_instead_of_an_answer_is_recognised(server: Served, status: int) -> None:
    server.html, server.status, server.times = True, status, 99 if status else 0
    with pytest.raises(GrafanaProblem, match="no Grafana"):
        push(server)


def test_nobody_there_and_no_address() -> None:
    with pytest.raises(GrafanaProblem, match="cannot be reached"):
        Grafana("http://127.0.0.1:9", TOKEN, wait_seconds=0.01).get("/health")
    for url in ("grafana.example", "ftp://grafana.example", "http://user:pass@grafana.example"):
        with pytest.raises(GrafanaProblem, match="write https"):
            Grafana(url, TOKEN)


def test_a_certificate_that_nobody_trusts_is_told_of_and_one_that_is_named_is_taken(tmp_path: Path) -> None:
    with served(certificate=tmp_path) as server:
        with pytest.raises(
            GrafanaProblem, match=r"its certificate is not trusted .* name the authority with --ca-file"
        ):
            Grafana(server.url, TOKEN, wait_seconds=0.01).get("/folders/none")
        assert Grafana(server.url, TOKEN, str(tmp_path / "certificate.pem")).get("/folders/none") is None


def test_every_query_is_asked_with_what_is_chosen(server: Served) -> None:
    wanted = publishing.boards("zh", embedded=False)
    found = list(publishing.check(client(server), wanted))
    assert len(found) == sum(len(panel.get("targets", ())) for board in wanted for panel in board["panels"]) > 80
    assert all(each.rows == 1 and each.failure is None for each in found)
    texts = [query.get("expr") or query["rawSql"] for query in server.queries]
    assert not any("$" in text.replace('"$1"', "") for text in texts)
    assert any("agency = 'A\"1'" in text for text in texts), "a quote is one in SQL"
    assert any('key="A\\"1"' in text for text in texts), "and escaped in PromQL"
    assert {query["datasource"]["uid"] for query in server.queries} == {
        "own-prometheus",
        "own-grafana-postgresql-datasource",
    }


def test_empty_and_failing_queries_are_told_apart(server: Served) -> None:
    server.empty = True
    assert all(each.rows == 0 for each in publishing.check(client(server), publishing.boards("zh", embedded=True)))
    server.failing = "board_alerts"
    failed = [
        each for each in publishing.check(client(server), publishing.boards("zh", embedded=False)) if each.failure
    ]
    assert {each.panel for each in failed} == {"未結警示", "${agency:text}：未結警示"}


def test_the_commands_say_what_they_did_and_keep_the_token_to_themselves(server: Served, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")

    def run(command: str, *more: str) -> tuple[int, str]:
        arguments = [sys.executable, "-m", "budgetwatch", "dashboards", command, "--url", server.url]
        arguments += ["--token-file", str(tmp_path / "token"), *more]
        done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert TOKEN not in done.stdout + done.stderr and "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    assert run("push", "--dry-run")[1].count("create") == 5
    assert run("push")[0] == 0
    assert run("check")[1].endswith("0 failed\n")
    assert run("pull") == (0, "".join(f"{uid}: as generated\n" for uid in sorted(server.boards)))
    server.edit("budgetwatch-health", title="x")
    code, said = run("push")
    assert code == 1 and "left as it is" in said
    assert run("pull")[0] == 1
    (tmp_path / "token").write_text("another")
    code, said = run("push")
    assert code == 3 and "token is not taken" in said and said.count("\n") == 1
    assert run("push", "--uid-prefix", "a/b")[0] == 2
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "password").write_text("the-database's\n")
    database = ("--postgres-url", "postgresql://budgetwatch_boards@db/budgetwatch")
    wanted = ("--prometheus-url", "http://prometheus:9090", *database)
    said = run("push", *wanted, "--postgres-password-file", str(tmp_path / "password"))[1]
    assert "budgetwatch-prometheus  budgetwatch Prometheus: create" in said and "the-database" not in said
    assert server.passwords == {"budgetwatch-postgres": "the-database's"}
    code, said = run("push", *wanted)
    assert code == 2 and "--postgres-password-file go together" in said
    code, said = run("push", "--prometheus-url", "prometheus:9090")
    assert code == 2 and "--prometheus-url: write http://HOST:9090" in said
