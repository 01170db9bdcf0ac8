"""What many tests share: the catalogue, a small register of agencies, and a replay in this process."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings

from alerts.catalogue import Catalogue, load
from alerts.clock import judge_day
from ledger.registry import Registry, parse
from streams.files import EventFiles
from streams.replay import fold, output
from streams.settings import read_names
from streams.trail.keys import KEY_FILE
from tests.machine.random_events import REGISTRY

settings.register_profile("ci", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

os.environ[KEY_FILE] = str(Path(tempfile.mkdtemp(prefix="budgetwatch-key-")) / "trail.key")
"""Stores on PostgreSQL have no folder that a key could stand in; it is made with the first store."""

Replay = Callable[..., dict[str, Any]]


def read_registry(text: str) -> Registry:
    """A register from the text of `agencies.csv`."""
    return parse(text.encode(), "agencies.csv")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load()


@pytest.fixture(scope="session")
def registry() -> Registry:
    rows = [",".join(REGISTRY[0]), *(",".join(row.values()) for row in REGISTRY)]
    return read_registry("\n".join(rows))


@pytest.fixture(scope="session")
def replay(catalogue: Catalogue, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """Fold bytes (a stream) as a file named `f`; returns the contract's object as Python values.

    `today`: judge the time rules as of that day instead, with all events folded.
    """
    path: Path = tmp_path_factory.mktemp("replay") / "f"

    def run(
        stream: bytes, as_of: str | None = None, known: Registry = registry, today: str | None = None
    ) -> dict[str, Any]:
        path.write_bytes(stream)
        with EventFiles([str(path)]) as files:
            files.names = ["f"]
            replayed = fold(files, known, catalogue, as_of)
        if today is not None:  # as the clock of a live monitor does
            replayed.as_of = today
            replayed.books.time_alerts.clear()
            replayed.alerts = [alert for alert in replayed.alerts if alert.opened_by is not None]
            transitions = judge_day(replayed.books, catalogue, today)
            replayed.alerts += [each.alert for each in transitions if each.change == "opened"]
        result: dict[str, Any] = msgspec.to_builtins(output(replayed, known, catalogue, read_names(known, None)))
        return result

    return run
