"""What commands read: the books they name, a register, a day, an event, brokers."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from budgetwatch.options import FormatName, LanguageOption, UnitOption, Unusable
from ledger.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboards.reports.table import Table
    from ledger.city import City
    from ledger.words import Words
    from producers.kafka.connection import Connection
    from streams.sources import OpenedBooks
    from streams.store import Store as OpenStore


def books_of(
    more: list[str] | None,
    replay: list[str] | None,
    data: Path | None,
    store: str | None,
    registry: Path,
    as_of: str | None,
    settings: Path | None = None,
    lang: LanguageOption = LanguageOption.ZH,
    *,
    agency: str | None = None,
    only: Literal["capital", "reserves"] | None = None,
) -> OpenedBooks:
    """The books that a command names; of a store only what it looks at (see `streams.sources.LookedAt`)."""
    from dashboards.reports.progress import reading
    from streams.sources import LookedAt, SourceProblem, books_from

    if more and not replay:
        raise Unusable(f"unexpected argument {more[0]}; further files follow --replay FILE")
    day = None if as_of is None else day_of(as_of)
    names = [*(replay or ()), *(more or ())]
    if not names and store is None and data is None and Path("data").is_dir():
        data = Path("data")  # where `run` keeps its own unless told otherwise
    try:
        opened = books_from(
            replay=names,
            data=data,
            store=store,
            registry=registry,
            as_of=day,
            settings=settings,
            wanted=LookedAt(agency, only),
            reading=reading,
        )
    except SourceProblem as error:
        raise Unusable(str(error)) from None
    if opened.booked_later is not None:
        sys.stderr.write(f"{_booked_later(opened.booked_later, opened.as_of or '').text(lang.value)}\n")
    return opened


def _booked_later(latest: str, as_of: str) -> Words:
    from ledger.fiscal import roc_day
    from ledger.words import Words

    return Words(
        f"註：帳載已至 {roc_day(latest)}；僅分配數及時間規則以 {roc_day(as_of)} 為準。該日之數字請用：--replay FILE... --as-of {as_of}",
        f"note: the books hold what was booked up to {latest}; only allotments and time rules are as of {as_of}."
        f" For that day's figures: --replay FILE... --as-of {as_of}",
    )


@contextmanager
def opened_store(data: Path | None, url: str | None, *, read_only: bool = False) -> Iterator[OpenStore]:
    """The store by its URL, which workers fold into; else that of a data folder."""
    from producers.kafka.wire import EVENTS
    from streams.folder import Folder
    from streams.store import open_store

    if url is None:
        opened = open_store(Folder(data or Path("data")).store, read_only=read_only)
    else:
        opened = open_store(url, read_only=read_only, log=EVENTS)
    try:
        yield opened
    finally:
        opened.close()


def judged_day(opened: OpenedBooks) -> str:
    """The day that a report is of; Unusable where no event gives one."""
    if opened.as_of is None:
        raise Unusable("no event was accepted, so there is no day to report on; name one with --as-of")
    return opened.as_of


def write_report(
    opened: OpenedBooks,
    tables: list[Table],
    format_: FormatName,
    out: str | None,
    lang: LanguageOption,
    unit: UnitOption | None = None,
) -> None:
    """Write tables to a file, or print them, marked where the books are made up; in a unit, as their forms print them."""
    from dashboards.reports.table import NOTED, marked, with_head

    tables = in_unit(tables, unit, opened.names.city, format_)
    if format_.value in NOTED:
        tables = with_head(tables, opened.trail_head)
    write_tables(marked(tables) if opened.demonstration else tables, format_, out, lang)


def in_unit(tables: list[Table], unit: UnitOption | None, city: City, format_: FormatName) -> list[Table]:
    """Tables as their forms print them where a unit is named; programs get NT$ (JSON)."""
    if unit is None or format_ is FormatName.JSON:
        return tables
    from dashboards.reports.printed_form import UNITS, as_form

    name = next(each for each in UNITS if each == {"ntd": "one"}.get(unit.value, unit.value.replace("-", "_")))
    return [as_form(table, name, city) for table in tables]


def write_tables(tables: list[Table], format_: FormatName, out: str | None, lang: LanguageOption) -> None:
    """Write tables to a file, or print them."""
    from dashboards.reports.formats import write
    from dashboards.reports.table import ReportProblem

    try:
        write(tables, format_.value, None if out in (None, "-") else Path(out), lang.value)
    except ReportProblem as error:
        raise Unusable(str(error)) from None


def event_in(name: str) -> bytes:
    """The event that is asked about; one that is too long comes cut, but still too long."""
    from ledger.json_text import LINE_BYTES_MAX

    with sys.stdin.buffer if name == "-" else Path(name).open("rb") as source:
        content = source.read(LINE_BYTES_MAX + 4).removeprefix(b"\xef\xbb\xbf").strip()
    if not content:
        raise Unusable(f"{name}: empty; it must hold one JSON event")
    return content


def registry_rows(path: Path) -> list[dict[str, str]]:
    """A register's rows by the names of its columns."""
    import msgspec

    return [msgspec.to_builtins(agency) for agency in registry_of(path).agencies.values()]


def day_of(text: str) -> str:
    """A day as `YYYY-MM-DD`, from any of the forms people write."""
    from ledger.fiscal import parse_day

    try:
        return parse_day(text)
    except ValueError as error:
        raise Unusable(f"--as-of: {error}") from None


def registry_of(path: Path, store: str | None = None) -> Registry:
    """The register in a file; of a store, codes that have events there are taken as they are."""
    from ledger.registry import parse

    if store is None:
        return parse(path.read_bytes(), str(path))
    from streams.store.register import register_for

    return register_for(store, path.read_bytes(), str(path))


def kafka_at(bootstrap: str) -> Connection:
    """How brokers are reached: their addresses, and the rest from the environment."""
    from producers.kafka.connection import BadConnection, connection_to

    try:
        return connection_to(bootstrap)
    except BadConnection as error:
        raise Unusable(str(error)) from None
