"""The key of the trail: where it is, what is refused without it, how it is changed, and what a lost one means."""

from __future__ import annotations

import io
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from agents import embedded
from budgetwatch.main import main
from producers.simulator import registry_csv
from streams.folder import Folder
from streams.people import trail
from streams.store import StoreRefused, open_store, schema, under_trail
from streams.store.under_trail import guard_tables, unguard_tables
from streams.trail.chain import fingerprint_of
from streams.trail.keys import KEY_FILE, parse_head, read_keys

PASSWORD = "a long passphrase"  # noqa: S105


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_FILE, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A data folder in use, with one user."""
    made = Folder(tmp_path / "data")
    made.path.mkdir()
    made.registry.write_text(registry_csv(), encoding="utf-8")
    with embedded.opened(made):
        pass
    add_user(made, "wang", code=0)
    return made


def command(*arguments: str, code: int, given: str = "", key: Path | None = None) -> str:
    """Run one, in this process; what it says."""
    with pytest.MonkeyPatch.context() as patch, io.StringIO() as out:
        patch.setattr(sys, "argv", ["budgetwatch", *arguments])
        patch.setattr(sys, "stdin", io.StringIO(given))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", out)
        patch.delenv(KEY_FILE, raising=False)
        if key is not None:
            patch.setenv(KEY_FILE, str(key))
        with pytest.raises(SystemExit) as ended:
            main()
        said = out.getvalue()
    assert ended.value.code == code, (ended.value.code, said)
    return said


def add_user(folder: Folder, name: str, *, code: int, key: Path | None = None) -> str:
    return command("user", "add", name, "--data", str(folder.path), code=code, given=f"{PASSWORD}\n", key=key)


def head(folder: Folder) -> str:
    """As `trail verify` prints it."""
    said = command("trail", "verify", "--data", str(folder.path), code=0)
    return said.split()[1].rstrip(":")


def key_file(folder: Folder) -> Path:
    return folder.path / "trail.key"


def test_a_new_store_makes_its_key_beside_it_and_keeps_the_fingerprint_alone(folder: Folder) -> None:
    path = key_file(folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (key,) = read_keys(path).values
    assert fingerprint_of(key) in folder.store.read_bytes().decode("latin-1")
    assert key not in folder.store.read_bytes()
    assert "no differences" in command("trail", "verify", "--data", str(folder.path), code=0)


def test_the_key_may_stand_elsewhere(tmp_path: Path) -> None:
    made, elsewhere = Folder(tmp_path / "data"), tmp_path / "elsewhere.key"
    made.path.mkdir()
    made.registry.write_text(registry_csv(), encoding="utf-8")
    add_user(made, "wang", code=0, key=elsewhere)
    assert elsewhere.is_file() and not key_file(made).exists()
    assert "the key of the audit trail is not here" in add_user(made, "chen", code=3)
    named = ["trail", "verify", "--data", str(made.path), "--trail-key", str(elsewhere)]
    assert "no differences" in command(*named, code=0)


def test_without_its_key_nothing_is_recorded_and_nothing_starts(folder: Folder) -> None:
    key_file(folder).rename(folder.path / "away")
    for said in (
        add_user(folder, "chen", code=3),
        command("trail", "rotate", "--data", str(folder.path), code=3),
    ):
        assert said.count("\n") == 1 and "the key of the audit trail is not here" in said
    with pytest.raises(StoreRefused, match="is not here"), embedded.opened(folder):
        pass
    assert "not verifiable" in command("trail", "verify", "--data", str(folder.path), code=1)
    assert "wang" in command("user", "list", "--data", str(folder.path), code=0), "what stands there may be read"
    (folder.path / "away").rename(key_file(folder))
    add_user(folder, "chen", code=0)


@pytest.mark.parametrize("instead", [None, "", "x" * 64 + "\n"])
def test_without_its_key_the_figures_are_audited_all_the_same(folder: Folder, instead: str | None) -> None:
    (folder.path / "inbox").mkdir(exist_ok=True)
    key = key_file(folder)
    key.rename(folder.path / "away")
    if instead is not None:
        key.write_text(instead)
    said = command("audit", "--data", str(folder.path), code=1)
    assert said.count("not verifiable") == 1 and "folded again: 1 differences" in said


def test_with_another_key_nothing_is_recorded(folder: Folder) -> None:
    key_file(folder).write_text("x" * 64 + "\n")
    assert "bound by another key" in add_user(folder, "chen", code=3)
    key_file(folder).write_text("short\n")
    assert "32 characters or more" in add_user(folder, "chen", code=3)
    assert "chen" not in command("user", "list", "--data", str(folder.path), code=0)


def test_after_a_rotation_the_old_key_proves_what_was_done_under_it(folder: Folder) -> None:
    before = head(folder)
    said = command("trail", "rotate", "--data", str(folder.path), code=0)
    old, new = read_keys(key_file(folder)).values
    assert fingerprint_of(new) in said and stat.S_IMODE(key_file(folder).stat().st_mode) == 0o600
    add_user(folder, "chen", code=0)
    verify = ("trail", "verify", "--data", str(folder.path), "--expect-head", before)
    assert "no differences" in command(*verify, code=0)
    key_file(folder).write_bytes(new + b"\n")
    assert f"the key {fingerprint_of(old)}" in command(*verify, code=1)
    add_user(folder, "lin", code=0)
    key_file(folder).write_bytes(old + b"\n")
    assert "bound by another key" in add_user(folder, "hsu", code=3)


def test_a_key_put_into_the_file_by_hand_is_the_one_to_go_on_under(folder: Folder) -> None:
    with key_file(folder).open("a") as file:
        file.write("y" * 64 + "\n")
    add_user(folder, "chen", code=0)
    assert fingerprint_of(b"y" * 64) in command("trail", "rotate", "--data", str(folder.path), code=0)
    assert len(read_keys(key_file(folder)).values) == 2
    assert "no differences" in command("trail", "verify", "--data", str(folder.path), code=0)


def test_where_a_key_is_lost_a_chain_begins_anew_and_what_was_before_stays_unproved(folder: Folder) -> None:
    assert "holds" in command("trail", "init", "--data", str(folder.path), code=2)
    key_file(folder).unlink()
    command("trail", "init", "--data", str(folder.path), code=0)
    add_user(folder, "chen", code=0)
    said = command("trail", "verify", "--data", str(folder.path), code=1)
    assert said.count("not verifiable") == 1 and "differences" in said


def test_a_head_that_a_paper_tells_is_looked_for(folder: Folder, tmp_path: Path) -> None:
    number, _, digest = head(folder).partition(":")
    add_user(folder, "chen", code=0)
    arguments = ("trail", "verify", "--data", str(folder.path), "--expect-head")
    assert "no differences" in command(*arguments, f"{number}:{digest[:16]}", code=0)
    assert f"the head {'0' * 16}" in command(*arguments, f"{number}:{'0' * 16}", code=1)
    assert "taken out" in command(*arguments, f"99:{digest}", code=1)
    assert "N:HASH" in command(*arguments, "99", code=2)
    listed = tmp_path / "heads"
    listed.write_text(f"2026-11-27 {number}:{digest}\n2026-11-28 99:{digest}\n")
    assert "taken out" in command(*arguments, str(listed), code=1)


def test_where_the_end_was_taken_off_nothing_is_recorded_before_somebody_looked(folder: Folder) -> None:
    for name in ("chen", "lin"):
        add_user(folder, name, code=0)
    store = open_store(folder.store)
    with store.writing() as connection:
        unguard_tables(connection)
        connection.execute(schema.acts.delete().where(schema.acts.c.n == 5))
        connection.execute(schema.users.delete().where(schema.users.c.name == "lin"))
        connection.execute(schema.credentials.delete().where(schema.credentials.c.name == "lin"))
    store.close()
    assert "not the one that was here" in add_user(folder, "hsu", code=3)
    assert "taken out" in command("trail", "verify", "--data", str(folder.path), code=1)


def test_a_backup_that_is_put_back_says_which_acts_are_no_more(folder: Folder, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    command("backup", "--data", str(folder.path), "-o", str(copy), code=0)
    add_user(folder, "chen", code=0)
    gone = head(folder)
    command("restore", str(copy), "--data", str(folder.path), code=0)
    add_user(folder, "lin", code=0)
    verify = ("trail", "verify", "--data", str(folder.path), "--expect-head", gone)
    assert "no differences" in command(*verify, code=0), "the head is named by the act that put the backup back"
    assert "chen" not in command("user", "list", "--data", str(folder.path), code=0)
    elsewhere = tmp_path / "elsewhere"
    said = command("restore", str(copy), "--data", str(elsewhere), code=0)
    assert "not verifiable" in said, "the key is no part of a backup"


def test_the_first_versions_chain_is_looked_through_and_sealed(
    earlier: Callable[[str, str], Folder], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = earlier("store-of-schema-0004.db.gz", registry_csv())
    command("rebuild", "--data", str(made.path), code=0)
    assert "no differences" in command("trail", "verify", "--data", str(made.path), code=0)
    store = open_store(made.store)
    acts = list(reversed(trail.newest_acts(store)))
    kinds = [act.kind for act in acts]
    began = acts[kinds.index("trail-began")]
    assert began.n > 1 and began.after["earlier"] == {"n": began.n - 1, "hash": acts[began.n - 2].hash, "holds": True}
    store.close()


def test_a_chain_of_the_first_version_that_does_not_hold_is_said_for_ever(
    earlier: Callable[[str, str], Folder],
) -> None:
    made = earlier("store-of-schema-0004.db.gz", registry_csv())
    engine = sa.create_engine(f"sqlite:///{made.store}")
    with engine.begin() as connection:
        assert connection.execute(sa.text("UPDATE acts SET person = 'x'")).rowcount
    engine.dispose()
    command("rebuild", "--data", str(made.path), code=0)
    assert "did not when it was sealed" in command("trail", "verify", "--data", str(made.path), code=1)


def test_what_was_looked_through_is_not_looked_through_again(folder: Folder) -> None:
    store = open_store(folder.store)
    first = trail.checked(store)
    assert first.holds and first.upto.n == 3
    trail.record(store, "wang", "officer", "", "note", "a", None, {"text": "x"})
    with store.writing() as connection:
        unguard_tables(connection)
        connection.execute(schema.acts.update().where(schema.acts.c.n == 1).values(person="x"))
    later = trail.checked(store, first.upto)
    assert later.holds and later.upto.n == 4
    assert trail.checked(store).broken == 1
    store.close()


def test_rows_that_are_only_added_can_be_neither_changed_nor_taken_out(folder: Folder) -> None:
    store = open_store(folder.store)
    for statement in ("UPDATE acts SET person = 'x'", "DELETE FROM acts", "DELETE FROM credentials"):
        with pytest.raises(Exception, match="only added"), store.writing() as connection:
            connection.execute(sa.text(statement))
    store.close()


@pytest.mark.parametrize("text", ["", "1", "1:", "1:abc", "x:" + "0" * 64, "1:" + "g" * 16, "1:" + "0" * 65])
def test_what_is_no_head(text: str) -> None:
    assert parse_head(text) is None


def test_a_key_is_never_written_over(folder: Folder) -> None:
    from streams.trail.keys import make_key

    with pytest.raises(StoreRefused, match="exists"):
        make_key(key_file(folder))


def test_a_table_that_came_under_the_trail_later_is_sealed_by_a_rebuild_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notices of an earlier version have no seal: a rebuild seals them as they stand, and covers up no later change."""
    folder = Folder(tmp_path / "earlier")
    folder.path.mkdir()
    folder.registry.write_text(registry_csv(), encoding="utf-8")
    with monkeypatch.context() as earlier:
        known = tuple(table for table in under_trail.SEALED if table is not schema.notices)
        earlier.setattr(under_trail, "SEALED", known)
        add_user(folder, "wang", code=0)

    def change(statement: sa.Executable) -> None:
        store = open_store(folder.store)
        with store.writing() as connection:
            unguard_tables(connection)
            connection.execute(statement)
            guard_tables(connection)
        store.close()

    values = {"id": "a-zh", "key": "a", "recipient_kind": "office", "recipient_key": "", "payload": "{}", "made_at": ""}
    change(schema.notices.insert().values(**values))
    assert "notices a-zh" in command("trail", "verify", "--data", str(folder.path), code=1)
    command("rebuild", "--data", str(folder.path), code=0)
    assert "no differences" in command("trail", "verify", "--data", str(folder.path), code=0)
    change(schema.notices.update().values(payload='{"a":1}'))
    for _ in range(2):
        assert "notices a-zh" in command("trail", "verify", "--data", str(folder.path), code=1)
        command("rebuild", "--data", str(folder.path), code=0)


def test_a_manifest_that_is_no_text_is_a_difference(folder: Folder) -> None:
    store = open_store(folder.store)
    with store.writing() as connection:
        wrong = "UPDATE manifest SET value = CAST(x'ff00' AS TEXT) WHERE name = 'rules_digest'"
        connection.execute(sa.text(wrong))
    store.close()
    assert "manifest rules_digest value" in command("audit", "--data", str(folder.path), code=1)
