"""The official letter (函) that asks an agency to put its monthly report right, with its findings as annex."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from alerts.letters.letter import ANNEX, BLANK_DATE, BLANK_NUMBER, Letter, LetterPart, Paragraph
from alerts.letters.phrases import DEMONSTRATION, numeral
from alerts.letters.plain import on_a_line
from ledger.city import City
from ledger.fiscal import roc_day

_ANNEX_PARAGRAPH: Final = 3


class FindingMatter(msgspec.Struct, frozen=True):
    """One finding as the letter tells it. Amounts are NT$."""

    item: str
    code: str
    kind: str
    reported: int
    expected: int
    due_on: str
    remark: str = ""


def finding_letter(
    city: City,
    recipient: str,
    fiscal_year: int,
    month: int,
    matters: Sequence[FindingMatter],
    proof: str = "",
    *,
    demonstration: bool = False,
) -> Letter:
    """The letter about one report; number and date are the document system's.

    Args:
        city: the office that writes.
        recipient: the agency's name.
        fiscal_year: ROC year.
        month: of the report.
        matters: what was found, at least one.
        proof: stands at the end, in small print.
        demonstration: whether the data are made up.
    """
    due, to = min(each.due_on for each in matters), on_a_line(recipient)
    found = tuple((f"({numeral(n)})", _found(each)) for n, each in enumerate(matters, start=1))
    return Letter(
        mark=DEMONSTRATION.zh.strip() if demonstration else "",
        filing=(("檔號", ""), ("保存年限", "")),
        title=f"{city.office.zh}　函",
        head=(
            ("機關地址", city.address),
            ("承辦人", ""),
            ("電話", city.telephone),
            ("傳真", ""),
            ("電子信箱", ""),
        ),
        to=("受文者", to),
        fields=(
            ("發文日期", BLANK_DATE),
            ("發文字號", BLANK_NUMBER),
            ("速別", ""),
            ("密等及解密條件或保密期限", ""),
            ("附件", f"如說明{numeral(_ANNEX_PARAGRAPH)}"),
        ),
        parts=(
            LetterPart(
                "主旨",
                f"貴機關{fiscal_year}年度{month}月份會計月報經抽核，計有應更正事項{len(matters)}項，請於{roc_day(due)}前更正惠復，請查照。",
            ),
            LetterPart(
                "說明",
                "",
                (
                    Paragraph("一", "抽核結果如下：", found),
                    Paragraph(
                        "二", "請查明原因，更正後重送月報（版次遞增），並於次月月報一併核對；同一事項再犯者，列入追蹤。"
                    ),
                    Paragraph(numeral(_ANNEX_PARAGRAPH), f"檢附{ANNEX}1份。"),
                ),
            ),
        ),
        ends=(("正本", to), ("副本", city.office.zh)),
        signature="" if city.signatory is None else f"{city.signatory.title.zh}　{city.signatory.name}".strip(),
        annex_title=f"{to}{ANNEX}",
        annex=tuple(_row(number, each) for number, each in enumerate(matters, start=1)),
        proof=proof,
    )


def _found(each: FindingMatter) -> str:
    said = f"{on_a_line(each.item)}：{each.kind}，月報數{each.reported:,}元，應為{each.expected:,}元。"
    return f"{said}{on_a_line(each.remark)}" if each.remark else said


def _row(number: int, each: FindingMatter) -> tuple[str, ...]:
    what = (
        f"{each.kind}：月報數{each.reported:,}元、應為{each.expected:,}元、差異{abs(each.reported - each.expected):,}元"
    )
    return (
        str(number),
        f"{on_a_line(each.item)}\n{each.code}",
        what,
        "會計月報",
        "查明更正，重送月報",
        roc_day(each.due_on),
    )
