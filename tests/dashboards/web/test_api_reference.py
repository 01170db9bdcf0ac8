"""The description of the API says what the API does, and its page what the description says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dashboards.web.pages import api_reference
from tests.running import Running, running


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("reference") / "data") as found:
        yield found


@pytest.fixture
def client(city: Running) -> Iterator[httpx.Client]:
    with city.client() as found:
        yield found


@pytest.fixture
def document(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/schema/openapi.json").json()
    return found


def described(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{method} {path}": what for path, all_ in document["paths"].items() for method, what in all_.items()}


def test_every_operation_is_named_in_both_languages(document: dict[str, Any]) -> None:
    assert described(document).keys() <= api_reference.NAMES.keys()
    parameters = {one["name"] for what in described(document).values() for one in what.get("parameters", ())}
    assert parameters == api_reference.PARAMETERS.keys()


def test_errors_are_described_as_the_problem_documents_they_are(document: dict[str, Any]) -> None:
    for key, what in described(document).items():
        for status, answer in what["responses"].items():
            if int(status) >= 400 and key != "get /healthz":
                assert list(answer["content"]) == ["application/problem+json"], (key, status)


def test_a_body_is_described_wherever_one_is_taken(document: dict[str, Any]) -> None:
    takes = {key for key, what in described(document).items() if "requestBody" in what}
    assert takes == api_reference.BODIES.keys()
    assert set(described(document)["post /v1/events"]["requestBody"]["content"]) == {
        "application/json",
        "application/x-ndjson",
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_shows_every_operation_and_filter(
    client: httpx.Client, document: dict[str, Any], language: str
) -> None:
    page = client.get("/api", params={"lang": language}).text
    for key, what in described(document).items():
        method, _, path = key.partition(" ")
        assert f"{method.upper()} {path}" in page
        assert api_reference.NAMES[key].text(language).replace("'", "&#39;") in page  # type: ignore[arg-type]
        for parameter in what.get("parameters", ()):
            assert f'<dt class="code">{parameter["name"]}</dt>' in page
    assert "critical" in page and "/schema/openapi.json" in page


def test_the_commands_shown_are_taken(city: Running, document: dict[str, Any]) -> None:
    for operation in api_reference.operations(document, city.url):
        body = re.search(r"-d '(.+)' ", operation.command)
        token = city.token("administrator")
        with city.client(token) as client:
            answer = client.request(
                operation.method,
                operation.path.replace("{alert}", "0" * 32),
                content=body[1] if body else None,
                headers={"Content-Type": "application/json"} if body else {},
            )
        assert answer.status_code == (404 if "{alert}" in operation.path else 200), operation.command
        if operation.path == "/v1/events":
            assert answer.json()["accepted"] == 1
