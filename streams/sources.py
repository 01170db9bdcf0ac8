"""Where a command finds the books: event files to fold, a data folder, or a store. All are only read.

The books are made for one command and thrown away with it, so the time rules can be judged in them as of any day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from alerts.catalogue import Catalogue, load
from alerts.clock import judge_day
from alerts.lagging import RULE as LAGGING
from alerts.lagging import SILENT
from alerts.unfinished import unfinished
from ledger.books import Alert, Books
from ledger.names import Names
from ledger.registry import Registry, parse
from streams.files import EventFiles
from streams.replay import fold
from streams.settings import read_names
from streams.taipei import today

if TYPE_CHECKING:
    from streams.people.lagging_acts import Presented
    from streams.people.trail import TrailEntry
    from streams.store import Store

ShowingProgress: TypeAlias = Callable[[int], AbstractContextManager[Callable[[int], None]]]
"""Begins to show progress over so many bytes, and gives a callback that is told how many have been read."""


class LookedAt(msgspec.Struct, frozen=True):
    """What of a store a command looks at; the whole of a large one takes seconds to read."""

    agency: str | None = None
    """One agency's rows and what is shared; None: everybody's."""
    only: Literal["capital", "reserves"] | None = None
    """Capital lines with the lagging list's alerts, or reserves with their cases, lines and no alerts; None: everything."""


EVERYTHING: Final = LookedAt()


class SourceProblem(ValueError):
    """It is not clear, or not there, what is to be read; the message says what to name."""


class OpenedBooks(msgspec.Struct, frozen=True):
    """What a command looks at: the books, every alert that stands in them, and what these are read with."""

    books: Books
    alerts: list[Alert]
    registry: Registry
    catalogue: Catalogue
    names: Names
    as_of: str | None
    """The day judged; None where no event was accepted and none was named."""
    presented: Sequence[Presented] = ()
    """The lagging lists presented before, newest first; of a store."""
    reasons: Mapping[tuple[str, int], TrailEntry] = {}
    """The reason that each lagging authority gave last, by authority and fiscal year; of a store."""
    demonstration: bool = False
    """Whether the books are made up."""
    of_store: bool = False
    """Whether they are a store's, which keeps what people said too; files hold events alone."""
    trail_head: tuple[int, str] | None = None
    """Number and hash of the newest act; of a store."""
    booked_later: str | None = None
    """The latest booking in a store's books where it lies after the day judged: their figures are not of that day."""


def books_from(
    *,
    replay: Sequence[str] = (),
    data: Path | None = None,
    store: str | None = None,
    registry: Path = Path("agencies.csv"),
    as_of: str | None = None,
    settings: Path | None = None,
    wanted: LookedAt = EVERYTHING,
    reading: ShowingProgress = lambda _: nullcontext(lambda _: None),
) -> OpenedBooks:
    """The books from the first of these that is named: files, a store, a data folder.

    Args:
        replay: event files, in order; `-` is standard input. With `as_of`, what is booked later is left out.
        data: a data folder, which holds its own register; the books are those of its store as it stands.
        store: an SQLAlchemy URL, or the path of a SQLite database.
        registry: the register that goes with files or a store.
        as_of: the day as of which time rules are judged; else the latest booked in the files, or today in Taipei (of a
            demonstration, the day its year has come to).
        settings: the folder of a city's names and rules; a data folder is its own.
        wanted: what is looked at, where it is a store; files are folded whole.
        reading: shows how far the files have been read.

    Raises SourceProblem where nothing is named; UnreadableFile, RegistryProblem, StoreError and OSError where what is named
    cannot be read.
    """
    if replay or store is not None:
        names, catalogue = read_names(_register(registry, store), settings), load(settings=settings)
        if replay:
            return _folded(replay, names, catalogue, as_of, reading)
        assert store is not None, "one of the two is named"
        return stored_books(store, names, catalogue, as_of, wanted)
    if data is None:
        raise SourceProblem("name the books to look at: --replay FILE..., --data DIR or --store URL")
    from streams.folder import Folder  # noqa: PLC0415  # who reads files need not wait for SQL

    folder = Folder(data)
    own = settings or folder.path
    return stored_books(folder.store, read_names(folder.read_registry()[0], own), load(settings=own), as_of, wanted)


def _register(path: Path, store: str | None) -> Registry:
    if store is None:
        return parse(path.read_bytes(), str(path))
    from streams.store.register import register_for  # noqa: PLC0415  # who reads files need not wait for SQL

    return register_for(store, path.read_bytes(), str(path))


def _folded(
    files: Sequence[str], names: Names, catalogue: Catalogue, as_of: str | None, reading: ShowingProgress
) -> OpenedBooks:
    with EventFiles(files) as opened, reading(opened.size) as progress:
        replayed = fold(opened, names.registry, catalogue, as_of, progress)
    return OpenedBooks(replayed.books, unfinished(replayed.books), names.registry, catalogue, names, replayed.as_of)


def stored_books(
    name: str | Path, names: Names, catalogue: Catalogue, as_of: str | None = None, wanted: LookedAt = EVERYTHING
) -> OpenedBooks:
    """The books of a store as it stands, judged as of a day."""
    from streams.people.closings import apply_closings  # noqa: PLC0415
    from streams.people.lagging_acts import lagging_reasons, presented_lists  # noqa: PLC0415
    from streams.people.trail import head  # noqa: PLC0415
    from streams.store import open_store  # noqa: PLC0415

    store = open_store(name, read_only=True)
    try:
        books = _loaded(store, wanted)
        books.keep_what_follows()  # no position changes any more: its agency is added up once
        apply_closings(books, store)
        made_up = store.manifest().get("demonstration") == "yes"
        day = as_of or (_day_of_demonstration(store) if made_up else today())
        presented, reasons, newest = presented_lists(store), lagging_reasons(store), head(store)
    finally:
        store.close()
    if wanted.only != "reserves":
        judge_day(books, catalogue, day, (LAGGING, SILENT) if wanted.only else None, wanted.agency)
    latest = max((year.latest for year in books.agency_years()), default="")
    later = latest if latest > day else None
    return OpenedBooks(
        books,
        unfinished(books),
        names.registry,
        catalogue,
        names,
        day,
        presented,
        reasons,
        made_up,
        True,
        newest,
        later,
    )


def _loaded(store: Store, wanted: LookedAt) -> Books:
    from streams.store.alerts import attach_alerts  # noqa: PLC0415
    from streams.store.loading import load_agency, load_books, load_capital, load_reserves  # noqa: PLC0415
    from streams.store.segments import all_payments  # noqa: PLC0415

    with store.at_one_moment() as moment, moment.reading() as connection:
        if wanted.only is not None:
            return (load_capital if wanted.only == "capital" else load_reserves)(connection)
        if wanted.agency is not None:
            books = load_agency(connection, wanted.agency)
        else:
            books = load_books(connection)
            attach_alerts(connection, books)
        books.payments = all_payments(moment)
        return books


def _day_of_demonstration(store: Store) -> str:
    """The day judged last: its year is another than the clock's."""
    from streams.store import queries  # noqa: PLC0415

    judged = queries.judgements(store)
    return judged[-1].day if judged else today()
