"""City of Cape Town's yearly facts as Municipal Money publishes them (formats `municipal-money-capital`, `-operating`).

A row is one figure: municipality, year, function, item and amount type. Two amount types are events here:

- `ADJB` (adjusted budget): above 0 an `appropriation.enacted`. Below 0 (the source's internal charges between
  functions) an `appropriation.corrected` of the enacted amount, because an enacted amount cannot be negative and a
  negative supplement would need a ground of the Budget Act that the source does not give.
- `AUDA` (audited actual): above 0 a `disbursement.paid`, below 0 a `disbursement.reversed`, so that the year's
  realised amount is the audited one exactly.

A row of another amount type, item or period and a row with 0 is reported. Decided here:

- Capital: item 4100, column total_assets. Operating: item 4600, column amount.
- `function_code` padded with zeros to ten digits is the account; capital/3000 or current/2000 the class and object.
- The municipality is one agency under an authority of its own.
- The financial year is taken for the ROC year of the same number (2016 -> 105). South Africa's year runs from July to
  June, so its months are lost: budgets are booked on 1 January, actuals on 31 December.
- One rand is one NT$.
- The year's budget is allotted evenly (`allotment.approved`, twelve equal months, the rest in December): the source
  has yearly figures only, and a whole year's allotment gives the cash rate its denominator on 31 December. A function
  with a negative budget has no allotment (an allotment cannot be negative).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.fiscal import first_day, last_day, parse_year
from ledger.words import alike
from producers.city_registry import RegistryRow
from producers.event_line import Field, event_line
from producers.imported import Imported, ImportProblem, Unmapped
from producers.source_table import SourceRow, SourceTable, read_table


@dataclass(frozen=True, slots=True)
class _Kind:
    """What distinguishes the two files: the format's name, where the figure stands, and where it goes."""

    format: str
    item_code: str
    amount_column: str
    line_ending: str


CAPITAL: Final = _Kind("municipal-money-capital", "4100", "total_assets", "capital/3000")
OPERATING: Final = _Kind("municipal-money-operating", "4600", "amount", "current/2000")

_KEY_COLUMNS: Final = (
    "demarcation_code",
    "function_code",
    "item_code",
    "financial_year",
    "period_length",
    "amount_type_code",
)
_FUNCTION: Final = re.compile(r"[0-9]{1,10}")
_MUNICIPALITY: Final = re.compile(r"[A-Z0-9]{2,8}")
_NAMES: Final = {"CPT": "City of Cape Town"}
_MONTHS: Final = 12

ASSUMPTIONS: Final = (
    "The South African financial year (July to June) is taken for the calendar year of its number: 2016 is ROC 105.",
    "Budgets are booked on 1 January and audited actuals on 31 December: the source has yearly figures.",
    "The year's budget is allotted in twelve equal months, what is left over in December.",
    "One rand is one NT$.",
    "The function code, padded to ten digits, is the account; the object is 3000 (capital) or 2000 (current).",
    "A negative budget is a correction of the enacted amount, a negative actual a reversal.",
)


def read_facts(path: Path, kind: _Kind) -> Imported:
    """Read the facts of all years in the file.

    Args:
      path: A CSV of Municipal Money's facts.
      kind: CAPITAL or OPERATING.

    Returns:
      Events by municipality and year: budgets, `budget.adopted`, allotments, then actuals.

    Raises:
      ImportProblem: a column is missing, or a year, code or amount cannot be read, or a figure stands twice.

    """
    table = read_table(path, (*_KEY_COLUMNS, kind.amount_column))
    facts: dict[tuple[str, int], dict[str, dict[str, int]]] = {}
    unmapped: list[Unmapped] = []
    for row in table.rows:
        reason = _why_not(table, row, kind)
        if reason is not None:
            what = " ".join(row.cells[column] for column in _KEY_COLUMNS)
            unmapped.append(Unmapped(row.number, what, alike(reason), table.integer(row, kind.amount_column)))
            continue
        municipality, fiscal_year, function = _keys(table, row)
        of_type = facts.setdefault((municipality, fiscal_year), {"ADJB": {}, "AUDA": {}})
        figures = of_type[row.cells["amount_type_code"]]
        if function in figures:
            raise ImportProblem(
                f"function {function} stands twice for this year and amount type; remove one",
                file=table.file,
                row=row.number,
            )
        figures[function] = table.integer(row, kind.amount_column)
    return Imported(
        format=kind.format,
        encoding=table.encoding,
        events=[
            line
            for (municipality, fiscal_year), of_type in facts.items()
            for line in _year_of_events(kind, municipality, fiscal_year, of_type["ADJB"], of_type["AUDA"])
        ],
        registry=[_registry_row(municipality) for municipality in dict.fromkeys(key[0] for key in facts)],
        agencies_read=len({row.cells["demarcation_code"] for row in table.rows}),
        unmapped=unmapped,
        assumptions=[*map(alike, ASSUMPTIONS)],
        rows_read=len(table.rows),
        rows_mapped=len(table.rows) - len(unmapped),
    )


def even_months(amount: int) -> list[int]:
    """Twelve equal months of a year's NT$, what is left over in December."""
    share = amount // _MONTHS
    return [share] * (_MONTHS - 1) + [amount - share * (_MONTHS - 1)]


def _why_not(table: SourceTable, row: SourceRow, kind: _Kind) -> str | None:
    """Why a row is not one of the figures wanted, or None when it is."""
    cells = row.cells
    if cells["item_code"] != kind.item_code:
        return f"item {cells['item_code']} is not {kind.item_code}"
    if cells["period_length"] != "year":
        return f"period {cells['period_length']} is not a year"
    if cells["amount_type_code"] not in ("ADJB", "AUDA"):
        return f"amount type {cells['amount_type_code']} is neither ADJB nor AUDA"
    if table.integer(row, kind.amount_column) == 0:
        return "amount is 0: nothing was budgeted or spent"
    return None


def _keys(table: SourceTable, row: SourceRow) -> tuple[str, int, str]:
    """Return the row's municipality, fiscal year (ROC) and function code."""
    try:
        fiscal_year = parse_year(row.cells["financial_year"])
    except ValueError as error:
        raise ImportProblem(str(error), file=table.file, row=row.number, column="financial_year") from None
    for column, pattern, advice in (
        ("function_code", _FUNCTION, "up to ten digits"),
        ("demarcation_code", _MUNICIPALITY, "two to eight capital letters or digits"),
    ):
        if pattern.fullmatch(row.cells[column]) is None:
            raise ImportProblem(
                f"{row.cells[column]!r} is no code of {advice}", file=table.file, row=row.number, column=column
            )
    return row.cells["demarcation_code"], fiscal_year, row.cells["function_code"]


def _year_of_events(
    kind: _Kind, municipality: str, fiscal_year: int, budgets: Mapping[str, int], actuals: Mapping[str, int]
) -> list[bytes]:
    """One municipality's year: amounts in rand by function code, none of them 0."""
    opening = first_day(fiscal_year)
    ending = last_day(fiscal_year)

    def event(name: str, event_type: str, booked_on: str, fields: dict[str, Field]) -> bytes:
        return event_line(
            f"{kind.format}-{name}", event_type, fiscal_year, municipality, booked_on=booked_on, fields=fields
        )

    def line(function: str) -> str:
        return f"{function.zfill(10)}/{kind.line_ending}"

    events: list[bytes] = []
    for function, amount in budgets.items():
        if amount > 0:
            events.append(
                event(f"ADJB-{function}", "appropriation.enacted", opening, {"line": line(function), "amount": amount})
            )
        else:
            corrected: dict[str, Field] = {"line": line(function), "stage": "enacted", "amount": amount}
            events.append(event(f"ADJB-{function}", "appropriation.corrected", opening, corrected))
    events.append(event("adopted", "budget.adopted", opening, {}))
    for function, amount in budgets.items():
        if amount > 0:
            allotment: dict[str, Field] = {"line": line(function), "months": even_months(amount), "revision": 1}
            events.append(event(f"allotment-{function}", "allotment.approved", opening, allotment))
    for function, amount in actuals.items():
        event_type = "disbursement.paid" if amount > 0 else "disbursement.reversed"
        paid: dict[str, Field] = {"line": line(function), "amount": abs(amount), "voucher": f"AUDA-{function}"}
        events.append(event(f"AUDA-{function}", event_type, ending, paid))
    return events


def _registry_row(municipality: str) -> RegistryRow:
    """Return the municipality as an agency under an authority of the same code."""
    name = _NAMES.get(municipality, municipality)
    return {
        "code": municipality,
        "name_zh": name,
        "name_en": name,
        "authority_code": municipality,
        "authority_name_zh": name,
        "authority_name_en": name,
        "email": "",
    }
