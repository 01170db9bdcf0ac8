"""Questions to the books: `check`, `lagging`, `report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from budgetwatch.options import (
    AsJson,
    AsOf,
    Data,
    FiscalYear,
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
from budgetwatch.sources import books_of, event_in, judged_day, opened_store, write_report

app = typer.Typer()
reports = typer.Typer(
    name="report", help="Report on one agency, on the reserves, or on carry-over.", no_args_is_help=True
)
app.add_typer(reports)


@app.command(
    epilog="Examples: `budgetwatch check payment.json --data DIR` · `budgetwatch check - --replay 114.ndjson --json`"
)
def check(
    event: Annotated[str, typer.Argument(metavar="EVENT.json", help="One event; its id may be left out. - is stdin.")],
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    as_of: AsOf = None,
    as_json: AsJson = False,
    lang: Lang = LanguageOption.ZH,
) -> int:
    """Ask "may I spend this?": what would come of an event, what is left, and what would free it. Records nothing.

    Exit 0: allowed, or warned; 1: blocked.
    """
    import msgspec

    from alerts.check import checked
    from alerts.engine import Engine
    from producers.kafka.wire import year_of
    from producers.output_file import replacing

    if event == "-" and "-" in (replay or ()):
        raise Unusable("-: standard input cannot be both the event and its books")
    line = event_in(event)
    opened = books_of(more, replay, data, store, registry, as_of, settings, lang, agency=(year_of(line) or (0, ""))[1])
    catalogue = opened.catalogue
    found = checked(
        line, opened.books, opened.registry.agencies, Engine(catalogue), catalogue, opened.as_of, opened.names
    )
    with replacing("-") as target:
        if as_json:
            target.write(msgspec.json.encode(found.verdict) + b"\n")
        else:
            from dashboards.reports.check_summary import print_verdict

            print_verdict(found, catalogue, opened.names, lang.value)
    return 1 if found.verdict.verdict == "blocked" else 0


@app.command(
    epilog="Examples: `budgetwatch lagging --data DIR` ·"
    " `budgetwatch lagging --replay 114.ndjson --as-of 114/06/30 --format pdf -o lagging.pdf`"
)
def lagging(
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    as_of: AsOf = None,
    format_: ReportFormat = FormatName.TABLE,
    unit: Unit = None,
    out: Out = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """List the authorities whose predicted capital execution lags, as for the mayor's meeting. Writes nothing."""
    from dashboards.reports.lagging_changes import earlier_lists
    from dashboards.reports.lagging_list import tables

    opened = books_of(more, replay, data, store, registry, as_of, settings, lang, only="capital")
    day = judged_day(opened)
    earlier = earlier_lists(opened.presented, day) or None
    reasons = opened.reasons if opened.of_store else None
    made = tables(opened.alerts, opened.books, opened.names, opened.catalogue, day, earlier, reasons)
    write_report(opened, made, format_, out, lang, unit)


@reports.command(
    "agency",
    epilog="Example: `budgetwatch report agency 020011 --data DIR --format xlsx -o 020011.xlsx`",
)
def report_agency(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The agency's code in the register.")],
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    as_of: AsOf = None,
    fiscal_year: FiscalYear = None,
    format_: ReportFormat = FormatName.TABLE,
    unit: Unit = None,
    out: Out = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Report an agency's figures and rates with their formulas, its lines, and the alerts that stand against it."""
    from dashboards.reports.agency_report import tables
    from dashboards.reports.table import ReportProblem

    opened = books_of(more, replay, data, store, registry, as_of, settings, lang, agency=code)
    day = judged_day(opened)
    try:
        made = tables(code, opened.alerts, opened.books, opened.names, opened.catalogue, day, fiscal_year)
    except ReportProblem as error:
        raise Unusable(str(error)) from None
    write_report(opened, made, format_, out, lang, unit)


@reports.command("reserve", epilog="Example: `budgetwatch report reserve --data DIR --lang en`")
def report_reserve(
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    as_of: AsOf = None,
    fiscal_year: FiscalYear = None,
    format_: ReportFormat = FormatName.TABLE,
    unit: Unit = None,
    out: Out = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Report what each reserve holds and has given, and every case that drew on it."""
    from dashboards.reports.reserve_report import tables

    opened = books_of(more, replay, data, store, registry, as_of, settings, lang, only="reserves")
    made = tables(opened.books, opened.names, opened.catalogue, judged_day(opened), fiscal_year)
    write_report(opened, made, format_, out, lang, unit)


@reports.command(
    "carryover", epilog="Example: `budgetwatch report carryover --data DIR --fiscal-year 115 --format ods -o 115.ods`"
)
def report_carryover(
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    as_of: AsOf = None,
    fiscal_year: FiscalYear = None,
    format_: ReportFormat = FormatName.TABLE,
    unit: Unit = None,
    out: Out = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Report carry-over into a year: review by authority, applications, decisions, its age, and what lapses."""
    from dashboards.reports.carryover_report import tables

    opened = books_of(more, replay, data, store, registry, as_of, settings, lang)
    made = tables(opened.books, opened.names, opened.catalogue, judged_day(opened), fiscal_year)
    write_report(opened, made, format_, out, lang, unit)


@reports.command(
    "monthly",
    epilog="Examples: `budgetwatch report monthly --data DIR --fiscal-year 114 --month 5` ·"
    " `… report monthly --data DIR --fiscal-year 114 --half 1 --format pdf -o half.pdf`",
)
def report_monthly(
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    as_of: AsOf = None,
    fiscal_year: FiscalYear = None,
    month: Annotated[
        int | None, typer.Option(min=1, max=12, help="Of which month; else the one before today's.")
    ] = None,
    half: Annotated[int | None, typer.Option(min=1, max=2, help="The summary of a half-year instead.")] = None,
    format_: ReportFormat = FormatName.TABLE,
    out: Out = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Report which monthly reports came, what they differ in, which were sampled, and what became of findings."""
    from dashboards.reports.monthly_report import month_asked, monthly_tables
    from ledger.fiscal import ROC_OFFSET
    from streams.people.report_findings import kept_of_year

    opened = books_of(None, None, data, store, registry, as_of, settings, lang)
    day = judged_day(opened)
    year = fiscal_year if fiscal_year is not None else int(day[:4]) - ROC_OFFSET
    asked = month or month_asked(day, year)
    with opened_store(data, store, read_only=True) as looked_at:
        kept = kept_of_year(looked_at, year, () if half else (asked - 1, asked))
    made = monthly_tables(opened.books, kept, opened.names, opened.catalogue, day, year, month, half)
    write_report(opened, made, format_, out, lang)
