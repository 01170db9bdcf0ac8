"""`year`: what is drafted between two years, for people to review."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from budgetwatch.options import (
    AsOf,
    Data,
    FormatName,
    Lang,
    LanguageOption,
    More,
    Registry,
    Replay,
    Settings,
    Store,
    Unusable,
)
from budgetwatch.sources import books_of, judged_day, write_report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboards.reports.table import Table
    from ledger.books import AgencyYear
    from ledger.lacking import Lacking
    from streams.sources import OpenedBooks

app = typer.Typer()
years = typer.Typer(name="year", help="Draft what lies between two years; nothing is sent.", no_args_is_help=True)
app.add_typer(years)
Year = Annotated[int, typer.Argument(metavar="YEAR", min=1, max=999, help="ROC year; 114 is 2025.")]
Drafted = Annotated[
    str, typer.Option("-o", "--output", metavar="FILE", help="Where the drafted events go; - is stdout.")
]
Review = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A table of them to review, by its ending: ods, xlsx, csv or pdf."),
]


@years.command(
    "close",
    epilog="Example: `budgetwatch year close 114 --data DIR -o 115-applications.ndjson --review 115-applications.ods`",
)
def close(
    year: Year,
    out: Drafted,
    more: More = None,
    review: Review = None,
    booked_on: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="The day of the applications; else the day judged, at the earliest 1 January."
        ),
    ] = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    as_of: AsOf = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Draft applications to carry over: one for each debt, contract and advance that stands open in a year's books.

    What the next year's books know already is left out; what they know in another amount is told.
    """
    from dashboards.reports.year_end import draft_table
    from ledger.fiscal import first_day, last_day
    from ledger.year_end import drafts
    from producers.year_drafts import application_lines

    opened = books_of(more, replay, data, store, registry, as_of, settings, lang)
    day, following = judged_day(opened), year + 1
    own = _books_of_year(opened, year)
    found = [each for one in own for each in drafts(one, opened.books.find(following, one.agency))]
    applied_on = _day(booked_on) if booked_on else max(day, first_day(following))
    window = first_day(following), last_day(following + 1)
    if not window[0] <= applied_on <= window[1]:
        raise Unusable(f"--booked-on: an application into {following} is of {window[0]} to {window[1]}")
    table = draft_table(found, opened.names, opened.catalogue, following, applied_on, day)
    _write(opened, out, application_lines(found, applied_on), review, [table], lang)
    new = [each for each in found if each.match == "draft"]
    sys.stderr.write(
        f"{len(new):,} applications drafted, NT$ {sum(each.amount for each in new):,};"
        f" {len(found) - len(new):,} known already, {sum(each.match == 'differs' for each in found):,} of these in another amount;"
        f" {sum(each.exceeds for each in new):,} on lines with less left\n"
    )
    for each in found:
        if each.match == "differs":
            sys.stderr.write(
                f"{each.agency} {each.case}: NT$ {each.amount:,} stand open, {each.applied:,} applied for\n"
            )
    if day <= last_day(year):
        sys.stderr.write(f"note: fiscal year {year} is not over on {day}: draft again once its books are closed\n")


@years.command(
    "open",
    epilog="Example: `budgetwatch year open 115 --data DIR -o 115-openings.ndjson --review 115-openings.ods`",
)
def open_(
    year: Year,
    out: Drafted,
    more: More = None,
    review: Review = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    as_of: AsOf = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Draft what opens in a year: last year's debts, contracts and advances on the money approved for them.

    Says what the year's books lack: adoption, allotments, applications, decisions, reserves, last December's report.
    """
    from dashboards.reports.year_end import lacking_table, opening_table
    from ledger.lacking import lacking
    from ledger.year_end_sums import year_ends
    from producers.year_drafts import opening_lines

    opened = books_of(more, replay, data, store, registry, as_of, settings, lang)
    day = judged_day(opened)
    _books_of_year(opened, year - 1)  # refused where there are none
    ends = year_ends(opened.books, year - 1, lambda _: True)
    found = [each for end in ends.values() for each in end.openings]
    lacks = lacking(opened.books, year, ends, lambda _: True)
    made = [opening_table(found, opened.names, year, day), lacking_table(lacks, opened.names, year, day)]
    _write(opened, out, opening_lines(found, year), review, made, lang)
    ready = [each for each in found if each.amount]
    sys.stderr.write(
        f"{len(ready):,} openings drafted, NT$ {sum(each.amount for each in ready):,}; {len(lacks):,} things missing\n"
    )
    if review is None:
        sys.stderr.writelines(f"{line}\n" for line in _summed_up(lacks, lang))


def _summed_up(lacks: list[Lacking], lang: LanguageOption) -> Iterator[str]:
    """What is missing, a line each kind: how many agencies, how much."""
    from ledger.vocabulary import LACK

    for what, words in LACK.items():
        same = [each for each in lacks if each.what == what]
        amounts = [each.amount for each in same if each.amount is not None]
        if same:
            said = f": NT$ {sum(amounts):,}" if amounts else ""
            yield f"{words.text(lang.value)} ({len(same):,}){said}"


def _books_of_year(opened: OpenedBooks, year: int) -> list[AgencyYear]:
    found = opened.books.years.get(year, {})
    if not found:
        raise Unusable(f"the books hold nothing of fiscal year {year}")
    return [found[code] for code in sorted(found)]


def _day(text: str) -> str:
    from ledger.fiscal import parse_day

    try:
        return parse_day(text)
    except ValueError as error:
        raise Unusable(f"--booked-on: {error}") from None


def _write(
    opened: OpenedBooks,
    out: str,
    lines: Iterator[bytes],
    review: Path | None,
    tables: list[Table],
    lang: LanguageOption,
) -> None:
    """The events, then the table beside them."""
    from budgetwatch.files import check_apart, write_events

    name = "" if review is None else review.suffix.removeprefix(".").lower()
    if review is not None:
        if name not in ("ods", "xlsx", "csv", "pdf"):
            raise Unusable(f"--review {review}: its ending says the format: .ods, .xlsx, .csv or .pdf")
        check_apart((out, "the events"), (review, "the table"))
    write_events(out, lines, {})
    if review is not None:
        write_report(opened, tables, FormatName(name), str(review), lang)
