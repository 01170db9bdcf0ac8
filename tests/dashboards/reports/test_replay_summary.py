"""What the summary shows: every figure of a reserve, every rule that was ever broken, nothing counted twice."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from alerts.catalogue import Catalogue
from dashboards.reports.replay_summary import SummaryConsole, print_summary
from ledger.output import Output
from ledger.registry import Registry
from tests.conftest import Replay

LINE, OTHER = "32020110101/current/2000", "32020110101/current/4000"
EVENTS: list[tuple[str, str, dict[str, Any]]] = [
    ("reserve.established", "2025-01-01", {"reserve": "second", "amount": 90_000_001}),
    ("budget.adopted", "2025-01-01", {}),
    ("reserve.requested", "2025-02-01", {"reserve": "second", "case": "c", "line": LINE, "amount": 9, "ground": 1}),
    ("reserve.approved", "2025-02-02", {"reserve": "second", "case": "c", "line": LINE, "amount": 1_007}),
    ("reserve.requested", "2025-02-03", {"reserve": "second", "case": "d", "line": LINE, "amount": 5, "ground": 1}),
    ("reserve.cancelled", "2025-02-04", {"reserve": "second", "case": "c", "amount": 103}),
    ("reserve.returned", "2025-02-05", {"reserve": "second", "case": "c", "amount": 11}),
    ("disbursement.paid", "2025-02-06", {"line": OTHER, "amount": 3, "voucher": "v", "commitment": "K"}),
    ("disbursement.reversed", "2025-02-07", {"line": OTHER, "amount": 3, "voucher": "v", "commitment": "K"}),
]


@pytest.fixture
def result(replay: Replay) -> Output:
    common = {"fiscal_year": 114, "agency": "020011"}
    lines = [
        json.dumps({"id": f"e{number}", "type": kind, "booked_on": day, **common, **fields})
        for number, (kind, day, fields) in enumerate(EVENTS)
    ]
    found = msgspec.convert(replay("\n".join(lines).encode()), Output)
    assert found.counts.accepted == len(EVENTS)
    return found


@pytest.fixture
def shown(
    result: Output, registry: Registry, catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> dict[str, str]:
    """The summary in each language."""
    texts = {}
    for language in ("zh", "en"):
        print_summary(result, registry, catalogue, language)
        texts[language] = capsys.readouterr().out
    return texts


def cells(text: str, beginning: str) -> list[list[str]]:
    """The rows of a table that hold a cell which begins so, as cells."""
    rows = [[cell.strip() for cell in row.strip("┃│ ").replace("┃", "│").split("│")] for row in text.splitlines()]
    return [row for row in rows if any(cell.startswith(beginning) for cell in row)]


def test_a_reserve_is_shown_with_every_figure(shown: dict[str, str]) -> None:
    figures = ["90,000,001", "1,007", "103", "11", "5", "89,999,097", "1"]
    assert cells(shown["zh"], "第二預備金") == [["114", "第二預備金", *figures]]
    assert cells(shown["en"], "second") == [["114", "second", *figures]]
    heading = ["設置數", "核准動支", "註銷", "繳回", "申請中", "可動支餘額", "案數"]
    assert cells(shown["zh"], "設置數") == [["年度", "預備金", *heading]]
    heading = ["established", "approved", "cancelled", "returned", "pending", "can be drawn", "cases"]
    assert cells(shown["en"], "established") == [["Year", "Reserve", *heading]]


def test_a_rule_whose_alerts_are_all_resolved_is_shown(shown: dict[str, str]) -> None:
    for language, words in (("zh", ("警告", "支付所引編號不符")), ("en", ("warn", "Payment without its reference"))):
        ((severity, title, _, unfinished, resolved, _),) = cells(shown[language], words[1])
        assert (severity, title, unfinished, resolved) == (*words, "0", "1")
        assert cells(shown[language], "payment-unmatched"), "its slug stands below, for `--json` and the catalogue"


def test_unfinished_and_resolved_alerts_add_up_to_all(
    result: Output, shown: dict[str, str], catalogue: Catalogue
) -> None:
    titles = {catalogue.rules[alert.rule].title.en for alert in result.alerts}
    rows = [row for title in titles for row in cells(shown["en"], title)]
    assert sum(int(row[3]) for row in rows) == sum(alert.state == "open" for alert in result.alerts)
    assert sum(int(row[4]) for row in rows) == sum(alert.state == "resolved" for alert in result.alerts)


def test_a_reader_that_goes_away_is_the_commands_to_handle() -> None:
    with pytest.raises(BrokenPipeError):
        SummaryConsole().on_broken_pipe()
