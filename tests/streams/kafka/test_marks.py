"""A mark against the log it should stand in."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest

from streams.errors import StoreRefused
from streams.kafka.fetch import digest_of_value
from streams.kafka.topics import Ends, SourceReader, check_mark
from streams.store.mark import LogIdentity, Mark

LOG = LogIdentity("cluster", "topic", 12)
MARK = Mark(place=9, next_offset=10, last_digest=digest_of_value(b"last"))


class Record(msgspec.Struct):
    value: bytes | None


class Log:
    """A log of which one record is looked at."""

    def __init__(self, last: bytes | None) -> None:
        self._last = last

    def record_before(self, _: int, offset: int) -> Any:
        assert offset == 10
        return None if self._last is None else Record(self._last)


ENDS = Ends(0, 20)


def check(mark: Mark = MARK, kept: LogIdentity = LOG, ends: Ends = ENDS, last: bytes | None = b"last") -> None:
    check_mark(3, mark, kept, LOG, ends, cast("SourceReader", Log(last)))


def test_a_mark_that_stands_in_its_log_is_gone_on_from() -> None:
    check()
    check(ends=Ends(0, 10))
    check(ends=Ends(10, 10))  # the last record is gone, but none that is still wanted
    check(mark=Mark(), ends=Ends(0, 0))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kept": LogIdentity("other", "topic", 12)}, "another Kafka cluster"),
        ({"kept": LogIdentity("cluster", "other", 12)}, "deleted and made again"),
        ({"kept": LogIdentity("cluster", "topic", 6)}, "keys have moved"),
        ({"ends": Ends(0, 9)}, "the log has lost records"),
        ({"ends": Ends(11, 20)}, "records between are gone"),
        ({"mark": Mark(), "ends": Ends(1, 20)}, "records between are gone"),
        ({"last": b"another"}, "not the one that was folded"),
        ({"last": None}, "not the one that was folded"),
    ],
)
def test_any_other_log_is_refused_with_the_reason(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(StoreRefused, match=said):
        check(**wrong)
