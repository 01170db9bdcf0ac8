"""The formats: nothing becomes a formula, markup or an escape sequence; figures stay exact; every page has its heading."""

from __future__ import annotations

import csv
import io
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import openpyxl
import psutil
import pytest
from rich.console import Console

from alerts.catalogue import Catalogue
from alerts.letters import typesetting
from dashboards.reports import agency_report, lagging_list, reserve_report
from dashboards.reports.formats import FORMATS, pdf, terminal, write
from dashboards.reports.formats.cells import formula_safe, sheet_name
from dashboards.reports.table import LINE_CODE, Column, ReportProblem, Table, TableRow, named
from ledger.words import Language, Words
from tests.dashboards.reports.conftest import ROWS, SMALL, Fold, Year
from tests.real_parts.postgres import missing

HOSTILE = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM",
)
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
HUGE = 12_345_678_901_234_567_890


def table(*texts: str) -> Table:
    """A row a text, with a figure below zero, a share, a count and a day beside it."""
    return Table(
        name="things",
        title=Words("=標題", "=title"),
        label=Words("=標", "=t"),
        as_of="2025-06-30",
        columns=(
            Column("name", Words("=名稱", "=name"), "text"),
            Column("amount", Words("金額", "Amount"), "money"),
            Column("share", Words("比率\nE÷B", "Share\nE÷B"), "percent"),
            Column("number", Words("件數", "Number"), "count"),
            Column("on", Words("日期", "Day"), "day"),
        ),
        rows=[(text, -5, "-5.20", 3, "2025-03-05") for text in texts],
        total=(Words("合計", "Total"), HUGE, None, 3, None),
        notes=(Words("=註", "=note"), Words("@註", "@note")),
    )


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def ods_cells(content: bytes) -> list[list[ElementTree.Element]]:
    root = ElementTree.fromstring(zipfile.ZipFile(io.BytesIO(content)).read("content.xml"))  # noqa: S314  # made above
    return [list(row) for row in root.iter("{urn:oasis:names:tc:opendocument:xmlns:table:1.0}table-row")]


def ods_text(cell: ElementTree.Element) -> str:
    return "".join(cell.itertext())


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_in_a_csv_is_a_formula(text: str, language: Language) -> None:
    rows = cells(FORMATS["csv"].render([table(text), table(text)], language))
    texts = [cell for row in rows for cell in row if cell not in ("-5", "-5.20")]
    assert sum(text.lstrip("\r") in cell for cell in texts) >= 2 or "\r" in text
    assert not [cell for cell in texts if cell.startswith(STARTS)]


@pytest.mark.parametrize("text", [*HOSTILE, "#N/A", "TRUE", "007", "1e5"])
def test_every_text_in_a_workbook_is_a_text(text: str) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].render([table(text)], "zh"))).worksheets[0]
    found = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in found} == {"s", "n", "d"}
    assert not [cell.value for cell in found if cell.data_type == "s" and str(cell.value).startswith(STARTS)]
    assert sheet["A4"].data_type == "s"
    assert str(sheet["A4"].value).removeprefix("'") == text.replace("\r", "\ufffd")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_an_opendocument_sheet_is_a_formula(text: str) -> None:
    content = FORMATS["ods"].render([table(text)], "zh")
    assert b"table:formula" not in zipfile.ZipFile(io.BytesIO(content)).read("content.xml")
    office = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}value-type"
    texts = [cell for row in ods_cells(content) for cell in row if cell.get(office) == "string"]
    assert len(texts) >= 8
    assert not [ods_text(cell) for cell in texts if ods_text(cell).startswith(STARTS)]


def test_what_is_no_formula_stays_as_it_is() -> None:
    assert [formula_safe(text) for text in ("教育局", "3=3", "", "'x")] == ["教育局", "3=3", "", "'x"]


def test_csv_opens_in_excel_and_parses_as_one_table() -> None:
    content = FORMATS["csv"].render([table("甲, 乙"), msgspec.structs.replace(table("註"), annex=True)], "zh")
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == content.count(b"\r\n") == 3
    assert cells(content) == [
        ["'=名稱", "金額（元）", "比率 E÷B（%）", "件數", "日期"],
        ["甲, 乙", "-5", "-5.20", "3", "114年3月5日"],
        ["合計", str(HUGE), "", "3", ""],
    ]


def test_several_tables_in_a_csv_have_their_titles() -> None:
    rows = cells(FORMATS["csv"].render([table("a"), table("b")], "en"))
    assert [row[0] if row else "" for row in rows] == [
        "'=title",
        "'=name",
        "a",
        "Total",
        "",
        "'=title",
        "'=name",
        "b",
        "Total",
    ]


def test_a_workbook_holds_numbers_days_and_a_page_set_up() -> None:
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"].render([table("甲"), table("乙")], "zh")))
    sheet = book.worksheets[0]
    values = [cell.value for cell in sheet[4]]
    assert values == ["甲", -5, -0.052, 3, datetime(2025, 3, 5)]  # noqa: DTZ001  # a day of a sheet has no zone
    assert [cell.number_format for cell in sheet[4]][1:4] == ["#,##0", "0.00%", "0"]
    assert sheet["E4"].number_format == '[$-404]e"年"m"月"d"日"'  # the calendar of the Republic of China
    assert sheet["B5"].value == "12,345,678,901,234,567,890"  # beyond 15 digits a number would be rounded
    assert sheet["A2"].value == "截至民國114年6月30日　單位：新臺幣元"
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("A4", "$1:$3")
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth) == ("landscape", 1)
    assert sheet.column_dimensions["B"].width >= len("12,345,678,901,234,567,890")
    assert book.sheetnames == ["=標", "=標 (2)"]


def test_an_opendocument_sheet_holds_numbers_and_days() -> None:
    rows = ods_cells(FORMATS["ods"].render([table("a  b\tc\nd")], "en"))
    office = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
    row = rows[3]
    assert [cell.get(office + "value-type") for cell in row] == ["string", "float", "percentage", "float", "date"]
    assert [cell.get(office + "value") for cell in row[1:4]] == ["-5", "-0.052", "3"]
    assert row[4].get(office + "date-value") == "2025-03-05"
    assert [ods_text(cell) for cell in row][1:] == ["-5", "-5.20%", "3", "2025-03-05"]
    assert len(list(row[0])) == 2  # a paragraph a line


@pytest.mark.parametrize(
    ("label", "taken", "name"),
    [
        ("a/b:c*?[d]\\", set(), "a_b_c___d__"),
        ("'x'", set(), "_x_"),
        ("", set(), "_"),
        ("Names", {"names"}, "Names (2)"),
        ("x" * 40, set(), "x" * 31),
        ("x" * 40, {"x" * 31}, "x" * 27 + " (2)"),
        ("x", {"x", "x (2)"}, "x (3)"),
    ],
)
def test_sheet_names_keep_the_rules(label: str, taken: set[str], name: str) -> None:
    assert sheet_name(label, taken) == name


@pytest.mark.parametrize("text", ["a\x9b31mb", "\ufffe", "\x7f", "\x0b"])
@pytest.mark.parametrize("name", ["table", "csv", "xlsx", "ods"])
def test_control_characters_reach_no_terminal_and_no_xml(text: str, name: str) -> None:
    content = FORMATS[name].render([table(text)], "zh")
    parts = [content]
    if name in ("xlsx", "ods"):
        archive = zipfile.ZipFile(io.BytesIO(content))
        parts = [archive.read(each) for each in archive.namelist() if each.endswith(".xml")]
        for part in parts:
            ElementTree.fromstring(part)  # noqa: S314  # made above
    assert not any(text.encode() in part for part in parts)
    assert any("\ufffd".encode() in part or b"&#65533;" in part for part in parts)


def test_a_terminal_shows_markup_as_it_is_and_cuts_no_figure() -> None:
    target = io.StringIO()
    terminal.show([table("[red]x[/red] :smile:")], "zh", Console(file=target, width=20))
    shown = target.getvalue()
    assert "[red]x[/red] :smile:" in shown
    assert "12,345,678,901,234,567,890" in shown and "-5.20%" in shown and "114年3月5日" in shown
    assert "· =註" in shown


def test_json_without_a_shape_of_the_contract_is_the_rows_by_key() -> None:
    decoded = msgspec.json.decode(FORMATS["json"].render([table("=1")], "zh"))
    assert decoded == [{"name": "=1", "amount": -5, "share": "-5.20", "number": 3, "on": "2025-03-05"}]


def test_a_row_that_does_not_fit_its_headings_is_refused() -> None:
    with pytest.raises(ValueError, match="a row of 1 cells under 5 headings"):
        msgspec.structs.replace(table(), rows=[("a",)])


def test_a_pdf_says_what_the_list_says(
    small: Year, catalogue: Catalogue, pdf_pages: Callable[[bytes], list[str]]
) -> None:
    replayed = small.replayed
    tables = lagging_list.tables(replayed.alerts, replayed.books, small.names, catalogue, small.day)
    sheet, *annex = pdf_pages(FORMATS["pdf"].render(tables, "zh"))
    for said in ("民政局主管", "高雄市政府主管", "73.33%", "民國114年6月30日", "第 1 頁", "120.0 萬元", "※"):
        assert said in sheet, said
    page = "".join(annex)
    for said in (
        "民政局主管",
        "高雄市政府主管",
        "73.33%",
        "1,500,000",
        "民國114年6月30日",
        "第 2 頁",
        "逾 10 個百分點",
    ):
        assert said in page, said
    english = "".join(pdf_pages(FORMATS["pdf"].render(tables, "en")))
    for said in ("City Government HQ group", "73.33%", "As of 2025-06-30", "Page 1 of", "> 10 points"):
        assert said in english, said


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_sheet_whose_type_may_be_no_smaller_stands_within_its_page(
    language: Language, pdf_ends: Callable[[bytes], tuple[float, list[float]]]
) -> None:
    """Of the sheet for the meeting the heaviest plans were cut off at the edge of the paper."""
    plan = Words(
        "區里公共設施整建 0.22 億元（第一戶政事務所）",
        "Public facilities of districts: NT$ 69.1 m (Civil Affairs Bureau)",
    )
    cause, who = (
        Words("尚未說明原因尚未說明原因", "reason not yet given, by anybody at all"),
        Words("美術館 140 天無資料", "Museum of Fine Arts: nothing for 140 days"),
    )
    texts = [Column(f"t{n}", Words("欄", "Column"), "text") for n in range(5)]
    columns = (Column("rank", Words("列序", "Rank"), "count"), *texts, Column("day", Words("日", "Day"), "day"))
    row = (1, who, cause, cause, cause, Words(f"{plan.zh}\n{plan.zh}", f"{plan.en}\n{plan.en}"), "2025-11-29")
    made = Table(
        name="x", title=Words("表", "Table"), label=Words("表", "T"), as_of="2025-09-15", columns=columns, rows=[row],
        paper=True, points=10.0,
    )  # fmt: skip
    page, ends = pdf_ends(FORMATS["pdf"].render([made], language))
    assert len(ends) > 10 and max(ends) <= page - 30


def test_a_long_pdf_repeats_its_headings_and_numbers_its_pages(
    simulated: Year, catalogue: Catalogue, pdf_pages: Callable[[bytes], list[str]]
) -> None:
    books, names = simulated.replayed.books, simulated.names
    funds = reserve_report.tables(books, names, catalogue, simulated.day)[:1]
    pages = pdf_pages(FORMATS["pdf"].render(funds, "zh"))
    assert len(pages) >= 3
    for number, page in enumerate(pages, start=1):
        assert "核准動支數" in page and f"第 {number} 頁，共 {len(pages)} 頁" in page


def test_data_is_no_markup_in_a_pdf(pdf_pages: Callable[[bytes], list[str]]) -> None:
    text = '#panic("x") *a* $b$ `c` <d> @e #read("/etc/passwd")'
    page = pdf_pages(FORMATS["pdf"].render([table(text)], "zh"))[0]
    assert '#panic("x") *a* $b$ `c` <d> @e' in " ".join(page.split())


@pytest.fixture
def no_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pdf, "FONTS", ("No Such Font",))
    pdf.font.cache_clear()
    yield
    pdf.font.cache_clear()


@pytest.mark.usefixtures("no_font")
def test_without_a_chinese_font_a_pdf_says_what_to_install() -> None:
    with pytest.raises(ReportProblem, match=r"^no Chinese font .* install Debian's package fonts-noto-cjk$"):
        pdf.render([table("a")], "zh")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_format_writes_every_report_with_hostile_names(
    fold_events: Fold, catalogue: Catalogue, tmp_path: Path, name: str, language: Language
) -> None:
    if name == "pdf":
        try:
            pdf.font()
        except ReportProblem as problem:
            missing(str(problem))
    rows = [(code, '"=1+1,""x"""', "@SUM(A1)", authority, "-1", "[bold]#x") for code, _, _, authority, *_ in ROWS]
    year = fold_events(SMALL, "2025-06-30", rows)
    alerts, books, names = year.replayed.alerts, year.replayed.books, year.names
    for number, tables in enumerate(
        (
            lagging_list.tables(alerts, books, names, catalogue, year.day),
            agency_report.tables("020011", alerts, books, names, catalogue, year.day),
            reserve_report.tables(books, names, catalogue, year.day),
        )
    ):
        target = tmp_path / f"{number}{FORMATS[name].suffix}"
        write(tables, name, target, language)
        assert target.stat().st_size > 0


def test_writing_says_what_is_wrong_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ReportProblem, match=r"^unknown format doc; one of table, json, csv, xlsx, ods, pdf$"):
        write([table("a")], "doc")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with pytest.raises(ReportProblem, match=r"name a file with -o FILE$"):
        write([table("a")], "xlsx")


@pytest.mark.usefixtures("no_font")
def test_a_report_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "old.pdf"
    target.write_bytes(b"old")
    with pytest.raises(ReportProblem):
        write([table("a")], "pdf", target)
    assert target.read_bytes() == b"old"


def test_text_goes_to_standard_output(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    write([table("甲")], "csv")
    assert capsysbinary.readouterr().out.startswith("\ufeff".encode())
    write([table("甲")], "table", language="en")
    assert "=title" in capsysbinary.readouterr().out.decode()


LINES = 5_000


@pytest.fixture(scope="module")
def long_list() -> Table:
    """A list of so many lines, as wide as those of an agency."""
    money = tuple(Column(f"m{at}", Words(f"數額{at}", f"Sum {at}"), "money") for at in range(12))
    columns = (*named("line", Words("預算科目", "Line"), LINE_CODE), *money)
    rows: list[TableRow] = [
        (
            f"3202011{n:04d}/current/2000",
            Words(f"第 {n} 號工作計畫", f"Plan {n}"),
            *(n * 1_000 + at for at in range(12)),
        )
        for n in range(LINES)
    ]
    title = Words("科目執行情形", "Lines")
    total = (None, Words("合計", "Total"), *(7,) * 12)
    return Table("lines", title, title, "2025-09-15", columns, rows, total=total, notes=(Words("註", "note"),))


@pytest.fixture(scope="module")
def long_alerts() -> Table:
    """As many alerts as lines."""
    columns = tuple(Column(key, Words(key, key), "text") for key in ("rule", "subject", "state", "message"))
    said = "實現數 7,000 元大於可支用預算數 0 元，超出 7,000 元，依預算法第 62 條不得辦理" * 2
    title = Words("未結之警示", "Alerts")
    rows: list[TableRow] = [("支出逾預算", f"第 {n} 號工作計畫", "未處理", said) for n in range(LINES)]
    return Table("alerts", title, title, "2025-09-15", columns, rows)


def test_the_pdf_of_5000_lines_is_small_and_leaves_nothing_in_memory(
    long_list: Table, long_alerts: Table, pdf_pages: Callable[[bytes], list[str]]
) -> None:
    """It was 16 MB, and its process kept a gigabyte for ever."""
    FORMATS["pdf"].render([table("a")], "zh")
    before = psutil.Process().memory_info().rss
    made = FORMATS["pdf"].render([long_list, long_alerts], "zh")
    assert len(made) < 3_000_000
    assert psutil.Process().memory_info().rss - before < 64 << 20
    pages = pdf_pages(made)
    assert "預算科目" in pages[0] and "預算科目" in pages[20] and "message" in pages[-1] and "合計" in "".join(pages)
    assert f"第 {len(pages)} 頁，共 {len(pages)} 頁" in pages[-1]
    assert "".join(pages).count("號工作計畫") == 2 * LINES


@pytest.mark.parametrize("form", ["csv", "ods"])
def test_a_long_file_comes_in_pieces_from_the_first_rows_on(form: str, long_list: Table) -> None:
    found = FORMATS[form]
    assert found.pieces is not None
    pieces = found.pieces([long_list], "zh")
    assert len(next(pieces)) > 1_000, "something is sent before most rows are looked at"
    rest = list(pieces)
    assert len(rest) >= LINES // 500 - 1


@pytest.mark.parametrize("form", ["csv", "xlsx", "ods"])
def test_writing_a_long_file_takes_little_memory(form: str, long_list: Table) -> None:
    """As elements of a library's document the same took 40 to 180 MB."""
    FORMATS[form].render([table("a")], "zh")
    tracemalloc.start()
    try:
        pieces = FORMATS[form].pieces
        if pieces is None:
            FORMATS[form].render([long_list], "zh")
        else:
            sum(map(len, pieces([long_list], "zh")))  # each is sent, and forgotten
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 << 20


def test_a_character_that_no_typeface_has_is_told_by_its_code_and_place(
    pdf_pages: Callable[[bytes], list[str]],
) -> None:
    page = " ".join("".join(pdf_pages(FORMATS["pdf"].render([table("教育局", "王\U0010fffd明𠮷")], "zh"))).split())
    assert "王〔U+10FFFD〕明" in page
    assert "字型缺字，以字碼代之：〔U+10FFFD〕" in page and "第 2 列「=名稱」" in page
    assert page.count("字型缺字") == 1, "of those that a typeface has nothing is said"
    english = "".join(pdf_pages(FORMATS["pdf"].render([table("王\U0010fffc明")], "en")))
    assert "No typeface here has 〔U+10FFFC〕" in english and "row 1, =name" in english


@pytest.mark.parametrize("program", ["import os; os.abort()", "import time; time.sleep(60)"])
def test_what_is_too_long_for_a_pdf_is_said_and_ends_nothing_but_itself(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typst out of memory ends its process, as the first does."""
    (tmp_path / "typesetter.py").write_text(program)
    monkeypatch.setattr(typesetting, "_PROGRAM", tmp_path / "typesetter.py")
    monkeypatch.setattr(typesetting, "SECONDS_MAX", 1.0)
    with pytest.raises(ReportProblem, match="too long for a PDF: take ods, xlsx or csv"):
        FORMATS["pdf"].render([table("a")], "zh")


def test_papers_are_set_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "SECONDS_MAX", 0.1)
    with typesetting._TURN, pytest.raises(ReportProblem, match="try again in a minute"):
        FORMATS["pdf"].render([table("a")], "zh")


def test_whoever_would_wait_behind_many_is_turned_away_at_once() -> None:
    """Each that waits holds a thread of the page's."""
    places = 0
    while typesetting._PLACES.acquire(blocking=False):
        places += 1
    try:
        with pytest.raises(ReportProblem, match="try again in a minute"):
            FORMATS["pdf"].render([table("a")], "zh")
    finally:
        typesetting._PLACES.release(places)
    assert 2 <= places <= 10
