"""`dashboards history`: the figures of days gone by, for Prometheus."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from budgetwatch.options import Data, More, Registry, Replay, Settings, Store, Unusable
from budgetwatch.sources import day_of, opened_store

app = typer.Typer()


@app.command(
    epilog="Examples: `budgetwatch dashboards history --data data --from 114/01/01 -o history.om`, then"
    " `promtool tsdb create-blocks-from --max-block-duration=512h openmetrics history.om /prometheus`"
)
def history(
    from_day: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where it goes.")],
    more: More = None,
    to_day: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day; else yesterday.")] = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
) -> None:
    """Write the figures of each day gone by, as OpenMetrics that Prometheus takes: curves are there at once.

    Leave out the last hours: Prometheus takes no blocks beside what it is scraping just now.
    """
    from alerts.catalogue import load
    from budgetwatch.sources import registry_of
    from dashboards.history import NO_ACTS, Acts, write_history
    from streams.files import EventFiles
    from streams.folder import Folder
    from streams.log.accepted import days_booked, lines_of_store
    from streams.people.lagging_acts import presented_lists
    from streams.people.trail import CLOSE, REOPEN, acts_of_kinds
    from streams.taipei import today

    yesterday = (date.fromisoformat(today()) - timedelta(days=1)).isoformat()
    first, last = day_of(from_day), yesterday if to_day is None else day_of(to_day)
    if last < first:
        raise Unusable(f"--to {last} lies before --from {first}")
    names = [*(replay or ()), *(more or ())]
    with ExitStack() as stack:
        acts = NO_ACTS
        if names:
            lines: Iterator[list[bytes]] = (batch.lines for batch in stack.enter_context(EventFiles(names)).batches())
            known, catalogue = registry_of(registry), load(settings=settings)
        else:
            folder = Folder(data or Path("data"))
            opened = stack.enter_context(opened_store(data, store, read_only=True))
            known = folder.read_registry()[0] if store is None else registry_of(registry)
            catalogue = load(settings=settings or (folder.path if store is None else None))
            acts = Acts(
                list(acts_of_kinds(opened, CLOSE, REOPEN)), [each.presented_on for each in presented_lists(opened)]
            )
            lines = lines_of_store(opened)
        days = stack.enter_context(days_booked(lines, known))
        with output.open("wb") as out:
            points = write_history(days, known, catalogue, first, last, out, acts)
    sys.stderr.write(f"{output}: {points:,} points, {first} to {last}\n")
