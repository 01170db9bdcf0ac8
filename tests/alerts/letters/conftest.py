"""The sample city, and names that somebody might put into a register."""

from __future__ import annotations

import pytest

from ledger.names import Names
from streams.letters_page import sample_names


@pytest.fixture(scope="session")
def city() -> Names:
    return sample_names()
