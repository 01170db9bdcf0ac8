"""Tables of several metrics, joined by the code of what they are about; and tables of SQL rows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from ledger.words import Language, Words


class JoinedColumn(msgspec.Struct, frozen=True):
    """A column: its field as the queries give it, and what it is called."""

    field: str
    words: Words


def joined(panel: table.Panel, reader: Language, columns: Sequence[JoinedColumn], by: str = "key") -> table.Panel:
    """Join the queries' rows by a label, leave out what is not shown, call each column by its name, in this order."""
    fields = [column.field for column in columns]
    return (
        panel.with_transformation(DataTransformerConfig(id_val="joinByField", options={"byField": by, "mode": "outer"}))
        .with_transformation(DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": fields}}))
        .with_transformation(
            DataTransformerConfig(
                id_val="organize",
                options={
                    "indexByName": {field: number for number, field in enumerate(fields)},
                    "renameByName": {column.field: column.words.text(reader) for column in columns},
                    "excludeByName": {},
                },
            )
        )
    )
