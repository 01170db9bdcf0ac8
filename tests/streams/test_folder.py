"""The register of a data folder: which codes it may have."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.catalogue import Catalogue
from ledger.registry import HEADER, RegistryProblem
from streams.folder import Folder
from streams.store import open_store
from tests.streams.store.folding import Folding, event


def test_a_code_of_which_no_subject_can_be_made_is_taken_where_it_has_events(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    folder = Folder(tmp_path)
    rows = [",".join(HEADER), "A:1,甲,A,9,主管,Authority,", "020011,乙,B,9,主管,Authority,"]
    folder.registry.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(RegistryProblem, match="line 2: code 'A:1'"):
        folder.read_registry()
    with pytest.MonkeyPatch.context() as patch:  # as a version before took it
        patch.setattr("ledger.registry._IN_SUBJECTS", "")
        registry, _ = folder.read_registry()
    store = open_store(folder.store, create=True)
    Folding(store, registry, catalogue).feed([event(1, "budget.adopted")])
    with pytest.raises(RegistryProblem, match="line 2: code 'A:1'"):
        folder.read_registry()
    Folding(store, registry, catalogue).feed([event(2, "budget.adopted", agency="A:1")])
    store.close()
    assert set(folder.read_registry()[0].agencies) == {"A:1", "020011"}
