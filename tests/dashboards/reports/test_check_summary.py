"""The answer to "may I spend this?" as it is read on a terminal, in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alerts.catalogue import Catalogue
from alerts.check import checked
from alerts.engine import Engine
from dashboards.reports.check_summary import print_verdict
from ledger.names import Names
from ledger.registry import Registry
from ledger.words import Language
from tests.alerts.test_check import (
    ADOPTED,
    BUDGET,
    DAY,
    SECOND,
    A,
    allotted,
    draw,
    enacted,
    folded,
    of,
    pay,
    proposed,
    spent,
)

HELD = of("hold.placed", line=A, amount=300, kind="council")
OVERSPENT = [*BUDGET, pay(1_200)]
ANSWERS: list[tuple[list[dict[str, Any]], dict[str, Any], list[str], list[str]]] = [
    (BUDGET, pay(400), ["可以辦理", "帳載截至 114年3月5日", "600", "未登錄任何資料"], ["Allowed", "as of 2025-03-05"]),
    (
        [*BUDGET, HELD, allotted()],
        pay(750),
        ["不可辦理", "重大（發生）", "扣除凍結後餘額 B－O", "-50", "1 至 3 月分配餘額", "-510"],
        ["Blocked", "critical (opened)", "left of what is not on hold", "left of the allotment up to month 3"],
    ),
    (OVERSPENT, pay(50), ["重大（加重）", "補足至少 250 元"], ["critical (worse)", "At least NT$ 250"]),
    (
        OVERSPENT,
        of("disbursement.reversed", line=A, amount=150),
        ["可以辦理", "相關未結警示（非此事件造成）", "超出 50 元"],
        ["Allowed", "Already standing, not made by the event", "NT$ 50 too much"],
    ),
    (
        [proposed(prior_year_executed=500), allotted(month=60), spent(40)],
        spent(30),
        ["可以辦理，但有警示", "他市規定", "審議完成前可支用餘額", "審議完成前當月分配餘額", "-10"],
        ["Allowed, with warnings", "another city's rule", "left of the base", "left of the month"],
    ),
    (SECOND, draw(60_000_000), ["第二預備金", "40,000,000"], ["second reserve", "Remaining"]),
    ([ADOPTED], enacted(), ["提醒", "請先送法定預算"], ["Warnings", "send enactments first"]),
    (
        BUDGET,
        pay(0),
        ["拒收", "欄位值不合: 金額（amount）須不小於 1"],
        ["The event would be refused", "whole NT$"],
    ),
]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("events", "asked", "zh", "en"), ANSWERS)
def test_what_is_said(
    catalogue: Catalogue,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    events: list[dict[str, Any]],
    asked: dict[str, Any],
    zh: list[str],
    en: list[str],
    language: Language,
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    books = folded(events, catalogue, registry)
    found = checked(json.dumps(asked).encode(), books, registry.agencies, Engine(catalogue), catalogue, DAY)
    print_verdict(found, catalogue, Names(registry), language)
    shown = capsys.readouterr().out
    for words in zh if language == "zh" else en:
        assert words in shown, f"{words}\n{shown}"


def test_amounts_are_never_cut_off(
    catalogue: Catalogue, registry: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a narrow terminal the names are folded."""
    monkeypatch.setenv("COLUMNS", "60")
    books = folded(BUDGET, catalogue, registry)
    asked = json.dumps(pay(10**15)).encode()
    found = checked(asked, books, registry.agencies, Engine(catalogue), catalogue, DAY)
    print_verdict(found, catalogue, Names(registry), "zh")
    assert "-999,999,999,999,000" in capsys.readouterr().out
