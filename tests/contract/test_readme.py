"""The READMEs show what the program prints, and the same commands in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SHOWN = {"en": ("README.md", "As of "), "zh": ("README.zh-TW.md", "截至 ")}


def blocks(name: str) -> list[str]:
    """The fenced blocks of a README."""
    return re.findall(r"```\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL)


def commands(name: str) -> list[str]:
    """The commands of a README, without comments and without the choice of a language."""
    lines = [line for block in blocks(name) for line in block.splitlines()]
    begun = [line for line in lines if line.startswith((".venv/", "make ", "curl ", "cp ", "echo "))]
    return [re.sub(r"( --lang en| +#.*)", "", line) for line in begun]


def test_both_readmes_give_the_same_commands() -> None:
    assert commands("README.md") == commands("README.zh-TW.md")
    assert len(commands("README.md")) > 10


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_output_shown_is_what_the_commands_above_it_print(tmp_path: Path, language: str) -> None:
    name, beginning = SHOWN[language]
    (shown,) = (block for block in blocks(name) if block.startswith(beginning))
    run = [sys.executable, "-m", "budgetwatch"]
    files = ["events.ndjson", "--registry", "agencies.csv"]
    simulated = [*run, "simulate", "--events", "3000", "-o", *files]
    subprocess.run(simulated, cwd=tmp_path, check=True, capture_output=True)
    replayed = [*run, "replay", *files, "--as-of", "2025-06-30", "--lang", language]
    printed = subprocess.run(replayed, cwd=tmp_path, check=True, capture_output=True).stdout.decode().splitlines()
    missing = [line for line in shown.splitlines() if line not in [each.rstrip() for each in printed]]
    assert missing == []
