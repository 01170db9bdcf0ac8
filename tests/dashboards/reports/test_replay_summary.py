"""What the summary shows: every figure of a reserve, every rule that was ever broken, nothing counted twice."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.catalogue import Catalogue
from dashboards.reports.formats.terminal import PipedConsole
from dashboards.reports.replay_summary import print_summary
from ledger.output import Output
from ledger.words import Language
from streams.replay import output
from tests.dashboards.reports.conftest import Fold, Year

LANGUAGES: tuple[Language, ...] = ("zh", "en")
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


@pytest.fixture(scope="module")
def year(fold_events: Fold) -> Year:
    events = [{"agency": "020011", "type": kind, "booked_on": day} | fields for kind, day, fields in EVENTS]
    found = fold_events(events, "2025-02-07")
    assert found.replayed.counts.accepted == len(EVENTS)
    return found


@pytest.fixture
def result(year: Year, catalogue: Catalogue) -> Output:
    return output(year.replayed, year.registry, catalogue)


@pytest.fixture
def shown(year: Year, catalogue: Catalogue, capsys: pytest.CaptureFixture[str]) -> dict[Language, str]:
    """The summary in each language."""
    texts: dict[Language, str] = {}
    for language in LANGUAGES:
        print_summary(year.replayed, year.names, catalogue, language)
        texts[language] = capsys.readouterr().out
    return texts


def cells(text: str, beginning: str) -> list[list[str]]:
    """The rows of a table that hold a cell which begins so, as cells."""
    rows = [[cell.strip() for cell in row.strip("┃│ ").replace("┃", "│").split("│")] for row in text.splitlines()]
    return [row for row in rows if any(cell.startswith(beginning) for cell in row)]


def test_a_reserve_is_shown_with_every_figure(shown: dict[Language, str]) -> None:
    figures = ["90,000,001", "1,007", "103", "11", "5", "89,999,097", "1"]
    assert cells(shown["zh"], "第二預備金") == [["114", "第二預備金", *figures]]
    assert cells(shown["en"], "Second reserve") == [["114", "Second reserve", *figures]]
    heading = ["設置數", "核准動支數", "註銷數", "繳回數", "申請中", "可動支餘額", "核准案數"]
    assert cells(shown["zh"], "設置數") == [["年度", "預備金", *heading]]
    heading = ["Established", "Approved", "Cancelled", "Returned", "Pending", "Remaining", "Cases"]
    assert cells(shown["en"], "Established") == [["Year", "Reserve", *heading]]


def test_a_rule_whose_alerts_are_all_resolved_is_shown(shown: dict[Language, str]) -> None:
    titles: dict[Language, tuple[str, str]] = {
        "zh": ("警告", "支付所引編號不符"),
        "en": ("warn", "Payment without its reference"),
    }
    for language, words in titles.items():
        ((severity, title, _, unfinished, resolved, _),) = cells(shown[language], words[1])
        assert (severity, title, unfinished, resolved) == (*words, "0", "1")
        assert cells(shown[language], "payment-unmatched"), "its slug stands below, for `--json` and the catalogue"


def test_unfinished_and_resolved_alerts_add_up_to_all(
    result: Output, shown: dict[Language, str], catalogue: Catalogue
) -> None:
    titles = {catalogue.rules[alert.rule].title.en for alert in result.alerts}
    rows = [row for title in titles for row in cells(shown["en"], title)]
    assert sum(int(row[3]) for row in rows) == sum(alert.state == "open" for alert in result.alerts)
    assert sum(int(row[4]) for row in rows) == sum(alert.state == "resolved" for alert in result.alerts)


def test_a_reader_that_goes_away_is_the_commands_to_handle() -> None:
    with pytest.raises(BrokenPipeError):
        PipedConsole().on_broken_pipe()
