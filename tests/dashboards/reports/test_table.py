"""Tables are found by their keys, and read as they were kept."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from alerts.catalogue import Catalogue
from dashboards.reports import agency_report, lagging_list, reserve_report
from dashboards.reports.table import Column, Table, kept_tables, of_key
from ledger.words import Words
from tests.dashboards.reports.conftest import Year

TABLE = Table(
    name="lagging",
    title=Words("落後名單", "Lagging list"),
    label=Words("名單", "List"),
    as_of="2025-06-30",
    columns=(
        Column("authority", Words("主管機關", "Authority"), "text"),
        Column("available", Words("B", "B"), "money"),
    ),
    rows=[(Words("02 市府", "02 City"), 7), ("03", None)],
    total=(Words("合計", "Total"), 7),
    notes=(Words("註", "Note"),),
    fiscal_year=114,
)


def pairs(value: Any) -> Any:
    """Words as the first version kept them."""
    if isinstance(value, dict):
        return [value["zh"], value["en"]] if value.keys() == {"zh", "en"} else {k: pairs(v) for k, v in value.items()}
    return [pairs(each) for each in value] if isinstance(value, list) else value


def test_a_cell_is_found_by_the_key_of_its_column() -> None:
    assert TABLE.column("available") == [7, None]
    assert TABLE.row(1) == {"authority": "03", "available": None}
    assert TABLE.by_key(TABLE.total or ())["available"] == 7
    assert TABLE.key == "lagging", "where none is given, its name"


def test_a_table_is_read_as_it_was_kept() -> None:
    assert kept_tables(msgspec.json.decode(msgspec.json.encode([TABLE]))) == [TABLE]


def test_a_table_that_the_first_version_kept_is_read_too() -> None:
    kept = pairs(msgspec.json.decode(msgspec.json.encode(TABLE)))
    del kept["key"], kept["fiscal_year"]
    assert kept["title"] == ["落後名單", "Lagging list"]
    assert kept_tables([kept]) == [msgspec.structs.replace(TABLE, fiscal_year=None)]


def test_no_two_tables_of_a_report_and_no_two_columns_of_a_table_share_a_key(
    simulated: Year, catalogue: Catalogue
) -> None:
    replayed, names, day = simulated.replayed, simulated.names, simulated.day
    for tables in (
        lagging_list.tables(replayed.alerts, replayed.books, names, catalogue, day),
        agency_report.tables("030061", replayed.alerts, replayed.books, names, catalogue, day),
        reserve_report.tables(replayed.books, names, catalogue, day),
    ):
        keys = [(table.key, table.fiscal_year) for table in tables]
        assert len(set(keys)) == len(keys)
        for table in tables:
            assert of_key(tables, table.key) is not None
            assert len({column.key for column in table.columns}) == len(table.columns)
    with pytest.raises(KeyError):
        of_key([TABLE], "other")
