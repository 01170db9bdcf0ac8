"""`report half-year`: 30 June as it was frozen, or as the books would have it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from budgetwatch.options import (
    Data,
    FormatName,
    Lang,
    LanguageOption,
    More,
    Out,
    Registry,
    Replay,
    ReportFormat,
    Settings,
    Store,
    Unit,
    Unusable,
)
from budgetwatch.sources import books_of, in_unit, opened_store, registry_of, write_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboards.reports.table import Table
    from ledger.names import Names
    from streams.store import Store as OpenStore


EXAMPLES: Final = (
    "Examples: `budgetwatch report half-year 114 --data DIR --format ods -o half-year.ods` ·"
    " `budgetwatch report half-year 114 --data DIR --freeze`"
)


def report_half_year(
    year: Annotated[int, typer.Argument(metavar="YEAR", min=1, max=999, help="ROC year; 114 is 2025.")],
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    freeze: Annotated[
        bool, typer.Option("--freeze", help="Freeze it in your name: kept with its digest, on the audit trail.")
    ] = False,
    anew: Annotated[bool, typer.Option("--again", help="Freeze a year once more that is frozen.")] = False,
    format_: ReportFormat = FormatName.TABLE,
    unit: Unit = None,
    out: Out = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Report a year on 30 June: by authority and agency beside last year's, against June's reports, what came late.

    What is frozen is shown as it was frozen; else the log is folded up to that day, and nothing is kept.
    """
    if replay:
        if freeze:
            raise Unusable("--freeze keeps what a store holds: name it, --data DIR or --store URL")
        made, names = _of_files(more, replay, registry, settings, lang, year)
    else:
        with _opened(data, store, registry, settings, writing=freeze) as (opened, names):
            if freeze:
                _freeze(opened, names, year, anew=anew)
            made = _of_store(opened, names, year)
    write_tables(in_unit(made, unit, names.city, format_), format_, out, lang)


def _of_files(
    more: list[str] | None, replay: list[str], registry: Path, settings: Path | None, lang: LanguageOption, year: int
) -> tuple[list[Table], Names]:
    from dashboards.reports.half_year_report import tables
    from ledger.half_year import figures_on, half_year_end, settled

    before = books_of(more, replay, None, None, registry, half_year_end(year - 1), settings, lang)
    now = books_of(more, replay, None, None, registry, half_year_end(year), settings, lang)
    found = settled(now.books, year, figures_on(before.books, year - 1))
    _check(found.figures, year)
    return tables(found, now.names), now.names


def _of_store(opened: OpenStore, names: Names, year: int) -> list[Table]:
    from dashboards.reports.half_year_report import frozen_words, tables
    from dashboards.reports.table import marked
    from streams.log.day_books import LateBookings
    from streams.people.half_year_acts import newest_half_year, settle_half_year

    kept = newest_half_year(opened, year)
    if kept is None:
        found = settle_half_year(opened, names.registry, year)
        _check(found.figures, year)
        made = tables(found, names)
    else:
        found = kept.settlement
        late = LateBookings(opened).of(kept.n, found.places, year, found.as_of)
        made = tables(found, names, late, frozen_words(kept))
    return marked(made) if opened.manifest().get("demonstration") == "yes" else made


def _freeze(opened: OpenStore, names: Names, year: int, *, anew: bool) -> None:
    import getpass

    from streams.people.half_year_acts import freeze_half_year
    from streams.people.person import LOCAL, Person, RefusedAct
    from streams.taipei import today

    person = Person(getpass.getuser(), (LOCAL,), "command line")
    try:
        made = freeze_half_year(opened, names.registry, year, person, today(), anew=anew)
    except RefusedAct as refused:
        raise Unusable(f"{refused}{'; --again' if refused.code == 'half-year-again' else ''}") from None
    sys.stderr.write(f"fiscal year {year} is frozen as of {made.as_of}: {made.digest}\n")


def _check(figures: object, year: int) -> None:
    if not figures:
        raise Unusable(f"the books hold nothing of fiscal year {year} up to its 30 June")


@contextmanager
def _opened(
    data: Path | None, url: str | None, registry: Path, settings: Path | None, *, writing: bool
) -> Iterator[tuple[OpenStore, Names]]:
    """A store with the names of what it holds; only read unless somebody freezes."""
    from streams.folder import Folder
    from streams.settings import read_names

    if url is None:
        folder = Folder(data or Path("data"))
        names = read_names(folder.read_registry()[0], settings or folder.path)
    else:
        names = read_names(registry_of(registry, url), settings)
    with opened_store(data, url, read_only=not writing) as opened:
        yield opened, names
