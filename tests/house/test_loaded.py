"""The monitor's processes do not hold what only some commands and processes of their own need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("pandas", "numpy", "typst", "faust", "aiokafka", "alembic", "psycopg")


@pytest.mark.parametrize("module", ["agents.embedded", "agents.supervisor", "budgetwatch.main", "streams.folder"])
def test_what_takes_long_or_tens_of_megabytes_is_loaded_where_it_is_used(module: str) -> None:
    code = f"import sys, {module}; print(*(each for each in {HEAVY!r} if each in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == []
