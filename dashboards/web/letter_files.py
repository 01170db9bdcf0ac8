"""An official letter as a file: for the document system, or to look at."""

from __future__ import annotations

from typing import Any, Final

from litestar import Response

from alerts.letters.letter import Letter
from alerts.letters.odt import odt_of
from alerts.letters.pdf import pdf_of
from alerts.letters.typesetting import NotTypeset
from dashboards.reports.table import head_words
from dashboards.web.answer import headers, problem_text
from streams.people import trail
from streams.store import Store

_MEDIA: Final = {"odt": "application/vnd.oasis.opendocument.text", "pdf": "application/pdf"}


def proof_of(store: Store) -> str:
    """The head of the audit trail, as a letter tells it; empty where the trail has none."""
    newest = trail.head(store)
    return "" if newest is None else head_words(newest).zh


def letter_file(letter: Letter, form: str, name: str) -> Response[Any]:
    """A letter as ODT or PDF (`form`), named without its ending; a sentence where it cannot be typeset."""
    try:
        content = odt_of(letter) if form == "odt" else pdf_of(letter)
    except NotTypeset as problem:
        return problem_text(503, str(problem))
    disposition = f'attachment; filename="{name}.{form}"'
    return Response(content, media_type=_MEDIA[form], headers=headers() | {"Content-Disposition": disposition})
