"""A copy of the program to which a test adds a file, as somebody who extends it does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.test_words import PACKAGES, ROOT


class Copy:
    """The program's packages in a folder of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # The copy's packages come first; what tests run of real parts is the tree's.
        self.environment = os.environ | {"PYTHONPATH": f"{path}{os.pathsep}{ROOT}", "PYTHONSAFEPATH": "1"}
        for name in PACKAGES:
            shutil.copytree(ROOT / name, path / name, ignore=shutil.ignore_patterns("__pycache__"))

    def add(self, name: str, text: str) -> None:
        """Add a file that is not there yet."""
        file = self.path / name
        assert not file.exists()
        file.write_text(text, encoding="utf-8")

    def insert(self, name: str, before: str, text: str) -> None:
        """Add lines to a file that is there, before the one line that begins so."""
        file = self.path / name
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        (at,) = (number for number, line in enumerate(lines) if line.startswith(before))
        file.write_text("".join([*lines[:at], text, *lines[at:]]), encoding="utf-8")

    def command(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run the copy's command line."""
        run = [sys.executable, "-m", "budgetwatch", *arguments]
        done = subprocess.run(
            run, cwd=self.path, env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code, done.stderr
        return done

    def python(self, text: str, given: str | None = None) -> str:
        """Run a program against the copy; what it prints. `given` is its standard input."""
        run = [sys.executable, "-c", text]
        done = subprocess.run(
            run,
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            input=given,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "copy")
