"""Two states of a store compared, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from ledger.books import AgencyYear, Alert, Books, Position, Row
from streams.store.rows import BUDGET, KEPT, budget_tuples, to_tuples

SHOWN_MAX: Final = 1_000


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as the log says: what, by its key, folded again and in the store."""

    what: str
    key: str
    folded: str
    stored: str


def compared_all(what: str, folded: Mapping[Any, Any], stored: Mapping[Any, Any]) -> Iterator[Difference]:
    """What is not the same under a key, or on one side only."""
    for key in sorted(folded.keys() | stored.keys(), key=str):
        yield from compared(what, _key(key), folded.get(key), stored.get(key))


def compared(what: str, key: str, folded: Any, stored: Any) -> Iterator[Difference]:
    """The difference, if there is one."""
    if folded != stored:
        yield Difference(what, key, str(folded)[:SHOWN_MAX], str(stored)[:SHOWN_MAX])


def _key(key: Any) -> str:
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def shown(alerts: Mapping[str, Alert]) -> dict[str, str]:
    """Alerts as texts that are equal when they are."""
    return {key: msgspec.json.encode(alert, order="sorted").decode() for key, alert in alerts.items()}


def rows_by_key(books: Books) -> dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]:
    """Every row as the store keeps it, by the name of its table and its key."""
    by_kind = _by_kind(books)
    kept = [(KEPT[kind].table, to_tuples(kind, rows)) for kind, rows in by_kind.items()]
    kept.append((BUDGET.table, budget_tuples(by_kind.get(Position, ()))))
    found: dict[str, dict[tuple[Any, ...], tuple[Any, ...]]] = {}
    for table, rows in kept:
        width = len(table.primary_key.columns)
        found[table.name] = {values[:width]: values for values in rows}
    return found


def _by_kind(books: Books) -> dict[type[Row], list[tuple[AgencyYear, Row]]]:
    found: dict[type[Row], list[tuple[AgencyYear, Row]]] = {}
    for year in books.agency_years():
        rows: list[Row] = [year, *year.positions.values(), *year.cases.values(), *year.objects.values()]
        rows += [*year.virements.values(), *year.carryover_cases.values()]
        rows += [*year.feeds.values(), *([year.first_reserve] if year.first_reserve else [])]
        for references in (year.commitments, year.payables, year.prepayments):
            rows += references.values()
        for row in rows:
            found.setdefault(type(row), []).append((year, row))
    for fund in books.funds.values():
        found.setdefault(type(fund), []).append((next(books.agency_years()), fund))
    return found
