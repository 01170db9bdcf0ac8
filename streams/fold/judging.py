"""The time rules judged as of a day, and the judgement written down with the marks that it saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from ledger.process import Transition
from streams.fold.partition import Partition
from streams.store import Store, StoreRefused, schema
from streams.store.alerts import attach_alerts
from streams.store.commit import commit_judgement, requests_so_far, write_judgement
from streams.store.loading import load_books
from streams.store.locks import CLOCK_LOCK, as_of_one_moment, lock
from streams.store.mark import places


def judge_held(partition: Partition, catalogue: Catalogue, day: str) -> Sequence[Transition]:
    """Judge the books of a partition that is the whole log, as they are in memory."""
    transitions = judge_day(partition.books, catalogue, day)
    commit_judgement(partition.store, day, transitions, partition.books)
    return transitions


def judge_asked(store: Store, catalogue: Catalogue) -> bool:
    """Judge the day that somebody asked for on the page, unless that was done already; whether there was one."""
    with store.reading() as connection:
        asked = _unanswered(connection)
    if asked is None:
        return False
    judge(store, catalogue, asked[1], repeat=True, asked=asked[0])
    return True


def _unanswered(connection: sa.Connection) -> tuple[int, str] | None:
    """Number and day of the newest request that no judgement has answered."""
    requests, answered = schema.judgement_requests.c, sa.func.coalesce(sa.func.max(schema.judgements.c.asked), 0)
    wanted = sa.select(requests.n, requests.day).where(requests.n > sa.select(answered).scalar_subquery())
    row = connection.execute(wanted.order_by(requests.n.desc()).limit(1)).first()
    return None if row is None else (row.n, row.day)


def judge(
    store: Store, catalogue: Catalogue, day: str, repeat: bool = False, asked: int | None = None
) -> Sequence[Transition] | None:
    """Judge all that the partitions have folded, of one moment, unless the day or a later one is judged already.

    Args:
        store: any partition's store.
        catalogue: the rules.
        day: `YYYY-MM-DD`.
        repeat: judge a day that is judged already: somebody asked for it.
        asked: the request that it answers; nothing is judged where another worker was faster.

    Raises StoreRefused where the store is folded with other rules, as it is once a newer version has rebuilt it.
    """
    with store.writing() as leading:
        lock(leading, CLOCK_LOCK)  # from here on no rebuild puts another store in this one's place
        if store.manifest()["rules_digest"] != catalogue.digest:
            raise StoreRefused(
                "the store is folded with other rules now: start this again in the version that folds it"
            )
        if asked is not None and _unanswered(leading) is None:
            return None
        latest = leading.execute(sa.select(sa.func.max(schema.judgements.c.day))).scalar_one()
        if latest is not None and (day < latest or (day == latest and not repeat)):
            return None
        return judge_whole(store, catalogue, day)  # its moment begins after the lock was had


def judge_whole(
    store: Store, catalogue: Catalogue, day: str, positions: Mapping[int, int] | None = None
) -> Sequence[Transition]:
    """Judge the rows of all partitions, as of one moment, and then write what came of it.

    It is written by a transaction of its own: to one that still read of that moment, an act of somebody else's in between
    would not be there, and the judgement's own act would come after the wrong one.

    `positions`: what the judgement is said to have seen of each partition; None: what the marks say.
    """
    with store.reading() as connection:
        as_of_one_moment(connection)
        books = load_books(connection)
        attach_alerts(connection, books)
        seen, asked = places(store, connection) if positions is None else positions, requests_so_far(connection)
    transitions = judge_day(books, catalogue, day)
    with store.writing() as connection:
        write_judgement(store, connection, day, transitions, books, seen, asked)
    return transitions
