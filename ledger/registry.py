"""The register of agencies (局處) and the authorities (主管機關) they answer to."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from ledger.fiscal import parse_year
from ledger.text import is_text
from ledger.words import Words

YEARS: Final = ("from_year", "to_year")
"""Columns that may be left out."""
HEADER: Final = ("code", "name_zh", "name_en", "authority_code", "authority_name_zh", "authority_name_en", "email")


_CODES: Final = ("code", "authority_code")
_IN_SUBJECTS: Final = ":|/"
_PATHS: Final = (".", "..")
"""What no address can end with: browsers take them away."""


class RegistryProblem(ValueError):
    """The registry file cannot be used; the message says where and what to do."""


class Agency(msgspec.Struct, frozen=True):
    """One row of `agencies.csv`."""

    code: str
    name_zh: str
    name_en: str
    authority_code: str
    authority_name_zh: str
    authority_name_en: str
    email: str
    from_year: int | None = None
    """The first fiscal year (ROC) in which the agency exists; None: no bound."""
    to_year: int | None = None
    """The last one, included."""

    def exists_in(self, fiscal_year: int) -> bool:
        """Whether events of the year are expected of it; one of another year is accepted all the same."""
        return (self.from_year or fiscal_year) <= fiscal_year <= (self.to_year or fiscal_year)


class Registry(msgspec.Struct, frozen=True):
    """Agencies by code, and each authority's name (the first row's that names it) by its code."""

    agencies: Mapping[str, Agency]
    authorities: Mapping[str, Words]


def parse(content: bytes, name: str, known: Collection[str] = ()) -> Registry:
    """Read the registry from the bytes of `agencies.csv` (UTF-8, a BOM allowed); further columns are ignored.

    `known` are codes that have events already: they are taken as they are, whatever subjects can be made of them.

    Raises RegistryProblem for a wrong encoding, a missing or repeated column, a repeated or empty code, one of which no
    subject can be made, control characters, or a file without any agency.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RegistryProblem(f"{name}: not UTF-8 (byte {error.start}); save it as CSV UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise RegistryProblem(f"{name}: line {reader.line_num}: {error}") from None
    if not rows:
        raise RegistryProblem(f"{name}: empty; its first line must be {','.join(HEADER)}")
    columns = [cell.strip() for cell in rows[0][1]]
    missing = [column for column in HEADER if column not in columns]
    if missing:
        raise RegistryProblem(f"{name}: line 1: column {', '.join(missing)} is missing; expected {','.join(HEADER)}")
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated:
        raise RegistryProblem(f"{name}: line 1: column {', '.join(repeated)} is repeated")
    agencies: dict[str, Agency] = {}
    authorities: dict[str, Words] = {}
    for place, row in rows[1:]:
        if len(row) != len(columns):
            raise RegistryProblem(f"{name}: line {place}: {len(row)} fields where the header has {len(columns)}")
        cells = dict(zip(columns, row, strict=True))
        first, last = (_year(cells.get(column, ""), column, name, place) for column in YEARS)
        agency = Agency(**{column: cells[column] for column in HEADER}, from_year=first, to_year=last)
        _check(agency, name, place, known)
        if agency.code in agencies:
            raise RegistryProblem(f"{name}: line {place}: agency code {agency.code} is repeated")
        authorities.setdefault(agency.authority_code, Words(agency.authority_name_zh, agency.authority_name_en))
        agencies[agency.code] = agency
    if not agencies:
        raise RegistryProblem(f"{name}: no agency below the header")
    return Registry(agencies, authorities)


def _year(text: str, column: str, name: str, place: int) -> int | None:
    """A bound of the years in which an agency exists; blank: none."""
    if not text.strip():
        return None
    try:
        return parse_year(text)
    except ValueError as error:
        raise RegistryProblem(f"{name}: line {place}: {column}: {error}") from None


def _check(agency: Agency, name: str, place: int, known: Collection[str]) -> None:
    for column in HEADER:
        value = getattr(agency, column)
        if (
            column in _CODES
            and agency.code not in known
            and (value != value.strip() or value in _PATHS or any(character in value for character in _IN_SUBJECTS))
        ):
            raise RegistryProblem(
                f"{name}: line {place}: {column} {value!r} must have no : / | in it, no white space at its ends and be"
                " no dots alone: subjects of alerts and addresses are made of it"
            )
        may_be_empty = column not in ("code", "authority_code")
        if not is_text(value) and not (value == "" and may_be_empty):
            raise RegistryProblem(
                f"{name}: line {place}: {column} must be 1 to 128 characters without control characters"
            )
