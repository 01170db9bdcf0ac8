"""A notice in the form of an official letter (函), field by field, before it is set as ODT or PDF.

The form is Chinese in either language of the page: it is what goes to the document system. Number and date are left blank
for that system; 速別 stays empty, for a letter with a day due is a letter with a term (限期公文).
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec

from alerts.letters.notice import Matter, Notice
from alerts.letters.phrases import DEMONSTRATION, due_text, numeral
from alerts.letters.text import sentence
from alerts.rule import Wish
from alerts.vocabulary import NOTICE_KIND, SEVERITY, WISH
from ledger.fiscal import roc_day
from ledger.words import Words

ANNEX_COLUMNS: Final = ("項次", "科目", "事由", "依據", "應辦事項", "期限")
ANNEX: Final = "應辦事項一覽表"
BLANK_DATE: Final = "中華民國　　年　　月　　日"
BLANK_NUMBER: Final = "　　　字第　　　　　　　　號"
_WISHES: Final[tuple[Wish, ...]] = ("comply", "reply", "note")


class Paragraph(msgspec.Struct, frozen=True):
    """A numbered paragraph of a letter; below it lettered ones."""

    number: str
    text: str
    below: tuple[tuple[str, str], ...] = ()


class LetterPart(msgspec.Struct, frozen=True):
    """主旨, 說明 or 辦法: one text, or numbered paragraphs."""

    name: str
    text: str
    paragraphs: tuple[Paragraph, ...] = ()


class Letter(msgspec.Struct, frozen=True):
    """Everything that stands on the paper, in its order."""

    mark: str
    """Of a demonstration; else empty."""
    filing: tuple[tuple[str, str], ...]
    title: str
    head: tuple[tuple[str, str], ...]
    to: tuple[str, str]
    fields: tuple[tuple[str, str], ...]
    parts: tuple[LetterPart, ...]
    ends: tuple[tuple[str, str], ...]
    signature: str
    annex_title: str
    annex: tuple[tuple[str, ...], ...]
    proof: str = ""
    """In small print at the end: what of the record the letter rests on."""


def letter_of(notice: Notice, proof: str = "") -> Letter:
    """The official letter of a notice; `proof` stands at its end, in small print."""
    office = notice.office
    return Letter(
        mark=DEMONSTRATION.zh.strip() if notice.demonstration else "",
        filing=(("檔號", ""), ("保存年限", "")),
        title=f"{office.office.zh}　函",
        head=(
            ("機關地址", office.address),
            ("承辦人", ""),
            ("電話", office.telephone),
            ("傳真", ""),
            ("電子信箱", ""),
        ),
        to=("受文者", notice.recipient.name.zh),
        fields=(
            ("發文日期", BLANK_DATE),
            ("發文字號", BLANK_NUMBER),
            ("速別", ""),
            ("密等及解密條件或保密期限", ""),
            ("附件", f"如說明{numeral(_ANNEX_PARAGRAPH)}"),
        ),
        parts=(
            LetterPart("主旨", _purpose(notice)),
            LetterPart("說明", "", _explanation(notice)),
            LetterPart("辦法", "", _measures(notice)),
        ),
        ends=(("正本", notice.recipient.name.zh), ("副本", "、".join(each.zh for each in _copied(notice)))),
        signature="" if office.signatory is None else office.signatory.zh,
        annex_title=f"{notice.recipient.name.zh}{ANNEX}",
        annex=tuple(_annex_row(number, each) for number, each in enumerate(_listed(notice), start=1)),
        proof=proof,
    )


_ANNEX_PARAGRAPH: Final = 4


def _copied(notice: Notice) -> list[Words]:
    return [*notice.copies, notice.office.office]


def _listed(notice: Notice) -> tuple[Matter, ...]:
    """The agency's open matters: those of the notice, then the others."""
    return (*notice.matters, *notice.besides)


def _purpose(notice: Notice) -> str:
    """主旨: the matter, the purpose, the wish."""
    matters = notice.matters
    years = "、".join(str(year) for year in sorted({matter.fiscal_year for matter in matters}))
    titles = Counter(matter.title.zh for matter in matters)
    first = next(iter(titles))
    what = f"「{first}」" if len(titles) == 1 else f"「{first}」等"
    due = notice.due_on
    asked = "" if due is None else f"，請於{roc_day(due)}前惠復"
    wish = WISH[min((matter.wish for matter in matters), key=_WISHES.index)].zh if due is not None else WISH["note"].zh
    ended = "業已解除" if due is None and all(matter.kind == "resolved" for matter in matters) else "詳如說明"
    return f"貴機關{years}年度預算執行，經查有{what}{len(matters)}件，{ended}{asked}，{wish}。"


def _explanation(notice: Notice) -> tuple[Paragraph, ...]:
    """說明: what was found, what it rests on, by when to answer, what is enclosed."""
    matters = notice.matters
    found = tuple(
        (f"({numeral(n)})", f"{_heading(each)}：{each.message.zh}") for n, each in enumerate(matters, start=1)
    )
    cited = tuple(
        dict.fromkeys(f"{article.name.zh}：{article.asks.zh}。" for each in matters for article in each.articles)
    )
    rest = "、".join(dict.fromkeys(each.cited.zh for each in matters if not each.articles))
    grounds = [*cited, *([f"其他依據：{rest}。"] if rest else [])]
    due = notice.due_on
    deadline = (
        f"請於{due_text(due, 'zh')}前，將辦理情形函復本機關；逾期未復者，依規定催辦。"
        if due is not None
        else "本案無須函復。"
    )
    return (
        Paragraph("一", "查核情形如下：", found),
        Paragraph(
            "二",
            "依據（釋義摘要，非條文原文）：",
            tuple((f"({numeral(n)})", each) for n, each in enumerate(grounds, start=1)),
        ),
        Paragraph("三", deadline),
        Paragraph(numeral(_ANNEX_PARAGRAPH), f"檢附{ANNEX}1份。"),
    )


def _measures(notice: Notice) -> tuple[Paragraph, ...]:
    """辦法: what is asked of each matter, and what would settle it."""
    matters = notice.matters
    return tuple(
        Paragraph(numeral(number), f"{each.title.zh}：{sentence(each.ask, 'zh')}{each.settles.zh}")
        for number, each in enumerate(_by_rule(matters), start=1)
    )


def _by_rule(matters: tuple[Matter, ...]) -> list[Matter]:
    """One matter of each rule: what is asked is the same for all of a rule."""
    return list({matter.rule: matter for matter in reversed(matters)}.values())[::-1]


def _heading(matter: Matter) -> str:
    marks = SEVERITY[matter.severity].zh if matter.kind == "opened" else NOTICE_KIND[matter.kind].zh
    return f"{matter.title.zh}（{marks}）"


def _annex_row(number: int, matter: Matter) -> tuple[str, ...]:
    reason = f"{matter.title.zh}：" + "、".join(f"{each.name.zh}{each.value.zh}" for each in matter.figures)
    due = "" if matter.due_on is None else roc_day(matter.due_on)
    return (
        str(number),
        f"{matter.item.zh}\n{matter.code}",
        reason.rstrip("："),
        matter.cited.zh,
        sentence(matter.ask, "zh"),
        due,
    )
