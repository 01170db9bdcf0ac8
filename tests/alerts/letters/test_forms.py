"""HTML, ODT and PDF of each rule's first breach: every field of the form in order, and nothing of a name becomes markup."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from odf.opendocument import load  # type: ignore[import-untyped]
from odf.teletype import extractText  # type: ignore[import-untyped]
from odf.text import P  # type: ignore[import-untyped]

from alerts.catalogue import Catalogue
from alerts.letters.compose import Happening, Pages, compose, recipient_of
from alerts.letters.html import as_html
from alerts.letters.letter import ANNEX_COLUMNS, letter_of
from alerts.letters.odt import as_odt
from alerts.letters.pdf import NoTypeface, as_pdf
from alerts.letters.typeface import SANS, first_present
from ledger.fiscal import roc_day
from ledger.names import Names
from streams.letters_page import sample
from tests.alerts.letters.test_notices import HOSTILE, OVER, RULES, hostile_names, notice_of
from tests.real_parts.postgres import missing

FIELDS = (
    "檔號：",
    "保存年限：",
    "函",
    "機關地址：",
    "承辦人：",
    "電話：",
    "傳真：",
    "電子信箱：",
    "受文者：",
    "發文日期：中華民國",
    "發文字號：",
    "速別：",
    "密等及解密條件或保密期限：",
    "附件：如說明四",
    "主旨：",
    "說明：",
    "一、查核情形如下：",
    "二、依據",
    "三、",
    "四、檢附應辦事項一覽表1份。",
    "辦法：",
    "正本：",
    "副本：",
    "處長",
    "應辦事項一覽表",
    *ANNEX_COLUMNS,
)
"""What stands on the paper, from the top."""


class Marked(HTMLParser):
    """What of an HTML document is markup, and what text."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: set[str] = set()
        self.text = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}

    def handle_data(self, data: str) -> None:
        self.text += data


def paper(odt: bytes) -> str:
    """The text of an ODT, a paragraph a line."""
    return "\n".join(extractText(each) for each in load(io.BytesIO(odt)).getElementsByType(P))


def stand_in_order(text: str, parts: tuple[str, ...]) -> None:
    at = 0
    for part in parts:
        found = text.find(part, at)
        assert found >= 0, f"{part} does not follow in {text[at:]}"
        at = found + len(part)


@pytest.mark.parametrize("slug", RULES)
def test_a_letter_has_every_field_in_its_order(slug: str, catalogue: Catalogue, city: Names) -> None:
    notice = sample(catalogue.rules[slug], catalogue, city, "zh")
    text = paper(as_odt(notice))
    stand_in_order(text, FIELDS)
    matter = notice.matters[0]
    assert f"受文者：{notice.recipient.name.zh}" in text and f"正本：{notice.recipient.name.zh}" in text
    assert matter.message.zh in text and matter.settles.zh in text and f"請{matter.ask.zh}。" in text
    explained = text[text.index("說明：") : text.index("辦法：")]
    assert notice.due_on is None or roc_day(notice.due_on) in explained
    assert re.search("發文字號：[　]+字第[　]+號", text), "the document system gives the number"
    assert "速別：\n" in text, "a letter with a term leaves it empty"


@pytest.mark.parametrize("slug", RULES)
def test_an_html_mail_says_the_same_and_loads_nothing(slug: str, catalogue: Catalogue, city: Names) -> None:
    notice = sample(catalogue.rules[slug], catalogue, city, "en")
    made = Marked(as_html(notice))
    matter = notice.matters[0]
    for part in (matter.message.en, matter.settles.en, f"{matter.ask.en}.", matter.code):
        assert part in made.text
    assert not {"img", "script", "link", "style", "iframe", "form"} & set(made.tags)
    allowed = {matter.page, notice.link, notice.desk} if notice.asks else {matter.page}
    assert made.links <= allowed


def test_the_copy_goes_to_the_authority_and_to_the_office(catalogue: Catalogue, city: Names) -> None:
    to = recipient_of(city, "agency", "020031")
    letter = letter_of(compose([Happening(OVER, "opened")], to, catalogue, city, day="2025-03-05"))
    assert letter.ends == (("正本", "人事處"), ("副本", "秘書處、高雄市政府主計處"))


def test_the_annex_lists_the_other_open_matters_too(catalogue: Catalogue, city: Names) -> None:
    other = msgspec.structs.replace(
        OVER, rule="held-funds-spent", evidence={"obligated": 3, "held": 1, "available": 2, "excess": 1}
    )
    to = recipient_of(city, "agency", "020011")
    notice = compose(
        [Happening(OVER, "opened")], to, catalogue, city, day="2025-03-05", besides=[Happening(other, "opened")]
    )
    rows = letter_of(notice).annex
    assert [row[0] for row in rows] == ["1", "2"] and "動用凍結" in rows[1][2]
    assert all(len(row) == len(ANNEX_COLUMNS) and row[-1] == "114年3月10日" for row in rows)


@settings(max_examples=40)
@given(HOSTILE)
def test_a_name_is_text_in_every_form(catalogue: Catalogue, name: str) -> None:
    notice, usual = notice_of(catalogue, hostile_names(name)), notice_of(catalogue, hostile_names("局"))
    assert Marked(as_html(notice)).tags == Marked(as_html(usual)).tags
    assert paper(as_odt(notice)).count("\n") == paper(as_odt(usual)).count("\n")


@pytest.fixture
def printing() -> None:
    """A Chinese typeface and Poppler; in CI a missing one is a failure."""
    if first_present(SANS) is None or shutil.which("pdftotext") is None:
        missing("a Chinese font (Debian's package fonts-noto-cjk) or pdftotext (poppler-utils)")


@pytest.mark.usefixtures("printing")
@pytest.mark.parametrize("slug", RULES)
def test_a_pdf_has_the_fields_in_their_order(slug: str, catalogue: Catalogue, city: Names, tmp_path: Path) -> None:
    made = tmp_path / "letter.pdf"
    made.write_bytes(as_pdf(sample(catalogue.rules[slug], catalogue, city, "zh")))
    read = subprocess.run(["pdftotext", "-layout", str(made), "-"], capture_output=True, text=True, check=True).stdout
    stand_in_order(re.sub(r"\s", "", read), tuple(field for field in FIELDS if field not in ANNEX_COLUMNS))


@pytest.mark.usefixtures("printing")
def test_what_a_letter_rests_on_stands_at_its_end(catalogue: Catalogue, city: Names, tmp_path: Path) -> None:
    notice, proof = notice_of(catalogue, city), "稽核鏈首 235:9f3ac01b77e2d415"
    assert paper(as_odt(notice, proof)).endswith(proof)
    made = tmp_path / "letter.pdf"
    made.write_bytes(as_pdf(notice, proof))
    read = subprocess.run(["pdftotext", "-layout", str(made), "-"], capture_output=True, text=True, check=True).stdout
    assert proof.replace(" ", "") in re.sub(r"\s", "", read)


@pytest.mark.usefixtures("printing")
@pytest.mark.parametrize("name", ['#set page(width: 1pt) $x$ \\ */ // "', "a\u202eb\u2028c", "局" * 128])
def test_a_name_is_no_typst(catalogue: Catalogue, name: str) -> None:
    assert as_pdf(notice_of(catalogue, hostile_names(name))).startswith(b"%PDF")


def test_without_a_typeface_it_says_what_to_install(
    catalogue: Catalogue, city: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.letters.pdf.first_present", lambda _: None)
    with pytest.raises(NoTypeface, match="install Debian's package fonts-noto-cjk"):
        as_pdf(notice_of(catalogue, city))


def test_the_link_is_in_the_mail_and_on_no_letter(catalogue: Catalogue, city: Names) -> None:
    to = recipient_of(city, "agency", "020011")
    pages = Pages("https://b.example", "https://b.example/answer/secret")
    notice = compose([Happening(OVER, "opened")], to, catalogue, city, day="2025-03-05", pages=pages)
    assert "/answer/secret" in as_html(notice)
    assert "secret" not in paper(as_odt(notice)) and "secret" not in str(letter_of(notice))
