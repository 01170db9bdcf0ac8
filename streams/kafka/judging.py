"""The time rules judged on everything that all partitions have folded, in one transaction of one moment."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from alerts.catalogue import Catalogue
from alerts.clock import judge_day
from ledger.process import Transition
from streams.store import Store, StoreRefused, schema
from streams.store.alert_rows import attach_alerts
from streams.store.loading import load_books
from streams.store.store import CLOCK_LOCK, as_of_one_moment, lock


def judge(store: Store, catalogue: Catalogue, day: str, again: bool = False) -> Sequence[Transition] | None:
    """Judge a day, unless it or a later one is judged already; the marks that were seen are kept with it.

    Args:
        store: any partition's store.
        catalogue: the rules.
        day: `YYYY-MM-DD`.
        again: judge it even so: somebody asked for it.

    Raises StoreRefused where the store is folded with other rules, as it is once a newer version has rebuilt it.
    """
    with store.writing() as leading:
        lock(leading, CLOCK_LOCK)  # from here on no rebuild puts another store in this one's place
        if store.manifest()["rules_digest"] != catalogue.digest:
            raise StoreRefused(
                "the store is folded with other rules now: start this again in the version that folds it"
            )
        latest = leading.execute(sa.select(sa.func.max(schema.judgements.c.day))).scalar_one()
        if latest is not None and (day < latest or (day == latest and not again)):
            return None
        with store.writing() as connection:  # its moment begins after the lock was had
            as_of_one_moment(connection)
            books = load_books(connection)
            attach_alerts(connection, books)
            transitions = judge_day(books, catalogue, day)
            store.write_judgement(connection, day, transitions, books, store.positions(connection))
    return transitions
