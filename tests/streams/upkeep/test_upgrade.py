"""A store as the first version left it: refused with advice and left alone, copied, and folded again by today's rules."""

from __future__ import annotations

import gzip
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from producers.simulator import registry_csv
from streams.folder import Folder
from streams.outbox import Outbox
from streams.people import accounts
from streams.store import open_store, schema
from tests.streams.channel import Taken

STORE = Path(__file__).parent / "data" / "store-of-schema-0004.db.gz"
"""300 lines of a simulated year, folded by the first version; a user; six alerts, delivered."""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "data")
    made.path.mkdir()
    made.registry.write_text(registry_csv(), encoding="utf-8")
    made.store.write_bytes(gzip.decompress(STORE.read_bytes()))
    return made


def command(*arguments: str, code: int) -> str:
    """Run one; what it says."""
    run = [sys.executable, "-m", "budgetwatch", *arguments]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def schema_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        found: str = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        return found


def test_it_is_left_as_it_is_until_it_is_rebuilt(folder: Folder, tmp_path: Path) -> None:
    data = str(folder.path)
    for arguments in (("run", "--port", "18999"), ("audit",), ("user", "list")):
        said = command(*arguments, "--data", data, code=3)
        assert said.count("\n") == 1 and "budgetwatch rebuild" in said
        assert schema_of(folder.store) == "0004"
    assert "not audited" in command("backup", "--data", data, "-o", str(tmp_path / "copy.db"), code=0)
    assert schema_of(tmp_path / "copy.db") == "0004"


def test_a_rebuild_brings_it_here_and_keeps_what_was_there(folder: Folder) -> None:
    before = folder.store.read_bytes()
    assert "300 lines folded again" in command("rebuild", "--data", str(folder.path), code=0)
    assert (folder.path / "budgetwatch.db.before-rebuild-1").read_bytes() == before
    assert sorted(path.name for path in folder.path.glob("*.db*")) == [
        "budgetwatch.db",
        "budgetwatch.db.before-rebuild-1",
    ]
    assert "no differences" in command("audit", "--data", str(folder.path), code=0)
    store = open_store(folder.store)
    assert [user.name for user in accounts.users(store)] == ["wang"]
    with store.reading() as connection:
        delivered = set(connection.execute(sa.select(schema.deliveries.c.message)).scalars())
    assert len(delivered) == 6
    channel = Taken()
    Outbox(store, (channel,)).deliver_all()
    assert not delivered & {message.id for message in channel.messages}, "nothing is delivered twice"
    store.close()
