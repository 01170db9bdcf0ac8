"""Events that come by HTTP, sent on to Kafka: answered once workers have folded, judged and committed them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError

from alerts.trial import ReadingBooks
from ledger.json_text import LINE_BYTES_MAX
from ledger.receipt import Outcome
from producers.kafka.connection import Connection
from producers.kafka.sending import new_producer
from producers.kafka.wire import EVENTS, value_of, where_of
from streams.errors import KafkaUnavailable, StoreError
from streams.fold.receipts import SentLine, of_store
from streams.kafka.topics import SourceReader, plain_errors
from streams.monitor import Busy, Unavailable
from streams.store import Store

POSTS_AT_ONCE: Final = 32
"""Posts under way; further ones wait."""
WAITING_MAX: Final = 256
"""Posts that wait, beyond which no more are taken."""
FOLD_SECONDS: Final = 30.0
"""How long an answer waits for workers; the events are in Kafka by then, and folded when a worker is there."""
SEND_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 5.0
_LOOK_MS: Final = 5_000

log = structlog.get_logger()


class Posting:
    """Sends posts to the source topic, and knows how far the workers are."""

    def __init__(self, connection: Connection, store: Store) -> None:
        """Brokers that do not answer are asked again until they do; raises KafkaRefused where they do not let us in."""
        self._store, self._connection = store, connection
        self._producer: KafkaProducer | None = None
        try:
            self._reach()
        except KafkaUnavailable as error:
            log.warning("posts are turned away until Kafka can be reached", reason=str(error))
        self._threads = ThreadPoolExecutor(POSTS_AT_ONCE, thread_name_prefix="post")
        self._under_way = 0
        self._moved = threading.Condition()
        self._folded: Mapping[int, int] = {}
        self._ends: dict[int, int] = {}
        self._stopping = threading.Event()
        self._looking = threading.Thread(target=self._look, name="log-ends", daemon=True)

    def _reach(self) -> None:
        if self._producer is None:
            with plain_errors(self._connection):
                self._producer = new_producer(self._connection, "budgetwatch-serve", linger_ms=2)

    def start(self) -> None:
        """Begin to look where the log ends."""
        self._looking.start()

    def stop(self) -> None:
        """Finish what is under way."""
        self._stopping.set()
        with self._moved:
            self._moved.notify_all()
        self._threads.shutdown()
        self._looking.join()
        if self._producer is not None:
            with suppress(KafkaError):
                self._producer.close(timeout=5)

    def folded(self, offsets: Mapping[int, int]) -> None:
        """Told how far each partition is folded and can be read."""
        with self._moved:
            self._folded = offsets
            self._moved.notify_all()

    def lag(self, offsets: Mapping[int, int]) -> int | None:
        """How many records stand behind the marks; None while the brokers have not answered."""
        ends = self._ends
        return sum(max(0, end - offsets.get(part, 0)) for part, end in ends.items()) if ends else None

    def submit(self, lines: list[bytes], origin: str, first_line: int, reading: ReadingBooks) -> Future[list[Outcome]]:
        """Send lines, each under its own key, in their order; blank lines are left out.

        The future fails with Unavailable where they are not known to be kept, or are kept but not yet judged: sending
        them again does no harm. Raises Busy where too many posts wait.
        """
        with self._moved:
            if self._under_way >= POSTS_AT_ONCE + WAITING_MAX:
                raise Busy(retry_after=2)
            self._under_way += 1
        done = self._threads.submit(self._post, lines, origin, first_line, reading)
        done.add_done_callback(lambda _: self._left())
        return done

    def _left(self) -> None:
        with self._moved:
            self._under_way -= 1

    def _post(self, lines: list[bytes], origin: str, first_line: int, reading: ReadingBooks) -> list[Outcome]:
        numbered = [(number, line) for number, line in enumerate(lines, first_line) if line and not line.isspace()]
        try:
            sent, refused = self._send(numbered, origin)
            self._wait(sent)
            return sorted([*of_store(self._store, sent, reading), *refused], key=lambda outcome: outcome.line)
        except KafkaError as error:
            raise Unavailable(f"Kafka: {' '.join(str(error).split())}") from None

    def _send(self, numbered: Sequence[tuple[int, bytes]], origin: str) -> tuple[list[SentLine], list[Outcome]]:
        producer, headers = self._producer, [("origin", origin.encode())]
        if producer is None:
            raise Unavailable("Kafka could not be reached yet; send it again later")
        under_way: list[tuple[int, bytes, Any]] = []
        refused: list[Outcome] = []
        for number, line in numbered:
            if len(line) > LINE_BYTES_MAX:
                problem = f"longer than {LINE_BYTES_MAX:,} bytes; it was not kept"
                refused.append(Outcome(number, None, "refused", "malformed", problem))
                continue
            sending = producer.send(EVENTS, value_of(line), headers=headers, **where_of(line))
            under_way.append((number, line, sending))
        producer.flush(timeout=SEND_SECONDS)
        sent = []
        for number, line, future in under_way:
            taken = future.get(timeout=SEND_SECONDS)
            sent.append(SentLine(number, line, taken.partition, taken.offset))
        return sent, refused

    def _wait(self, sent: Sequence[SentLine]) -> None:
        """Until all of it is folded, committed and in the books shown."""
        wanted: dict[int, int] = {}
        for one in sent:
            wanted[one.partition] = max(one.offset, wanted.get(one.partition, 0))
        deadline = time.monotonic() + FOLD_SECONDS
        with self._moved:
            while any(self._folded.get(part, 0) <= offset for part, offset in wanted.items()):
                left = deadline - time.monotonic()
                if left <= 0 or self._stopping.is_set():
                    raise Unavailable("the events are in Kafka, but no worker has judged them yet")
                self._moved.wait(left)

    def _look(self) -> None:
        """Ask now and then where the log ends."""
        reader: SourceReader | None = None
        while True:
            try:
                self._reach()
                reader = reader or SourceReader(self._connection, wait_ms=_LOOK_MS)
                marks = {part: self._folded.get(part, 0) for part in range(self._store.partitions)}
                self._ends = reader.ends_of(marks)  # what only markers of transactions follow is read to its end
            except StoreError as error:
                if self._ends:
                    log.warning("it is not known where the log ends", reason=str(error))
                self._ends = {}
                if reader is not None:
                    reader.close()
                    reader = None
            if self._stopping.wait(_LOOK_SECONDS):
                break
        if reader is not None:
            reader.close()
