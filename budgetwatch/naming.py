"""Names of codes: `names check`, `names take`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    Unusable,
)
from budgetwatch.sources import books_of, write_report

if TYPE_CHECKING:
    from producers.tables.name_lists import MergedNames

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
    lang: Lang = LanguageOption.ZH,
) -> int:
    """List what the books use and nothing names, and years that the calendar does not know. Writes nothing.

    Exit 0: everything is named; 1: something is not.
    """
    from dashboards.reports.names_check import tables

    opened = books_of(more, replay, data, store, registry, None, settings, lang)
    made = tables(opened.books, opened.names, opened.catalogue.calendar)
    write_report(opened, made, format_, out, lang)
    return 1 if any(table.rows for table in made) else 0


class ListName(StrEnum):
    """What a list names."""

    AGENCIES = "agencies"
    OBJECTS = "objects"
    ACCOUNTS = "accounts"


_SHOWN = 20


def sentences_of(found: MergedNames, target: Path, *, replace: bool = False) -> Iterator[str]:
    """What names would change in a file, a line each."""
    for row in found.added[:_SHOWN]:
        yield f"+ {' '.join(value for value in row.values() if value)}"
    if len(found.added) > _SHOWN:
        yield f"+ … and {len(found.added) - _SHOWN:,} more"
    for was, now in found.changed[:_SHOWN]:
        differ = "; ".join(f"{name} {was.get(name) or '–'} → {now[name]}" for name in now if was.get(name) != now[name])
        yield f"{'~' if replace else '!'} {next(iter(now.values()))}: {differ}"
    left = "" if replace or not found.changed else " (they stay as they are; `names take --replace` changes them)"
    yield f"{target}: {len(found.added):,} new, {len(found.changed):,} named otherwise{left}, {found.kept:,} the same"


@names.command(
    "take",
    epilog="Examples: `budgetwatch names take agencies 機關名冊.xlsx --into data/agencies.csv` ·"
    " `budgetwatch names take objects 用途別.csv --into data/objects.csv --yes`",
)
def take(
    kind: Annotated[ListName, typer.Argument(metavar="KIND", help="agencies, objects or accounts.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The list: csv, xlsx, xls, ods.")],
    into: Annotated[
        Path | None, typer.Option("--into", metavar="FILE", help="Where names go; KIND.csv unless told.")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", metavar="NAME", help="Of a workbook with several.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Change names that the file has otherwise, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
) -> None:
    """Take names from a list as an office keeps it; what would change is shown first, and asked about."""
    from producers.imported import ImportProblem
    from producers.output_file import replacing
    from producers.tables.name_lists import merge, rows_in
    from producers.tables.sheet import read_sheet

    target = into if into is not None else Path(f"{kind.value}.csv")
    before = target.read_bytes() if target.exists() else None
    try:
        found = merge(before, rows_in(read_sheet(file, sheet), kind.value), kind.value, str(target), replace=replace)
    except ImportProblem as error:
        raise Unusable(str(error)) from None
    sys.stdout.writelines(f"{sentence}\n" for sentence in sentences_of(found, target, replace=replace))
    if not found.added and not (replace and found.changed):
        return
    if not yes and not (sys.stdin.isatty() and typer.confirm("Write them?")):
        raise Unusable("nothing was written; --yes takes them")
    with replacing(str(target)) as out:
        out.write(found.content)
