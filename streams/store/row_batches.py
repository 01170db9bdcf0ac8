"""Rows of a question that may have many: some at a time, so that memory does not grow with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa

BATCH_ROWS: Final = 1_000
BATCH_BYTES: Final = 4 << 20
"""About; at least a row is held, and one may be a file of 64 MiB."""
_FETCHED: Final = 100
"""Rows that a database hands out together where none holds a file."""


def row_batches(connection: sa.Connection, question: sa.Select[Any]) -> Iterator[list[dict[str, Any]]]:
    """The rows that answer a question, by column, in its order."""
    has_files = any(isinstance(column.type, sa.LargeBinary) for column in question.selected_columns)
    batch: list[dict[str, Any]] = []
    size = 0
    for row in connection.execute(question, execution_options={"yield_per": 1 if has_files else _FETCHED}):
        batch.append(row._asdict())
        size += sum(len(value) for value in row if isinstance(value, bytes | str))
        if size >= BATCH_BYTES or len(batch) >= BATCH_ROWS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
