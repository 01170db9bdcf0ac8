"""`publish`: event files → the source topic on Kafka, in order, each event under its agency's and year's key.

Sent at least once with idempotence and `acks=all`; what was taken by the brokers is noted beside the file, so that the
next run goes on from there. Lines that are no events are sent too: whoever folds the topic refuses and keeps them.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError

from producers.kafka.connection import Connection
from producers.kafka.sending import DELIVERY_SECONDS, new_producer
from producers.kafka.trouble import trouble
from producers.kafka.wire import EVENTS, RECORD_BYTES_MAX, record_key, value_of, where_to

_LINE_BYTES_MAX: Final = RECORD_BYTES_MAX - 1_024
"""A line longer than this cannot be sent; over 1 MiB it would be refused anyway."""
_PACK_BYTES_MAX: Final = 512 << 10
_IN_FLIGHT_MAX: Final = 20_000
_NOTE_SECONDS: Final = 1.0
_TAIL: Final = 64 << 10


class PublishProblem(Exception):
    """It cannot be published, or not any further; the message says why and what is done already."""


class Published(msgspec.Struct):
    """What was sent: events and records of this run, where it began, and the lines that are too long for a record."""

    file: str
    from_byte: int = 0
    to_byte: int = 0
    events: int = 0
    records: int = 0
    without_key: int = 0
    too_long: list[int] = []
    """The numbers of lines within this run, from 1."""
    seconds: float = 0.0
    partitions: dict[int, int] = {}
    """Records by partition."""


class _Position(msgspec.Struct):
    """How far a file was published: into which topic, and what stood before that place."""

    topic: str
    byte: int
    tail: str
    """SHA-256 of the bytes before it (at most 64 KiB): another file in its place is noticed."""


def publish(
    file: Path,
    connection: Connection,
    pack: int = 1,
    again: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Published:
    """Send what of a file is not yet sent.

    Args:
        file: NDJSON; it may have grown since the last run.
        connection: where to.
        pack: how many consecutive events of one key share a record at most; `PACK_MAX` or fewer.
        again: send all of it, whatever was sent before.
        progress: told how many bytes of the file have been taken by the brokers.

    Raises PublishProblem; what was taken until then is noted and not sent again.
    """
    began = time.monotonic()
    report = Published(str(file))
    try:
        _check_topic(connection)
        producer = new_producer(connection, "budgetwatch-publish", linger_ms=20)
    except KafkaError as error:
        raise PublishProblem(f"Kafka: {trouble(error, connection).text}") from None
    note = file.with_name(file.name + ".published")
    try:
        with file.open("rb") as source:
            known = EVENTS  # a topic made anew is noticed by the workers; events sent again are duplicates
            report.from_byte = 0 if again else _resume(source, note, known)
            source.seek(report.from_byte)
            sending = _Sending(producer, report, lambda byte: _keep(file, note, known, byte), progress)
            try:
                for key, value, events, end in _records(source, report, pack):
                    sending.send(key, value, events, end)
            finally:
                sending.finish()
    except KafkaError as error:
        found = trouble(error, connection)
        advice = "" if found.is_final else "; run it again"
        raise PublishProblem(f"{file}: stopped at byte {report.to_byte:,}: {found.text}{advice}") from None
    finally:
        with suppress(KafkaError):
            producer.close(timeout=5)
    report.seconds = time.monotonic() - began
    return report


def _check_topic(connection: Connection) -> None:
    """Refuse a topic that is not there at once: a producer would wait for it."""
    with KafkaAdminClient(**connection.settings()) as admin:
        code = admin.describe_topics([EVENTS])[0]["error_code"]
    if code == UnknownTopicOrPartitionError.errno:
        raise PublishProblem(f"{EVENTS}: no such topic at {connection.bootstrap}; make it with `budgetwatch topics`")
    if code == TopicAuthorizationFailedError.errno:
        raise TopicAuthorizationFailedError(EVENTS)


class _Sending:
    """What is on its way, in the order of the file: only what is taken without a gap before it counts."""

    def __init__(
        self, producer: KafkaProducer, report: Published, keep: Callable[[int], None], progress: Callable[[int], None]
    ) -> None:
        self._producer, self._report, self._keep, self._progress = producer, report, keep, progress
        self._under_way: deque[tuple[Any, int, int]] = deque()
        self._taken = report.from_byte
        self._noted_at = time.monotonic()

    def send(self, key: bytes | None, value: bytes, events: int, end: int) -> None:
        """Hand a record over; waits while too many are under way."""
        self._under_way.append((self._producer.send(EVENTS, value, **where_to(key)), events, end))
        while len(self._under_way) > _IN_FLIGHT_MAX or (self._under_way and self._under_way[0][0].is_done):
            self._settle()
        if time.monotonic() - self._noted_at > _NOTE_SECONDS:
            self._note()

    def finish(self) -> None:
        """Wait for all of it; raises the first error there was."""
        try:
            while self._under_way:
                self._settle()
        finally:
            self._note()

    def _settle(self) -> None:
        future, events, end = self._under_way[0]
        taken = future.get(timeout=DELIVERY_SECONDS + 10)
        self._under_way.popleft()
        report = self._report
        report.records += 1
        report.events += events
        report.partitions[taken.partition] = report.partitions.get(taken.partition, 0) + 1
        self._taken = max(self._taken, end)

    def _note(self) -> None:
        self._noted_at = time.monotonic()
        self._report.to_byte = self._taken
        self._keep(self._taken)
        self._progress(self._taken)


def _records(source: BinaryIO, report: Published, pack: int) -> Iterator[tuple[bytes | None, bytes, int, int]]:
    """Records in order: key, value, how many events, and the byte of the file before which all is then handed over.

    A packed record waits for more of its key. Until it is sent the byte stands before its first event.
    """
    waiting: dict[bytes, _Pack] = {}
    for line, begin, end in _lines(source, report):
        key = record_key(line)
        if key is None or pack == 1:
            report.without_key += key is None
            yield key, value_of(line), 1, _first(waiting, end)
            continue
        of_key = waiting.get(key)
        if of_key is not None and (len(of_key.lines) >= pack or of_key.size + len(line) > _PACK_BYTES_MAX):
            del waiting[key]
            yield key, of_key.value(), len(of_key.lines), _first(waiting, begin)
            of_key = None
        if of_key is None:
            of_key = waiting[key] = _Pack(begin)
        of_key.lines.append(line)
        of_key.size += len(line) + 1
        of_key.end = end
    last = max((one.end for one in waiting.values()), default=0)
    while waiting:
        key = next(iter(waiting))
        one = waiting.pop(key)
        yield key, one.value(), len(one.lines), _first(waiting, last)


class _Pack(msgspec.Struct):
    """Events of one key that wait to share a record, and where in the file the first begins and the last ends."""

    begin: int
    lines: list[bytes] = []
    size: int = 0
    end: int = 0

    def value(self) -> bytes:
        """One event as it is, several as a JSON array."""
        return self.lines[0] if len(self.lines) == 1 else b"[" + b",".join(self.lines) + b"]"


def _first(waiting: dict[bytes, _Pack], otherwise: int) -> int:
    """Where the first event that waits begins: packs stand in the order of their first events."""
    return next((one.begin for one in waiting.values()), otherwise)


def _lines(source: BinaryIO, report: Published) -> Iterator[tuple[bytes, int, int]]:
    """Each line that is not blank, without its ending, where it begins, and the byte after it."""
    number, at = 0, source.tell()
    while line := source.readline(_LINE_BYTES_MAX):
        number += 1
        begin, at = at, at + len(line)
        if len(line) == _LINE_BYTES_MAX and not line.endswith(b"\n"):
            report.too_long.append(number)
            while line and not line.endswith(b"\n"):
                line = source.readline(_LINE_BYTES_MAX)
                at += len(line)
            continue
        if begin == 0:
            line = line.removeprefix(b"\xef\xbb\xbf")
        line = line.removesuffix(b"\n").removesuffix(b"\r")
        if line and not line.isspace():
            yield line, begin, at


def _resume(source: BinaryIO, note: Path, topic: str) -> int:
    try:
        kept = msgspec.json.decode(note.read_bytes(), type=_Position)
    except FileNotFoundError:
        return 0
    except msgspec.MsgspecError:
        raise PublishProblem(f"{note}: not a note of `publish`; delete it, or give --again") from None
    if kept.topic != topic or kept.tail != _tail(source, kept.byte):
        raise PublishProblem(f"{note}: belongs to another file or topic; delete it, or give --again to send all of it")
    return kept.byte


def _keep(file: Path, note: Path, topic: str, byte: int) -> None:
    with file.open("rb") as source:
        content = msgspec.json.encode(_Position(topic, byte, _tail(source, byte)))
    fresh = note.with_name(note.name + ".new")
    fresh.write_bytes(content)
    fresh.replace(note)


def _tail(source: BinaryIO, byte: int) -> str:
    source.seek(max(0, byte - _TAIL))
    return hashlib.sha256(source.read(min(byte, _TAIL))).hexdigest()
