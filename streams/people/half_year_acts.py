"""Half-year settlements as people freeze them: the log is folded up to 30 June, kept with its digest, and on the trail."""

from __future__ import annotations

import threading
from typing import Final

import msgspec
import sqlalchemy as sa

from ledger.half_year import HalfYear, HalfYearFigures, figures_on, half_year_end, settled
from ledger.registry import Registry
from streams.log.day_books import books_of_day
from streams.people.acts import record_by
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct, check_person, check_scope
from streams.people.trail import HALF_YEAR_FROZEN
from streams.store import Store, schema
from streams.store.times import now
from streams.store.under_trail import added_row


class FrozenHalfYear(msgspec.Struct, frozen=True):
    """A settlement as it is kept: its number, who froze it and when, and its digest then."""

    n: int
    fiscal_year: int
    person: str
    digest: str
    at: str
    settlement: HalfYear

    @property
    def holds(self) -> bool:
        """Whether what is kept is what was frozen."""
        return self.settlement.digest == self.digest


_FREEZING: Final = threading.Lock()
"""The whole log is folded for one: so many as press the button would take all threads."""


def settle_half_year(store: Store, registry: Registry, fiscal_year: int) -> HalfYear:
    """Fold the log up to 30 June of a year, beside the year before: as frozen, else folded up to its own 30 June.

    Of a year of 3,000,000 events this takes minutes.
    """
    earlier = newest_half_year(store, fiscal_year - 1)
    before: list[HalfYearFigures] = []
    if earlier is not None:
        before = earlier.settlement.figures
    elif _has_year(store, fiscal_year - 1):
        books = books_of_day(store, registry, half_year_end(fiscal_year - 1)).books
        before = figures_on(books, fiscal_year - 1)
    made = books_of_day(store, registry, half_year_end(fiscal_year))
    return settled(made.books, fiscal_year, before, made.refused, made.places)


def _has_year(store: Store, fiscal_year: int) -> bool:
    kept = schema.agency_years.c
    with store.reading() as connection:
        return (
            connection.execute(sa.select(kept.agency).where(kept.fiscal_year == fiscal_year).limit(1)).first()
            is not None
        )


def freeze_half_year(
    store: Store, registry: Registry, fiscal_year: int, person: Person, today: str, *, anew: bool
) -> HalfYear:
    """Keep the settlement of a year as a person freezes it; a year that is frozen only where it is wanted again.

    Raises RefusedAct.
    """
    check_person(person, MAY_ACKNOWLEDGE)
    check_scope(within=person.scope.city)
    if today <= half_year_end(fiscal_year):
        raise RefusedAct("half-year-early")
    if not anew and newest_half_year(store, fiscal_year) is not None:
        raise RefusedAct("half-year-again")
    if not _has_year(store, fiscal_year):
        raise RefusedAct("half-year-empty")
    lock = _FREEZING
    if not lock.acquire(blocking=False):
        raise RefusedAct("half-year-busy")
    try:
        made = settle_half_year(store, registry, fiscal_year)
    finally:
        lock.release()
    if not made.figures:
        raise RefusedAct("half-year-empty")
    values = {
        "fiscal_year": fiscal_year,
        "person": person.name,
        "digest": made.digest,
        "payload": msgspec.json.encode(made, order="sorted").decode(),
        "at": now(),
    }
    with store.writing() as connection:
        if not anew and newest_half_year(store.within(connection), fiscal_year) is not None:
            raise RefusedAct("half-year-again")  # somebody else was faster
        rows = [added_row(connection, schema.half_years, values)]
        after = {"digest": made.digest}
        record_by(store.within(connection), person, HALF_YEAR_FROZEN, str(fiscal_year), None, after, rows)
    return made


def half_years(store: Store) -> list[FrozenHalfYear]:
    """Every settlement, newest first."""
    kept = schema.half_years
    with store.reading() as connection:
        found = connection.execute(sa.select(kept).order_by(kept.c.n.desc())).all()
    return [_frozen(row) for row in found]


def newest_half_year(store: Store, fiscal_year: int) -> FrozenHalfYear | None:
    """The settlement of a year that counts."""
    kept = schema.half_years
    wanted = sa.select(kept).where(kept.c.fiscal_year == fiscal_year).order_by(kept.c.n.desc()).limit(1)
    with store.reading() as connection:
        row = connection.execute(wanted).first()
    return None if row is None else _frozen(row)


def _frozen(row: sa.Row[tuple[object, ...]]) -> FrozenHalfYear:
    values = row._asdict()
    payload = values.pop("payload")
    return FrozenHalfYear(**values, settlement=msgspec.json.decode(payload, type=HalfYear))
