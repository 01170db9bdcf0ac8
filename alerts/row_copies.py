"""An agency's books of a year to try something in: a row is copied when it is asked for, not before.

An event reaches a handful of rows; an agency may have thousands.
"""

from __future__ import annotations

import pickle
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Any, Final, TypeVar

from ledger.books import AgencyYear

K = TypeVar("K")
V = TypeVar("V")


def copied(year: AgencyYear) -> AgencyYear:
    """The books of a year once more; what is changed in them changes nothing in those given, which must not change meanwhile."""
    fields = {name: getattr(year, name) for name in year.__struct_fields__}
    tables = {name: RowCopies(fields.pop(name)) for name in _TABLES}
    months = fields.pop("months")  # nobody changes them
    return AgencyYear(**_copy(fields), **tables, months=months)  # type: ignore[arg-type]  # by name


_TABLES: Final = (
    *("positions", "commitments", "payables", "prepayments", "cases"),
    *("virements", "carryover_cases", "objects", "feeds"),
)


class RowCopies(dict[K, V]):
    """Rows by key: copies of another table's rows, each made when it is asked for, and rows that are new here."""

    def __init__(self, rows: dict[K, V]) -> None:
        super().__init__()
        self._rows = rows

    def __missing__(self, key: K) -> V:
        """Copy a row that is asked for the first time."""
        self[key] = found = _copy(self._rows[key])
        return found

    def get(self, key: K, default: Any = None) -> Any:
        """The row, or the default where there is none."""
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        """Whether there is such a row."""
        return super().__contains__(key) or key in self._rows

    def __iter__(self) -> Iterator[K]:
        """Every key; all rows are copied then, as with the rest of these."""
        return super(RowCopies, self._whole()).__iter__()

    def __len__(self) -> int:
        """How many rows there are."""
        return super(RowCopies, self._whole()).__len__()

    def keys(self) -> KeysView[K]:  # type: ignore[override]
        """Every key."""
        return super(RowCopies, self._whole()).keys()

    def values(self) -> ValuesView[V]:  # type: ignore[override]
        """Every row."""
        return super(RowCopies, self._whole()).values()

    def items(self) -> ItemsView[K, V]:  # type: ignore[override]
        """Every key with its row."""
        return super(RowCopies, self._whole()).items()

    def _whole(self) -> RowCopies[K, V]:
        """All rows, in the order of the table that is copied; those that are new come last."""
        if self._rows:
            here = dict(super().items())
            self.clear()
            for key in self._rows:
                self[key] = here.pop(key) if key in here else _copy(self._rows[key])
            self.update(here)
            self._rows = {}
        return self


def _copy(row: V) -> V:
    found: V = pickle.loads(pickle.dumps(row, pickle.HIGHEST_PROTOCOL))  # noqa: S301  # what was dumped here
    return found
