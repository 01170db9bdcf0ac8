"""What people are told: `notices preview`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from budgetwatch.options import (
    AsOf,
    Data,
    Lang,
    LanguageOption,
    More,
    Out,
    Registry,
    Replay,
    Settings,
    Store,
    Unusable,
)
from budgetwatch.sources import books_of, judged_day

if TYPE_CHECKING:
    from alerts.letters.notice import Notice
    from streams.sources import OpenedBooks

app = typer.Typer(help="What agencies and the office are told.", no_args_is_help=True)
_LEAST_OF_ID: Final = 6


class NoticeFormat(StrEnum):
    """The forms of a notice."""

    TEXT = "text"
    HTML = "html"
    EML = "eml"
    ODT = "odt"
    PDF = "pdf"


@app.command(
    epilog="Examples: `budgetwatch notices preview 9f3c1a --data DIR` ·"
    " `budgetwatch notices preview 9f3c1a --data DIR --format odt -o letter.odt`"
)
def preview(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="An unfinished alert's id, or how it begins.")],
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    as_of: AsOf = None,
    format_: Annotated[NoticeFormat, typer.Option("--format", help="The form.")] = NoticeFormat.TEXT,
    out: Out = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Show what would be said of an alert: as mail (text, html, eml) or as an official letter (odt, pdf). Sends nothing."""
    from producers.output_file import replacing

    opened = books_of(more, replay, data, store, registry, as_of, settings, lang)
    notice = _notice(opened, alert, lang)
    with replacing("-" if out is None else out) as target:
        target.write(_in_form(notice, format_, opened.trail_head))


def _notice(opened: OpenedBooks, asked: str, lang: LanguageOption) -> Notice:
    """The notice of the one alert that is meant; the other open matters of its recipient go into the annex."""
    from alerts.letters.compose import Happening, compose, recipient_for
    from alerts.subjects import alert_id

    if len(asked) < _LEAST_OF_ID:
        raise Unusable(f"{asked}: too short for an alert's id; write {_LEAST_OF_ID} characters of it or more")
    found = [each for each in opened.alerts if alert_id(each).startswith(asked)]
    if len(found) != 1:
        reason = f"{len(found)} alerts begin so; write more of the id" if found else "no unfinished alert has this id"
        raise Unusable(f"{asked}: {reason}")
    (one,) = found
    recipient = recipient_for(opened.names, one)
    besides = [
        Happening(each, "opened")
        for each in opened.alerts
        if each is not one and recipient_for(opened.names, each) == recipient
    ]
    return compose(
        [Happening(one, "opened")],
        recipient,
        opened.catalogue,
        opened.names,
        day=judged_day(opened),
        language=lang.value,
        besides=besides,
        demonstration=opened.demonstration,
    )


def _in_form(notice: Notice, format_: NoticeFormat, head: tuple[int, str] | None) -> bytes:
    from dashboards.reports.table import head_words

    proof = "" if head is None else head_words(head).zh
    match format_:
        case NoticeFormat.TEXT:
            from alerts.letters.text import as_text, subject

            return f"{subject(notice)}\n\n{as_text(notice)}".encode()
        case NoticeFormat.HTML:
            from alerts.letters.html import as_html

            return as_html(notice).encode()
        case NoticeFormat.EML:
            from datetime import UTC, datetime

            from alerts.letters.mail import as_mail

            at = datetime.now(UTC).replace(microsecond=0)
            return as_mail(
                notice, sender="preview@budgetwatch.invalid", to="agency@budgetwatch.invalid", at=at
            ).as_bytes()
        case NoticeFormat.ODT:
            from alerts.letters.odt import as_odt

            return as_odt(notice, proof)
        case NoticeFormat.PDF:
            from alerts.letters.pdf import as_pdf
            from alerts.letters.typesetting import NotTypeset

            try:
                return as_pdf(notice, proof)
            except NotTypeset as problem:
                raise Unusable(str(problem)) from None
