"""The front door: the `budgetwatch` command line, nothing else.

Exit codes: 0 done; 1 a check failed; 2 bad usage or unreadable input, told in one line; 3 refused to go on.
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

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
        typer.Option(metavar="DATE", envvar="BUDGETWATCH_AS_OF", help="Judge as of this day (2025-06-30 or 114/06/30)."),
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


def _day(text: str) -> str:
    from ledger.fiscal import parse_day

    try:
        return parse_day(text)
    except ValueError as error:
        raise Unusable(f"--as-of: {error}") from None


def _registry(path: Path):  # type: ignore[no-untyped-def]
    from ledger.registry import parse

    return parse(path.read_bytes(), str(path))


def main() -> NoReturn:
    """Run the command line; a user's mistake ends in one line and never in a traceback."""
    from alerts.catalogue import CatalogueProblem
    from ledger.registry import RegistryProblem
    from streams.files import UnreadableFile

    try:
        code = app(standalone_mode=False)
    except (typer.TyperException, RegistryProblem, UnreadableFile, CatalogueProblem) as error:
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
    sys.stderr.write(f"budgetwatch: {' '.join(message.split())}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
