"""The front door: the `budgetwatch` command line, nothing else.

Exit codes: 0 done; 1 a check failed; 2 bad usage or unreadable input, told in one line; 3 refused to go on.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ledger.registry import Registry as Register

app = typer.Typer(
    name="budgetwatch",
    help="Watch how a city's budget is executed: exact positions, dated rules of law, and the list of those who lag.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
)

Registry = Annotated[
    Path,
    typer.Option(
        "--registry", envvar="BUDGETWATCH_REGISTRY", help="The register of agencies, agencies.csv.", show_default=True
    ),
]


class Language(StrEnum):
    """The languages of what people read."""

    ZH = "zh"
    EN = "en"


class Unusable(typer.TyperException):
    """What was asked cannot be done; told in one line, exit 2."""


@app.command(
    epilog="Examples: `budgetwatch replay events.ndjson --registry agencies.csv` ·"
    " `budgetwatch replay 113.ndjson 114.ndjson --as-of 2025-06-30 --json` · `zcat year.gz | budgetwatch replay -`"
)
def replay(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Event files (NDJSON), in order; - is stdin.")],
    registry: Registry = Path("agencies.csv"),
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", envvar="BUDGETWATCH_AS_OF", help="Judge as of this day (2025-06-30 or 114/06/30)."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", envvar="BUDGETWATCH_JSON", help="Print one JSON object instead of the summary.")
    ] = False,
    lang: Annotated[Language, typer.Option(envvar="BUDGETWATCH_LANG", help="Language of the summary.")] = Language.ZH,
) -> None:
    """Fold event files and print every position, reserve, alert and the list of lagging authorities. Writes nothing."""
    import gc

    import msgspec

    from alerts.catalogue import load
    from dashboards.reports.progress import reading
    from dashboards.reports.replay_summary import print_summary
    from streams.files import EventFiles
    from streams.replay import fold, output

    gc.set_threshold(50_000, 50, 50)  # rows are never part of a cycle; collecting often only costs time
    day = None if as_of is None else _day(as_of)
    known = _registry(registry)
    catalogue = load()
    with EventFiles(files) as opened, reading(opened.size) as progress:
        replayed = fold(opened, known, catalogue, day, progress)
    if replayed.counts.read == 0:
        raise Unusable(f"{', '.join(files)}: no event in it; a file holds one JSON event a line")
    result = output(replayed, known, catalogue)
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
        sys.stdout.buffer.flush()
    else:
        print_summary(result, known, catalogue, lang.value)


@app.command(
    epilog="Example: `budgetwatch simulate --fiscal-year 114 --seed 1 --events 20000 -o events.ndjson --registry agencies.csv`"
)
def simulate(
    out: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Where the events go; - is stdout.")],
    fiscal_year: Annotated[int, typer.Option(envvar="BUDGETWATCH_FISCAL_YEAR", help="ROC year; 114 is 2025.")] = 114,
    seed: Annotated[int, typer.Option(envvar="BUDGETWATCH_SEED", help="Same seed, same bytes.")] = 1,
    events: Annotated[int, typer.Option(envvar="BUDGETWATCH_EVENTS", help="How many events.")] = 20_000,
    lines: Annotated[int | None, typer.Option(help="How many budget lines; by default they follow the events.")] = None,
    registry: Registry = Path("agencies.csv"),
) -> None:
    """Make a plausible year of events, mistakes included, for the synthetic city of 31 authorities.

    The agencies of the registry are used where the file exists; else the synthetic city's are written there.
    """
    from producers.simulator import registry_csv
    from producers.simulator import simulate as simulated

    if events < 1:
        raise Unusable(f"--events: {events}; give 1 or more")
    if not registry.exists():
        registry.write_text(registry_csv(), encoding="utf-8")
    is_synthetic = registry.read_text(encoding="utf-8-sig", errors="replace") == registry_csv()
    rows = None if is_synthetic else _registry_rows(registry)
    try:
        made = simulated(fiscal_year, seed, events, rows, lines)
        written = _write_lines(out, made)
    except ValueError as error:
        raise Unusable(str(error)) from None
    sys.stderr.write(f"{written:,} events for fiscal year {fiscal_year} -> {out}; agencies in {registry}\n")


@app.command(
    "import",
    epilog="Example: `budgetwatch import g0v-budget tw2019ap.csv -o events.ndjson --registry agencies.csv`",
)
def import_source(
    source_format: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT", help="g0v-budget, municipal-money-capital, municipal-money-operating or peer-scenarios."
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The source file (UTF-8 or Big5).")],
    out: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Where the events go; - is stdout.")],
    registry: Registry = Path("agencies.csv"),
) -> None:
    """Turn a real budget file into events, and say what could not be mapped.

    The agencies it names are written to the registry; where the file exists, those it lacks are added to it.
    """
    from producers.formats import FORMATS
    from producers.imported import ImportProblem

    read = FORMATS.get(source_format)
    if read is None:
        raise Unusable(f"unknown format {source_format}; one of {', '.join(FORMATS)}")
    try:
        imported = read(file)
    except ImportProblem as error:
        raise Unusable(str(error)) from None
    added = _add_agencies(registry, imported.registry)
    written = _write_lines(out, iter(imported.events))
    say = sys.stderr.write
    say(
        f"{file}: {imported.encoding}, {imported.rows_read:,} rows, {imported.rows_mapped:,} mapped -> {written:,} events in {out}\n"
    )
    say(f"{registry}: {added} agencies added\n")
    for sentence in imported.assumptions:
        say(f"assumed: {sentence}\n")
    for reason, number in imported.unmapped_by_reason().items():
        say(f"not mapped: {number:,} x {reason}\n")


def _write_lines(out: str, lines: Iterator[bytes]) -> int:
    """Write events to a file or standard output; returns how many."""
    written = 0
    with contextlib.nullcontext(sys.stdout.buffer) if out == "-" else open(out, "wb") as target:  # noqa: PTH123  # stdout too
        for line in lines:
            target.write(line)
            written += 1
        target.flush()
    return written


def _registry_rows(path: Path) -> list[dict[str, str]]:
    import msgspec

    return [msgspec.to_builtins(agency) for agency in _registry(path).agencies.values()]


def _add_agencies(path: Path, rows: Sequence[Mapping[str, str]]) -> int:
    """Write the registry, or add to it the agencies it lacks; returns how many."""
    import csv

    from ledger.registry import HEADER

    known = _registry_rows(path) if path.exists() else []
    codes = {row["code"] for row in known}
    new = [row for row in rows if row["code"] not in codes]
    if new or not path.exists():
        with path.open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, HEADER, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows([*known, *new])
    return len(new)


def _day(text: str) -> str:
    from ledger.fiscal import parse_day

    try:
        return parse_day(text)
    except ValueError as error:
        raise Unusable(f"--as-of: {error}") from None


def _registry(path: Path) -> Register:
    from ledger.registry import parse

    return parse(path.read_bytes(), str(path))


def main() -> NoReturn:
    """Run the command line; a user's mistake ends in one line and never in a traceback."""
    from alerts.catalogue import CatalogueProblem
    from ledger.registry import RegistryProblem
    from streams.files import UnreadableFile

    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        _fail(error.format_message(), 2)
    except (RegistryProblem, UnreadableFile, CatalogueProblem) as error:
        _fail(str(error), 2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _fail(f"{error.filename or 'input'}: {error.strerror or error}", 2)
    except (KeyboardInterrupt, typer.Abort):
        _fail("stopped", 130)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> NoReturn:
    if message.strip():  # without a command the help has been printed and there is nothing to add
        sys.stderr.write(f"budgetwatch: {' '.join(message.split())}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
