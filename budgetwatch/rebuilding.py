"""A store folded again by today's rules and register: `rebuild`, and what it would change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

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
    TrailKey,
    Unusable,
)
from budgetwatch.sources import kafka_at, registry_of, write_tables

app = typer.Typer()


@app.command(
    epilog="Examples: `budgetwatch rebuild --data data --dry-run` ·"
    " `budgetwatch rebuild --bootstrap localhost:9092 --store postgresql://bw@db/budgetwatch --registry agencies.csv`"
)
def rebuild(
    data: DataFolder = Path("data"),
    bootstrap: Annotated[
        str | None, typer.Option(metavar="HOST:PORT,...", envvar="BUDGETWATCH_BOOTSTRAP", help="Kafka's brokers.")
    ] = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    trail_key: TrailKey = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Change nothing: list every outcome, figure, alert and act that would be another."
        ),
    ] = False,
    format_: ReportFormat = FormatName.TABLE,
    out: Out = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Fold the log again by today's rules and register, into a new store that takes the old one's place.

    The log is a data folder's, or, with --bootstrap and --store, the topic on Kafka: workers and pages go on meanwhile.
    With --dry-run nothing is changed, and what would be is listed; --format, -o and --lang are of that list.
    """
    if (bootstrap is None) != (store is None):
        raise Unusable("--bootstrap and --store go together")
    if dry_run:
        _list_changes(data, bootstrap, store, registry, settings, format_, out, lang)
    elif bootstrap is not None and store is not None:
        sys.stdout.write(
            f"{_rebuild_from_kafka(bootstrap, store, registry, settings):,} lines folded again; the old tables are kept\n"
        )
    else:
        _rebuild_folder(data)


def _list_changes(
    data: Path,
    bootstrap: str | None,
    url: str | None,
    registry: Path,
    settings: Path | None,
    format_: FormatName,
    out: str | None,
    lang: LanguageOption,
) -> None:
    from alerts.catalogue import load
    from dashboards.reports.progress import counting
    from dashboards.reports.rebuild_preview import tables
    from streams.folder import Folder
    from streams.settings import read_names
    from streams.store.database import lines_folded
    from streams.taipei import today
    from streams.upkeep.preview import preview, preview_topic

    if bootstrap is not None and url is not None:
        known, catalogue = registry_of(registry, url), load(settings=settings)
        with counting(lines_folded(url), "folding again") as progress:
            found = preview_topic(url, kafka_at(bootstrap), known, catalogue, today(), progress)
    else:
        folder = Folder(data)
        (known, _), settings = folder.read_registry(), folder.path
        catalogue = load(settings=settings)
        with counting(lines_folded(folder.store), "folding again") as progress:
            found = preview(folder.store, known, catalogue, today(), progress)
    write_tables(tables(found, read_names(known, settings), catalogue), format_, out, lang)


def _rebuild_folder(data: Path) -> None:
    from alerts.catalogue import load
    from dashboards.reports.progress import counting
    from streams.folder import Folder
    from streams.store.database import lines_folded
    from streams.store.store import digest_of
    from streams.upkeep.rebuild import rebuild as fold_again

    folder = Folder(data)
    with folder.locked():
        known, content = folder.read_registry()
        with counting(lines_folded(folder.store), "folding again") as progress:
            lines = fold_again(folder, known, load(settings=folder.path), digest_of(content), progress)
    sys.stdout.write(f"{data}: {lines:,} lines folded again; the old store is kept beside the new one\n")


def _rebuild_from_kafka(bootstrap: str, url: str, registry: Path, settings: Path | None) -> int:
    from dashboards.reports.progress import counting
    from streams.store.database import lines_folded
    from streams.upkeep.rebuild import rebuild_topic

    with counting(lines_folded(url), "folding again") as progress:
        return rebuild_topic(url, registry.read_bytes(), str(registry), kafka_at(bootstrap), progress, settings)
