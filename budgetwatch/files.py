"""Event files without a monitor: `replay`, `simulate`."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer

from budgetwatch.options import AsJson, LanguageOption, Registry, Settings, Unusable
from budgetwatch.sources import day_of, registry_of, registry_rows

app = typer.Typer()


@app.command(
    epilog="Examples: `budgetwatch replay events.ndjson --registry agencies.csv` ·"
    " `budgetwatch replay 113.ndjson 114.ndjson --as-of 2025-06-30 --json` · `zcat year.gz | budgetwatch replay -`"
)
def replay(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Event files (NDJSON), in order; - is stdin.")],
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", envvar="BUDGETWATCH_AS_OF", help="Judge as of this day (2025-06-30 or 114/06/30)."
        ),
    ] = None,
    as_json: AsJson = False,
    lang: Annotated[
        LanguageOption, typer.Option(envvar="BUDGETWATCH_LANG", help="Language of the summary.")
    ] = LanguageOption.ZH,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="How many processes fold; by default as many as processors, from 200,000 events on."),
    ] = None,
) -> None:
    """Fold event files and print every position, reserve, alert and the list of lagging authorities. Writes nothing."""
    import msgspec

    from alerts.catalogue import load
    from dashboards.reports.progress import reading
    from producers.output_file import replacing
    from streams.files import EventFiles
    from streams.replay import fold, output
    from streams.replay_jobs import JobLost, ReplayShare, fold_in_jobs, jobs_for
    from streams.settings import read_names

    day = None if as_of is None else day_of(as_of)
    known = registry_of(registry)
    catalogue, names = load(settings=settings), read_names(known, settings)
    with EventFiles(files) as opened, reading(opened.size) as progress:
        wanted = jobs_for(opened, len(os.sched_getaffinity(0))) if jobs is None else jobs
        if wanted == 1 or "-" in files:
            replayed = fold(opened, known, catalogue, day, progress)
        else:
            try:
                replayed = fold_in_jobs(
                    opened, ReplayShare(files, known, settings, day, 0, wanted), catalogue, progress
                )
            except JobLost as lost:
                raise Unusable(str(lost)) from None
    if replayed.counts.read == 0:
        raise Unusable(f"{', '.join(files)}: no event in it; a file holds one JSON event a line")
    with replacing("-") as target:
        if as_json:
            target.write(msgspec.json.encode(output(replayed, known, catalogue, names)) + b"\n")
        else:
            from dashboards.reports.replay_summary import print_summary

            print_summary(replayed, names, catalogue, lang.value)


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
    check_apart((out, "the output"), (registry, "the registry"))
    is_new = not registry.exists()
    is_synthetic = is_new or registry.read_text(encoding="utf-8-sig", errors="replace") == registry_csv()
    rows = None if is_synthetic else registry_rows(registry)
    try:
        made = simulated(fiscal_year, seed, events, rows, lines)
        written = write_events(out, made, {registry: registry_csv().encode() if is_new else None})
    except ValueError as error:
        raise Unusable(str(error)) from None
    sys.stderr.write(f"{written:,} events for fiscal year {fiscal_year} -> {out}; agencies in {registry}\n")
    if is_new:
        sys.stderr.write(f"{registry}: there was no such file; the synthetic city's agencies were written to it\n")


def write_events(out: str, lines: Iterator[bytes], beside: Mapping[Path, bytes | None]) -> int:
    """Write events, then the files beside them that are new or longer (None: left as they are); returns how many events."""
    from producers.output_file import replacing

    with contextlib.ExitStack() as stack:
        for path, content in beside.items():
            if content is not None:
                stack.enter_context(replacing(str(path))).write(content)  # in its place once the events are in theirs
        written = 0
        with replacing(out) as target:
            for line in lines:
                target.write(line)
                written += 1
    return written


def check_apart(*named: tuple[str | Path, str]) -> None:
    """Refuse to write over what is read, or two things into one file."""
    from itertools import combinations

    from producers.output_file import same_file

    for (one, what), (other, also) in combinations(named, 2):
        if "-" not in (one, other) and same_file(one, other):
            raise Unusable(f"{one}: {what} and {also} are one file; name another")
