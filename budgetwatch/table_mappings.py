"""Mappings of a city's own tables: `import suggest` proposes one, `import template` makes a workbook for one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from budgetwatch.options import Unusable

app = typer.Typer()
SheetName = Annotated[str | None, typer.Option("--sheet", metavar="NAME", help="Of a workbook with several sheets.")]
_FIVE = 5


@app.command(epilog="Example: `budgetwatch import suggest 分配檔.xlsx`")
def suggest(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table: csv, xlsx, xls, ods.")],
    sheet: SheetName = None,
) -> None:
    """Propose a mapping for a table, as YAML, and show its first rows as events. Writes nothing."""
    from producers.imported import ImportProblem
    from producers.tables.events import events_of
    from producers.tables.mapping import parse_mapping
    from producers.tables.sheet import read_sheet
    from producers.tables.suggesting import suggest as suggested

    try:
        cells = read_sheet(file, sheet)
        found = suggested(cells)
    except ImportProblem as error:
        raise Unusable(str(error)) from None
    exact = not found.replaced and not found.missing
    sys.stdout.write(f"# closest: {found.name}, header in row {found.row}{'; it fits as it is' if exact else ''}\n")
    sys.stdout.writelines(f"# instead of {old}: {new}\n" for old, new in found.replaced.items())
    sys.stdout.writelines(f"# nothing looks like {name}: put its column here\n" for name in found.missing)
    sys.stdout.write(found.text)
    if found.missing:
        return
    try:
        imported = events_of(cells, parse_mapping(found.text, f"{found.name}.yaml"), found.name)
    except ImportProblem as error:
        sys.stdout.write(f"\n# it cannot be taken yet:\n# {str(error).replace(chr(10), chr(10) + '# ')}\n")
        return
    sys.stdout.write("\n# its first rows as events:\n")
    sys.stdout.writelines(f"# {line.decode()}" for line in imported.events[:_FIVE])


@app.command(epilog="Example: `budgetwatch import template payments -o 支付.xlsx`")
def template(
    mapping: Annotated[
        str,
        typer.Argument(
            metavar="MAP",
            help="A mapping that ships, or a YAML file; names-agencies, names-accounts, names-objects: a list of names.",
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The workbook, xlsx.")],
) -> None:
    """Make an empty workbook with a mapping's columns, to be filled in and imported."""
    from producers.imported import ImportProblem
    from producers.output_file import replacing
    from producers.tables.mapping import load_mapping
    from producers.tables.name_lists import LIST_TITLES, list_named
    from producers.tables.templates import list_template
    from producers.tables.templates import template as made

    kind = list_named(mapping)
    if kind is not None:
        with replacing(str(out)) as target:
            target.write(list_template(kind))
        sys.stderr.write(
            f"{out}: {LIST_TITLES[kind].zh}; fill it in, then: names take {kind} {out} --into data/{kind}.csv\n"
        )
        return
    try:
        _, found = load_mapping(mapping)
    except ImportProblem as error:
        raise Unusable(str(error)) from None
    with replacing(str(out)) as target:
        target.write(made(found))
    sys.stderr.write(
        f"{out}: {found.title.zh}; fill it in, then: import table {out} --mapping {mapping} -o events.ndjson\n"
    )
