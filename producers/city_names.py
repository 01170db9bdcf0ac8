"""Names of the synthetic city's work plans (invented), and the names that an import leaves, as the text of `accounts.csv`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Final

from ledger.names import ACCOUNT_COLUMNS, ACCOUNT_OPTIONAL, parse_accounts
from ledger.text import TEXT_MAX, is_text
from producers.city_registry import city_agencies

HEADER: Final = (*ACCOUNT_COLUMNS, *ACCOUNT_OPTIONAL)
AccountRow = Mapping[str, str]
"""One row of `accounts.csv`: text by the names of its columns; those left out are empty."""
_GENERAL: Final = {
    "program_zh": "一般行政",
    "program_en": "General administration",
    "work_plan_zh": "行政管理",
    "work_plan_en": "Administration",
}
_BUSINESS_PLANS: Final = range(30, 42)
"""As many as a simulated agency's accounts begin with (see `simulation.city`)."""


def city_yaml() -> str:
    """The synthetic city's `city.yaml`."""
    return resources.files("producers").joinpath("city.yaml").read_text(encoding="utf-8")


def account_rows(fiscal_year: int) -> list[AccountRow]:
    """A name for each account that the synthetic city's agencies use from a fiscal year on."""
    text = resources.files("producers").joinpath("city_plans.csv").read_text(encoding="utf-8")
    plans: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        plans.setdefault(row["function_code"], []).append(row)
    found: list[AccountRow] = []
    for agency in city_agencies():
        own = plans.get(agency.function_code)
        if own is None:
            continue  # a reserve: nothing is spent on lines of its own
        prefix = f"{agency.function_code}{agency.authority_code}{agency.code[2:5]}"
        function = {key: own[0][key] for key in ("function_zh", "function_en")}
        found.append(_row(fiscal_year, f"{prefix}0101", function | _GENERAL))
        for number, plan in enumerate(_BUSINESS_PLANS):
            found.append(_row(fiscal_year, f"{prefix}{plan}01", _numbered(own[number % len(own)], number // len(own))))
    return found


def accounts_csv(rows: Iterable[AccountRow]) -> str:
    """Rows as the text of `accounts.csv`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def with_accounts(content: bytes | None, rows: Iterable[AccountRow], name: str) -> tuple[bytes, int]:
    """`accounts.csv` with the names it lacks added below; what stands in it stays byte for byte.

    Returns the bytes to write (the same object where nothing is added), and how many names were added. Raises
    NamesProblem where the file cannot be used.
    """
    known = {} if content is None else parse_accounts(content, name)
    lacking = [
        row
        for row in rows
        if not any(each.fiscal_year == int(row["fiscal_year"]) for each in known.get(row["account"], ()))
    ]
    if content is None or not lacking:
        return (accounts_csv(lacking).encode() if content is None else content), len(lacking)
    text = content.decode("utf-8-sig")
    columns = [cell.strip() for cell in next(csv.reader(io.StringIO(text, newline="")))]
    added = io.StringIO(newline="")
    writer = csv.DictWriter(added, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writerows(lacking)
    whole = content + (b"" if content.endswith(b"\n") else b"\n") + added.getvalue().encode()
    parse_accounts(whole, name)
    return whole, len(lacking)


def name_of(text: str) -> str:
    """A name from outside as `accounts.csv` takes it: on one line, at most 128 characters, without control characters."""
    return " ".join("".join(each if is_text(each) else " " for each in text).split())[:TEXT_MAX]


def _row(fiscal_year: int, account: str, names: Mapping[str, str]) -> AccountRow:
    return {"fiscal_year": str(fiscal_year), "account": account, **names}


def _numbered(plan: Mapping[str, str], number: int) -> dict[str, str]:
    """A plan's names; where an agency has more plans than there are names, the further ones are numbered."""
    names = {key: plan[key] for key in HEADER if key in plan}
    if number:
        names |= {
            "work_plan_zh": f"{plan['work_plan_zh']}（{number + 1}）",
            "work_plan_en": f"{plan['work_plan_en']} ({number + 1})",
        }
    return names
