"""The central government's budget as g0v/twbudget publishes it (format `g0v-budget`): appropriations of one year.

Columns: `year` (Gregorian or ROC), `code` (2-2-2-2-2: function, authority, agency, program, work plan), `amount`
(NT$), `name` (sub-plan), `topname` (authority), `depname` (agency), `depcat` (work plan), `cat` (function), `ref`
(place in the book). The file has one figure a work plan and neither economic class nor object code. Decided here:

- **Account** = the code. A code with a letter (the classified budgets, 機密) is no account of the contract and is
  reported, not rewritten: a code made up for it could be another line's.
- **Class and object** come from the words of `depcat` and `cat` by `_CLASSIFICATION`, first match: building and
  equipment plans and capital subscriptions are capital 3000, interest on debt is current 5000, grants to others are
  current 4000, all the rest is current 2000. Personnel cannot be told apart from operations, so nothing is 1000.
- **Agency** = the code's third to sixth digit (authority and agency), which is one agency each in the file;
  **authority** = the first two of them.
- 第一預備金 is the agency's first reserve, 第二預備金 and 災害準備金 the second and disaster reserves
  (`reserve.established`); a reserve's appropriation is not enacted as a line too (CONTRACT.md §2).
- An amount of 0 is reported: the contract enacts 0 only for a line that the council deleted.
- Rows of one code stand on the same line; their amounts add up.
- Booked on 1 January of the year, appropriations before their agency's `budget.adopted`: the file has no date of
  adoption.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from ledger.fiscal import first_day, parse_year
from ledger.words import alike
from producers.city_names import AccountRow, name_of
from producers.city_registry import RegistryRow
from producers.event_line import Field, event_line
from producers.imported import Imported, ImportProblem, Unmapped
from producers.source_table import SourceRow, SourceTable, read_table

FORMAT: Final = "g0v-budget"
COLUMNS: Final = ("year", "code", "amount", "name", "topname", "depname", "depcat", "cat", "ref")

_ACCOUNT: Final = re.compile(r"[0-9]{10}")
_CODE: Final = re.compile(r"[0-9A-Z]{10}")
_AMOUNT_MAX: Final = 10**15

_RESERVES: Final = {"第一預備金": "first", "第二預備金": "second", "災害準備金": "disaster"}

# (column, words that one of which it contains, economic class, object code); the first that matches decides.
_CLASSIFICATION: Final = (
    ("cat", ("債務付息",), "current", "5000"),
    ("depcat", ("一般建築及設備",), "capital", "3000"),
    ("depcat", ("遷建計畫", "(遷)建計畫", "工程計畫", "鐵公路重要交通工程"), "capital", "3000"),
    ("depcat", ("投資支出", "營業基金", "公路建設及改善計畫"), "capital", "3000"),
    ("depcat", ("補助", "捐助", "津貼", "給付"), "current", "4000"),
    ("depcat", ("",), "current", "2000"),
)
# 非營業特種基金 contains 營業基金 but is a grant to a fund, not a capital subscription to an enterprise.
_FUND_GRANT: Final = "非營業特種基金"

ASSUMPTIONS: Final = (
    (
        "Economic class and object code are not in the source; they follow from the words of depcat and cat "
        "(building, equipment, works, capital subscriptions: capital/3000; debt interest: current/5000; "
        "grants and funds: current/4000; all else: current/2000)."
    ),
    "The date of adoption is not in the source; everything is booked on 1 January of the year.",
    "Agency and authority codes are the third to sixth digit of the source's code.",
    "The source has no English names; the Chinese names stand in their place.",
)


def read(path: Path) -> Imported:
    """Read the file into enacted appropriations, reserves and adoptions of one fiscal year.

    Args:
      path: A CSV with COLUMNS, UTF-8 or Big5.

    Returns:
      Events by agency in the order of the file: appropriations and reserves, then the agency's `budget.adopted`. What
      was mapped and what is in `unmapped` add up to the file's sum.

    Raises:
      ImportProblem: a column is missing, a year, code or amount cannot be read, or a code names two agencies.

    """
    table = read_table(path, COLUMNS)
    by_agency: dict[str, list[bytes]] = {}
    years: dict[str, int] = {}
    registry: dict[str, RegistryRow] = {}
    unmapped: list[Unmapped] = []
    used_ids: dict[tuple[str, str], int] = {}
    accounts: dict[str, AccountRow] = {}
    for row in table.rows:
        fiscal_year, code, amount = _checked(table, row)
        agency = code[2:6]
        _register(table, row, registry)
        if years.setdefault(agency, fiscal_year) != fiscal_year:
            raise ImportProblem(
                "has another year than the agency's first row; import one year at a time",
                file=table.file,
                row=row.number,
                column="year",
            )
        reason = _why_not(row, code, amount)
        if reason is not None:
            what = f"{row.cells['code']} {row.cells['depname']} {row.cells['depcat']} {row.cells['name']}"
            unmapped.append(Unmapped(row.number, what, alike(reason), amount))
            continue
        if row.cells["depcat"].strip() not in _RESERVES:
            accounts.setdefault(code, _account(row, code, fiscal_year))
        used_ids[agency, code] = used_ids.get((agency, code), 0) + 1
        event_id = f"{FORMAT}-{code}-{used_ids[agency, code]}"
        by_agency.setdefault(agency, []).append(_event(event_id, row, fiscal_year, agency, amount))
    return Imported(
        format=FORMAT,
        encoding=table.encoding,
        accounts=list(accounts.values()),
        events=[line for agency, lines in by_agency.items() for line in (*lines, _adopted(agency, years[agency]))],
        registry=[registry[agency] for agency in registry if agency in by_agency],
        agencies_read=len(registry),
        unmapped=unmapped,
        assumptions=[*map(alike, ASSUMPTIONS)],
        rows_read=len(table.rows),
        rows_mapped=len(table.rows) - len(unmapped),
    )


def classify(depcat: str, cat: str) -> tuple[str, str]:
    """Return the economic class and object code decided for the names of a work plan and a function."""
    if depcat == _FUND_GRANT:
        return "current", "4000"
    texts = {"depcat": depcat, "cat": cat}
    for column, words, economic_class, object_code in _CLASSIFICATION:
        if any(word in texts[column] for word in words):
            return economic_class, object_code
    raise AssertionError("the last row of _CLASSIFICATION matches everything")


def _checked(table: SourceTable, row: SourceRow) -> tuple[int, str, int]:
    """Return the row's fiscal year, code and amount (NT$, not negative)."""
    try:
        fiscal_year = parse_year(row.cells["year"])
    except ValueError as error:
        raise ImportProblem(str(error), file=table.file, row=row.number, column="year") from None
    code = row.cells["code"].strip()
    if _CODE.fullmatch(code) is None:
        raise ImportProblem(
            f"{code!r} is no code of ten digits or letters; a spreadsheet may have shortened it",
            file=table.file,
            row=row.number,
            column="code",
        )
    amount = table.integer(row, "amount")
    if not 0 <= amount <= _AMOUNT_MAX:
        raise ImportProblem(
            f"{amount} is no appropriation (0 to {_AMOUNT_MAX} NT$); check the unit and the sign",
            file=table.file,
            row=row.number,
            column="amount",
        )
    return fiscal_year, code, amount


def _register(table: SourceTable, row: SourceRow, registry: dict[str, RegistryRow]) -> None:
    """Add the row's agency to the registry; ImportProblem when its code already names another agency."""
    code = row.cells["code"].strip()[2:6]
    known = registry.setdefault(
        code,
        {
            "code": code,
            "name_zh": row.cells["depname"],
            "name_en": row.cells["depname"],
            "authority_code": code[:2],
            "authority_name_zh": row.cells["topname"],
            "authority_name_en": row.cells["topname"],
            "email": "",
        },
    )
    if known["name_zh"] != row.cells["depname"]:
        raise ImportProblem(
            f"agency code {code} is 「{known['name_zh']}」 above and 「{row.cells['depname']}」 here; correct one of them",
            file=table.file,
            row=row.number,
            column="depname",
        )


def _why_not(row: SourceRow, code: str, amount: int) -> str | None:
    """Why a row cannot be an appropriation or reserve, or None when it can."""
    if amount == 0:
        return "amount is 0: nothing was appropriated"
    if row.cells["depcat"].strip() not in _RESERVES and _ACCOUNT.fullmatch(code) is None:
        return "the code has a letter (classified budget): no account of ten digits"
    return None


def _event(event_id: str, row: SourceRow, fiscal_year: int, agency: str, amount: int) -> bytes:
    """Return the row's `appropriation.enacted` or `reserve.established`."""
    booked_on = first_day(fiscal_year)
    depcat = row.cells["depcat"].strip()
    note = " ".join((row.cells["cat"], depcat, row.cells["name"]))
    reserve = _RESERVES.get(depcat)
    if reserve is not None:
        fields: dict[str, Field] = {"reserve": reserve, "amount": amount, "note": note}
        return event_line(event_id, "reserve.established", fiscal_year, agency, booked_on=booked_on, fields=fields)
    economic_class, object_code = classify(depcat, row.cells["cat"])
    line = f"{row.cells['code'].strip()}/{economic_class}/{object_code}"
    fields = {"line": line, "amount": amount, "note": note}
    return event_line(event_id, "appropriation.enacted", fiscal_year, agency, booked_on=booked_on, fields=fields)


def _account(row: SourceRow, code: str, fiscal_year: int) -> AccountRow:
    """The names that the source has for an account: its function and its work plan; of its program it tells none."""
    function, work_plan = (name_of(row.cells[column]) for column in ("cat", "depcat"))
    return {
        "fiscal_year": str(fiscal_year),
        "account": code,
        "function_zh": function,
        "work_plan_zh": work_plan or code,
    }


def _adopted(agency: str, fiscal_year: int) -> bytes:
    """Return the agency's `budget.adopted` on 1 January of the year."""
    booked_on = first_day(fiscal_year)
    return event_line(f"{FORMAT}-adopted", "budget.adopted", fiscal_year, agency, booked_on=booked_on, fields={})
