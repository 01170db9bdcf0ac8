"""Data folders as the first version left them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.folder import Folder

DATA = Path(__file__).parent / "data"
REGISTER = """\
code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email
020011,甲局,Bureau A,02,甲局主管,Authority A,
030011,乙局,Bureau B,03,乙局主管,Authority B,
"""


@pytest.fixture
def earlier(tmp_path: Path) -> Callable[[str, str], Folder]:
    """Make one of a store that is kept here, and a register."""

    def make(name: str, register: str) -> Folder:
        made = Folder(tmp_path / "data")
        made.path.mkdir()
        made.registry.write_text(register, encoding="utf-8")
        made.store.write_bytes(gzip.decompress((DATA / name).read_bytes()))
        return made

    return make


@pytest.fixture
def acted_on(earlier: Callable[[str, str], Folder]) -> Folder:
    """22 lines of 115, folded by the first version on 27 November 2026, and what a person did there.

    Refused: two payments on an account with letters, one of them sent again on another line. Accepted: a voucher paid
    twice, 5,000 moved out of a line of 1,000. Acknowledged until 2099: the second reserve at 19 %, a forecast 15 points
    apart, current money underspent (no alert any more). Closed: the virement between programs. Since then the reserve
    came to 3.5 %.
    """
    return earlier("store-with-acts-of-schema-0004.db.gz", REGISTER)
