"""The register of agencies that goes with a store: a code that has events already is taken, whatever it is made of."""

from __future__ import annotations

from pathlib import Path

import structlog

from ledger.registry import Registry, RegistryProblem, parse
from streams.store.database import agencies_with_events

log = structlog.get_logger()


def register_for(store: str | Path, content: bytes, name: str) -> Registry:
    """Read a register for a store (CONTRACT §1), with a warning where a code is taken for its events alone.

    Raises RegistryProblem as `parse` does, for other codes and other reasons.
    """
    try:
        return parse(content, name)
    except RegistryProblem as problem:
        known = agencies_with_events(store)
        if not known:
            raise
        registry = parse(content, name, known)
        log.warning("a code of the register is one of which no address can be made", reason=str(problem))
        return registry
