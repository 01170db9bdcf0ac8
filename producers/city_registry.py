"""The synthetic city: 31 authorities (主管機關), the agencies under them, and their budgets in million NT$.

The authorities and their totals are DOMAIN.md §7 (figures per authority are invented there; the totals, NT$193,837
million and capital NT$38,341 million, are the real ones of fiscal year 114). The agencies are invented here. An
agency's code is its authority's two digits, a running number of three and a 1: authority 02 has 020011, 020021, ...
Email addresses are at `.example`, a name reserved for examples, so nothing sent to them reaches anybody.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

RegistryRow = Mapping[str, str]
"""One row of `agencies.csv`: text by the column names of REGISTRY_HEADER."""

REGISTRY_HEADER: Final = (
    "code",
    "name_zh",
    "name_en",
    "authority_code",
    "authority_name_zh",
    "authority_name_en",
    "email",
)


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority and its year's budget, in million NT$ (`total` = `capital` + current)."""

    code: str
    name_zh: str
    name_en: str
    total_ntd_million: int
    capital_ntd_million: int


@dataclass(frozen=True, slots=True)
class CityAgency:
    """An agency of the synthetic city.

    Attributes:
      code: Six digits, the first two its authority's.
      function_code: Two digits (政事別), the beginning of its accounts.
      kind: `ordinary`, `unified` (統籌支撥科目), `debt`, `disaster_reserve` or `second_reserve`.

    """

    code: str
    name_zh: str
    name_en: str
    authority_code: str
    function_code: str
    kind: str


@cache
def authorities() -> tuple[Authority, ...]:
    """Return the 31 authorities in order of their codes."""
    return tuple(
        Authority(
            row["code"],
            row["authority_zh"],
            row["authority_en"],
            int(row["total_ntd_million"]),
            int(row["capital_ntd_million"]),
        )
        for row in _packaged("city_authorities.csv")
    )


@cache
def city_agencies() -> tuple[CityAgency, ...]:
    """All agencies, by authority; the first of each is the bureau itself."""
    return tuple(CityAgency(**row) for row in _packaged("city_agencies.csv"))


def registry_rows() -> list[dict[str, str]]:
    """Return the synthetic city's registry: one row an agency, columns as in REGISTRY_HEADER."""
    names = {authority.code: authority for authority in authorities()}
    return [
        {
            "code": agency.code,
            "name_zh": agency.name_zh,
            "name_en": agency.name_en,
            "authority_code": agency.authority_code,
            "authority_name_zh": names[agency.authority_code].name_zh,
            "authority_name_en": names[agency.authority_code].name_en,
            "email": f"budget@agency-{agency.code}.example",
        }
        for agency in city_agencies()
    ]


def registry_csv() -> str:
    """Return the synthetic city's `agencies.csv`."""
    return as_registry_csv(registry_rows())


def as_registry_csv(rows: list[RegistryRow] | list[dict[str, str]]) -> str:
    """Registry rows as the text of `agencies.csv`, lines ending in a newline."""
    text = io.StringIO()
    writer = csv.DictWriter(text, REGISTRY_HEADER, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _packaged(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV that ships beside this module."""
    content = resources.files("producers").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(content)))
