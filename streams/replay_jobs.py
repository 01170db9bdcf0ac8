"""A replay by several processes, each of which folds its share of the agencies; the outcome is that of one, to the byte.

Agencies do not depend on each other, but for the city's reserves: whoever draws on them, their events are folded once more
in the order of the log, and these funds and their alerts are taken from there. Rules of time are judged over all.
"""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from heapq import merge
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec

from alerts.catalogue import Catalogue, load
from alerts.clock import judge_day
from alerts.engine import Engine
from ledger.admission import read
from ledger.books import Alert, Books, Fund
from ledger.events import Event
from ledger.identity import SeenIds
from ledger.output import Counts
from ledger.payments import PaymentsSeen
from ledger.process import Context, process
from ledger.registry import Registry
from streams.files import EventFiles, FileLines
from streams.replay import LINE_BYTES, RefusedEvent, Replayed

EVENTS_WORTH_IT: Final = 200_000
"""With fewer the start of further processes takes longer than they save."""
_KEY: Final = b'"agency":"'
main_of = f"from {__name__} import main; main()"
"""What a further process runs."""
_CITYS: Final = ("second", "disaster")


class JobLost(Exception):
    """A process of a replay ended before it was done; the message says what to do."""


class ReplayShare(msgspec.Struct, frozen=True):
    """What one process is given: it folds the agencies whose code, hashed, leaves `number` divided by `of`."""

    names: Sequence[str]
    registry: Registry
    settings: Path | None
    as_of: str | None
    number: int
    of: int


class ShareFolded(msgspec.Struct):
    """What it found: its rows, alerts in the order of their opening, refusals by place, the city's reserve events by place."""

    books: Books
    alerts: list[Alert]
    counts: Counts
    refusals: list[tuple[int, RefusedEvent]]
    of_city: list[tuple[int, bytes]]


def jobs_for(files: EventFiles, cores: int) -> int:
    """How many processes are worth their start; standard input is read by one alone."""
    return cores if "-" not in files.names and files.size >= EVENTS_WORTH_IT * LINE_BYTES else 1


def fold_in_jobs(
    files: EventFiles,
    share: ReplayShare,
    catalogue: Catalogue,
    progress: Callable[[int], None] = lambda _: None,
) -> Replayed:
    """Fold as `streams.replay.fold` does; this process takes the share given, and starts one for each further. Raises JobLost."""
    with ExitStack() as stack:
        others = [
            stack.enter_context(_started(msgspec.structs.replace(share, number=number)))
            for number in range(1, share.of)
        ]
        shares = [fold_share(files, share, catalogue, progress), *(_result(each) for each in others)]
    return put_together(shares, share, catalogue)


@contextmanager
def _started(share: ReplayShare) -> Iterator[subprocess.Popen[bytes]]:
    """A process that folds a share; killed where nobody waits for it any more."""
    command = [sys.executable, "-c", main_of]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as job:  # noqa: S603  # ourselves
        assert job.stdin is not None
        with suppress(BrokenPipeError):  # it ended: its code says so
            pickle.dump(share, job.stdin)
            job.stdin.close()
        try:
            yield job
        finally:
            job.kill()


def _result(job: subprocess.Popen[bytes]) -> ShareFolded:
    assert job.stdout is not None
    answer = job.stdout.read()
    if job.wait() != 0:
        raise JobLost(f"a process of the replay ended with {job.returncode}; --jobs 1 does with one")
    found: ShareFolded = pickle.loads(answer)  # noqa: S301  # of our own process
    return found


def fold_share(
    files: EventFiles, share: ReplayShare, catalogue: Catalogue, progress: Callable[[int], None]
) -> ShareFolded:
    """Fold the lines of a share's agencies, each at its place among all."""
    room = files.size // LINE_BYTES // share.of
    books = Books()
    books.payments = PaymentsSeen(room * 2 // 3)
    context = Context(
        share.registry.agencies, SeenIds(room), Engine(catalogue), files.recall, share.as_of, follow=False
    )
    folded = ShareFolded(books, [], Counts(), [], [])
    mine: dict[bytes, bool] = {}
    for batch in files.batches():
        at, lines = _of_share(batch, share, mine)
        effects = process(0, lines, books, context, at=at)
        left_out = {*effects.duplicates, *(each.place for each in effects.refusals)}
        folded.of_city += [
            (place, line)
            for place, line in zip(at, lines, strict=True)
            if place not in left_out and _may_be_of_city(line)
        ]
        folded.counts.read += effects.read
        folded.counts.accepted += effects.accepted
        folded.counts.duplicate += len(effects.duplicates)
        folded.counts.refused += len(effects.refusals)
        folded.counts.later += effects.later
        folded.alerts += [each.alert for each in effects.transitions if each.change == "opened"]
        for refused in effects.refusals:
            line = RefusedEvent(batch.file, batch.number_of(refused.place), refused.refusal)
            folded.refusals.append((refused.place, line))
        progress(files.bytes_read)
    return folded


def _of_share(batch: FileLines, share: ReplayShare, mine: dict[bytes, bool]) -> tuple[list[int], list[bytes]]:
    """The lines of a batch that are a share's, with their places. What names no agency is the first's."""
    at, lines = [], []
    for place, line in enumerate(batch.lines, batch.first_place):
        start = line.find(_KEY)
        agency = (
            _agency(line)
            if start < 0 or b"\\" in line
            else line[start + len(_KEY) : line.find(b'"', start + len(_KEY))]
        )
        is_mine = mine.get(agency)
        if is_mine is None:
            is_mine = mine[agency] = crc32(agency) % share.of == share.number
        if is_mine:
            at.append(place)
            lines.append(line)
    return at, lines


def _agency(line: bytes) -> bytes:
    """The agency of a line that is not written as almost all are."""
    try:
        found = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return b""
    agency = found.get("agency") if isinstance(found, dict) else None
    return agency.encode(errors="surrogatepass") if isinstance(agency, str) else b""


def _may_be_of_city(line: bytes) -> bool:
    return b"reserve" in line or b"\\" in line


def put_together(shares: Sequence[ShareFolded], share: ReplayShare, catalogue: Catalogue) -> Replayed:
    """Make one outcome of all shares: the city's reserves from their events in order, and the rules of time over all."""
    books, counts, alerts = Books(), Counts(), list[Alert]()
    for each in shares:
        for year in each.books.agency_years():
            books.add(year)
        for field in msgspec.structs.fields(Counts):
            setattr(counts, field.name, getattr(counts, field.name) + getattr(each.counts, field.name))
        alerts += [alert for alert in each.alerts if not _is_of_city(alert)]
    refusals = [line for _, line in merge(*(each.refusals for each in shares), key=lambda found: found[0])]
    books.funds, of_city = _city_reserves(list(merge(*(each.of_city for each in shares))), share, catalogue)
    alerts += of_city
    day = share.as_of or max((year.latest for year in books.agency_years()), default=None)
    if day is not None:
        alerts += [each.alert for each in judge_day(books, catalogue, day)]
    return Replayed(books, alerts, counts, refusals, day, SeenIds())


def _city_reserves(
    found: Sequence[tuple[int, bytes]], share: ReplayShare, catalogue: Catalogue
) -> tuple[dict[tuple[int, str], Fund], list[Alert]]:
    """The city's funds, and the alerts about them, from the accepted events of all agencies in the order of the log."""
    lines = dict(_of_funds(found))
    books = Books()
    context = Context(
        share.registry.agencies, SeenIds(), Engine(catalogue), lines.__getitem__, share.as_of, follow=False
    )
    effects = process(0, list(lines.values()), books, context, at=list(lines))
    assert not effects.refusals and not effects.duplicates, "they were accepted where they were folded first"
    opened = [each.alert for each in effects.transitions if each.change == "opened" and _is_of_city(each.alert)]
    return books.funds, opened


def _of_funds(found: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    for place, line in found:
        event = read(line)
        if isinstance(event, Event) and getattr(event, "reserve", None) in _CITYS:
            yield place, line


def _is_of_city(alert: Alert) -> bool:
    return alert.level == "reserve" and alert.key in _CITYS


def main() -> None:
    """Fold the share that stands on standard input, and write what came of it."""
    gc.disable()  # rows are never part of a cycle
    share: ReplayShare = pickle.load(sys.stdin.buffer)  # noqa: S301  # of our own process
    with EventFiles(share.names) as files:
        folded = fold_share(files, share, load(settings=share.settings), lambda _: None)
    folded.books.payments = PaymentsSeen()
    pickle.dump(folded, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)
