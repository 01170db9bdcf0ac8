"""Names that come in with a table: of work plans, agencies and objects, each code once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from producers.city_names import AccountRow, name_of
from producers.city_registry import RegistryRow
from producers.tables.columns import Reading
from producers.tables.mapping import Mapping as TableMapping


def accounts_in(reading: Reading, mapping: TableMapping, shared: Mapping[str, list[Any]]) -> list[AccountRow]:
    """Rows of `accounts.csv`."""
    wanted = mapping.names.account
    if not wanted or "account" not in shared:
        return []
    columns = {f"{part}_zh": reading.raw(column) for part, column in wanted.items()}
    found: dict[tuple[int, str], AccountRow] = {}
    for at, (year, account) in enumerate(zip(shared["fiscal_year"], shared["account"], strict=True)):
        if (year, account) not in found:
            names = {part: name_of(str(column[at] or "")) for part, column in columns.items()}
            found[year, account] = {"fiscal_year": str(year), "account": account, **names}
    return list(found.values())


def agencies_in(reading: Reading, mapping: TableMapping, shared: Mapping[str, list[Any]]) -> list[RegistryRow]:
    """Rows of the register."""
    wanted = mapping.names.agency
    if "name" not in wanted:
        return []
    names = reading.values("name", wanted["name"])
    authorities = reading.values("authority", wanted["authority"]) if "authority" in wanted else shared["agency"]
    called = reading.values("name", wanted["authority_name"]) if "authority_name" in wanted else names
    found: dict[str, RegistryRow] = {}
    for code, name, authority, authority_name in zip(shared["agency"], names, authorities, called, strict=True):
        if code not in found:
            found[code] = {
                "code": code,
                "name_zh": name_of(str(name)),
                "name_en": name_of(str(name)),
                "authority_code": str(authority),
                "authority_name_zh": name_of(str(authority_name)),
                "authority_name_en": name_of(str(authority_name)),
                "email": "",
            }
    return list(found.values())


def objects_in(reading: Reading, mapping: TableMapping, shared: Mapping[str, list[Any]]) -> dict[str, str]:
    """Names of objects by their code."""
    if mapping.names.object is None or "object_code" not in shared:
        return {}
    found: dict[str, str] = {}
    for code, name in zip(shared["object_code"], reading.raw(mapping.names.object), strict=True):
        found.setdefault(code, name_of(str(name or "")))
    return found
