"""Every query of every board on a real Prometheus and a real PostgreSQL: none is empty, and figures are the API's to the dollar."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from alerts.lagging import absent
from alerts.lagging import unjudged as not_judged_of
from dashboards.metrics.levels import OF_AGENCIES
from dashboards.metrics.snapshot import seconds
from dashboards.web import levels
from dashboards.web.charts import course
from dashboards.web.desk import Desk
from dashboards.web.pages.reserves import runways
from ledger.money import percent
from streams.store import open_store, schema
from streams.store.board_sql import VIEWS
from streams.store.board_views import are_current
from tests.dashboards.boards.city import FIRST, LAST, MEETING, UNADOPTED, City, city, worker, worker_metrics
from tests.dashboards.boards.reading import BOARDS, FULL, panels, targets
from tests.real_parts.prometheus import blocks_from, checked, prometheus

YEAR = 114
UNDER_CR = seconds("2025-01-10") + 12 * 3600
"""Noon of a day before any budget was adopted: only then is anything spent under continuing resolution."""
NOON = 12 * 3600


@pytest.fixture(scope="module")
def made() -> Iterator[City]:
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with city(Path(folder)) as found:
            deadline = time.monotonic() + 60
            while len(found.query("up == 1")) < 3:
                assert time.monotonic() < deadline, "nothing is scraped"
                time.sleep(0.5)
            yield found


@pytest.fixture(scope="module")
def chosen(made: City) -> dict[str, str]:
    """What is chosen at the head of the boards: the agency with most to show."""
    (row,) = made.rows(
        "SELECT c.agency, c.authority FROM board_commitments c JOIN board_alerts a USING (fiscal_year, agency)"
        " WHERE a.state = 'open' GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1"
    )
    return {"year": str(YEAR), "class": "all", "page": "http://page.example", **row}


def filled(query: str, chosen: dict[str, str]) -> str:
    """A query with the board's variables filled in as Grafana does."""
    for name, value in chosen.items():
        quoted = "'" + value.replace("'", "''") + "'"
        query = query.replace("${" + name + ":sqlstring}", quoted).replace("${" + name + "}", value)
        query = re.sub(rf"\${name}\b", value, query)
    assert "$" not in query.replace('"$1"', ""), query
    return query


def answer(made: City, chosen: dict[str, str], target: dict[str, Any], at: float | None = None) -> list[dict[str, Any]]:
    """What a panel's query brings."""
    if "rawSql" in target:
        return made.rows(filled(target["rawSql"], chosen))
    expression = filled(target["expr"], chosen)
    if target["instant"]:
        return made.query(expression, at)
    if target["interval"] == "1d":
        return made.over(expression, seconds(FIRST) + NOON, seconds(LAST) + NOON, "1d")
    now = time.time()
    return made.over(expression, now - 120, now, "5s")


def panel_of(board: str, number: int) -> dict[str, Any]:
    (found,) = (panel for panel in panels(BOARDS[f"zh/{board}.json"]) if panel["id"] == number)
    return found


EVERY = [(name, panel["id"], target["refId"]) for name, board in FULL.items() for panel, target in targets(board)]


@pytest.mark.parametrize(("name", "number", "ref_id"), EVERY)
def test_no_query_comes_back_empty(made: City, chosen: dict[str, str], name: str, number: int, ref_id: str) -> None:
    (target,) = (t for panel, t in targets(FULL[name]) if (panel["id"], t["refId"]) == (number, ref_id))
    under_cr = UNDER_CR if "provisional_" in target.get("expr", "") and target.get("instant") else None
    if under_cr is not None and "level_info" in target["expr"]:
        target = target | {"expr": re.sub(r" \* on \(level, key\).*?\(budgetwatch_level_info\)\)", "", target["expr"])}
    if "predicted_twd" in target.get("expr", ""):
        chosen = chosen | {"class": "capital"}  # nothing is predicted for other money
    found = answer(made, chosen, target, under_cr)
    for _ in range(20):
        if found:
            break
        time.sleep(1)  # rates want two scrapes
        found = answer(made, chosen, target, under_cr)
    assert found, filled(target.get("expr") or target["rawSql"], chosen)
    if "rawSql" not in target:
        assert len({str(sorted(one["metric"].items())) for one in found}) == len(found)
        assert all("job" not in one["metric"] for one in found)


def test_the_embedded_boards_ask_nothing_else() -> None:
    full = {target["expr"] for board in FULL.values() for _, target in targets(board) if "expr" in target}
    for name, board in BOARDS.items():
        for _, target in targets(board):
            if name.startswith("embedded/zh/") and "batch_seconds" not in target["expr"]:
                assert target["expr"] in full


def test_every_metric_asked_for_is_exposed(made: City) -> None:
    exposed = set(
        re.findall(r"^(?:# TYPE )?(budgetwatch_\w+)", made.page.get("/metrics").text + worker_metrics().decode(), re.M)
    )
    for board in BOARDS.values():
        asked = [target.get("expr", "") for _, target in targets(board)]
        asked += [str(one.get("query")) for one in board["templating"]["list"]]
        asked += [one["expr"] for one in board["annotations"]["list"]]
        for text in asked:
            assert set(re.findall(r"budgetwatch_\w+", text)) <= exposed, text
    assert checked(made.page.get("/metrics").content) == ""


def value(found: list[dict[str, Any]]) -> float:
    (one,) = found
    return float(one["value"][1])


def test_figures_in_prometheus_are_the_apis_to_the_dollar(made: City) -> None:
    compared = 0
    positions = made.page.get("/v1/positions").json()
    for name in ("available", "allotted", "realised", "prepaid", "payable", "committed", "saving", "remaining"):
        expression = f'max without (job, instance) (budgetwatch_{name}_twd{{fiscal_year="{YEAR}"}})'
        labels = ("level", "key", "economic_class")
        found = {
            tuple(one["metric"][label] for label in labels): int(float(one["value"][1]))
            for one in made.query(expression)
        }
        wanted = {
            tuple(one[label] for label in labels): one[name]
            for one in positions
            if one["level"] != "line" and (one["level"] != "agency" or name in OF_AGENCIES)
        }
        assert found == wanted
        compared += len(wanted)
    assert compared > 1_500


@pytest.mark.parametrize("board", ["overview", "unit"])
def test_rates_on_the_boards_print_as_the_apis(made: City, chosen: dict[str, str], board: str) -> None:
    compared = 0
    for panel, target in targets(FULL[f"zh/{board}.json"]):
        found = re.search(r'execution_ratio\{rate="(\w+)",fiscal_year="\$year",level="(\w+)"', target.get("expr", ""))
        if found is None or panel["type"] != "stat":
            continue
        rate, level = found.groups()
        key = {"city": "city", "authority": chosen["authority"], "agency": chosen["agency"]}[level]
        economic_class = "capital" if rate == "predicted" else "all"
        asked = {"level": level, "key": key, "economic_class": economic_class}
        (position,) = made.page.get("/v1/positions", params=asked).json()
        shown = value(answer(made, chosen, target))
        assert percent(round(shown * 10**12), 10**12) == position["rates"][rate]
        compared += 1
    assert compared == {"overview": 5, "unit": 8}[board]


def test_the_s_curve_ends_at_the_pages_figures(made: City, chosen: dict[str, str]) -> None:
    for number, economic_class in ((10, "all"), (11, "capital")):
        asked = {"level": "city", "economic_class": economic_class}
        (position,) = made.page.get("/v1/positions", params=asked).json()
        for target, name in zip(
            panel_of("overview", number)["targets"], ("realised", "allotted", "available"), strict=False
        ):
            expression = filled(target["expr"], chosen)
            assert round(value(made.query(expression)) * 1e8) == position[name]
    desk = Desk(made.monitor)
    level = desk.figures().of(YEAR, "city")
    assert level is not None and level.capital.predicted is not None
    predicted = filled(panel_of("overview", 11)["targets"][3]["expr"], chosen)
    ratio = level.capital.predicted
    assert round(value(made.query(predicted)) * 1e8) == ratio.numerator * level.capital.available // ratio.denominator


def test_the_curve_of_days_gone_by_is_the_pages_by_month(made: City, chosen: dict[str, str]) -> None:
    """The history's points at the ends of months are what the page's table says of these months."""
    desk = Desk(made.monitor)
    for number, name in ((10, "all"), (11, "capital")):
        level = desk.figures().of(YEAR, "city")
        assert level is not None
        found = course(level.by_month(name), levels.sums_of(level, name), YEAR, made.monitor.today())
        realised = panel_of("overview", number)["targets"][0]
        for month in range(1, 13):
            day = f"2025-{month:02d}-{(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]}"
            at = seconds(day) + NOON
            assert round(value(made.query(filled(realised["expr"], chosen), at)) * 1e8) == found.actual[month - 1], day


def test_reserves_alerts_and_the_list_are_the_apis(made: City, chosen: dict[str, str]) -> None:
    desk = Desk(made.monitor)
    for runway, target, lasting in zip(
        runways(desk, YEAR), panel_of("overview", 16)["targets"], panel_of("overview", 17)["targets"], strict=True
    ):
        assert round(value(answer(made, chosen, target)) * 1e8) == runway.remaining
        months = answer(made, chosen, lasting)
        assert (value(months) * 10 if months else None) == runway.tenths_of_months
    unfinished = [
        one
        for state in ("open", "acknowledged")
        for one in made.page.get("/v1/alerts", params={"state": state, "limit": 10_000}).json()
    ]
    for severity, target in zip(("critical", "high", "warn", "info"), panel_of("overview", 12)["targets"], strict=True):
        assert value(answer(made, chosen, target)) == sum(one["severity"] == severity for one in unfinished)
    lagging = made.page.get("/v1/lagging").json()
    listed = panel_of("cases", 1)["targets"]
    ranks = {one["metric"]["key"]: float(one["value"][1]) for one in answer(made, chosen, listed[1])}
    assert ranks == {one["authority"]: one["rank"] for one in lagging} and len(ranks) > 1
    shortfalls = {one["metric"]["key"]: float(one["value"][1]) for one in answer(made, chosen, listed[5])}
    assert shortfalls == {one["authority"]: one["shortfall"] for one in lagging}
    unjudged, unheard = panel_of("overview", 14)["targets"]
    day = made.monitor.today()
    with made.monitor.replica.reading() as books:
        not_judged, gone = not_judged_of(books, made.registry, day), absent(books, made.registry, day)
    silent = {a["subject"]["key"] for a in unfinished if a["rule"] == "feed-silent"} | {each.agency for each in gone}
    assert value(answer(made, chosen, unjudged)) == len(not_judged)
    assert value(answer(made, chosen, unheard)) == len(silent) > 0


FIGURES = ("available", "allotted", "realised", "prepaid", "payable", "committed", "saving")


def test_lines_in_sql_are_the_apis_to_the_dollar(made: City) -> None:
    wanted = {
        one["key"]: {name: one[name] for name in FIGURES}
        for one in made.page.get("/v1/positions", params={"level": "line"}).json()
    }
    columns = ", ".join(FIGURES)
    found = {
        f"{row['agency']}:{row['name']}": {name: int(row[name]) for name in FIGURES}
        for row in made.rows(f"SELECT agency, name, {columns} FROM board_lines")  # noqa: S608  # names of this test
    }
    assert found == wanted and len(found) > 150


def test_months_in_sql_are_the_pages_to_the_dollar(made: City) -> None:
    desk = Desk(made.monitor)
    for economic_class in ("current", "capital"):
        level = desk.figures().of(YEAR, "city")
        assert level is not None
        months = level.by_month(economic_class)
        found = made.rows(
            "SELECT month, sum(realised) AS realised, sum(realised_to_date) AS to_date, sum(allotted_to_date) AS plan"  # noqa: S608
            f" FROM board_line_months WHERE economic_class = '{economic_class}' GROUP BY month ORDER BY month"
        )
        assert level is not None
        line = course(months, levels.sums_of(level, economic_class), YEAR, made.monitor.today())
        assert [int(row["plan"]) for row in found[:12]] == line.plan[:12]
        assert [int(row["to_date"]) for row in found[:12]] == line.actual[:12]


@pytest.mark.parametrize(
    "months", [[0] * 14, [1, -1, 10**15, -(10**15), 2**62, -(2**62), *range(8)], [2**63, -(2**70), *range(12)]]
)
def test_months_are_unpacked_as_they_are_packed(made: City, months: list[int]) -> None:
    from array import array

    from streams.store.rows import pack_months

    packed = pack_months(array("q", months) if max(map(abs, months)) < 2**63 else list(months))
    (row,) = made.rows(f"SELECT board_months('\\x{packed.hex()}'::bytea) AS months")
    assert [int(each) for each in row["months"]] == months


def test_alerts_in_sql_say_what_the_api_says(made: City) -> None:
    wanted = {one["id"]: one for one in made.page.get("/v1/alerts", params={"limit": 10_000}).json()}
    found = {row["id"]: row for row in made.rows("SELECT * FROM board_alerts")}
    assert found.keys() == wanted.keys() and len(found) > 50
    assert {row["state"] for row in found.values()} == {"open", "acknowledged", "closed", "resolved"}
    alike = 0
    for name, one in wanted.items():
        row = found[name]
        assert (row["state"], row["severity"], row["rule"], row["key"]) == (
            one["state"], one["severity"], one["rule"], one["subject"]["key"]
        )  # fmt: skip
        assert row["message_zh"].endswith(f"{row['article_zh']}。") and "{" not in row["message_zh"]
        if one["subject"]["level"] in ("agency", "authority", "reserve", "city"):
            assert (row["message_zh"], row["message_en"]) == (one["message_zh"], one["message_en"])
            alike += 1
        else:  # lines by their code: the names of accounts are in no database
            numbers = re.findall(r"[\d,]{5,}|\d+\.\d\d", one["message_zh"])
            assert all(number in row["message_zh"] for number in numbers)
    assert alike > 10


def test_cases_and_refusals_in_sql_are_the_stores(made: City) -> None:
    reserves = made.page.get("/v1/reserves").json()
    for reserve in ("first", "second", "disaster"):
        (row,) = made.rows(
            "SELECT coalesce(sum(approved), 0) AS approved, coalesce(sum(cancelled), 0) AS cancelled, coalesce(sum(pending), 0)"  # noqa: S608
            f" AS pending FROM board_reserve_cases WHERE reserve = '{reserve}'"
        )
        for name in ("approved", "cancelled", "pending"):
            assert int(row[name]) == sum(one[name] for one in reserves if one["reserve"] == reserve)
    with made.monitor.store.reading() as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(schema.refusals)).scalar_one()
    (row,) = made.rows("SELECT count(*) AS n FROM board_refusals")
    assert row["n"] == count > 0


def test_lines_before_adoption_are_the_books_and_say_what_is_barred(made: City) -> None:
    found = {row["name"]: row for row in made.rows("SELECT * FROM board_provisional_lines")}
    spent, new = found["32020110101/current/2000"], found["32020110102/capital/3000"]
    assert (spent["agency"], int(spent["base"]), int(spent["counted"]), int(spent["headroom"])) == (
        UNADOPTED, 700, 300, 400,
    )  # fmt: skip
    assert not spent["new_capital"] and new["new_capital"] and new["new_program"] and not new["new_account"]
    assert new["base"] is None and new["counted"] == 0 and len(found) == 2, "adopted budgets have none"
    row = made.rows(filled(panel_of("reserves", 16)["targets"][0]["rawSql"], {"year": "114"}))[0]
    assert row["審議完成前不得支用"] == "新增資本支出、新增計畫"


def test_views_of_an_earlier_version_are_made_anew_where_the_schema_stands(made: City) -> None:
    engine = sa.create_engine(made.postgres)
    with engine.begin() as connection:
        assert are_current(connection)
        connection.execute(sa.text("DROP VIEW board_provisional_lines"))
        connection.execute(sa.text("COMMENT ON VIEW board_agencies IS 'of an earlier version'"))
    open_store(made.postgres).close()
    with engine.begin() as connection:
        assert not are_current(connection), "who only reads makes nothing"
    open_store(made.postgres, create=True).close()
    assert made.rows("SELECT name FROM board_provisional_lines")
    engine.dispose()


def test_the_boards_role_reads_the_views_and_nothing_else(made: City) -> None:
    for name in schema.metadata.tables:
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            made.rows(f'SELECT 1 FROM "{name}"')  # noqa: S608
    for name, view in VIEWS.items():
        assert made.rows(f"SELECT {', '.join(view.columns)} FROM {name} LIMIT 1")  # noqa: S608
        with pytest.raises(sa.exc.DBAPIError):
            made.rows(f"DELETE FROM {name} RETURNING 1")  # noqa: S608


def test_every_column_says_what_it_means(made: City) -> None:
    engine = sa.create_engine(made.postgres)
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT c.relname, a.attname, col_description(c.oid, a.attnum) FROM pg_class c JOIN pg_attribute a ON"
                " a.attrelid = c.oid WHERE c.relkind = 'v' AND c.relname LIKE 'board_%' AND a.attnum > 0"
            )
        ).all()
    engine.dispose()
    found: dict[str, dict[str, str]] = {}
    for view, column, meaning in rows:
        assert meaning, (view, column)
        found.setdefault(view, {})[column] = meaning
    assert found == {name: dict(view.columns) for name, view in VIEWS.items()}
    assert not {"person", "note", "detail", "payload", "hash", "email"} & {
        c for columns in found.values() for c in columns
    }


def test_marks_stand_on_the_days_on_which_it_happened(made: City, chosen: dict[str, str]) -> None:
    """Budgets become law on days that the books know, and the list was presented on the day of the meeting."""

    def days(name: str) -> set[str]:
        (one,) = (one for one in FULL["zh/overview.json"]["annotations"]["list"] if one["name"] == name)
        found = made.over(filled(one["expr"], chosen), seconds(FIRST) + NOON, seconds(LAST) + NOON, "1d")
        ats = [float(at) for series in found for at, _ in series["values"]]
        return {(datetime.fromtimestamp(at, UTC) + timedelta(hours=8)).date().isoformat() for at in ats}

    adopted = made.rows("SELECT DISTINCT adopted_on FROM board_agencies WHERE adopted_on IS NOT NULL")
    assert days("預算審議完成") == {row["adopted_on"] for row in adopted} != set()
    assert days("落後名單提報") == {MEETING}


def test_a_day_that_was_scraped_too_counts_once(made: City, chosen: dict[str, str]) -> None:
    """Three jobs scrape, two of them the same page, and history has the figure as well: one line, one value a day."""
    asked = f'budgetwatch_realised_twd{{fiscal_year="{YEAR}",level="city",economic_class="all"}}'
    assert len(made.query(asked)) == 2, "scraped twice by mistake"
    target = panel_of("overview", 10)["targets"][0]
    (line,) = answer(made, chosen, target)
    assert len(line["values"]) == 365
    now = time.time()
    (line,) = made.over(filled(target["expr"], chosen), seconds(LAST) - 86_400, now, "1d")
    assert line["metric"].keys().isdisjoint({"job", "instance"})


def test_a_worker_that_is_gone_is_shown_no_longer_after_a_restart(tmp_path: Path) -> None:
    data, healthy = tmp_path / "data", panel_of("health", 11)["targets"][0]["expr"]
    with worker() as stays:
        with worker() as leaves, prometheus(stays, leaves, data=data) as first:
            until(lambda: len(asked(first, healthy)) == 2)
            kept = leaves
        with prometheus(stays, kept, data=data) as second:  # restarted, and one of its targets is gone meanwhile
            until(
                lambda: (
                    asked(second, "up == 0")
                    and [one["metric"]["instance"] for one in asked(second, healthy)] == [stays]
                )
            )


def test_a_counter_that_begins_again_is_no_fall_and_no_leap(tmp_path: Path) -> None:
    """Three events a second all along; in the middle the store is folded anew, and its counter begins at 0."""
    begin, samples = int(time.time()) // 60 * 60 - 7_200, []
    for number in range(0, 3_600, 15):
        samples.append(f'budgetwatch_events_total{{outcome="accepted"}} {3 * (number % 1_800)} {begin + number}')
    text = "\n".join(["# TYPE budgetwatch_events counter", *samples, "# EOF", ""])
    (tmp_path / "counter.om").write_text(text)
    blocks_from(tmp_path / "counter.om", tmp_path / "data")
    expression = panel_of("health", 6)["targets"][0]["expr"]
    with prometheus(data=tmp_path / "data") as client:
        over = {"query": expression, "start": str(begin + 600), "end": str(begin + 3_300), "step": "60"}
        (line,) = client.get("/api/v1/query_range", params=over).json()["data"]["result"]
    assert len(line["values"]) == 46
    assert all(2.7 < float(value) < 3.2 for _, value in line["values"]), line["values"]


def asked(client: httpx.Client, text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/query", params={"query": text}).json()["data"]["result"]
    return found


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it does not come to hold"
        time.sleep(0.5)


def test_without_any_data_every_query_is_answered_with_nothing(chosen: dict[str, str], tmp_path: Path) -> None:
    with prometheus(data=tmp_path / "empty") as client:
        for board in FULL.values():
            for _, target in targets(board):
                if "expr" in target:
                    answered = client.get("/api/v1/query", params={"query": filled(target["expr"], chosen)}).json()
                    assert answered["status"] == "success", target["expr"]
        for panel in (panel for board in FULL.values() for panel in panels(board)):
            assert panel["fieldConfig"]["defaults"].get("noValue") or panel["type"] == "text", panel["title"]
