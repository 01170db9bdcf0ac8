"""What the batched transport relies on inside Faust is there, and does what it is relied on for."""

from __future__ import annotations

import ast
import inspect
import textwrap
from importlib import import_module
from typing import Any

import faust
import msgspec
import pytest
from faust.transport.consumer import Consumer as FaustConsumer
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from producers.kafka.connection import Connection
from streams.kafka import transport
from streams.kafka.transport import BYTES_MAX, RECORDS_MAX, RELIED_ON, BatchConsumer, _batches, _NothingRead


def test_every_attribute_relied_on_is_there() -> None:
    for place, names in RELIED_ON.items():
        module, _, path = place.removesuffix("()").partition(":")
        found = getattr(import_module(module), path)
        for name in names:
            there = hasattr(found, name) or name in _assigned(found)
            assert there, f"{place}.{name} is gone in faust {faust.__version__}: read streams/kafka/transport.py again"


def test_the_table_names_every_inner_part_that_is_used() -> None:
    named = {name for names in RELIED_ON.values() for name in names}
    tree = ast.parse(inspect.getsource(transport))
    inner = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr.startswith("_")}
    # What the class writes itself: vars() would also show what abc and mode put into a class that was used.
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == BatchConsumer.__name__)
    written = {node.name for node in body.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    own = {name for name in written if name.startswith("_") and not hasattr(driver.Consumer, name)}
    assert {name for name in inner if not name.startswith("__")} - own <= named
    assert {name for name in written if not name.startswith("__") and hasattr(driver.Consumer, name)} <= named


def _assigned(found: Any) -> set[str]:
    """Every attribute that a class gives its instances."""
    names: set[str] = set()
    for one in inspect.getmro(found):
        names |= set(getattr(one, "__annotations__", {}))
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(one)))
        except (OSError, TypeError):
            continue
        names |= {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
        }
    return names


@pytest.mark.parametrize(
    ("method", "parts"),
    [
        (
            "_drain_messages",
            ["getmany(timeout=1.0)", "self._read_offset.__getitem__", "if r_offset is None or offset >="],
        ),
        ("perform_seek", ["await self.seek_to_committed()", "read_offset.update("]),
        ("_filter_committable_offsets", ["self._new_offset(tp)"]),
        ("_filter_tps_with_pending_acks", ["in self._acked"]),
        ("_commit_offsets", ["await self._commit(committable_offsets)"]),
        (
            "getmany",
            ["self._wait_next_records(timeout)", "self.app.consumer_generation_id", "await self.perform_seek()"],
        ),
        ("_wait_next_records", ["await self._getmany("]),
    ],
)
def test_fausts_consumer_still_works_the_way_it_is_relied_on(method: str, parts: list[str]) -> None:
    source = inspect.getsource(getattr(FaustConsumer, method))
    for part in parts:
        assert part in source, f"Consumer.{method} of faust {faust.__version__} no longer does {part!r}"


def test_the_first_seek_after_a_rebalance_is_ours() -> None:
    recovery = inspect.getsource(import_module("faust.tables.recovery").Recovery.on_recovery_completed)
    assert recovery.index("consumer.perform_seek()") < recovery.index("consumer.resume_flow()")


def test_fausts_note_of_what_it_has_read_drops_nothing() -> None:
    note = _NothingRead()
    tp = TP("t", 1)
    note[tp] = 7
    note.update({tp: 9})
    assert note.__getitem__(tp) is None
    assert note.pop(tp, None) is None


def test_the_transport_is_found_by_its_scheme() -> None:
    async def marks(_: list[int]) -> dict[int, int]:
        return {}

    transport.install("some.topic", marks, Connection("localhost:9092"))
    assert TRANSPORTS.by_url(f"{transport.NAME}://localhost:9092") is transport.Transport
    assert transport.Transport.Consumer is BatchConsumer


class Fetched(msgspec.Struct):
    value: bytes | None


@pytest.mark.parametrize(
    ("sizes", "cut"),
    [
        ([], []),
        ([1] * RECORDS_MAX, [RECORDS_MAX]),
        ([1] * (RECORDS_MAX + 1), [RECORDS_MAX, 1]),
        ([BYTES_MAX, 1], [1, 1]),
        ([BYTES_MAX + 1], [1]),
        ([1, BYTES_MAX, 1, 1], [1, 1, 2]),
        ([BYTES_MAX // 2] * 5, [2, 2, 1]),
    ],
)
def test_a_fetch_is_cut_by_records_and_bytes(sizes: list[int], cut: list[int]) -> None:
    records = [Fetched(bytes(size)) for size in sizes]
    batches = _batches(records)
    assert [len(batch) for batch in batches] == cut
    assert [record for batch in batches for record in batch] == records
