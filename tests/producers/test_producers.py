"""What the simulator and the importers give: exact sums, exact counts, the same bytes again."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from ledger.admission import read
from ledger.events import BY_NAME, Event
from ledger.money import percent
from producers.imported import ImportProblem
from producers.importers import g0v_budget, municipal_money_capital
from producers.simulator import registry_rows, simulate

HEADER = "year,code,amount,name,topname,depname,depcat,cat,ref"
ROWS = (
    "2019,3202010100,887163000,無細項,總統府主管,總統府,一般行政,國務支出,1.1.1",
    "2019,3202019800,2873000,無細項,總統府主管,總統府,第一預備金,國務支出,1.1.8",
    "2019,5302309000,0,交通及運輸設備,總統府主管,國史館,一般建築及設備,文化支出,1.3.3",
)


def events_of(lines: list[bytes]) -> list[dict[str, Any]]:
    for line in lines:
        assert isinstance(read(line), Event), line
    return [json.loads(line) for line in lines]


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    one, two, other = list(simulate(114, 5, 4_000)), list(simulate(114, 5, 4_000)), list(simulate(114, 6, 4_000))
    assert one == two and one != other
    assert len(one) == len(other) == 4_000


def test_a_simulated_year_has_every_type_of_event_and_known_agencies() -> None:
    lines = list(simulate(114, 1, 20_000))
    types = Counter(event.get("type") for event in map(json.loads, lines))
    assert set(types) >= set(BY_NAME)
    codes = {row["code"] for row in registry_rows()}
    assert len({row["authority_code"] for row in registry_rows()}) == 31
    agencies = Counter(json.loads(line).get("agency") for line in lines)
    assert sum(number for code, number in agencies.items() if code in codes) > 0.999 * len(lines)
    wrong = [line for line in lines if not isinstance(read(line), Event)]
    assert 0 < len(wrong) < 20


def test_fiscal_year_115_is_adopted_when_it_was() -> None:
    days = {e["booked_on"] for e in map(json.loads, simulate(115, 1, 3_000)) if e.get("type") == "budget.adopted"}
    assert days == {"2026-02-06"}


def g0v(folder: Path, encoding: str = "utf-8", rows: tuple[str, ...] = ROWS) -> Path:
    path = folder / "budget.csv"
    path.write_bytes("\n".join((HEADER, *rows, "")).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950", "big5hkscs"])
def test_the_central_budget_is_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    found = g0v_budget.read(g0v(tmp_path, encoding))
    events = events_of(list(found.events))
    assert [event["type"] for event in events] == ["appropriation.enacted", "reserve.established", "budget.adopted"]
    assert sum(event.get("amount", 0) for event in events) == 887_163_000 + 2_873_000
    assert {row["name_zh"] for row in found.registry} >= {"總統府"}
    assert [item.row for item in found.unmapped] == [4]
    assert list(g0v_budget.read(g0v(tmp_path, encoding)).events) == list(found.events)


@pytest.mark.parametrize(
    "rows", [("2019,3202010100,many,無細項,總統府主管,總統府,一般行政,國務支出,1.1.1",), ("2019,3202010100",)]
)
def test_a_broken_row_is_refused_with_its_place(tmp_path: Path, rows: tuple[str, ...]) -> None:
    with pytest.raises(ImportProblem, match="row 2"):
        g0v_budget.read(g0v(tmp_path, rows=rows))


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xff\xff"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(ImportProblem):
        g0v_budget.read(path)


def test_capital_facts_give_the_execution_rate(tmp_path: Path) -> None:
    """City of Cape Town, in the same columns: 885,400 of 1,000,000 is 88.54 %."""
    header = (
        "demarcation_code,period_code,function_code,item_code,new_assets,renewal_of_existing,total_assets,"
        "repairs_maintenance,asset_register_summary,id,financial_year,period_length,financial_period,amount_type_code"
    )
    rows = (
        "CPT,2016ADJB,0101,4100,0,0,1000000,0,0,1,2016,year,2016,ADJB",
        "CPT,2016AUDA,0101,4100,0,0,885400,0,0,2,2016,year,2016,AUDA",
    )
    path = tmp_path / "facts.csv"
    path.write_text("\n".join((header, *rows, "")), encoding="utf-8")
    sums: dict[str, int] = defaultdict(int)
    for event in events_of(list(municipal_money_capital.read(path).events)):
        sums[event["type"]] += event.get("amount", 0)
    assert percent(sums["disbursement.paid"], sums["appropriation.enacted"]) == "88.54"


REAL = Path(__file__).parent / "data"


def test_the_real_files_add_up() -> None:
    central = g0v_budget.read(REAL / "g0v-twbudget-tw2019ap.csv")
    mapped = sum(event.get("amount", 0) for event in events_of(list(central.events)))
    assert mapped + sum(item.amount or 0 for item in central.unmapped) == 1_683_097_073_000
    rates = []
    for year in range(105, 109):
        sums: dict[str, int] = defaultdict(int)
        for event in map(
            json.loads, municipal_money_capital.read(REAL / "municipal-money-capital_facts_v1.csv").events
        ):
            if event["fiscal_year"] == year:
                sums[event["type"]] += event.get("amount", 0)
        budget = sums["appropriation.enacted"] + sums["appropriation.corrected"]
        rates.append(percent(sums["disbursement.paid"] - sums["disbursement.reversed"], budget))
    assert rates == ["88.54", "92.63", "72.80", "80.51"]
