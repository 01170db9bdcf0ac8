"""The official letter as an OpenDocument text, which the office's document system and word processors open."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

from odf import dc, meta, style, table, text  # type: ignore[import-untyped]
from odf.opendocument import OpenDocumentText  # type: ignore[import-untyped]
from odf.teletype import addTextToElement  # type: ignore[import-untyped]

from alerts.letters.letter import ANNEX_COLUMNS, Letter, LetterPart, letter_of
from alerts.letters.notice import Notice

_TYPEFACE: Final = "標楷體"
"""What letters are written in; a system without it takes its own."""
_PARAGRAPHS: Final[dict[str, tuple[dict[str, str], dict[str, str]]]] = {
    "mark": ({"textalign": "center"}, {"fontsize": "11pt", "fontweight": "bold"}),
    "filing": ({"marginleft": "12.5cm"}, {"fontsize": "10pt"}),
    "title": ({"textalign": "center", "margintop": "0.2cm", "marginbottom": "0.3cm"}, {"fontsize": "20pt"}),
    "head": ({"marginleft": "8.5cm"}, {"fontsize": "10pt"}),
    "to": ({"margintop": "0.4cm"}, {"fontsize": "16pt"}),
    "field": ({}, {"fontsize": "12pt"}),
    "part": ({"marginleft": "1.5cm", "textindent": "-1.5cm", "margintop": "0.3cm"}, {"fontsize": "14pt"}),
    "numbered": ({"marginleft": "1.5cm", "textindent": "-1cm", "margintop": "0.1cm"}, {"fontsize": "14pt"}),
    "lettered": ({"marginleft": "2.7cm", "textindent": "-1.2cm", "margintop": "0.1cm"}, {"fontsize": "14pt"}),
    "signature": ({"margintop": "0.8cm"}, {"fontsize": "20pt"}),
    "annex-title": ({"textalign": "center", "marginbottom": "0.3cm"}, {"fontsize": "15pt"}),
    "cell": ({}, {"fontsize": "10.5pt"}),
    "cell-middle": ({"textalign": "center"}, {"fontsize": "10.5pt"}),
    "cell-heading": ({"textalign": "center"}, {"fontsize": "10.5pt", "fontweight": "bold"}),
    "code": ({}, {"fontsize": "7.5pt"}),
}
"""Each style's paragraph and text."""
_WIDTHS_CM: Final = (1.2, 5.3, 6.4, 4.2, 6.3, 3.3)
_CODE_COLUMN: Final = 1


def as_odt(notice: Notice, proof: str = "") -> bytes:
    """The letter, and its annex on a page of its own, as one document; `proof` as for `letter_of`."""
    return odt_of(letter_of(notice, proof))


def odt_of(letter: Letter) -> bytes:
    """A letter as such a document."""
    document = OpenDocumentText()
    document.meta.addElement(meta.Generator(text="budgetwatch"))
    document.meta.addElement(dc.Title(text=letter.title))
    _add_styles(document)
    for name, each in _paragraphs(letter):
        document.text.addElement(_paragraph(each, name))
    document.text.addElement(_paragraph(letter.annex_title, "annex-title"))
    document.text.addElement(_annex(document, letter.annex))
    if letter.proof:
        document.text.addElement(_paragraph(letter.proof, "code"))
    target = io.BytesIO()
    document.write(target)
    return target.getvalue()


def _paragraphs(letter: Letter) -> list[tuple[str, str]]:
    """Each paragraph of the letter itself with its style, in order."""
    found = [("mark", letter.mark)] if letter.mark else []
    found += [("filing", _field(each)) for each in letter.filing]
    found.append(("title", letter.title))
    found += [("head", _field(each)) for each in letter.head]
    found.append(("to", _field(letter.to)))
    found += [("field", _field(each)) for each in letter.fields]
    for part in letter.parts:
        found += _part(part)
    found += [("field", _field(each)) for each in letter.ends]
    found.append(("signature", letter.signature))
    return found


def _part(part: LetterPart) -> list[tuple[str, str]]:
    found = [("part", f"{part.name}：{part.text}")]
    for paragraph in part.paragraphs:
        found.append(("numbered", f"{paragraph.number}、{paragraph.text}"))
        found += [("lettered", f"{number}{below}") for number, below in paragraph.below]
    return found


def _field(pair: tuple[str, str]) -> str:
    name, value = pair
    return f"{name}：{value}"


def _add_styles(document: Any) -> None:
    for name, width, height, way in (
        ("portrait", "21cm", "29.7cm", "portrait"),
        ("landscape", "29.7cm", "21cm", "landscape"),
    ):
        layout = style.PageLayout(name=f"{name}-layout")
        margins = {"margintop": "2cm", "marginbottom": "2cm"}
        margins |= (
            {"marginleft": "2.5cm", "marginright": "2.5cm"}
            if name == "portrait"
            else {"marginleft": "1.5cm", "marginright": "1.5cm"}
        )
        layout.addElement(
            style.PageLayoutProperties(pagewidth=width, pageheight=height, printorientation=way, **margins)
        )
        document.automaticstyles.addElement(layout)
        page = style.MasterPage(name="Standard" if name == "portrait" else "Annex", pagelayoutname=layout)
        document.masterstyles.addElement(page)
    for name, (of_paragraph, of_text) in _PARAGRAPHS.items():
        more = {"masterpagename": "Annex"} if name == "annex-title" else {}
        made = style.Style(name=name, family="paragraph", **more)
        made.addElement(style.ParagraphProperties(lineheight="120%", **of_paragraph))
        asian = {f"{key}asian": value for key, value in of_text.items()}
        made.addElement(style.TextProperties(fontfamily=_TYPEFACE, fontfamilyasian=_TYPEFACE, **of_text, **asian))
        document.styles.addElement(made)


def _annex(document: Any, rows: Sequence[tuple[str, ...]]) -> Any:
    made = table.Table(name="annex")
    for place, width in enumerate(_WIDTHS_CM):
        column = style.Style(name=f"annex-{place}", family="table-column")
        column.addElement(style.TableColumnProperties(columnwidth=f"{width}cm"))
        document.automaticstyles.addElement(column)
        made.addElement(table.TableColumn(stylename=column))
    framed = style.Style(name="annex-cell", family="table-cell")
    framed.addElement(style.TableCellProperties(border="0.5pt solid #000000", padding="0.1cm"))
    document.automaticstyles.addElement(framed)
    head = table.TableHeaderRows()  # repeated on every page
    head.addElement(_row([[(each, "cell-heading")] for each in ANNEX_COLUMNS], framed))
    made.addElement(head)
    for row in rows:
        made.addElement(_row([_lines(place, each) for place, each in enumerate(row)], framed))
    return made


def _lines(place: int, cell: str) -> list[tuple[str, str]]:
    if place == 0:
        return [(cell, "cell-middle")]
    if place == _CODE_COLUMN:
        name, code = cell.split("\n")
        return [(name, "cell"), (code, "code")]
    return [(cell, "cell")]


def _row(cells: Sequence[Sequence[tuple[str, str]]], framed: Any) -> Any:
    made = table.TableRow()
    for lines in cells:
        cell = table.TableCell(stylename=framed, valuetype="string")
        for line, name in lines:
            cell.addElement(_paragraph(line, name))
        made.addElement(cell)
    return made


def _paragraph(line: str, name: str) -> Any:
    paragraph = text.P(stylename=name)
    addTextToElement(paragraph, line)  # keeps spaces in a row, which XML would join
    return paragraph
