"""`rebuild --dry-run` lists what a rebuild would change, and changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts.catalogue import Catalogue
from ledger.registry import Registry
from streams.folder import Folder
from streams.store import open_store
from streams.store.store import digest_of
from streams.upkeep.preview import preview
from streams.upkeep.rebuild import rebuild
from tests.streams.store.folding import LINE, Folding, event
from tests.streams.upkeep.test_upgrade import command

LETTERS = "020011:70a0101001/current/2000"


def rows(path: Path) -> dict[str, list[Any]]:
    """Everything in a database."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=str) for name in tables}  # noqa: S608


def listed(folder: Folder) -> dict[str, Any]:
    """What the command lists for programs."""
    said = command("rebuild", "--data", str(folder.path), "--dry-run", "--format", "json", code=0)
    found: dict[str, Any] = msgspec.json.decode(said)
    return found


def test_of_an_earlier_version_everything_is_listed_and_nothing_changed(acted_on: Folder) -> None:
    before, there = rows(acted_on.store), sorted(path.name for path in acted_on.path.iterdir())
    content = acted_on.store.read_bytes()
    found = listed(acted_on)
    assert acted_on.store.read_bytes() == content and rows(acted_on.store) == before
    left = {path.name for path in acted_on.path.iterdir()} - set(there)
    assert left <= {"budgetwatch.db-wal", "budgetwatch.db-shm"}
    assert [(one["place"], one["id"], one["before"], one["after"]) for one in found["outcomes"]] == [
        (11, "x2", "invalid_value", "accepted")  # x1 was sent again: what was refused stays so
    ]
    lines = {one["of"]["key"]: one for one in found["positions"] if one["of"]["level"] == "line"}
    assert set(lines) == {LETTERS}
    assert lines[LETTERS]["before"] is None and lines[LETTERS]["after"]["realised"] == 700
    city = next(one for one in found["positions"] if one["of"]["level"] == "city")
    assert (city["before"]["realised"], city["after"]["realised"]) == (4_040_305, 4_041_005)
    assert "allotted" not in city["before"], "figures that stay are left out"
    alerts = {one["rule"]: (one["before"] and one["before"]["state"], one["after"]) for one in found["alerts"]}
    assert alerts["allotment-underspent"] == ("open", None)
    for rule in ("payment-duplicated", "available-below-zero", "spending-without-appropriation"):
        assert alerts[rule][0] is None and alerts[rule][1]["state"] == "open"
    assert [(one["kind"], one["why"]) for one in found["acts"]] == [("acknowledge", "graver"), ("acknowledge", "gone")]


def test_what_it_lists_is_what_a_rebuild_does(acted_on: Folder) -> None:
    command("rebuild", "--data", str(acted_on.path), code=0)
    found = listed(acted_on)
    assert found == {"outcomes": [], "positions": [], "reserves": [], "alerts": [], "acts": []}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_as_people_read_it(acted_on: Folder, language: str) -> None:
    said = command("rebuild", "--data", str(acted_on.path), "--dry-run", "--lang", language, code=0)
    for text in {
        "zh": ("拒收：欄位值不合", "疑似重複付款", "等級提高", "未變更任何資料", "甲局", "41,005"),
        "en": ("refused: invalid value", "the severity rises", "nothing was changed"),
    }[language]:
        assert text in " ".join(said.split()), text


def test_by_another_register_every_kind_of_outcome(tmp_path: Path, registry: Registry, catalogue: Catalogue) -> None:
    """An agency that the register does not know any more, a reserve's fund gone with it, a duplicate with its first."""
    folder = Folder(tmp_path)
    store = open_store(folder.store, create=True)
    store.agree(catalogue.digest, digest_of(b""), demonstration=False)
    paid = event(1, "disbursement.paid", line=LINE, amount=5, voucher="v")
    founded = event(2, "reserve.established", reserve="second", amount=9)
    Folding(store, registry, catalogue).feed([paid, paid, founded, b"{"], batch=2)
    store.close()
    content, fewer = folder.store.read_bytes(), Registry({}, {})
    told: list[int] = []
    found = preview(folder.store, fewer, catalogue, "2025-12-31", told.append)
    assert folder.store.read_bytes() == content and told[-1] == found.lines == 4
    assert [(one.place, one.agency, one.before, one.after) for one in found.outcomes] == [
        (0, "020011", "accepted", "unknown_agency"),
        (1, "020011", "duplicate", "unknown_agency"),
        (2, "020011", "accepted", "unknown_agency"),
    ]
    assert {one.after for one in found.positions} == {None}
    assert [(one.of, one.after) for one in found.reserves] == [
        ({"fiscal_year": 114, "reserve": "second", "agency": None}, None)
    ]
    assert rebuild(folder, fewer, catalogue, digest_of(b"other")) == 4
    assert preview(folder.store, fewer, catalogue, "2025-12-31").outcomes == []
