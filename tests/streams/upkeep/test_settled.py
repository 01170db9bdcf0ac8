"""What was refused, put right and accepted stays refused when rules that would take it fold the log again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.catalogue import Catalogue
from ledger import codes
from ledger.registry import Registry
from streams.folder import Folder
from streams.store import open_store
from streams.store.queries import refusals
from streams.store.store import digest_of
from streams.upkeep.audit import audit
from streams.upkeep.rebuild import rebuild
from tests.streams.store.folding import LINE, Folding, event

LETTERS = "70a0101001/current/2000"


def paid(number: int, line: str, amount: int) -> bytes:
    return event(number, "disbursement.paid", line=line, amount=amount, voucher="v")


def test_a_rebuild_takes_what_was_given_up_and_not_what_was_put_right(
    tmp_path: Path, registry: Registry, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the first version had it, accounts had no letters: e1 was sent again on another line, e2 never was."""
    folder = Folder(tmp_path)
    lines = [paid(1, LETTERS, 5), paid(2, LETTERS, 7), paid(1, LINE, 5), paid(3, LINE, 1), paid(3, LINE, 2)]
    store = open_store(folder.store, create=True)
    store.agree(catalogue.digest, digest_of(b""), demonstration=False)
    with monkeypatch.context() as patch:
        patch.setattr(codes, "_LINE", re.compile("[0-9]{10,11}/(current|capital)/[0-9]{4}"))
        codes.KNOWN_LINES.discard(LETTERS)
        Folding(store, registry, catalogue).feed(lines, batch=2)
    assert {one.place: one.reason for one in refusals(store)} == {
        0: "invalid_value",
        1: "invalid_value",
        4: "conflicting_duplicate",
    }
    told = {one.place: (one.reason, one.detail, one.settled_by) for one in refusals(store)}
    store.close()
    assert rebuild(folder, registry, catalogue, digest_of(b"")) == 5
    store = open_store(folder.store)
    assert {one.place: (one.reason, one.detail, one.settled_by) for one in refusals(store)} == {
        0: told[0],
        4: told[4],
    }
    positions = Folding(store, registry, catalogue).books.years[114]["020011"].positions
    assert {name: position.realised for name, position in positions.items()} == {LETTERS: 7, LINE: 6}
    assert list(audit(store, registry, catalogue)) == []
    store.close()
