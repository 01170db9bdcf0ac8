"""docker-compose.yml, held to its promises without a Docker engine: health, rights, passwords, ports, command lines."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import typer
import yaml

from budgetwatch.main import app
from producers.kafka.connection import connection_to

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ENDING = {"topics", "publish"}
"""These end when they are done; others wait for that, not for their health."""
OURS = {name for name, service in SERVICES.items() if service["image"] == "budgetwatch"}
each_service = pytest.mark.parametrize("name", SERVICES)


@each_service
def test_it_has_a_health_check(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name in ENDING:
        assert check == {"disable": True} and SERVICES[name]["restart"] == "no"
    else:
        assert {"test", "interval", "timeout", "retries", "start_period"} == set(check)
        assert SERVICES[name]["restart"] == "unless-stopped"


@each_service
def test_it_may_do_as_little_as_it_can(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged") and service.get("user", "") not in ("root", "0")
    assert any(one.startswith("/tmp:") for one in service["tmpfs"])  # noqa: S108  # of the container
    assert service["pids_limit"] <= 512 and service["mem_limit"] in ("2g", "4g"), (
        "none takes the machine from the others"
    )
    networks = service.get("networks")
    assert (networks is None) == ("network_mode" in service)
    assert set(networks or ()) <= set(COMPOSE["networks"])


def test_only_page_and_grafana_are_published_and_only_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"serve", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    open_ones = [name for name, how in COMPOSE["networks"].items() if not (how or {}).get("internal")]
    assert open_ones == ["front"]
    assert {name for name, service in SERVICES.items() if "front" in service.get("networks", ())} == set(published)


def test_whoever_need_not_meet_does_not_meet() -> None:
    def on(network: str) -> set[str]:
        return {name for name, service in SERVICES.items() if network in service.get("networks", ())}

    assert on("store") == {"postgres", "worker-1", "worker-2", "serve"}
    assert on("log") == {"kafka", "worker-1", "worker-2", "serve", "publish"}
    assert on("rows") == {"postgres", "grafana"}
    assert on("watch") == {"prometheus", "grafana", "worker-1", "worker-2", "serve"}
    assert SERVICES["topics"]["network_mode"] == "service:kafka"


def test_no_password_stands_in_it_and_each_has_a_file_of_its_own() -> None:
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"${{BUDGETWATCH_SECRETS:?name the folder of the passwords}}/{name}"}
    for variable in re.findall(r"(?<!\$)\$\{([^}]*)\}", TEXT):
        assert ":?" in variable, f"{variable}: it may be left out"
    scraped = yaml.safe_load((ROOT / "dashboards/prometheus/prometheus.yml").read_text())["scrape_configs"]
    shown = [one["authorization"]["credentials_file"] for one in scraped if "authorization" in one]
    assert shown == [f"/run/secrets/{secret}" for secret in SERVICES["prometheus"]["secrets"]]
    used = [secret for service in SERVICES.values() for secret in service.get("secrets", ())]
    assert set(used) == set(COMPOSE["secrets"])
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY", name):
                # The option of that name takes a file, as --session-key does.
                assert name.endswith("_FILE") or name == "BUDGETWATCH_TRAIL_KEY"
                assert value.startswith("/run/secrets/")
                assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_the_folder_of_passwords_is_never_committed_nor_in_the_image() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/secrets/" in ignored and ".env" in ignored
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_what_must_outlive_a_container_is_on_a_named_volume() -> None:
    kept = {
        name: [one.partition(":")[0] for one in service.get("volumes", ()) if isinstance(one, str) and one[0] != "."]
        for name, service in SERVICES.items()
    }
    assert {name: volumes for name, volumes in kept.items() if volumes} == {
        "kafka": ["kafka-log"], "postgres": ["store"], "prometheus": ["metrics"], "grafana": ["boards"],
        **{name: [f"seen-by-{name}"] for name in ("worker-1", "worker-2", "serve")},
    }  # fmt: skip
    assert set(COMPOSE["volumes"]) == {volume for volumes in kept.values() for volume in volumes}


def test_whoever_records_keeps_the_head_of_the_trail_where_it_outlives_him() -> None:
    """On a volume of each one's own, for which the image has a folder that its user may write into."""
    (made,) = re.findall(r"install -d -o 10001 -g 10001 -m 700 (\S+)", (ROOT / "Dockerfile").read_text())
    for name, service in SERVICES.items():
        environment = service.get("environment", {})
        assert ("BUDGETWATCH_TRAIL_HEAD" in environment) == ("BUDGETWATCH_TRAIL_KEY" in environment)
        if "BUDGETWATCH_TRAIL_HEAD" in environment:
            assert Path(environment["BUDGETWATCH_TRAIL_HEAD"]).parent == Path(made)
            assert f"seen-by-{name}:{made}" in service["volumes"]


@each_service
def test_what_it_mounts_is_there_and_is_only_read(name: str) -> None:
    for volume in SERVICES[name].get("volumes", ()):
        if isinstance(volume, dict):
            assert volume["read_only"] and volume["type"] == "bind"
        elif volume.startswith("./") and volume != "./feed:/feed":
            source, _, mode = volume.split(":")
            assert mode == "ro" and (ROOT / source).exists()


@each_service
def test_it_waits_for_what_it_needs(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in ENDING else "service_healthy"
        assert how == {"condition": wanted}


def test_the_order_of_the_start() -> None:
    def before(name: str) -> set[str]:
        needs = set(SERVICES[name].get("depends_on", {}))
        return needs.union(*(before(one) for one in needs))

    assert before("worker-1") == {"topics", "kafka", "postgres"}
    assert before("worker-2") == before("serve") == before("worker-1") | {"worker-1"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_its_command_line_is_understood(name: str) -> None:
    service = SERVICES[name]
    command, *arguments = service["command"]
    environment = {one: re.sub(r"\$\{[^}]*\}", "x", value) for one, value in service.get("environment", {}).items()}
    group: Any = typer.main.get_command(app)
    with patch.dict("os.environ", environment):
        if "--help" not in arguments:
            made = group.commands[command].make_context(command, list(arguments))
            assert made.params.get("bootstrap") in ("kafka:9092", "127.0.0.1:9094")
            if command != "topics":
                assert str(made.params["registry"]) == "/etc/budgetwatch/agencies.csv"
                assert made.params["store"].startswith("postgresql://")
        if command == "worker":
            assert made.params["member"] == name and made.params["health_port"] == 9100
    for variable in environment:
        assert variable.startswith("BUDGETWATCH_")


def test_users_are_those_that_the_topics_job_makes() -> None:
    arguments = SERVICES["topics"]["command"]
    made = {arguments[at + 1]: one[2:] for at, one in enumerate(arguments) if one in ("--publisher", "--worker")}
    assert made == {"publisher": "publisher", "worker": "worker"}
    for name, user in {
        "worker-1": "worker",
        "worker-2": "worker",
        "serve": "publisher",
        "publish": "publisher",
    }.items():
        environment = SERVICES[name]["environment"] | {"BUDGETWATCH_KAFKA_SASL_PASSWORD_FILE": "/dev/null"}
        found = connection_to(environment["BUDGETWATCH_BOOTSTRAP"], environment)
        assert (found.username, found.protocol, found.mechanism) == (user, "SASL_PLAINTEXT", "SCRAM-SHA-512")


def test_prometheus_scrapes_what_answers() -> None:
    scraped = yaml.safe_load((ROOT / "dashboards" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    targets = {target for job in scraped for one in job["static_configs"] for target in one["targets"]}
    wanted = {f"{name}:9100" for name in SERVICES if name.startswith("worker-")} | {"serve:8080"}
    assert targets == wanted


def test_the_image_holds_every_package_of_the_program() -> None:
    packaged = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    dockerfile, kept = (ROOT / "Dockerfile").read_text(), (ROOT / ".dockerignore").read_text()
    for one in packaged["only-include"]:
        assert re.search(rf"^COPY {one} ", dockerfile, re.MULTILINE)
        assert re.search(rf"^!{one}/?$", kept, re.MULTILINE)
    assert re.search(r"^USER 10001:10001$", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile


# ---------------------------------------------------------------- the boards, and one machine

SMALL: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.small.yml").read_text())


@pytest.mark.parametrize("services", [SERVICES, SMALL["services"]], ids=["cluster", "small"])
def test_grafana_shows_the_boards_to_nobody_unknown_in_the_citys_language(services: dict[str, Any]) -> None:
    grafana = services["grafana"]
    environment, mounted = grafana["environment"], [volume.split(":") for volume in grafana["volumes"]]
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "false" and environment["GF_USERS_DEFAULT_LANGUAGE"] == "zh-Hant"
    assert environment["GF_USERS_DEFAULT_THEME"] == "light" and environment["GF_USERS_AUTO_ASSIGN_ORG_ROLE"] == "Viewer"
    assert environment["GF_DATE_FORMATS_DEFAULT_TIMEZONE"] == "Asia/Taipei"
    sources = {each[1]: ROOT / each[0] for each in mounted if len(each) == 3}
    assert all(each[2] == "ro" for each in mounted if len(each) == 3)
    boards = sources["/etc/grafana/boards"]
    assert len(list(boards.glob("*.json"))) == 5 and boards.name == "zh"
    (provider,) = yaml.safe_load(sources["/etc/grafana/provisioning/dashboards/boards.yml"].read_text())["providers"]
    assert provider["options"]["path"] == "/etc/grafana/boards" and provider["allowUiUpdates"] is False
    found = yaml.safe_load(sources["/etc/grafana/provisioning/datasources/datasources.yml"].read_text())["datasources"]
    asked = {"prometheus"} if boards.parent.name == "embedded" else {"prometheus", "grafana-postgresql-datasource"}
    assert {each["type"] for each in found} == asked and all(each["editable"] is False for each in found)
    for each in found:
        for secret in each.get("secureJsonData", {}).values():
            assert secret.removeprefix("$__file{/run/secrets/").removesuffix("}") in grafana["secrets"]
    assert re.fullmatch(r"grafana/grafana:\d+\.\d+\.\d+@sha256:[0-9a-f]{64}", grafana["image"])
    assert "--storage.tsdb.retention.time=800d" in services["prometheus"]["command"]


def test_images_of_others_are_those_of_a_digest() -> None:
    of_services = {
        service.get("image", "budgetwatch") for city in (COMPOSE, SMALL) for service in city["services"].values()
    }
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.M)
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", (ROOT / "Dockerfile").read_text(), re.M))
    for image in {*of_services, *bases} - stages - {"budgetwatch"}:
        assert re.fullmatch(r"[a-z/]+:[\w.-]+@sha256:[0-9a-f]{64}", image), image


def test_one_machine_is_on_loopback_alone() -> None:
    services = SMALL["services"]
    for service in services.values():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"] and service["network_mode"] == "host"
        assert service["pids_limit"] == 512 and service["mem_limit"] == "2g"
        assert "ports" not in service and {"test", "interval"} <= set(service["healthcheck"])
    assert services["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
    assert "--web.listen-address=127.0.0.1:9090" in services["prometheus"]["command"]
    command, *arguments = services["monitor"]["command"]
    group: Any = typer.main.get_command(app)
    assert group.commands[command].make_context(command, list(arguments)).params["host"] == "127.0.0.1"
    (scraped,) = yaml.safe_load((ROOT / "deployment/small/prometheus.yml").read_text())["scrape_configs"]
    assert scraped["static_configs"] == [{"targets": ["127.0.0.1:8080"]}]
