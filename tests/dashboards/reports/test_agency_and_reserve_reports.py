"""The reports on an agency and on the reserves: their totals re-add and are those of the contract's output."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from alerts.catalogue import Catalogue
from dashboards.reports import agency_report, reserve_report
from dashboards.reports.formats import FORMATS
from dashboards.reports.table import ReportProblem, Table
from ledger.output import positions, reserves
from ledger.words import Words
from streams.replay import output
from tests.dashboards.reports.conftest import SMALL, Fold, Year


def by_key(table: Table, row: tuple[Any, ...] | None) -> dict[str, Any]:
    return dict(zip([column.key for column in table.columns], row or (), strict=True))


def of_agency(code: str, year: Year, catalogue: Catalogue, fiscal_year: int | None = None) -> list[Table]:
    replayed = year.replayed
    return agency_report.tables(code, replayed.alerts, replayed.books, year.names, catalogue, year.day, fiscal_year)


def amounts(table: Table) -> dict[str, int]:
    """The sums of the money and count columns over the rows."""
    kinds = {column.key: column.kind for column in table.columns}
    rows = [by_key(table, row) for row in table.rows]
    return {key: sum(row[key] for row in rows) for key, kind in kinds.items() if kind in ("money", "count")}


def test_every_agency_of_a_simulated_year_adds_up(simulated: Year, catalogue: Catalogue) -> None:
    totals = {
        p.key: p
        for p in positions(simulated.replayed.books, simulated.day)
        if p.level == "agency" and p.economic_class == "all"
    }
    assert len(totals) > 30
    for code, position in totals.items():
        figures, rates, lines, _ = of_agency(code, simulated, catalogue)
        total = by_key(lines, lines.total)
        assert amounts(lines) == {key: total[key] for key in amounts(lines)}
        assert total["available"] == position.available
        assert total["executed"] == position.realised + position.payable + position.saving
        assert total["remaining"] == position.remaining == total["available"] - total["obligated"]
        assert (total["period"], total["commitment"]) == (position.rates.period, position.rates.commitment)
        for row in figures.rows:
            cells = by_key(figures, row)
            assert cells["all"] == cells.get("current", 0) + cells.get("capital", 0)
        assert [by_key(rates, row)["all"] for row in rates.rows][:3] == [
            position.rates.cash,
            position.rates.period,
            position.rates.annual,
        ]


def test_an_agency_by_hand(small: Year, catalogue: Catalogue) -> None:
    figures, rates, lines, alerts = of_agency("020011", small, catalogue)
    assert figures.title == Words("秘書處 020011 114年度預算執行數", "Secretariat 020011, fiscal year 114: figures")
    assert {row[0]: row[1] for row in figures.rows if row[1]} == {
        Words("原預算數", "Original"): 1_000_000,
        Words("可支用預算數 B", "Available B"): 1_000_000,
        Words("累計分配數 L", "Allotted L"): 300_000,
        Words("實現數", "Realised"): 100_000,
        Words("執行數 E", "Executed E"): 100_000,
        Words("支用及契約責任數 O", "Obligated O"): 100_000,
        Words("餘額", "Remaining"): 900_000,
    }
    assert lines.rows == [
        (
            "32020110101/capital/3000",
            Words("32020110101—資本門—設備及投資", "32020110101 – Capital – Equipment and investment"),
            1_000_000,
            300_000,
            100_000,
            100_000,
            100_000,
            900_000,
            "33.33",
            "33.33",
            "10.00",
            "10.00",
        )
    ]
    assert [row[1] for row in rates.rows] == ["33.33", "33.33", "10.00", "10.00", "70.00", "33.33", "70.00"]
    assert [by_key(alerts, row)["message"].zh for row in alerts.rows] == [
        "秘書處 已 41 個工作天無新登錄，逾 10 個工作天。"
    ]


def test_the_alerts_of_an_agency_are_its_own_worst_first(fold_events: Fold, catalogue: Catalogue) -> None:
    line = "32020110101/current/2000"
    common = {"agency": "020011", "booked_on": "2025-04-01"}
    paid = common | {"type": "disbursement.paid", "amount": 7, "voucher": "v"}
    events = [
        *SMALL,
        paid | {"line": line},
        paid | {"line": "32020110101/capital/3000", "commitment": "never made"},
        paid | {"agency": "020021", "line": "32020210101/current/2000"},
        common | {"type": "reserve.established", "reserve": "first", "amount": 100},
        common | {"type": "reserve.approved", "reserve": "first", "case": "c", "line": line, "amount": 200},
    ]
    year = fold_events(events, "2025-06-30")
    table = of_agency("020011", year, catalogue)[3]
    found = [by_key(table, row) for row in table.rows]
    titles = {rule.title.en: slug for slug, rule in catalogue.rules.items()}
    assert [(row["severity"].en, titles[row["rule"].en]) for row in found] == [
        ("critical", "reserve-overdrawn"),
        ("high", "first-reserve-over-one-percent"),
        ("warn", "payment-unmatched"),
        ("warn", "feed-silent"),
    ]
    assert found[-1]["law"].zh == "系統設計，非法規"
    overdrawn = found[0]
    assert overdrawn["law"].zh.startswith("預算法第22條")
    assert overdrawn["opened_on"] == "2025-04-01"
    assert "預算法" not in overdrawn["message"].zh and overdrawn["message"].zh.endswith("。")
    assert "Budget Act" not in overdrawn["message"].en and overdrawn["message"].en.endswith(".")


def test_json_of_an_agency_has_the_shapes_of_the_contract(simulated: Year, catalogue: Catalogue) -> None:
    result = msgspec.to_builtins(output(simulated.replayed, simulated.registry, catalogue))
    made = msgspec.json.decode(FORMATS["json"].render(of_agency("030061", simulated, catalogue), "en"))
    assert list(made) == ["positions", "alerts"]
    stands = [p for p in result["positions"] if p["key"] == "030061" or p["key"].startswith("030061:")]
    assert sorted(made["positions"], key=str) == sorted(stands, key=str)
    assert all(alert in result["alerts"] for alert in made["alerts"])


@pytest.mark.parametrize(
    ("code", "fiscal_year", "said"),
    [
        ("999", None, "'999' is no agency of the registry; give a code of agencies.csv"),
        ("030011", 113, "agency 030011 has no accepted event of fiscal year 113; there is nothing to report"),
    ],
)
def test_an_agency_that_is_not_there_is_told_in_one_line(
    small: Year, catalogue: Catalogue, code: str, fiscal_year: int | None, said: str
) -> None:
    with pytest.raises(ReportProblem) as problem:
        of_agency(code, small, catalogue, fiscal_year)
    assert str(problem.value) == said


def test_the_reserves_of_a_simulated_year_add_up(simulated: Year, catalogue: Catalogue) -> None:
    books = simulated.replayed.books
    funds, cases, _ = reserve_report.tables(books, simulated.names, catalogue, simulated.day)
    total = by_key(funds, funds.total)
    assert amounts(funds) == {key: total[key] for key in amounts(funds)}
    expected = reserves(books)
    assert len(funds.rows) == len(expected) > 30
    for name in ("established", "pending", "approved", "cancelled", "returned", "remaining", "cases"):
        assert total[name] == sum(getattr(fund, name) for fund in expected)
    assert total["remaining"] == total["established"] - total["approved"] + total["cancelled"]
    assert [by_key(funds, row)["reserve"].en for row in funds.rows[:3]] == [
        "Second reserve",
        "Disaster reserve",
        "First reserve",
    ]

    of_cases = by_key(cases, cases.total)
    assert amounts(cases) == {key: of_cases[key] for key in amounts(cases)}
    for name in ("pending", "approved", "cancelled", "returned"):
        assert of_cases[name] == total[name]
    assert of_cases["net"] == total["approved"] - total["cancelled"] - total["returned"]


def test_a_case_by_hand(fold_events: Fold, catalogue: Catalogue) -> None:
    common = {"agency": "020011", "booked_on": "2025-04-01", "reserve": "second"}
    case = common | {"case": "114-01", "line": "32020110101/current/2000"}
    events = [
        common | {"type": "reserve.established", "amount": 1_000},
        case | {"type": "reserve.requested", "amount": 500, "ground": 3},
        case
        | {
            "type": "reserve.approved",
            "amount": 400,
            "ground": 3,
            "council_notified_on": "2025-03-20",
            "disaster": True,
        },
        common | {"type": "reserve.cancelled", "case": "114-01", "amount": 50},
        common | {"type": "reserve.returned", "case": "114-01", "amount": 30},
    ]
    year = fold_events(
        [{"agency": "020011", "type": "budget.adopted", "booked_on": "2025-01-01"}, *events], "2025-06-30"
    )
    funds, cases, _ = reserve_report.tables(year.replayed.books, year.names, catalogue, year.day)
    assert funds.rows[0][3:] == (1_000, 0, 400, 50, 30, 650, "65.00", 1)
    assert [cell.en if isinstance(cell, Words) else cell for cell in cases.rows[0]] == [
        "Second reserve",
        "114-01",
        "020011",
        "Secretariat",
        "32020110101/current/2000",
        "32020110101 – Current – Operations",
        "3. a temporary need",
        0,
        400,
        50,
        30,
        320,
        "2025-03-20",
        "yes",
    ]


def test_without_reserves_the_report_is_empty_and_still_written(small: Year, catalogue: Catalogue) -> None:
    tables = reserve_report.tables(small.replayed.books, small.names, catalogue, small.day)
    assert [(table.rows, table.total) for table in tables] == [([], None)] * 3
    assert msgspec.json.decode(FORMATS["json"].render(tables, "zh")) == {"reserves": [], "cases": [], "schedule": []}
