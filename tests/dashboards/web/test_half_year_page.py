"""The half-year settlement on the page: frozen by a person who means it, shown as it was, and what came late beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.running import Running, running
from tests.streams.people.test_half_year import LINES, PAPER, event


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("half-year") / "data") as found:
        found.monitor.replica.submit(LINES, "test").result()
        yield found


def test_freezing_is_a_persons_act_and_is_shown_as_it_was(city: Running) -> None:
    with city.client() as client:
        page = client.get("/half-year", params={"year": 114}).text
        assert "尚未定稿" in page
        assert client.get("/v1/half-years").json() == []
        found = re.search(r'name="_csrf_token" value="([^"]+)"', page)
        assert found is not None
        form = {"_csrf_token": found[1], "fiscal_year": "114", "person": "王小明"}
        assert client.post("/half-year/freeze", data=form).status_code == 422  # not sure
        answer = client.post("/half-year/freeze", data=form | {"sure": "yes"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/half-year?year=114&done=frozen")
        assert client.post("/half-year/freeze", data=form | {"sure": "yes"}).status_code == 422  # once more?
        city.monitor.replica.submit(
            [event("n", "disbursement.paid", "2025-06-29", PAPER, amount=7, voucher="5")], "t"
        ).result()
        page = client.get("/half-year", params={"year": 114}).text
        assert "王小明 於" in page and "455" in page and "75.83%" in page and "disbursement" not in page
        assert re.search(r'<section data-live id="half-year-late">.*支付.*</section>', page, re.DOTALL)
        (kept,) = client.get("/v1/half-years", params={"fiscal_year": 114}).json()
        assert sum(one["realised"] for one in kept["settlement"]["figures"]) == 395 and len(kept["digest"]) == 64
        for name in ("ods", "xlsx", "csv", "pdf"):
            assert client.get("/half-year", params={"year": 114, "export": name}).status_code == 200
        assert "半年結算定稿" in client.get("/audit-trail").text
