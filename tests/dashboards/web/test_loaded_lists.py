"""Registers and lists of names on the page: shown before they are written, the register for the next rebuild alone."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from dashboards.web.loaded_lists import NEXT_REGISTER
from ledger.registry import parse
from streams.people import accounts, trail
from streams.people.accounts import Domain
from streams.people.files import NAMES_TAKEN
from tests.dashboards.web.test_files import Officer
from tests.dashboards.web.test_forms import PASSWORD
from tests.dashboards.web.test_scope import OWN
from tests.producers.tables.workbooks import csv_of
from tests.running import Running, running


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "data") as found:
        accounts.add_user(found.monitor.store, "whole", "王", PASSWORD, ["officer", "feeder"])
        accounts.add_user(
            found.monitor.store, "own", "林", PASSWORD, ["officer", "feeder"], domain=Domain(frozenset([OWN]))
        )
        yield found


@pytest.fixture
def officer(city: Running) -> Iterator[Officer]:
    with city.client() as client:
        yield Officer(client, "whole")


def filled(officer: Officer, name: str, path: Path, *rows: list[str]) -> Path:
    """The template of a list as the page gives it, filled in."""
    answer = officer.client.get(f"/files/templates/{name}.xlsx")
    assert answer.status_code == 200
    book = load_workbook(io.BytesIO(answer.content))
    sheet = book.active
    assert sheet is not None
    heads = [cell.value for cell in sheet[2]]
    for at, row in enumerate(rows, 3):
        for column, value in enumerate(row, 1):
            sheet.cell(at, column).value = value
    assert len(heads) >= max(map(len, rows))
    book.save(path)
    return path


def test_a_register_is_previewed_confirmed_and_waits_for_a_rebuild(
    city: Running, officer: Officer, tmp_path: Path
) -> None:
    before = city.folder.registry.read_bytes()
    known = parse(before, "agencies.csv").agencies[OWN]
    new = ["990011", "新設局", "New Office", "99", "新設主管", "New Authority", "", "115", ""]
    other = [OWN, "改名處", "", known.authority_code, known.authority_name_zh, "", "", "", "114"]
    path = filled(officer, "names-agencies", tmp_path / "名冊.xlsx", new, other)
    at = officer.upload(path, mapping="names-agencies")
    shown = officer.look(at)
    assert "990011 新設局" in shown and f"{OWN}: {known.name_zh} → 改名處" in shown and "not used at once" in shown
    assert not (city.folder.path / NEXT_REGISTER).exists()
    assert officer.send(f"{at}/take").status_code == 303
    assert "agencies-next.csv in the data folder" in officer.look(at)
    waiting = parse((city.folder.path / NEXT_REGISTER).read_bytes(), NEXT_REGISTER).agencies
    assert (waiting["990011"].from_year, waiting[OWN].name_zh) == (115, known.name_zh), "names stay unless chosen"
    assert city.folder.registry.read_bytes() == before

    at = officer.upload(path, mapping="names-agencies")
    officer.look(at)
    officer.send(f"{at}/read", mapping="names-agencies", corrections="yes")
    officer.look(at)
    officer.send(f"{at}/take")
    officer.look(at)
    waiting = parse((city.folder.path / NEXT_REGISTER).read_bytes(), NEXT_REGISTER).agencies
    assert (waiting[OWN].name_zh, waiting[OWN].to_year, waiting[OWN].name_en) == ("改名處", 114, known.name_en)
    acts = trail.acts_of_kinds(city.monitor.store, NAMES_TAKEN)
    assert [act.after["added"] for act in acts] == [
        {"added": 1, "changed": 0, "list": NEXT_REGISTER}, {"added": 1, "changed": 1, "list": NEXT_REGISTER},
    ]  # fmt: skip


def test_names_of_objects_and_work_plans_are_used_at_once(city: Running, officer: Officer, tmp_path: Path) -> None:
    for name, row in (("objects", ["9871", "特別用途"]), ("accounts", ["114", "32020110199", "", "", "特別計畫"])):
        path = filled(officer, f"names-{name}", tmp_path / f"{name}.xlsx", row)
        at = officer.upload(path, mapping=f"names-{name}")
        assert row[-1] in officer.look(at)
        assert officer.send(f"{at}/take").status_code == 303
        officer.look(at)
        assert row[-1] in (city.folder.path / f"{name}.csv").read_text(encoding="utf-8")
        at = officer.upload(path, mapping=f"names-{name}")
        assert "Nothing is new in it" in officer.look(at)
        assert officer.send(f"{at}/take").status_code == 422
    listed = officer.client.get("/files", params={"lang": "en"}).text
    assert "Names of work plans" in listed and "Names of objects of expenditure" in listed


def test_what_is_no_list_and_who_is_confined_are_told(city: Running, officer: Officer, tmp_path: Path) -> None:
    wrong = csv_of(tmp_path / "x.csv", [["a", "b"], ["1", "2"]])
    assert "has no header with" in officer.look(officer.upload(wrong, mapping="names-agencies"))
    right = csv_of(tmp_path / "o.csv", [["編號", "名稱"], ["9871", "特別用途"]])
    with city.client() as client:
        own = Officer(client, "own")
        at = own.upload(right, mapping="names-objects")
        assert "the whole city" in own.look(at)
        assert own.send(f"{at}/take").status_code == 422
    assert not (city.folder.path / "objects.csv").exists()
