"""A city's settings: refused with their place, laid over the rules that ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.catalogue import Catalogue, load
from alerts.city_file import read_city
from alerts.yaml_files import CatalogueProblem
from ledger.names import NamesProblem
from ledger.registry import Registry
from streams.settings import SettingsProblem, read_names

VALUE = "{value: 85, from: 2026-01-01, basis_status: design}"


def test_the_objects_that_ship_are_named(registry: Registry) -> None:
    objects = read_names(registry, None).objects
    assert objects["1015"].zh == "法定編制人員待遇" and objects["3020"].zh == "機械設備費"
    assert {code[0] for code in objects} == set("123456") and {f"{digit}000" for digit in "123456"} <= objects.keys()


def test_a_city_of_its_own_objects_and_settings(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "objects.csv").write_text("object_code,name_zh\n2066,器具養護費\n", encoding="utf-8")
    (tmp_path / "city.yaml").write_text("name: {zh: 甲市, en: Alpha}\nunit: thousand\n", encoding="utf-8")
    names = read_names(registry, tmp_path)
    assert names.objects["2066"].zh == "器具養護費" and names.objects["2000"].zh == "業務費"
    assert (names.city.name.zh, names.city.unit, names.city.language) == ("甲市", "thousand", "zh")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nmae: x\n", "city.yaml:1: unknown field `nmae`"),
        ("unit: million\n", "city.yaml:1: `unit` is none of its values; write one of hundred_million, thousand"),
        ("name:\n  zh: 甲市\n", "city.yaml:1: the field `en` is missing"),
        ("language: zh\ndays_off:\n  - 2025-02-30\n", "city.yaml:3: '2025-02-30' is no day"),
    ],
)
def test_a_wrong_city_is_refused_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "city.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueProblem) as caught:
        read_city(tmp_path / "city.yaml")
    assert problem in str(caught.value)


def test_a_folder_that_is_not_there_is_refused(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match="no folder"):
        read_names(registry, tmp_path / "nowhere")
    (tmp_path / "accounts.csv").write_bytes(b"\xff")
    with pytest.raises(NamesProblem, match="not UTF-8"):
        read_names(registry, tmp_path)


def of_rules(folder: Path, slug: str, text: str) -> Path:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / f"{slug}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_a_citys_value_stands_from_its_day_on_and_changes_the_digest(catalogue: Catalogue, tmp_path: Path) -> None:
    assert load(settings=tmp_path).digest == catalogue.digest
    text = f"parameters:\n  predicted_min:\n    values:\n      - {VALUE}\n"
    found = load(settings=of_rules(tmp_path, "capital-execution-lagging", text))
    rule = found.rules["capital-execution-lagging"]
    assert [rule.parameters_on(day)["predicted_min"] for day in ("2025-12-31", "2026-01-01")] == [90, 85]
    assert rule.basis_on("2026-01-01") == "design" and found.digest != catalogue.digest
    assert found.rules["feed-silent"].parameters_on("2026-01-01") == catalogue.rules["feed-silent"].parameters_on(
        "2026-01-01"
    )


def test_a_citys_days_are_laid_over_the_calendar(catalogue: Catalogue, tmp_path: Path) -> None:
    """10 October is off for everybody; a typhoon day is this city's, and so is a Saturday that it works."""
    (tmp_path / "city.yaml").write_text("days_off: [2025-07-07]\nworking_days: [2025-07-12]\n", encoding="utf-8")
    found = load(settings=tmp_path)
    days = ("2025-10-10", "2025-07-07", "2025-07-12")
    assert [catalogue.calendar.is_working(day) for day in days] == [False, True, False]
    assert [found.calendar.is_working(day) for day in days] == [False, False, True]
    assert found.digest != catalogue.digest


@pytest.mark.parametrize(
    ("slug", "text", "problem"),
    [
        ("no-such-rule", "parameters: {}\n", "no-such-rule.yaml:1: no rule no-such-rule"),
        (
            "feed-silent",
            f"parameters:\n  days: {{values: [{VALUE}]}}\n",
            "feed-silent.yaml:2: feed-silent has no parameter days",
        ),
        (
            "capital-execution-lagging",
            "parameters:\n  predicted_min:\n    values:\n      - {value: 85, from: x, basis_status: design}\n",
            "capital-execution-lagging.yaml:4: 'x' is no day",
        ),
        (
            "capital-execution-lagging",
            "parameters:\n  predicted_min:\n    values:\n      - {value: 85, from: 2026-01-01, basis_status: statute}\n",
            "write its law and its article",
        ),
    ],
)
def test_a_wrong_rule_of_a_city_is_refused_with_its_place(tmp_path: Path, slug: str, text: str, problem: str) -> None:
    with pytest.raises(CatalogueProblem) as caught:
        load(settings=of_rules(tmp_path, slug, text))
    assert problem in str(caught.value)
