"""Long lists come in pages, sorted and searched on the server; one box finds things by name or code."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import httpx
import pytest

from streams.log.vouchers import events_on
from streams.scope import Scope
from tests.dashboards.web.test_scope import OTHER, OWN, event, paid
from tests.running import Running, running

LINES = 450


def line(number: int) -> str:
    return f"3202{number:07d}/current/2000"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("paging") / "data") as found:
        lines = [
            event(f"e{n}", OWN, "appropriation.enacted", line=line(n), amount=1_000 + n * 7 % LINES)
            for n in range(LINES)
        ]
        lines += [
            paid("p1", OWN, line=line(3), amount=5, voucher="傳票-114-7"),
            paid("p2", OTHER, line=line(4), amount=6, voucher="傳票-114-7"),
            event("c", OWN, "commitment.made", line=line(5), amount=7, commitment="K-2025"),
        ]
        found.monitor.replica.submit(lines, "test").result()
        yield found


@pytest.fixture
def client(city: Running) -> Iterator[httpx.Client]:
    with city.client() as found:
        yield found


PAGE = f"/agencies/{OWN}?year=114"


def shown(text: str) -> list[str]:
    """The lines on the page, in order."""
    table = text.partition('id="table-lines"')[2].partition("</table>")[0]
    return re.findall(r'<small class="code">(3202\d{7}/current/2000)</small>', table)


def test_a_long_list_comes_in_pages_and_a_file_has_all_of_it(client: httpx.Client) -> None:
    pages = [client.get(f"{PAGE}&lines_page={number}").text for number in range(1, 6)]
    assert [len(shown(each)) for each in pages] == [100, 100, 100, 100, 50]
    assert [one for each in pages for one in shown(each)] == [line(n) for n in range(LINES)]
    assert max(map(len, pages)) < 150_000
    file = client.get(f"{PAGE}&export=csv&table=lines").content.decode("utf-8-sig")
    assert len([row for row in csv.reader(io.StringIO(file)) if any("/current/2000" in cell for cell in row)]) == LINES
    for number in ("0", "x", "9" * 5_000, "-1", "999"):
        assert client.get(f"{PAGE}&lines_page={number}").status_code == 200


def test_it_is_sorted_by_any_column_either_way(client: httpx.Client) -> None:
    amounts = {line(n): 1_000 + n * 7 % LINES for n in range(LINES)}
    up = shown(client.get(f"{PAGE}&lines_sort=available").text)
    down = client.get(f"{PAGE}&lines_sort=-available").text
    assert [amounts[one] for one in up] == sorted(amounts.values())[:100]
    assert [amounts[one] for one in shown(down)] == sorted(amounts.values(), reverse=True)[:100]
    assert 'aria-sort="descending"' in down
    assert shown(client.get(f"{PAGE}&lines_sort=nothing").text) == [line(n) for n in range(100)]


def test_it_is_searched(client: httpx.Client) -> None:
    text = client.get(f"{PAGE}&lines_query={line(321)[:11]}").text
    assert shown(text) == [line(321)]
    assert "&lt;b&gt;" in client.get(f"{PAGE}&lines_query=%3Cb%3E").text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (OWN, f"/agencies/{OWN}"),
        (line(7)[:11], f"/lines/114/{OWN}/{line(7)}"),
        ("傳票-114-7", f"/lines/114/{OWN}/{line(3)}"),
        ("K-2025", f"/lines/114/{OWN}/{line(5)}"),
    ],
)
def test_one_box_finds_agency_plan_voucher_and_contract(client: httpx.Client, asked: str, found: str) -> None:
    assert f'href="{found}"' in client.get("/search", params={"q": asked}).text


def test_vouchers_are_looked_for_where_nothing_else_is_found_or_when_asked(client: httpx.Client) -> None:
    def offers(**asked: str) -> bool:
        return "另查憑證" in client.get("/search", params=asked).text

    assert offers(q=OWN) and not offers(q=OWN, vouchers="yes")
    assert not offers(q="傳票-114-7") and not offers(q="none")


def test_it_finds_what_is_the_askers(city: Running) -> None:
    store = city.monitor.store
    assert {one.agency for one in events_on(store, "傳票-114-7", Scope()).found} == {OWN, OTHER}
    assert {one.agency for one in events_on(store, "傳票-114-7", Scope(frozenset([OTHER]))).found} == {OTHER}
    late = events_on(store, "none", Scope(), seconds=-1)
    assert late.found == [] and late.back_to is not None, "how far it looked is said"


def test_alerts_are_filtered_by_agency(city: Running, client: httpx.Client) -> None:
    own = client.get("/v1/alerts", params={"agency": OTHER}).json()
    assert own
    name = city.monitor.registry.agencies[OTHER].name_zh
    for asked in (OTHER, name, name[2:]):
        text = client.get("/alerts", params={"agency": asked, "state": "all"}).text
        assert text.count('<tr role="row">') == len(own) + 1 and OTHER in text
    assert "no agency" not in client.get("/alerts", params={"agency": "no agency"}).text.partition("<tbody")[2]
