"""Names are read anew when a file of theirs changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents import names
from agents.names import CurrentNames
from ledger.registry import Registry

ACCOUNTS = "fiscal_year,account,function_zh,program_zh,work_plan_zh\n114,32020110101,行政,一般,{name}\n"


def test_a_changed_file_is_read_anew_and_a_wrong_one_is_not(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "LOOK_SECONDS", 0.0)
    file = tmp_path / "accounts.csv"
    file.write_text(ACCOUNTS.format(name="舊"), encoding="utf-8")
    called = CurrentNames(registry, tmp_path)

    def name() -> str:
        found = called.names().account(114, "32020110101")
        return "" if found is None else found.work_plan.zh

    assert name() == "舊"
    file.write_text(ACCOUNTS.format(name="新名"), encoding="utf-8")
    assert name() == "新名"
    file.write_text("nonsense\n", encoding="utf-8")
    assert name() == "新名"
    file.unlink()
    assert name() == ""
