"""A table as the forms print it: title lines, 款項目節 in columns, a unit of money, zero as a dash, totals that re-add.

One place for every report: a format is given the table that comes out, and knows nothing of forms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from dashboards.reports.table import Cell, Column, ColumnKind, Table, TableRow
from ledger.city import NO_CITY, City
from ledger.fiscal import roc_day
from ledger.words import Words, alike

UnitName: TypeAlias = Literal["one", "thousand", "hundred_million"]


class PrintedUnit(NamedTuple):
    """What money is printed in."""

    name: Words
    divisor: int
    """NT$ in what a cell counts: a unit, or a hundredth of one."""
    kind: ColumnKind


UNITS: Final[Mapping[UnitName, PrintedUnit]] = {
    "one": PrintedUnit(Words("元", "NT$"), 1, "printed"),
    "thousand": PrintedUnit(Words("千元", "NT$ thousand"), 1_000, "printed"),
    "hundred_million": PrintedUnit(Words("億元", "NT$ 100 million"), 1_000_000, "printed_hundredths"),
}
ROUNDING_ROW: Final = Words("四捨五入差額", "Rounding")
_ROUNDING_NOTE: Final = Words(
    "金額四捨五入至所列單位；細數之和與合計不符者，差額另列「四捨五入差額」",
    "Amounts are rounded to the unit; where the rows do not come to the total, the difference stands in the row Rounding",
)
_TITLES: Final = (
    Column("kuan", Words("款", "Title"), "text"),
    Column("xiang", Words("項", "Section"), "text"),
    Column("mu", Words("目", "Item"), "text"),
    Column("jie", Words("節", "Sub-item"), "text"),
    Column("line", Words("名稱及編號", "Name and code"), "text"),
)
"""What stands in place of a line and its code."""
_ACCOUNT_LENGTH: Final = 11
"""Of a city's account: function, authority (款), agency (項), program (目), work plan (節): 32 02 004 01 01."""


def as_form(table: Table, unit: UnitName, city: City = NO_CITY) -> Table:
    """A table as its form prints it. Percentages are those of the amounts in NT$, not of the rounded ones."""
    return _headed(_in_unit(_with_titles(table), UNITS[unit]), UNITS[unit], city)


def rounded(amount: int, divisor: int) -> int:
    """An amount in a unit, half away from zero.

    >>> rounded(1_500, 1_000), rounded(-1_500, 1_000), rounded(499, 1_000)
    (2, -2, 0)
    """
    size = (abs(amount) * 2 + divisor) // (2 * divisor)
    return -size if amount < 0 else size


# ---------------------------------------------------------------- title lines


def _headed(table: Table, unit: PrintedUnit, city: City) -> Table:
    year = table.fiscal_year
    said = [] if year is None else [Words(f"中華民國{year}年度", f"Fiscal year {year}")]
    if table.as_of:
        said.append(Words(f"截至{roc_day(table.as_of)}止", f"to {table.as_of}"))
    if any(column.kind == unit.kind for column in table.columns):
        said.append(Words(f"單位：新臺幣{unit.name.zh}", f"unit: {unit.name.en}"))
    below = Words("　".join(each.zh for each in said), " · ".join(each.en for each in said))
    issuer = () if city.name == NO_CITY.name else (_issuer(city),)
    return msgspec.structs.replace(table, head=(*issuer, table.title, below))


def _issuer(city: City) -> Words:
    name, office = city.name, city.office
    zh = office.zh if office.zh.startswith(name.zh) else f"{name.zh}{office.zh}"
    return Words(zh, office.en if name.en in office.en else f"{office.en}, {name.en}")


# ---------------------------------------------------------------- 款項目節


def _with_titles(table: Table) -> Table:
    """Each line as 款, 項, 目 and 節 with its name and code in one cell; a table without lines as it is."""
    keys = [column.key for column in table.columns]
    if "line" not in keys or "line_code" not in keys:
        return table
    name_at, code_at = keys.index("line"), keys.index("line_code")

    def cells(row: TableRow) -> TableRow:
        made: list[Cell] = []
        for at, cell in enumerate(row):
            if at == name_at:
                made += [*_titles_of(row[code_at]), _named(row[name_at], row[code_at])]
            elif at != code_at:
                made.append(cell)
        return tuple(made)

    columns: list[Column] = []
    for column in table.columns:
        if column.key == "line":
            columns += _TITLES
        elif column.key != "line_code":
            columns.append(column)
    total = None if table.total is None else cells(table.total)
    return msgspec.structs.replace(table, columns=tuple(columns), rows=[cells(row) for row in table.rows], total=total)


def _titles_of(code: Cell) -> tuple[str, str, str, str]:
    account = code.partition("/")[0] if isinstance(code, str) else ""
    if len(account) != _ACCOUNT_LENGTH:
        return "", "", "", ""
    return account[2:4], account[4:7], account[7:9], account[9:11]


def _named(name: Cell, code: Cell) -> Cell:
    if not isinstance(code, str):
        return code if name is None else name
    if isinstance(name, Words):
        return Words(f"{name.zh} {code}", f"{name.en} {code}")
    return alike(f"{name or ''} {code}".strip())


# ---------------------------------------------------------------- money


def _in_unit(table: Table, unit: PrintedUnit) -> Table:
    money = [at for at, column in enumerate(table.columns) if column.kind == "money"]
    if not money:
        return table
    columns = tuple(
        msgspec.structs.replace(column, kind=unit.kind) if at in money else column
        for at, column in enumerate(table.columns)
    )

    def cells(row: TableRow) -> TableRow:
        return tuple(
            rounded(cell, unit.divisor) if at in money and isinstance(cell, int) else cell
            for at, cell in enumerate(row)
        )

    rows = [cells(row) for row in table.rows]
    total = None if table.total is None else cells(table.total)
    apart = _apart(table, rows, total, money)
    notes = table.notes
    if total is not None and any(apart.values()):
        rows.append(_rounding_row(columns, total, unit, apart))
    if unit.divisor > 1:
        notes = (*notes, _ROUNDING_NOTE)
    return msgspec.structs.replace(table, columns=columns, rows=rows, total=total, notes=notes, data=None)


def _apart(table: Table, rows: Sequence[TableRow], total: TableRow | None, money: Sequence[int]) -> dict[int, int]:
    """By column, what the total has more than its rounded rows, where in NT$ the rows come to it."""
    if total is None or table.total is None:
        return {}
    found = {}
    for at in money:
        exact, printed = table.total[at], total[at]
        if isinstance(exact, int) and isinstance(printed, int) and exact == _sum(table.rows, at):
            found[at] = printed - _sum(rows, at)
    return found


def _sum(rows: Sequence[TableRow], at: int) -> int:
    return sum(cell for row in rows if isinstance(cell := row[at], int))


def _rounding_row(columns: Sequence[Column], total: TableRow, unit: PrintedUnit, apart: Mapping[int, int]) -> TableRow:
    """Its name stands where the total's does."""
    texts = [at for at, column in enumerate(columns) if column.kind == "text"]
    named = next((at for at in texts if total[at]), texts[0])
    return tuple(
        ROUNDING_ROW if at == named else apart.get(at, 0) if column.kind == unit.kind else None
        for at, column in enumerate(columns)
    )
