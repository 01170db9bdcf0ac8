"""Proof and upkeep of a store: `audit`, `backup`, `restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from budgetwatch.options import (
    DataFolder,
    ExpectedHeads,
    RefusedCommand,
    Registry,
    Settings,
    TrailHead,
    TrailKey,
    Unusable,
    heads_of,
)
from budgetwatch.sources import kafka_at, opened_store, registry_of

if TYPE_CHECKING:
    from streams.folder import Folder
    from streams.store import Store as OpenStore
    from streams.upkeep.differences import Difference


app = typer.Typer()


@app.command(
    epilog="Examples: `budgetwatch audit --data data` ·"
    " `budgetwatch audit --bootstrap localhost:9092 --store postgresql://bw@db/budgetwatch`"
)
def audit(
    data: DataFolder = Path("data"),
    bootstrap: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT,...", envvar="BUDGETWATCH_BOOTSTRAP", help="The log is the topic on Kafka."),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="URL", envvar="BUDGETWATCH_STORE", help="With --bootstrap: the workers' store."
        ),
    ] = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    trail_key: TrailKey = None,
    trail_head: TrailHead = None,
    expect_head: ExpectedHeads = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as a JSON array.")] = False,
) -> None:
    """Fold the log again, a data folder's or the topic, and compare it with the store.

    Exit 0: equal; 1: the differences are printed.
    """
    import msgspec

    if (bootstrap is None) != (store is None):
        raise Unusable("--bootstrap and --store go together: the topic, and the store that was folded from it")
    heads = heads_of(expect_head)
    differences, lines = (
        _audit_folder(data, heads)
        if bootstrap is None or store is None
        else _audit_topic(bootstrap, store, registry, settings, heads)
    )
    if as_json:
        sys.stdout.write(msgspec.json.encode(differences).decode() + "\n")
    else:
        for one in differences:
            sys.stdout.write(f"{one.what} {one.key}\n  the log:   {one.folded}\n  the store: {one.stored}\n")
        sys.stdout.write(f"{lines:,} lines folded again: {len(differences) or 'no'} differences\n")
    if differences:
        raise typer.Exit(1)


def _audit_folder(data: Path, heads: list[tuple[int, str]]) -> tuple[list[Difference], int]:
    from alerts.catalogue import load
    from dashboards.reports.progress import counting
    from streams.folder import Folder
    from streams.store import schema
    from streams.store.mark import mark_of
    from streams.store.store import digest_of
    from streams.upkeep.audit import audit as compared
    from streams.upkeep.damaged import damaged
    from streams.upkeep.trail_audit import remembered_heads

    folder = Folder(data)
    with opened_store(data, None) as store:
        registry, content = folder.read_registry()
        catalogue = load(settings=folder.path)
        unreadable = list(damaged(store, {schema.manifest.name}))
        if unreadable:  # it says by what the rest was folded
            return unreadable, 0
        if store.manifest():
            store.check_folded_with(catalogue.digest, digest_of(content))
        with counting(mark_of(store).place, "folding again") as progress:
            known = [*heads, *remembered_heads(store)]
            return list(compared(store, registry, catalogue, progress, known)), mark_of(store).place


def _audit_topic(
    bootstrap: str, url: str, registry: Path, settings: Path | None, heads: list[tuple[int, str]]
) -> tuple[list[Difference], int]:
    from alerts.catalogue import load
    from dashboards.reports.progress import counting
    from streams.store.mark import places
    from streams.upkeep.audit import audit_topic
    from streams.upkeep.trail_audit import remembered_heads

    with opened_store(None, url) as store:
        with store.reading() as connection:
            lines = sum(places(store, connection).values())
        with counting(lines, "folding again") as progress:
            register, catalogue = registry_of(registry, url), load(settings=settings)
            known = [*heads, *remembered_heads(store)]
            found = list(audit_topic(store, kafka_at(bootstrap), register, catalogue, progress, known))
            return found, lines


@app.command(epilog="Example: `budgetwatch backup --data data -o backup-2025-06-30.db`")
def backup(
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The copy, a new file.")],
    data: DataFolder = Path("data"),
    trail_key: TrailKey = None,
) -> None:
    """Copy a data folder's store, while the monitor runs or not, and prove the copy by an audit.

    Its register, names and rules are put beside the copy, as FILE.settings.zip; keep the two together.
    """
    from streams.errors import OlderSchema
    from streams.folder import Folder
    from streams.store import open_store
    from streams.upkeep.backup import copy_store
    from streams.upkeep.settings_copy import pack_settings, settings_beside

    folder = Folder(data)
    copy_store(folder.store, out)
    pack_settings(folder.path, settings_beside(out))
    try:
        store = open_store(out, key_of=folder.store)
    except OlderSchema:
        sys.stdout.write(
            f"{out}: copied, not audited: an earlier version's; `budgetwatch rebuild` brings the store forward\n"
        )
        return
    try:
        proof = _proof(store, folder)
    except RefusedCommand as wrong:
        store.close()
        kept = out.rename(out.with_name(out.name + ".differs"))
        settings_beside(out).unlink()
        raise RefusedCommand(f"{kept}: no backup, {wrong.format_message()}; see `budgetwatch audit`") from None
    finally:
        store.close()
    sys.stdout.write(f"{out}: {proof}\n")


def _proof(store: OpenStore, folder: Folder) -> str:
    """What an audit says of a copy, by a folder's register; raises RefusedCommand where the copy is not what its log says."""
    from alerts.catalogue import load
    from dashboards.reports.progress import counting
    from streams.store.mark import mark_of
    from streams.store.store import digest_of
    from streams.upkeep.audit import audit as compared
    from streams.upkeep.trail_audit import UNVERIFIABLE

    catalogue, lines, manifest = load(settings=folder.path), mark_of(store).place, store.manifest()
    content = folder.registry.read_bytes() if folder.registry.exists() else b""
    if (manifest.get("rules_digest"), manifest.get("registry_digest")) != (catalogue.digest, digest_of(content)):
        return f"{lines:,} lines, not audited: they were folded by other rules or another register"
    registry, _ = folder.read_registry()
    with counting(lines, "folding again") as progress:
        found = compared(store, registry, catalogue, progress)
        unproved = ""
        for one in found:
            if one.what != UNVERIFIABLE:
                raise RefusedCommand(f"it is not what its log says ({one.what} {one.key})")
            unproved = "; its trail is not verifiable: the key is not here"
    return f"{lines:,} lines, audited{unproved}"


@app.command(epilog="Example: `budgetwatch restore backup-2025-06-30.db --data data`")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy made by `backup`.")],
    data: DataFolder = Path("data"),
    trail_key: TrailKey = None,
) -> None:
    """Put a copy in the place of a data folder's store, once an audit has proved it; the old store is kept beside it.

    So are the settings: those of FILE.settings.zip, where it stands beside FILE, take the place of the folder's own.
    """
    from streams.folder import Folder
    from streams.upkeep.backup import restore_store

    folder = Folder(data)
    proofs: list[str] = []
    try:
        restore_store(file, folder, lambda copy, of: proofs.append(_proof(copy, of)))
    except RefusedCommand as wrong:
        raise RefusedCommand(f"{file}: {wrong.format_message()}; nothing was changed") from None
    sys.stdout.write(f"{data}: restored from {file}: {proofs[0]}\n")
    sys.stderr.write("notices are off in what was restored; `budgetwatch notices on` lets them leave once more\n")
