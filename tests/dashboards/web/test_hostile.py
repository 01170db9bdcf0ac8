"""What is sent in malice or by mistake leaves nothing behind: no fault, no memory, no difference, no waiting."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from tests.dashboards.web.hostile import attack
from tests.dashboards.web.test_scope import LINE, OWN, event, paid
from tests.running import Running, running

REQUESTS = int(os.environ.get("BUDGETWATCH_HOSTILE", "1500"))
"""100000 for a long look (about ten minutes)."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("hostile") / "data") as found:
        lines = [event("a", OWN, "appropriation.enacted", line=LINE, amount=9), paid("over", OWN, amount=5_000_000)]
        found.monitor.replica.submit(lines, "test").result()
        yield found


def test_hostile_requests_leave_nothing_behind(city: Running) -> None:
    found = attack(city, REQUESTS)
    assert {status for status in found.statuses if status >= 500} == set(), found.statuses
    assert found.statuses[400] + found.statuses[401] + found.statuses[303] + found.statuses[404] > REQUESTS // 3
    assert found.memory_after - found.memory_before < (24 if REQUESTS < 10_000 else 40) << 20
    assert found.memory_after - found.memory_early < 16 << 20, "something is kept of each"
    assert found.page_median < 0.3
    assert found.differences == 0


def test_nothing_that_the_description_allows_is_a_fault(city: Running) -> None:
    """Every operation of the OpenAPI document, asked in many ways by somebody who may do everything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import schemathesis
        from hypothesis import HealthCheck, Phase, given, settings

        with city.client() as client:
            document = client.get("/schema/openapi.json").json()
        schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document)))
        with city.client(city.token("administrator", "feeder", "officer")) as client:
            asked = 0
            for found in schema.get_all_operations():
                operation = found.ok()  # type: ignore[union-attr]  # a description that is wrong ends the test here

                @settings(
                    max_examples=25,
                    deadline=None,
                    database=None,
                    derandomize=True,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=operation.as_strategy())
                def ask(case: Any) -> None:
                    nonlocal asked
                    asked += 1
                    sent = case.as_transport_kwargs(base_url=city.url)
                    answer = client.request(
                        sent["method"],
                        sent["url"],
                        params=sent.get("params"),
                        headers={
                            k: v for k, v in dict(sent.get("headers") or {}).items() if k.lower() != "authorization"
                        },
                        json=sent.get("json"),
                        content=sent.get("data") if isinstance(sent.get("data"), bytes | str) else None,
                    )
                    assert answer.status_code < 500, (case.method, case.path, answer.text[:300])

                ask()
    assert asked > 150
