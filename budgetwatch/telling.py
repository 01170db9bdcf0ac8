"""Deliveries of notices: `notices plan|list|retry|suppress|release|drop`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from budgetwatch import notices
from budgetwatch.options import (
    DataFolder,
    FormatName,
    Lang,
    LanguageOption,
    Out,
    Registry,
    ReportFormat,
    Settings,
    Store,
    Unusable,
)
from budgetwatch.sources import opened_store, write_tables

if TYPE_CHECKING:
    from streams.notices.settings import NoticeSettings
    from streams.people.person import Person
    from streams.store import Store as OpenStore

app = notices.app
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands on the trail.")]
Address = Annotated[str, typer.Option("--address", help="Of this address.")]
OfNotice = Annotated[str, typer.Option("--notice", help="Of this notice, as `notices list` names it.")]
OfAlert = Annotated[str, typer.Option("--alert", help="About this alert, by its id.")]


@app.command(
    epilog="Examples: `budgetwatch notices plan --data DIR` · `budgetwatch notices plan --data DIR --format json`"
)
def plan(
    data: DataFolder = Path("data"),
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    format_: ReportFormat = FormatName.TABLE,
    out: Out = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Say what would leave now, to whom, by which line of routing.yaml, and why the rest would not. Sends nothing."""
    from dashboards.reports.notices_plan import plan_table
    from streams.notices.listing import plan_now
    from streams.notices.switch import switch_of

    with opened_notices(data, store, registry, settings) as (opened, notices):
        if not switch_of(opened).on:
            sys.stderr.write("notices are off: this is what would leave if they were on (`budgetwatch notices on`)\n")
        table = plan_table(plan_now(opened, notices), notices.catalogue)
    write_tables([table], format_, out, lang)


@app.command("list", epilog="Example: `budgetwatch notices list --data DIR --state given_up`")
def list_(
    data: DataFolder = Path("data"),
    store: Store = None,
    state: Annotated[
        list[str] | None, typer.Option(help="waiting, held, sent, failed, given_up, suppressed; may be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many of the newest.")] = 100,
    format_: ReportFormat = FormatName.TABLE,
    out: Out = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """List deliveries to people, newest first, with the cause of what failed and what to do about it."""
    from dashboards.reports.notices_plan import deliveries_table
    from streams.notices.listing import deliveries
    from streams.store import schema

    unknown = [one for one in state or () if one not in schema.DELIVERY_STATES]
    if unknown:
        raise Unusable(f"--state {unknown[0]}: write one of {', '.join(schema.DELIVERY_STATES)}")
    with opened_store(data, store) as opened:
        found = deliveries(opened, state or (), limit=limit)
    write_tables([deliveries_table(found)], format_, out, lang)


@app.command(
    epilog='Example: `budgetwatch notices retry --address budget@example.gov.tw --reason "mailbox emptied" --data DIR`'
)
def retry(
    reason: Reason,
    address: Address = "",
    notice: OfNotice = "",
    alert: OfAlert = "",
    data: DataFolder = Path("data"),
    store: Store = None,
) -> None:
    """Try what failed or was given up at once; an address that was refused for good is written to again."""
    from streams.notices import wishes

    chosen = wishes.Chosen(address, notice, alert)
    with opened_store(data, store) as opened:
        count = _wish(lambda person: wishes.retry(opened, person, chosen, reason))
    sys.stdout.write(f"{count} deliveries are tried again\n")


@app.command(epilog='Example: `budgetwatch notices suppress --alert 9f3c1a… --reason "told by telephone" --data DIR`')
def suppress(
    reason: Reason,
    address: Address = "",
    notice: OfNotice = "",
    alert: OfAlert = "",
    data: DataFolder = Path("data"),
    store: Store = None,
) -> None:
    """Let what has not left stay here."""
    from streams.notices import wishes

    chosen = wishes.Chosen(address, notice, alert)
    with opened_store(data, store) as opened:
        count = _wish(lambda person: wishes.suppress(opened, person, chosen, reason))
    sys.stdout.write(f"{count} deliveries are suppressed\n")


@app.command(epilog='Example: `budgetwatch notices release --reason "they are real" --data DIR`')
def release(reason: Reason, data: DataFolder = Path("data"), store: Store = None) -> None:
    """Let everything that a storm held leave: one notice an address."""
    from streams.notices import wishes

    with opened_store(data, store) as opened:
        count = _wish(lambda person: wishes.release(opened, person, reason))
    sys.stdout.write(f"{count} deliveries are released\n")


@app.command(epilog='Example: `budgetwatch notices drop --reason "a feed went wrong" --data DIR`')
def drop(reason: Reason, data: DataFolder = Path("data"), store: Store = None) -> None:
    """Let nothing of what a storm held leave."""
    from streams.notices import wishes

    with opened_store(data, store) as opened:
        count = _wish(lambda person: wishes.drop(opened, person, reason))
    sys.stdout.write(f"{count} deliveries are dropped\n")


def _wish(do: Callable[[Person], int]) -> int:
    """Do something in the name of who sits at the command line."""
    import getpass

    from streams.people.person import LOCAL, Person, RefusedAct

    try:
        return do(Person(getpass.getuser(), (LOCAL,), "command line"))
    except RefusedAct as refused:
        raise Unusable(str(refused)) from None


@contextmanager
def opened_notices(
    data: Path, url: str | None, registry: Path, settings: Path | None
) -> Iterator[tuple[OpenStore, NoticeSettings]]:
    """A store, with what its notices are made with."""
    from alerts.catalogue import load
    from alerts.routing.file import read_routing
    from streams.folder import Folder
    from streams.notices.settings import NoticeSettings
    from streams.settings import read_names
    from streams.store.register import register_for
    from streams.taipei import today

    if url is None:
        folder: Path | None = settings or data
        known = Folder(data).read_registry()[0]
    else:
        folder, known = settings, register_for(url, registry.read_bytes(), str(registry))
    catalogue, names = load(settings=folder), read_names(known, folder)
    routing = read_routing(folder, catalogue.rules, known.agencies)
    with opened_store(data, url) as opened:
        made_up = opened.manifest().get("demonstration") == "yes"
        yield opened, NoticeSettings(catalogue, lambda: names, lambda: routing, today, folder, None, made_up)
