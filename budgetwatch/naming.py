"""Names of codes: `names check`."""

from __future__ import annotations

from pathlib import Path

import typer

from budgetwatch.options import (
    Data,
    FormatName,
    Lang,
    Language,
    More,
    Out,
    Registry,
    Replay,
    ReportFormat,
    Settings,
    Store,
)
from budgetwatch.sources import books_of, write_report

app = typer.Typer()
names = typer.Typer(no_args_is_help=True, help="What codes are called: accounts.csv, objects.csv, city.yaml.")
app.add_typer(names, name="names")


@names.command(
    "check", epilog="Examples: `budgetwatch names check --data DIR` · `budgetwatch names check --replay 114.ndjson`"
)
def check(
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    format_: ReportFormat = FormatName.TABLE,
    out: Out = None,
    lang: Lang = Language.ZH,
) -> int:
    """List what the books use and nothing names, and years that the calendar does not know. Writes nothing.

    Exit 0: everything is named; 1: something is not.
    """
    from dashboards.reports.names_check import tables

    opened = books_of(more, replay, data, store, registry, None, settings, lang)
    made = tables(opened.books, opened.names, opened.catalogue.calendar)
    write_report(opened, made, format_, out, lang)
    return 1 if any(table.rows for table in made) else 0
