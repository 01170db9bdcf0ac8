"""`import`: published budget files, a city's own tables, and which mapping a table wants."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from budgetwatch import table_mappings
from budgetwatch.comparing import compared
from budgetwatch.files import check_apart, write_events
from budgetwatch.options import Data, Registry, Unusable
from budgetwatch.table_mappings import SheetName
from producers.importers import format_names

if TYPE_CHECKING:
    from typer._click.core import Command, Context

    from producers.imported import Imported


class FormatGroup(TyperGroup):
    """Names the formats where one is asked for that there is not."""

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """A format's command."""
        found = super().get_command(ctx, cmd_name)
        if found is None:
            ctx.fail(f"unknown format {cmd_name}; one of {', '.join(self.commands)}")
        return found


app = typer.Typer(
    cls=FormatGroup,
    help="Turn files into events: published budgets, and a city's own tables.",
    no_args_is_help=True,
    epilog="Examples: `budgetwatch import g0v-budget tw2019ap.csv -o events.ndjson` ·"
    " `budgetwatch import table 分配檔.csv --mapping allotments-cba -o 114.ndjson`",
)
app.add_typer(table_mappings.app)
Out = Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Where the events go; - is stdout.")]
Accounts = Annotated[
    Path | None,
    typer.Option(
        envvar="BUDGETWATCH_ACCOUNTS",
        help="Names of work plans, accounts.csv; else beside the register.",
        show_default=False,
    ),
]


def _published(name: str) -> None:
    """Make the command of a published format."""

    @app.command(name, epilog=f"Example: `budgetwatch import {name} FILE -o events.ndjson --registry agencies.csv`")
    def import_published(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="The source file (UTF-8 or Big5).")],
        out: Out,
        registry: Registry = Path("agencies.csv"),
        accounts: Accounts = None,
    ) -> None:
        """Turn a published budget file into events, and say what could not be mapped.

        The agencies it names are written to the registry, the work plans to accounts.csv; where a file exists, what it
        lacks is added to it. Both are written after the events, and nothing if anything is wrong.
        """
        from producers.imported import ImportProblem
        from producers.importers import reader_of

        read = reader_of(name)
        if read is None:
            raise Unusable(f"unknown format {name}")
        check_apart((out, "the output"), (file, "the source"), (registry, "the registry"))
        try:
            imported = read(file)
        except ImportProblem as error:
            raise Unusable(str(error)) from None
        _take(imported, imported.events, file, out, registry, accounts)


for _name in format_names():
    _published(_name)


def _take(imported: Imported, events: list[bytes], file: Path, out: str, registry: Path, accounts: Path | None) -> None:
    """Write events, and the names that the register and accounts.csv lack."""
    from producers.city_names import with_accounts
    from producers.registry_file import with_agencies

    before = registry.read_bytes() if registry.exists() else None
    register, added = with_agencies(before, imported.registry, str(registry)) if imported.registry else (None, 0)
    names_file = accounts if accounts is not None else registry.with_name("accounts.csv")
    names_before = names_file.read_bytes() if names_file.exists() else None
    names, named = with_accounts(names_before, imported.accounts, str(names_file)) if imported.accounts else (None, 0)
    beside = {
        registry: register if register != before else None,
        names_file: names if names != names_before else None,
    }
    written = write_events(out, iter(events), beside)
    sys.stderr.writelines(f"{sentence}\n" for sentence in _import_report(imported, str(file), written, out))
    if imported.registry:
        sys.stderr.write(f"{registry}: {added:,} agencies added\n")
    if imported.accounts:
        sys.stderr.write(f"{names_file}: {named:,} names of work plans added\n")


def _import_report(imported: Imported, file: str, written: int, out: str) -> Iterator[str]:
    """What became of a source, a sentence each: what was mapped, what was assumed, what was left out."""
    yield (
        f"{file}: {imported.encoding}, {imported.rows_mapped:,} of {imported.rows_read:,} rows mapped,"
        f" {len(imported.registry):,} of {imported.agencies_read:,} agencies -> {written:,} events in {out}"
    )
    yield from (f"agrees: {sum_of.en}" for sum_of in imported.sums)
    yield from (f"assumed: {assumed.en}" for assumed in imported.assumptions)
    for left_out in imported.left_out():
        amount = "" if left_out.amount is None else f", NT$ {left_out.amount:,} in all"
        first = "; ".join(f"row {item.row} ({item.what})" for item in left_out.first)
        more = "" if left_out.count == len(left_out.first) else "; ..."
        yield f"not mapped: {left_out.count:,} x {left_out.reason.en}{amount}: {first}{more}"


@app.command(
    epilog="Examples: `budgetwatch import table 分配檔.csv --mapping allotments-cba -o 114.ndjson` ·"
    " `… import table 執行.xlsx --mapping execution-by-authority --set fiscal_year=115 --set booked_on=115/05/31 …` ·"
    " `… import table 分配檔更正.csv --mapping allotments-cba --data data --correct …`"
)
def table(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table: csv (UTF-8, UTF-16, Big5), xlsx, xls, ods.")],
    mapping: Annotated[str, typer.Option(metavar="MAP", help="A YAML file, or the name of a mapping that ships.")],
    out: Out,
    registry: Registry = Path("agencies.csv"),
    accounts: Accounts = None,
    sheet: SheetName = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="What the paper says in its title alone; may be repeated."),
    ] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Events that were taken before, to compare with; may be repeated."),
    ] = None,
    data: Data = None,
    correct: Annotated[
        bool, typer.Option("--correct", help="Make corrections of rows that say something else than before.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take the names that it brings without asking.")] = False,
) -> None:
    """Turn a city's own table into events by a mapping; where anything is wrong each place is told, and nothing is taken.

    Loaded again, the same rows are the same events. With --earlier or --data only what is new is written; rows that
    conflict with what was taken are told (exit 1), or with --correct made into corrections.
    """
    from dashboards.reports.progress import counting
    from producers.imported import ImportProblem
    from producers.tables.events import events_of
    from producers.tables.mapping import load_mapping, with_given
    from producers.tables.sheet import read_sheet

    check_apart((out, "the output"), (file, "the source"), (registry, "the registry"))
    values: dict[str, str] = {}
    for each in given or ():
        field, _, value = each.partition("=")
        values[field] = value
    try:
        name, found = load_mapping(mapping)
        found = with_given(found, values, f"{name}.yaml")
        cells = read_sheet(file, sheet or found.sheet)
        with counting(cells.rows * len(found.events), "making events") as progress:
            imported = events_of(cells, found, name, progress)
    except ImportProblem as error:
        raise Unusable(str(error)) from None
    events = imported.events
    if earlier or data is not None:
        events = compared(imported, earlier or [], data, correct)
    elif correct:
        raise Unusable("--correct compares with what was taken before: name it, --earlier FILE or --data DIR")
    _take_table(imported, events, file, out, registry, accounts, yes=yes)


def _take_table(
    imported: Imported,
    events: list[bytes],
    file: Path,
    out: str,
    registry: Path,
    accounts: Path | None,
    *,
    yes: bool,
) -> None:
    """Write events, and the names that the table brings once they are shown and agreed to."""
    from budgetwatch.naming import sentences_of
    from ledger.names import parse_objects
    from producers.tables.brought_names import brought_names
    from producers.tables.name_lists import ListKind
    from streams.settings import SHIPPED_OBJECTS

    targets: dict[ListKind, Path] = {
        "agencies": registry,
        "accounts": accounts if accounts is not None else registry.with_name("accounts.csv"),
        "objects": registry.with_name("objects.csv"),
    }
    there = {kind: path.read_bytes() if path.exists() else None for kind, path in targets.items()}
    shipped = parse_objects(SHIPPED_OBJECTS.read_bytes(), str(SHIPPED_OBJECTS))
    objects = {code: name for code, name in imported.objects.items() if code not in shipped}
    found = brought_names(imported.registry, imported.accounts, objects, there)
    for kind, names in found.items():
        sys.stderr.writelines(f"{sentence}\n" for sentence in sentences_of(names, targets[kind]))
    new = {targets[kind]: names.content for kind, names in found.items() if names.added}
    if new and not yes and not (sys.stdin.isatty() and typer.confirm("Write these names?", err=True)):
        raise Unusable("nothing was written: the table brings names; --yes takes them")
    written = write_events(out, iter(events), new)
    sys.stderr.writelines(f"{sentence}\n" for sentence in _import_report(imported, str(file), written, out))
