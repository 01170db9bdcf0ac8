"""A city begins without a line of JSON: the templates filled in for three agencies, loaded on the page, and the year's three jobs."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from tests.real_parts.postgres import free_port

NAMES: Final = {"02004": "主計處", "02005": "人事處", "03001": "社會局"}
PLANS: Final = {"01": "行政管理", "02": "資訊設備"}
WITHIN_SECONDS: Final = 60.0


def account(agency: str, plan: str) -> str:
    return f"32{agency}01{plan}"[:11]


class Newcomer:
    """Somebody at a browser, on the machine of a monitor that has no users yet."""

    def __init__(self, client: httpx.Client, folder: Path) -> None:
        self.client, self.folder = client, folder

    def send(self, at: str, files: Any = None, **fields: str) -> httpx.Response:
        token = re.search(r'name="_csrf_token" value="([^"]+)"', self.client.get("/files").text)
        assert token is not None
        return self.client.post(at, data={"_csrf_token": token[1], "person": "王小明"} | fields, files=files)

    def fetched(self, at: str) -> bytes:
        answer = self.client.get(f"{at}{'&' if '?' in at else '?'}lang=zh")
        assert answer.status_code == 200, (at, answer.text[:500])
        return answer.content

    def text(self, at: str) -> str:
        """What a page says, without its codes in small print."""
        page = self.fetched(at).decode()
        page = re.sub(r"<(script|style|datalist|select|pre|code)\b.*?</\1>", "", page, flags=re.DOTALL)
        page = re.sub(r'<(small|span|a|dd) [^>]*class="code"[^>]*>.*?</\1>', "", page, flags=re.DOTALL)
        return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))

    def load(self, name: str, kind: str, content: bytes, **given: str) -> str:
        """Upload a file, look at what would come of it, take it in; what came."""
        answer = self.send("/files", files={"file": (name, content)}, mapping=kind)
        assert answer.status_code == 303, answer.text
        at = answer.headers["location"]
        shown = self._looked(at)
        if given:
            self.send(f"{at}/read", mapping=kind, **{f"given-{field}": text for field, text in given.items()})
            shown = self._looked(at)
        taken = self.send(f"{at}/take", names="yes")
        assert taken.status_code == 303, re.sub(r"<[^>]+>", " ", shown)
        shown = self._looked(at)
        assert "0 refused" in shown, shown
        return shown

    def fill(self, kind: str, rows: Sequence[Mapping[str, Any]], **given: str) -> str:
        """The page's template of a kind, filled in and loaded."""
        return self.load(f"{kind}.xlsx", kind, filled(self.fetched(f"/files/templates/{kind}.xlsx"), rows), **given)

    def _looked(self, at: str) -> str:
        until = time.monotonic() + WITHIN_SECONDS
        while "refresh" in (answer := self.client.get(at, params={"lang": "en"})).headers:
            assert time.monotonic() < until, answer.text
            time.sleep(0.1)
        return re.sub(r"\s+", " ", answer.text)


def filled(workbook: bytes, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A workbook with what is given written under its headings, from the first row below them on or where a key says."""
    book = load_workbook(io.BytesIO(workbook))
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    wanted = next(iter(rows[0]))
    head = next(row for row in range(1, 8) if wanted in headings(sheet, row))
    heads = headings(sheet, head)
    for at, row in enumerate(rows, max(head + 1, int(str(sheet.freeze_panes)[1:]))):
        assert set(row) <= set(heads), (set(row), heads)
        for name, value in row.items():
            sheet.cell(at, heads.index(name) + 1).value = value
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def headings(sheet: Worksheet, row: int) -> list[str]:
    """The headings in a row; where the row below has parts of them, with these."""
    cells = [[sheet.cell(at, column).value for column in range(1, sheet.max_column + 1)] for at in (row, row + 1)]
    is_of_two = sheet.freeze_panes == f"A{row + 2}"
    return [f"{own or ''}{f'/{below}' if is_of_two and below else ''}" for own, below in zip(*cells, strict=True)]


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """A monitor begun with a register that came from a workbook."""
    folder = tmp_path_factory.mktemp("three")
    program = [sys.executable, "-m", "budgetwatch"]
    path, data = folder / "機關名冊.xlsx", folder / "data"
    data.mkdir()
    subprocess.run([*program, "import", "template", "names-agencies", "-o", str(path)], check=True, timeout=60)
    rows = [
        {"機關編號": code, "機關名稱": name, "主管機關編號": code[:2], "主管機關名稱": f"{name[:2]}主管"}
        for code, name in (("02004", "主計處"), ("03001", "社會局"))
    ]
    rows.insert(1, {"機關編號": "02005", "機關名稱": "人事處", "主管機關編號": "02", "主管機關名稱": "主計主管"})
    path.write_bytes(filled(path.read_bytes(), rows))
    register = str(data / "agencies.csv")
    subprocess.run(
        [*program, "names", "take", "agencies", str(path), "--into", register, "--yes"], check=True, timeout=60
    )
    port = free_port()
    command = [*program, "run", "--data", str(data), "--port", str(port)]
    with (folder / "log").open("w") as said, subprocess.Popen(command, stdout=said, stderr=said) as run:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                wait_until_up(client, run)
                yield Newcomer(client, folder)
        finally:
            run.terminate()


def wait_until_up(client: httpx.Client, run: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + WITHIN_SECONDS
    while True:
        assert run.poll() is None and time.monotonic() < until
        try:
            if client.get("/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)


def line(agency: str, plan: str = "01") -> dict[str, Any]:
    capital = plan == "02"
    return {
        "年度": 114, "機關編號": agency, "工作計畫編號": account(agency, plan),
        "門別": "資本門" if capital else "經常門", "用途別": "3000" if capital else "2000",
    }  # fmt: skip


EVERY: Final = [(agency, plan) for agency in NAMES for plan in PLANS]


def test_three_agencies_are_loaded_by_templates_and_every_page_shows_names(newcomer: Newcomer) -> None:
    budget: list[dict[str, Any]] = []
    for number, code in enumerate(("02", "03"), 1):
        below = [agency for agency in NAMES if agency.startswith(code)]
        budget.append(
            {
                "款": str(number),
                "編號": f"00{code}0000000",
                "名稱": f"主管{code}",
                "本年度預算數/經常門": 100 * len(below),
                "本年度預算數/資本門": 50 * len(below),
            }
        )
        for at, agency in enumerate(below, 1):
            budget += [
                {
                    "項": str(at),
                    "編號": f"00{agency}0000",
                    "名稱": NAMES[agency],
                    "本年度預算數/經常門": 100,
                    "本年度預算數/資本門": 50,
                },
                {
                    "目": "1",
                    "編號": f"32{agency}0100",
                    "名稱": "一般行政",
                    "本年度預算數/經常門": 100,
                    "本年度預算數/資本門": 50,
                },
                {
                    "節": "1",
                    "編號": account(agency, "01"),
                    "名稱": PLANS["01"],
                    "本年度預算數/經常門": 100,
                    "本年度預算數/資本門": 0,
                },
                {
                    "節": "2",
                    "編號": account(agency, "02"),
                    "名稱": PLANS["02"],
                    "本年度預算數/經常門": 0,
                    "本年度預算數/資本門": 50,
                },
            ]
    first = {"款": "", "編號": "", "名稱": "合計", "本年度預算數/經常門": 300, "本年度預算數/資本門": 150}
    newcomer.fill("budget-by-agency", [first, *budget], fiscal_year="114", booked_on="114/01/01")
    for month in range(1, 13):
        first[f"{month}月"] = 0
    months = {"01": dict.fromkeys([f"{m}月" for m in range(1, 13)], 8_000), "02": {"6月": 50_000}}
    newcomer.fill(
        "allotments",
        [
            line(*each) | {"核定日期": "114/01/05", "修正次別": 1, "工作計畫名稱": PLANS[each[1]]} | months[each[1]]
            for each in EVERY
        ],
    )
    newcomer.fill(
        "commitments",
        [
            line(agency, "02") | {"契約編號": f"契約{NAMES[agency]}", "簽約日期": "114/03/01", "契約金額": 40_000}
            for agency in NAMES
        ],
    )
    newcomer.fill(
        "payments",
        [line(agency) | {"傳票號碼": "1", "項次": "1", "付款日期": "114/05/20", "金額": 5_000} for agency in NAMES]
        + [
            line(agency, "02")
            | {
                "傳票號碼": "2",
                "項次": "1",
                "付款日期": "114/06/20",
                "金額": 10_000,
                "契約編號": f"契約{NAMES[agency]}",
            }
            for agency in NAMES
        ],
    )
    newcomer.fill(
        "balances", [line(agency) | {"月份": 5, "累計實現數": 5_000, "工作計畫名稱": PLANS["01"]} for agency in NAMES]
    )
    bare = [*NAMES, *(account(*each) for each in EVERY)]
    pages = ["/", "/alerts", "/refusals", "/reserves", "/lagging", "/monthly?year=114&month=5", "/carryover?year=115"]
    pages += [f"/agencies/{agency}?year=114" for agency in NAMES] + ["/authorities/02?year=114"]
    pages += [f"/lines/114/02004/{account('02004', '02')}/capital/3000", "/half-year?year=114"]
    for page in pages:
        said = re.sub(r"\w+/(current|capital)/\d{4}", "", newcomer.text(page))  # a line's code, under its name
        named = {**NAMES, **{account(*each): PLANS[each[1]] for each in EVERY}}
        for code, name in named.items():
            said = said.replace(f"{name} {code}", name)  # in a title
        found = [
            said[max(0, one.start() - 60) : one.end() + 30]
            for code in bare
            for one in re.finditer(rf"(?<!\w){code}(?!\w)", said)
        ]
        assert found == [], page
    assert "主計處" in newcomer.text("/agencies/02004?year=114") and "資訊設備" in newcomer.text(
        "/agencies/02004?year=114"
    )


def test_the_months_reports_are_looked_through_in_one_sitting(newcomer: Newcomer) -> None:
    head = {"月份": 5, "月報編號": 5, "版次": 1, "收件日期": "114/06/10"}
    figures = {"累計分配數": 40_000, "本月實現數": 5_000, "累計實現數": 5_000, "工作計畫名稱": PLANS["01"]}
    for agency in NAMES:
        wrong = {"累計實現數": 5_100} if agency == "03001" else {}
        newcomer.fill("monthly-report", [line(agency) | head | figures | wrong])
    assert newcomer.send("/monthly/114/5/sample", size="1", seed="7").status_code == 303
    month = newcomer.text("/monthly?year=114&month=5")
    assert "社會局" in month and "差異金額大" in month, "the one that differs is drawn"
    page = newcomer.fetched("/monthly/114/5/03001").decode()
    chosen = {unescape(name): "yes" for name in re.findall(r'name="(difference-[^"]+)"', page)}
    assert chosen
    answer = newcomer.send("/monthly/114/5/03001/findings", **chosen, due_on="2099-12-31", text="請查明")
    assert answer.status_code == 303, answer.text
    for at in ("/monthly/114/5/03001/letter.pdf", "/monthly?year=114&month=5&export=pdf&table=monthly&unit=one"):
        assert newcomer.fetched(at).startswith(b"%PDF"), at


def test_carry_over_is_applied_for_decided_and_opened_in_one_sitting(newcomer: Newcomer) -> None:
    page = "/carryover?year=115"
    drafts = newcomer.fetched(f"{page}&export=xlsx&table=drafts")
    newcomer.load("申請.xlsx", "carryover-applications", drafts)
    form = newcomer.fetched(f"{page}&export=xlsx&table=form")
    decided = {"核定保留數": 30_000, "核定日": "115/02/20", "核准文號": "府主字第1號"}
    newcomer.load("審查.xlsx", "carryover-decisions", filled(form, [decided, decided | {"核定保留數": 25_000}]))
    reduced = newcomer.fetched(f"{page}&export=xlsx&table=reductions")
    taken_back = {"減免註銷數": 1_000, "減免註銷日": "115/03/20", "減免註銷理由": "工程減項"}
    newcomer.load("減免註銷.xlsx", "carryover-reductions", filled(reduced, [taken_back]))
    said = newcomer.text(page)
    assert "90,000" in said and "54,000" in said, "applied for; approved, less what was taken back"
    openings = newcomer.fetched("/carryover/openings.ndjson?year=115")
    assert openings.count(b"commitment.made") == 2
    for table in ("review", "applications", "decisions", "ageing", "lapsed"):
        assert newcomer.fetched(f"{page}&export=pdf&table={table}&unit=one").startswith(b"%PDF"), table


def test_the_half_year_is_frozen_and_printed_in_one_sitting(newcomer: Newcomer) -> None:
    assert newcomer.send("/half-year/freeze", fiscal_year="114", sure="yes").status_code == 303
    said = newcomer.text("/half-year?year=114")
    assert "45,000" in said, "5,000 of each current line, 10,000 of each capital line"
    assert [code for code in NAMES if re.search(rf"(?<!\w){code}(?!\w)", said)] == []
    page = newcomer.fetched("/half-year?year=114").decode()
    prints = {unescape(at) for at in re.findall(r'href="([^"]*export=pdf[^"]*)"', page)}
    assert prints
    for at in prints:
        assert newcomer.fetched(at if at.startswith("/") else f"/half-year{at}").startswith(b"%PDF"), at
