"""The names that a table brings beside its events, held against the files that are there: what is new, what is named otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from producers.city_names import AccountRow
from producers.city_registry import RegistryRow
from producers.tables.name_lists import LISTS, ListKind, MergedNames, merge


def brought_names(
    agencies: Sequence[RegistryRow],
    accounts: Sequence[AccountRow],
    objects: Mapping[str, str],
    files: Mapping[ListKind, bytes | None],
) -> dict[ListKind, MergedNames]:
    """What the names of a table would change, list by list; lists of which it brings none are left out.

    Args:
        agencies: rows of the register.
        accounts: rows of `accounts.csv`.
        objects: names by code.
        files: what stands in each list's file now; None where there is none. A list that is not named is left alone.

    Raises what a file's own reader raises (RegistryProblem, NamesProblem) where it cannot be used.
    """
    rows: dict[ListKind, list[dict[str, str]]] = {
        "agencies": [dict(each) for each in agencies],
        "accounts": [dict(each) for each in accounts],
        "objects": [{"object_code": code, "name_zh": name} for code, name in objects.items() if name],
    }
    return {
        kind: merge(files[kind], [_whole(each, kind) for each in rows[kind]], kind, f"{kind}.csv", replace=False)
        for kind in rows
        if kind in files and rows[kind]
    }


def _whole(row: Mapping[str, str], kind: ListKind) -> dict[str, str]:
    return {column: str(row.get(column) or "") for column in LISTS[kind].columns}
