"""What codes are called for people (CONTRACT §1): agencies by the register, work plans by `accounts.csv`, objects by `objects.csv`.

Names are no part of events and are never judged. A code without a name is shown as the code.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from ledger.city import NO_CITY, City
from ledger.registry import Registry
from ledger.text import is_text
from ledger.words import Words, alike

ACCOUNT_COLUMNS: Final = ("fiscal_year", "account", "function_zh", "program_zh", "work_plan_zh")
ACCOUNT_OPTIONAL: Final = ("function_en", "program_en", "work_plan_en")
OBJECT_COLUMNS: Final = ("object_code", "name_zh")
OBJECT_OPTIONAL: Final = ("name_en",)
_YEARS: Final = (1, 999)
_ACCOUNT: Final = re.compile("[0-9A-Za-z]{10,11}")
_OBJECT: Final = re.compile("[0-9]{4}")


class NamesProblem(ValueError):
    """A file of names cannot be used: `<file>: line <n>: what is wrong; what to write`."""


class Account(msgspec.Struct, frozen=True):
    """A work plan (工作計畫) from a fiscal year on, with its program (業務計畫) and function (政事別); empty: not named."""

    fiscal_year: int
    function: Words
    program: Words
    work_plan: Words


class Names(msgspec.Struct, frozen=True):
    """Everything that has a name, as of one reading of the files."""

    registry: Registry
    accounts: Mapping[str, Sequence[Account]] = MappingProxyType({})
    """By account, in the order of their years."""
    objects: Mapping[str, Words] = MappingProxyType({})
    city: City = NO_CITY

    def account(self, fiscal_year: int, account: str) -> Account | None:
        """An account's names in a year: that year's row, else the latest earlier one's."""
        rows = self.accounts.get(account, ())
        at = bisect_right(rows, fiscal_year, key=lambda row: row.fiscal_year)
        return rows[at - 1] if at else None


NO_NAMES: Final = Names(Registry(MappingProxyType({}), MappingProxyType({})))
"""Every code is shown as itself."""


def parse_accounts(content: bytes, name: str) -> dict[str, tuple[Account, ...]]:
    """Read `accounts.csv`: names by account, years ascending. Raises NamesProblem with the line and the reason."""
    found: dict[str, dict[int, Account]] = {}
    for place, cells in _rows(content, name, ACCOUNT_COLUMNS, ACCOUNT_OPTIONAL):
        account, year = cells["account"], cells["fiscal_year"]
        if _ACCOUNT.fullmatch(account) is None:
            raise NamesProblem(f"{name}: line {place}: account {account!r}; write 10 or 11 ASCII digits or letters")
        if not (year.isascii() and year.isdigit() and len(year) <= 3 and _YEARS[0] <= int(year) <= _YEARS[1]):
            raise NamesProblem(f"{name}: line {place}: fiscal_year {year!r}; write a ROC year such as 114")
        if not cells["work_plan_zh"]:
            raise NamesProblem(f"{name}: line {place}: work_plan_zh is empty; write the name, or leave the row out")
        words = {
            key: Words(cells[f"{key}_zh"], cells.get(f"{key}_en") or cells[f"{key}_zh"])
            for key in ("function", "program", "work_plan")
        }
        years = found.setdefault(account, {})
        if int(year) in years:
            raise NamesProblem(f"{name}: line {place}: account {account} is named twice for {year}; leave one row")
        years[int(year)] = Account(int(year), **words)
    return {account: tuple(years[year] for year in sorted(years)) for account, years in found.items()}


def parse_objects(content: bytes, name: str) -> dict[str, Words]:
    """Read `objects.csv`: names by object code. Raises NamesProblem with the line and the reason."""
    found: dict[str, Words] = {}
    for place, cells in _rows(content, name, OBJECT_COLUMNS, OBJECT_OPTIONAL):
        code = cells["object_code"]
        if _OBJECT.fullmatch(code) is None:
            raise NamesProblem(f"{name}: line {place}: object_code {code!r}; write 4 ASCII digits")
        if not cells["name_zh"]:
            raise NamesProblem(f"{name}: line {place}: name_zh is empty; write the name, or leave the row out")
        if code in found:
            raise NamesProblem(f"{name}: line {place}: object {code} is named twice; leave one row")
        found[code] = Words(cells["name_zh"], cells.get("name_en") or cells["name_zh"])
    return found


def agency_name(names: Names, code: str) -> Words:
    """`秘書處`; the code where the register does not name it."""
    agency = names.registry.agencies.get(code)
    return alike(code) if agency is None else Words(agency.name_zh or code, agency.name_en or code)


def authority_name(names: Names, code: str) -> Words:
    """`民政局主管`; the code where the register does not name it."""
    found = names.registry.authorities.get(code)
    return alike(code) if found is None else Words(found.zh or code, found.en or code)


def object_name(names: Names, code: str) -> Words:
    """`業務費`; the code where it has no name."""
    return names.objects.get(code, alike(code))


def work_plan_name(names: Names, fiscal_year: int, account: str) -> Words:
    """`運動場館管理`; the account where it has no name in the year."""
    found = names.account(fiscal_year, account)
    return alike(account) if found is None else found.work_plan


def with_code(name: Words, code: str) -> Words:
    """A name and its code for lists to choose from: `秘書處 020011`; the code alone where it has no name."""
    return name if name.zh == code else Words(f"{name.zh} {code}", f"{name.en} {code}")


def _rows(
    content: bytes, name: str, needed: Sequence[str], optional: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a file of names with the number of their line; cells without white space at their ends."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NamesProblem(f"{name}: not UTF-8 (byte {error.start}); save it as CSV UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] | None = None
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = _header([cell.strip() for cell in row], name, needed, optional)
                continue
            if len(row) != len(columns):
                sentence = f"{len(row)} fields where the header has {len(columns)}"
                raise NamesProblem(f"{name}: line {reader.line_num}: {sentence}; quote a name that holds a comma")
            cells = dict(zip(columns, (cell.strip() for cell in row), strict=True))
            for column, value in cells.items():
                if value and not is_text(value):
                    sentence = f"{column} has more than 128 characters, or a control character; write a plain name"
                    raise NamesProblem(f"{name}: line {reader.line_num}: {sentence}")
            yield reader.line_num, cells
    except csv.Error as error:
        raise NamesProblem(f"{name}: line {reader.line_num}: {error}; mend the quotes") from None
    if columns is None:
        raise NamesProblem(f"{name}: line 1: the file is empty; write {','.join(needed)} as its first line")


def _header(columns: list[str], name: str, needed: Sequence[str], optional: Sequence[str]) -> list[str]:
    for column in needed:
        if column not in columns:
            raise NamesProblem(f"{name}: line 1: column {column} is missing; write {','.join(needed)}")
    for column in columns:
        if columns.count(column) > 1:
            raise NamesProblem(f"{name}: line 1: column {column} is repeated; leave one")
        if column not in needed and column not in optional:
            raise NamesProblem(f"{name}: line 1: unknown column {column}; write {','.join((*needed, *optional))}")
    return columns
