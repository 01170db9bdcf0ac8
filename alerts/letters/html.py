"""A notice as an HTML mail: styles inline, light, readable from 320 px on, without images or anything from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.letters import phrases as p
from alerts.letters.notice import Notice
from alerts.letters.text import contact, entries, heading, opening, reply_lines, subject
from ledger.words import Language

_FILLS: Final = {
    "critical": ("#2B0719", "#FFFFFF"),
    "high": ("#832A05", "#FFFFFF"),
    "warn": ("#AA6600", "#FFFFFF"),
    "info": ("#D3E4F4", "#1A1A1A"),
}
"""A severity's fill and the text on it; the word stands there too."""
_ENVIRONMENT: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def as_html(notice: Notice) -> str:
    """The mail's HTML, a whole document."""
    language: Language = notice.language
    matters = [
        {
            "heading": heading(matter, language),
            "number": "" if len(notice.matters) == 1 else (f"{p.numeral(n)}、" if language == "zh" else f"{n}. "),
            "fill": _FILLS[matter.severity],
            "entries": [
                (name, lines, matter.page if lines == [matter.page] else None)
                for name, lines in entries(matter, language)
            ],
        }
        for n, matter in enumerate(notice.matters, start=1)
    ]
    return _ENVIRONMENT.get_template("notice.html").render(
        lang="zh-Hant-TW" if language == "zh" else "en",
        colon="：" if language == "zh" else ": ",
        title=subject(notice),
        mark=p.DEMONSTRATION.text(language).strip() if notice.demonstration else "",
        name=notice.recipient.name.text(language),
        opening=opening(notice),
        remarks=[remark.text(language) for remark in notice.remarks],
        matters=matters,
        how=p.HOW.text(language),
        answer=p.ANSWER_NOW.text(language),
        link=notice.link if notice.asks else None,
        reply=reply_lines(notice),
        contact=f"{p.CONTACT.text(language)}{'：' if language == 'zh' else ': '}{contact(notice)}",
        small=[p.ABOUT_BASIS.text(language), p.FORMAL.text(language)],
    )
