"""Every mapping that ships, on a sample: real figures where they are published, else synthetic; and what mappings refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from producers.imported import Imported, ImportProblem
from producers.tables.events import events_of
from producers.tables.mapping import load_mapping, parse_mapping, shipped, with_given
from producers.tables.sheet import read_sheet
from tests.conftest import Replay, read_registry
from tests.producers.event_shapes import problems
from tests.producers.tables.workbooks import Rows, csv_of, ods, xlsx

HERE = Path(__file__).parent
LINE = ["3202001100", "經常門", "2000"]
CODES = ["年度", "機關編號", "工作計畫編號", "門別", "用途別"]
KEPT = ["保留案", "轉入年度", "機關代碼", "預算科目代碼", "原年度", "保留性質"]
ROAD = "32020110101/capital/3015"
MONTHS = [f"{month}月" for month in range(1, 13)]
SAMPLES: dict[str, tuple[Rows, dict[str, str]]] = {
    "allotments-cba": (
        [
            ["高雄市政府"], ["歲出預算分配檔"],
            ["年度", "機關編碼", "預算科目編號", "門別", "預算科目名稱", "用途別一級", *(f"第{m}月分配數" for m in range(1, 13)), "送審月"],
            ["114", "020011", "32020110101", "經常門", "行政管理", "2000", *["1,000"] * 12, "01"],
            ["114", "020011", "32020110102", "資本門", "設備", "3000", *["-"] * 11, "5,000", "01"],
            ["", "", "", "", "合計", "", *["1,000"] * 11, "6,000", ""],
            ["製表：主計室"],
        ],
        {},
    ),
    "allotments": (
        [
            ["年度", "機關編號", "工作計畫編號", "工作計畫名稱", "門別", "用途別", "核定日期", "修正次別", *MONTHS],
            ["114", "020011", "32020110101", "行政管理", "經常門", "2000", "114/01/05", "1", *["10"] * 12],
        ],
        {},
    ),
    "budget-by-agency": (
        [
            ["臺北市地方總預算"], ["單位：千元"],
            ["款", "項", "目", "節", "編號", "名稱", "本年度預算數", "", ""],
            ["", "", "", "", "", "", "合計", "經常門", "資本門"],
            ["", "", "", "", "", "合計", "30", "20", "10"],
            ["1", "", "", "", "00020000000", "市政府主管", "30", "20", "10"],
            ["", "1", "", "", "00020040000", "主計處", "30", "20", "10"],
            ["", "", "1", "", "32020040100", "一般行政", "30", "20", "10"],
            ["", "", "", "1", "32020040101", "行政管理", "18", "18", "-"],
            ["", "", "", "2", "32020040102", "資訊設備", "12", "2", "10"],
        ],
        {"fiscal_year": "115", "booked_on": "115/01/01"},
    ),
    "execution-by-authority": (
        [
            ["截至115年5月底", "", "單位：千元"],
            ["編號", "機關別", "全年度預算數", "", "累計分配數", "", "累計執行數", "", ""],
            ["", "", "金額", "百分比", "金額", "占預算數%", "金額", "占預算數%", "占分配數%"],
            ["", "合計", "3,000", "100", "1,000", "33.33", "900", "30.00", "90.00"],
            ["2", "市政府主管", "1,000", "33.33", "400", "40.00", "300", "30.00", "75.00"],
            ["3", "社會局主管", "2,000", "66.67", "600", "30.00", "600", "30.00", "100.00"],
        ],
        {"fiscal_year": "115", "booked_on": "115/05/31"},
    ),
    "reserve-cases": (
        [
            [*CODES, "預備金別", "動支案號", "核准日期", "核准數", "法定款次", "備查日期", "核准文號", "備查文號"],
            ["114", "020011", *LINE, "第二預備金", "S1", "1140305", "60,000,000", "1", "114.3.1", "府主字第1號", "議字第2號"],
            ["114", "020011", *LINE, "第一預備金", "F1", "114年3月6日", "5,000", "", "", "", ""],
            ["", "", "", "", "", "", "合計", "", "60,005,000", "", "", "", ""],
        ],
        {},
    ),
    "commitments": (
        [[*CODES, "契約編號", "簽約日期", "契約金額", "摘要"], ["114", "020011", *LINE, "C-1", "114/02/01", "700", "影印機"]],
        {},
    ),
    "payments": (
        [
            [*CODES, "傳票號碼", "項次", "付款日期", "金額", "契約編號", "摘要"],
            ["114", "020011", *LINE, "V-1", "1", "114/02/01", "70", "C-1", ""],
            ["114", "020011", *LINE, "V-1", "2", "114/02/01", "30", "", "郵資"],
            ["114", "020011", *LINE, "V-1", "2", "114/02/01", "30", "", "郵資"],
        ],
        {},
    ),
    "carryover-applications": (
        [
            ["113年度歲出保留申請草案"],
            [*KEPT, "契約", "申請保留數", "申請日", "預計執行完成日", "保留理由"],
            ["113C-C1", "114", "020011", ROAD, "113", "契約責任", "C1", "500", "114年1月10日", "114年6月30日", "工程未完成"],
            ["113P-P1", "114", "020011", ROAD, "113", "應付款", "", "120", "114年1月10日", "", ""],
            ["合計", "", "", "", "", "", "", "620", "", "", ""],
        ],
        {},
    ),
    "carryover-decisions": (
        [
            [*KEPT, "審查中", "核定保留數", "核定不予保留數", "不予保留理由", "核定日", "核准文號"],
            ["113C-C1", "114", "020011", ROAD, "113", "契約責任", "500", "450", "50", "已無必要", "114/02/20", "府主字第1號"],
            ["113P-P1", "114", "020011", ROAD, "113", "應付款", "120", "120", "", "", "114/02/20", "府主字第1號"],
            ["合計", "", "", "", "", "", "620", "570", "50", "", "", ""],
        ],
        {},
    ),
    "carryover-reductions": (
        [
            [*KEPT, "核准數", "減免註銷數", "減免註銷日", "減免註銷理由"],
            ["113C-C1", "114", "020011", ROAD, "113", "契約責任", "450", "50", "114/06/20", "工程減項"],
            ["113P-P1", "114", "020011", ROAD, "113", "應付款", "120", "", "", ""],
            ["合計", "", "", "", "", "", "570", "50", "", ""],
        ],
        {},
    ),
    "monthly-report": (
        [
            ["秘書處"], ["歲出累計表", "中華民國114年5月"],
            [*CODES, "工作計畫名稱", "經費年度", "月份", "月報編號", "版次", "收件日期", "累計分配數", "本月實現數", "累計實現數"],
            ["114", "020011", *LINE, "行政管理", "", "5", "5", "1", "114/06/10", "150", "30", "130"],
            ["114", "020011", *LINE, "行政管理", "113", "5", "5", "1", "114/06/10", "40", "-", "40"],
            ["114", "020011", "3202001100", "資本門", "3000", "設備", "", "5", "5", "1", "114/06/10", "60", "-", "50"],
            [*[""] * 5, "經常門合計", "", "", "", "", "", "", "", "171"],
            [*[""] * 5, "資本門合計", "", "", "", "", "", "", "", "50"],
            [*[""] * 5, "合計", "", "", "", "", "", "", "", "220"],
        ],
        {},
    ),
    "balances": (
        [[*CODES, "工作計畫名稱", "月份", "累計實現數"], ["114", "020011", *LINE, "行政管理", "2", "(1,234)"]],
        {},
    ),
}  # fmt: skip


def taken(path: Path, name: str, given: dict[str, str] | None = None) -> Imported:
    short, mapping = load_mapping(name)
    return events_of(read_sheet(path), with_given(mapping, given or {}, name), short)


def sample(name: str, folder: Path) -> Imported:
    if name == "execution-by-program":
        return taken(HERE / "taipei-social-115.csv", name)
    rows, given = SAMPLES[name]
    return taken(csv_of(folder / f"{name}.csv", rows), name, given)


def events(imported: Imported) -> list[dict[str, Any]]:
    return [json.loads(line) for line in imported.events]


@pytest.mark.parametrize("name", shipped())
def test_every_mapping_reads_its_sample_and_the_contract_takes_the_events(name: str, tmp_path: Path) -> None:
    found = sample(name, tmp_path)
    assert found.events and [(line, wrong) for line in found.events if (wrong := problems(line))] == []
    assert found.sums and all(event["id"].startswith(name) for event in events(found))
    assert sample(name, tmp_path) == found, "the same rows are the same events"


@pytest.mark.parametrize(("file", "percent"), [("taipei-social-115", "91.15"), ("taipei-new-construction-115", None)])
def test_real_figures_come_out_as_printed(file: str, percent: str | None, replay: Replay) -> None:
    found = taken(HERE / f"{file}.csv", "execution-by-program")
    register = "code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email\n" + "".join(
        ",".join(row.values()) + "\n" for row in found.registry
    )
    positions = replay(b"".join(found.events), "2026-05-31", read_registry(register))["positions"]
    if percent is not None:
        (whole,) = (one for one in positions if one["level"] == "agency" and one["economic_class"] == "all")
        assert whole["rates"]["period"] == percent
        assert (whole["allotted"], whole["realised"]) == (7_354_615_171, 6_703_492_778)
        assert whole["available"] == 20_477_082_028
    printed = {
        row.split(",")[5]: row.split(",")[9] for row in (HERE / f"{file}.csv").read_text("utf-8-sig").splitlines()[1:]
    }
    accounts = {row["account"]: row["work_plan_zh"] for row in found.accounts}
    compared = 0
    for one in positions:
        if one["level"] == "line" and (rate := one["rates"]["period"]) is not None:
            assert rate == printed[accounts[one["key"].split(":")[1].split("/")[0]]]
            compared += 1
    assert compared >= 4
    if percent is None:
        assert printed["道路橋梁工程"] == "32.87"


def test_what_rows_come_to(tmp_path: Path) -> None:
    cba = sample("allotments-cba", tmp_path)
    first, second = events(cba)
    assert (first["booked_on"], first["revision"], first["months"]) == ("2025-01-01", 1, [1_000] * 12)
    assert second["line"] == "32020110102/capital/3000" and second["months"] == [0] * 11 + [5_000]
    assert {one.reason.en.split(":")[0] for one in cba.unmapped} == {
        "is a title, a note or a foot", "is a sum of other rows, and agrees with them",
    }  # fmt: skip
    assert cba.accounts[0]["work_plan_zh"] == "行政管理"
    budget = events(sample("budget-by-agency", tmp_path))
    assert {(one["line"], one["amount"], one["agency"]) for one in budget if "line" in one} == {
        ("32020040101/current/2000", 18_000, "02004"), ("32020040102/current/2000", 2_000, "02004"),
        ("32020040102/capital/3000", 10_000, "02004"),
    }  # fmt: skip
    second_reserve, first_reserve = events(sample("reserve-cases", tmp_path))
    assert (second_reserve["council_notified_on"], second_reserve["ground"]) == ("2025-03-01", 1)
    assert second_reserve["note"] == "議字第2號" and "note" not in first_reserve, "the council's reference"
    assert "ground" not in first_reserve and first_reserve["booked_on"] == "2025-03-06"
    payments = sample("payments", tmp_path)
    assert [one["amount"] for one in events(payments)] == [70, 30]
    (repeated,) = payments.unmapped
    assert repeated.row == 4 and "row 3 once more" in repeated.reason.en
    first, second = events(sample("carryover-applications", tmp_path))
    assert (first["commitment"], first["expected_on"], first["ground"]) == ("C1", "2025-06-30", "工程未完成")
    assert second["kind"] == "payable" and not {"commitment", "expected_on", "ground"} & second.keys()
    decided = [(one["type"], one["case"], one["amount"]) for one in events(sample("carryover-decisions", tmp_path))]
    assert decided == [
        ("carryover.approved", "113C-C1", 450), ("carryover.declined", "113C-C1", 50), ("carryover.approved", "113P-P1", 120),
    ]  # fmt: skip
    (balance,) = events(sample("balances", tmp_path))
    assert (balance["realised"], balance["booked_on"]) == (-1_234, "2025-02-28")
    by_authority = events(sample("execution-by-authority", tmp_path))
    assert [one["agency"] for one in by_authority if one["type"] == "budget.adopted"] == ["02", "03"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950", "utf-16"])
def test_every_encoding_gives_the_same_events(encoding: str, tmp_path: Path) -> None:
    rows, _ = SAMPLES["allotments-cba"]
    found = taken(csv_of(tmp_path / "a.csv", rows, encoding), "allotments-cba")
    assert found.encoding == encoding and found.events == sample("allotments-cba", tmp_path).events


def test_a_workbook_gives_the_same_events_as_text(tmp_path: Path) -> None:
    rows, _ = SAMPLES["allotments-cba"]
    wanted = sample("allotments-cba", tmp_path).events
    numbers = [
        [int(cell.replace(",", "")) if cell.replace(",", "").isdigit() else cell for cell in row] for row in rows
    ]
    for row in numbers[3:5]:
        row[1] = "020011"  # a code that begins with 0 is text, or a mapping says its width
    assert taken(xlsx(tmp_path / "a.xlsx", 表=numbers), "allotments-cba").events == wanted
    assert taken(ods(tmp_path / "a.ods", rows), "allotments-cba").events == wanted
    # The same rows as a program of the nineties saves them (BIFF8, made once with xlwt 1.3).
    assert taken(HERE / "allotments-cba.xls", "allotments-cba").events == wanted


MAPPING = (HERE.parents[2] / "producers/tables/mappings/payments.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  agency:", "  agncy:", "payments.yaml, column agency: disbursement.paid needs it"),
        ("      voucher: 傳票號碼\n", "", "column voucher: disbursement.paid needs it"),
        ("      voucher:", "      voucer:", "column voucer: disbursement.paid has no field of this name"),
        ("  agency: 機關編號", "  agency: {column: 機關編號, constant: A}", "column agency: has two sources: column, constant"),
        ("  agency: 機關編號", "  agency: 機關編號\n  agency: 機關", "agency stands twice: two sources for one"),
        ("disbursement.paid", "disbursement.payed", "column disbursement.payed: is no type of event"),
        ("title:", "titel:", "Object contains unknown field `titel`"),
        ("{column: 項次, optional: true}", "{colum: 項次}", "unknown field `colum`"),
        ("identity: [agency", "identity: [agncy", "names agncy, which is no field"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_stand_is_told_of_in_one_line(old: str, new: str, said: str) -> None:
    assert old in MAPPING
    with pytest.raises(ImportProblem) as found:
        parse_mapping(MAPPING.replace(old, new, 1), "payments.yaml")
    assert said in str(found.value) and "\n" not in str(found.value)


def test_what_only_the_title_says_is_asked_for() -> None:
    _, mapping = load_mapping("execution-by-authority")
    with pytest.raises(ImportProblem, match=r"--set fiscal_year=… .ROC year, 115."):
        with_given(mapping, {"booked_on": "115/05/31"}, "m")
    with pytest.raises(ImportProblem, match="column fiscalyear: is no field"):
        with_given(mapping, {"fiscalyear": "115"}, "m")


def test_a_monthly_report_is_filed_once_and_what_does_not_add_up_in_it_is_kept(tmp_path: Path) -> None:
    found = sample("monthly-report", tmp_path)
    events = [json.loads(line) for line in found.events]
    filed = [each for each in events if each["type"] == "report.filed"]
    assert [(each["booked_on"], each["month"], each["number"], each["version"]) for each in filed] == [
        ("2025-06-10", 5, 5, 1)
    ]
    assert [each["realised"] for each in events if each["type"] == "balance.reported"] == [130, 40, 50]
    assert {each["booked_on"] for each in events if each["type"] == "balance.reported"} == {"2025-05-31"}
    (report,) = found.reports
    assert report.totals == {"current": 171, "capital": 50, "all": 220}, "170 in the rows: for a person to find"
    assert [(each.origin_year, each.movement, each.allotted) for each in report.lines] == [
        (None, 30, 150),
        (113, 0, 40),
        (None, 0, 60),
    ]
