"""What holds for every board and panel, read from the generated files."""

from __future__ import annotations

import json
import re
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.boards.build import boards, build, differing
from dashboards.colours import PALETTE, SEVERITY_FILL, STATUS_FILL
from dashboards.panels import queries
from dashboards.panels.panel import GRID_WIDTH, panels_of
from ledger.words import Words
from tests.dashboards.boards.reading import BOARDS, panels, targets, walk

each_board = pytest.mark.parametrize("name", BOARDS)
CHINESE = re.compile("[\u4e00-\u9fff：]")
ONCE = re.compile(r"max (?:without \(job, instance\)|by \((?:instance|partition)\)) \((?:last_over_time\(|rate\()?$")
OWN_UNITS = ("percentunit", "none", "string", "s", "short", "dateTimeFromNow", "dateTimeAsLocal")


def test_the_files_are_what_the_panels_make() -> None:
    assert differing() == [], "run `make docs`"


@each_board
def test_the_sdk_reads_the_board_back_equal(name: str) -> None:
    register_default_plugins()
    queries.register()
    read = Dashboard.from_json(BOARDS[name])
    again: dict[str, Any] = json.loads(json.dumps(read, cls=JSONEncoder))
    for link in again["links"]:
        link.pop("placement", None)  # what the SDK fills in: the link would hide in a menu
    assert again == BOARDS[name]
    kinds = {type(target).__module__ for panel in read.panels or () for target in getattr(panel, "targets", None) or ()}
    assert kinds <= {"dashboards.panels.queries", "grafana_foundation_sdk.models.prometheus"}, "a query nobody knows"


def test_a_query_of_another_making_is_not_taken_for_ours() -> None:
    with pytest.raises(ValueError, match="not a query of ours"):
        queries.PostgresQuery.from_json({"refId": "A", "rawSql": "SELECT 1", "rawQuery": True, "editorMode": "code"})


@each_board
def test_every_panel_says_what_it_shows_and_in_what_unit(name: str) -> None:
    for panel in panels(BOARDS[name]):
        unit = panel["fieldConfig"]["defaults"]["unit"]
        assert panel["title"].strip() and len(panel["description"]) > 5, panel
        assert unit in OWN_UNITS or unit.startswith(("currency:financial:元", "suffix:")), (panel["title"], unit)
        assert not unit.startswith("suffix: "), "Grafana puts the space"


@each_board
def test_every_panel_asks_a_source_that_can_be_chosen(name: str) -> None:
    board = BOARDS[name]
    variables = {one["name"]: one for one in board["templating"]["list"]}
    for panel in panels(board):
        if panel["type"] == "text":
            assert "targets" not in panel
            continue
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            source = target["datasource"]["uid"]
            assert source in ("${prometheus}", "${postgres}") and source[2:-1] in variables
            assert not (name.startswith("embedded/") and source == "${postgres}")
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs)
        sources = {target["datasource"]["uid"] for target in panel["targets"]}
        assert panel["datasource"]["uid"] == (sources.pop() if len(sources) == 1 else "-- Mixed --")


@each_board
def test_panels_stand_within_the_grid_and_never_on_each_other(name: str) -> None:
    found = panels(BOARDS[name])
    assert len({panel["id"] for panel in found}) == len(found)
    for panel in found:
        place = panel["gridPos"]
        assert place["x"] >= 0 and place["w"] >= 3 and place["h"] >= 3 and place["x"] + place["w"] <= GRID_WIDTH
    for one, other in combinations(found, 2):
        a, b = one["gridPos"], other["gridPos"]
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or above, (one["title"], other["title"])


@pytest.mark.parametrize("board", boards(), ids=lambda board: board.name)
def test_no_number_and_no_room_is_given_twice(board: Any) -> None:
    """Before anything moves up; a board with every panel has no holes either, so that its rows are as drawn."""
    found = panels_of(board.name)
    numbers = [each.number for each in found]
    assert len(set(numbers)) == len(numbers)
    for store in ("postgresql", "embedded"):
        stays = {each.number: each.place.y for each in found if each.only in (None, store)}
        made = {panel["id"]: panel["gridPos"]["y"] for panel in build(board, "zh", store)["panels"]}
        assert made.keys() <= stays.keys()
        if store == "postgresql":
            assert made == stays


@each_board
def test_only_the_citys_colours_and_never_a_gradient_of_red_and_green(name: str) -> None:
    for key, value in walk(BOARDS[name]):
        if key in ("color", "fixedColor", "iconColor") and isinstance(value, str):
            assert value in PALETTE, (key, value)
        if key == "mode" and isinstance(value, str):
            assert "palette" not in value and "continuous" not in value
        if key in ("colorMode", "type") and isinstance(value, str):
            assert value != "color-text", "a pale status cannot be read as ink"
            assert key == "type" or value == "background_solid"


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_worse_is_darker_by_steps_that_everybody_sees() -> None:
    order = [luminance(STATUS_FILL[name]) for name in ("normal", "watch", "lagging", "breach")]
    for lighter, darker in pairwise(order):
        assert (lighter + 0.05) / (darker + 0.05) >= 2
    assert list(SEVERITY_FILL.values()) == [STATUS_FILL[name] for name in ("normal", "watch", "lagging", "breach")]


def test_pages_have_the_same_fills() -> None:
    style = Path("dashboards/web/static/page.css").read_text().lower()
    for name in ("normal", "watch", "lagging", "breach"):
        assert f"--{name}: {STATUS_FILL[name].lower()}" in style


@each_board
def test_numbers_are_the_last_that_are_known(name: str) -> None:
    reduced = [value for key, value in walk(BOARDS[name]) if key == "reduceOptions"]
    assert all(options["calcs"] == ["lastNotNull"] for options in reduced)


@each_board
def test_each_figure_is_asked_once_however_often_it_is_scraped(name: str) -> None:
    for panel, target in targets(BOARDS[name]):
        expression = target.get("expr", "")
        for found in re.finditer("budgetwatch_", expression):
            assert ONCE.search(expression[: found.start()]), (panel["title"], expression)
        if target.get("range"):
            assert target["interval"] in ("1d", "1m", "5m")
            if target["interval"] == "1d":
                assert "last_over_time(" in expression and "[1d]" in expression, (panel["title"], expression)


@each_board
def test_a_board_is_in_one_language_and_can_be_told_from_the_others(name: str) -> None:
    board = BOARDS[name]
    reader = name.split("/")[-2]
    assert board["schemaVersion"] == 42 and board["timezone"] == "Asia/Taipei" and board["weekStart"] == "monday"
    assert board["uid"].endswith("-en") == (reader == "en") and board["editable"] is False and "id" not in board
    titles = [board["title"], board["description"], *(panel["title"] for panel in panels(board))]
    for text in titles:
        assert bool(CHINESE.search(text)) == (reader == "zh"), text
    same_store = [
        other["uid"] for path, other in BOARDS.items() if path.startswith("embedded/") == name.startswith("embedded/")
    ]
    assert same_store.count(board["uid"]) == 1


@each_board
def test_every_panel_of_figures_leads_to_the_page_that_explains_it(name: str) -> None:
    for panel in panels(BOARDS[name]):
        if name.endswith("health.json"):
            continue  # the monitor's own state: /healthz is its page
        assert any(key == "url" and str(value).startswith("${page}") for key, value in walk(panel)) or "${page}" in str(
            panel["options"].get("content", "")
        ), panel["title"]


def test_words_are_given_in_both_languages() -> None:
    for board in boards():
        for words in (board.title, board.answers):
            assert isinstance(words, Words) and CHINESE.search(words.zh) and not CHINESE.search(words.en)
