"""The `budgetwatch` command: its groups put together, and how it ends.

Exit codes: 0 done; 1 a check failed; 2 bad usage or unreadable input, told in one line; 3 refused to go on.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from typing import NoReturn

import typer

from budgetwatch import (
    boards,
    files,
    half_years,
    importing,
    naming,
    people,
    questions,
    rebuilding,
    running,
    switching,
    tokens,
    topics,
    trail,
    upkeep,
    year_ends,
)
from budgetwatch.options import RefusedCommand

app = typer.Typer(
    name="budgetwatch",
    help="Watch how a city's budget is executed: exact positions, dated rules of law, and the list of those who lag.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
)
for group in (files, questions, year_ends, naming, running, upkeep, rebuilding, topics, people, tokens, trail):
    app.add_typer(group.app)
questions.reports.command("half-year", epilog=half_years.EXAMPLES)(half_years.report_half_year)
app.add_typer(importing.app, name="import")
app.add_typer(boards.app, name="dashboards")
app.add_typer(switching.app, name="notices")


def main() -> NoReturn:
    """Run the command line; a user's mistake ends in one line and never in a traceback."""
    from alerts.yaml_files import CatalogueProblem
    from ledger.names import NamesProblem
    from ledger.registry import RegistryProblem
    from streams.errors import StoreError
    from streams.files import UnreadableFile
    from streams.settings import SettingsProblem

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no Chinese is no reason to stop
    gc.set_threshold(50_000, 50, 50)  # rows are never part of a cycle; looking for one often only costs time
    try:
        code = app(standalone_mode=False)
    except RefusedCommand as error:
        _fail(error.format_message(), 3)
    except typer.TyperException as error:
        _fail(error.format_message(), 2)
    except StoreError as error:
        _fail(str(error), 3)
    except (RegistryProblem, NamesProblem, SettingsProblem, UnreadableFile, CatalogueProblem) as error:
        _fail(str(error), 2)
    except BrokenPipeError:
        _give_up_output()
        sys.exit(0)
    except OSError as error:
        if error.filename in (None, "standard output"):
            _give_up_output()
        _fail(f"{error.filename or 'standard output'}: {error.strerror or error}", 2)
    except (KeyboardInterrupt, typer.Abort):
        _fail("stopped", 130)
    sys.exit(code if isinstance(code, int) else 0)


def _give_up_output() -> None:
    """Let go of what standard output still holds: nobody takes it, and writing it at the end would fail again."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int) -> NoReturn:
    if message.strip():  # without a command the help has been printed and there is nothing to add
        sys.stderr.write(f"budgetwatch: {' '.join(message.split())}\n")
    sys.exit(code)
