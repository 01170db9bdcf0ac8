"""The chain of acts: `trail init`, `trail rotate`, `trail verify`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from budgetwatch.options import DataFolder, ExpectedHeads, Store, TrailHead, TrailKey, Unusable, heads_of
from budgetwatch.sources import opened_store

if TYPE_CHECKING:
    from streams.store import Store as OpenStore

app = typer.Typer()
trails = typer.Typer(no_args_is_help=True, help="The chain that proves the audit trail, and its key.")
app.add_typer(trails, name="trail")


@trails.command("verify", epilog="Example: `budgetwatch trail verify --expect-head 235:9f3ac01b77e2d415`")
def verify(
    data: DataFolder = Path("data"),
    store: Store = None,
    trail_key: TrailKey = None,
    trail_head: TrailHead = None,
    expect_head: ExpectedHeads = None,
) -> None:
    """Look through the acts and all that is under them; `audit` does the same, and folds the log again.

    Exit 0: all is as it was written; 1: what is not, or what cannot be verified because its key is lost, is printed.
    """
    from streams.people.trail import head
    from streams.trail.keys import shown_head
    from streams.upkeep.damaged import UNDER_TRAIL, damaged
    from streams.upkeep.trail_audit import remembered_heads, trail_differences

    heads = heads_of(expect_head)
    with _opened(data, store, alone=False) as opened, opened.at_one_moment() as moment:
        found = list(damaged(moment, UNDER_TRAIL)) or list(
            trail_differences(moment, [*heads, *remembered_heads(opened)])
        )
        newest = head(moment)
    for one in found:
        sys.stdout.write(f"{one.what} {one.key}\n  the trail: {one.folded}\n  the store: {one.stored}\n")
    said = "none" if newest is None else shown_head(newest)
    sys.stdout.write(f"head {said}: {len(found) or 'no'} differences\n")
    if found:
        raise typer.Exit(1)


@trails.command("rotate")
def rotate(data: DataFolder = Path("data"), store: Store = None, trail_key: TrailKey = None) -> None:
    """Go on under a new key, which is put into the file below the one before: that one proves what was done until now.

    A data folder's monitor must be stopped; workers and `serve` read the file again by themselves.
    """
    from streams.upkeep.trail_keys import rotate as go_on

    with _opened(data, store, alone=True) as opened:
        sys.stdout.write(f"the trail goes on under the key {go_on(opened)}\n")


@trails.command("init")
def init(
    data: DataFolder = Path("data"), store: Store = None, trail_key: TrailKey = None, trail_head: TrailHead = None
) -> None:
    """Begin a chain anew, where the key is lost or acts are gone: all that stands is sealed as it is.

    What was done before stays, and stays not verifiable. A key is made where there is no file; one that stands there counts.
    """
    from streams.upkeep.trail_keys import begin_anew

    with _opened(data, store, alone=True) as opened:
        fingerprint = begin_anew(opened)
        if fingerprint is None:
            raise Unusable("the trail has its key and holds; `trail rotate` goes on under another one")
        sys.stdout.write(f"the trail begins anew under the key {fingerprint}\n")


@contextlib.contextmanager
def _opened(data: Path, url: str | None, *, alone: bool) -> Iterator[OpenStore]:
    """The store; `alone`: of a data folder, while no monitor runs on it."""
    from streams.folder import Folder

    with Folder(data).locked() if alone and url is None else contextlib.nullcontext(), opened_store(data, url) as store:
        yield store
