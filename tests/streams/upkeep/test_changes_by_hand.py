"""Changes that somebody makes with the database's password and without the trail's key: an audit finds each."""

from __future__ import annotations

import hashlib
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from alerts.letters.bulletin import Attachment, Bulletin
from alerts.letters.compose import letter_head, recipient_of
from alerts.subjects import alert_id
from ledger.monthly import MonthlyReport, ReportedLine
from ledger.names import Names
from ledger.registry import Registry, parse
from ledger.words import Words
from producers.simulator import registry_csv, simulate
from streams.errors import StoreRefused
from streams.fold.judging import judge_held
from streams.fold.partition import Partition
from streams.notices.bulletins import keep_notice
from streams.outbox import Outbox
from streams.people import accounts, lagging_acts, sessions
from streams.people.accounts import Domain
from streams.people.acts import acknowledge, add_note
from streams.people.files import file_taken, keep_file
from streams.people.half_year_acts import freeze_half_year
from streams.people.person import Person
from streams.store import Origin, Store, alert_lists, open_store, schema
from streams.store.alert_lists import Overlay, Wanted
from streams.store.batch import Batch
from streams.store.loading import load_partition
from streams.store.under_trail import guard_tables, unguard_tables
from streams.trail.chain import BEGAN, BEGINNING, NO_HASH, fingerprint_of, keyed_link, plain_link, seal_of
from streams.upkeep.audit import audit
from streams.upkeep.trail_audit import remembered_heads
from tests.streams.channel import Taken

OFFICER = Person("王科長", ("officer",), "10.0.0.1", credential="session", credential_id="ab12")
DAY = "2025-09-15"
FORGED = b"the key of somebody who has none of the city"


@pytest.fixture(scope="module")
def city() -> Registry:
    return parse(registry_csv().encode(), "agencies.csv")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, city: Registry, catalogue: Catalogue) -> Path:
    """A store in use: a small year in some batches, two days judged, users, tokens, lists, acts, deliveries."""
    path = tmp_path_factory.mktemp("kept") / "budgetwatch.db"
    store = open_store(path, create=True)
    store.agree("of the rules", "of the register", demonstration=False)
    partition = Partition.alone(store, city, catalogue)
    lines = [line.rstrip(b"\n") for line in simulate(114, 7, 1_000)] + [b"no event", b"{}"]
    for at in range(0, len(lines), 300):
        partition.fold(Batch(lines[at : at + 300], [Origin(0, f"inbox:{at}.ndjson")]))
    for day in ("2025-09-14", DAY):
        judge_held(partition, catalogue, day)
    accounts.add_user(store, "wang", "王科長", "a long passphrase", ["reviewer"], Domain(frozenset(["020011"])))
    accounts.add_user(store, "gone", "離職", "another passphrase", ["administrator"])
    accounts.disable_user(store, "gone")
    accounts.add_token(store, "feeder", ["feeder"], Domain(frozenset(["020011"])))
    revoked, _ = accounts.add_token(store, "old", ["administrator"])
    accounts.revoke_token(store, revoked.id)
    sessions.begin_generation(store, OFFICER)
    for number in (1, 2):
        lagging_acts.keep_list(store, DAY, DAY, OFFICER, {"ranks": {"114": {"02": number}}, "tables": []})
    found = alert_lists.find(store, Wanted(states=("open",)), Overlay(), "severity", limit=5)
    acknowledge(store, catalogue, alert_id(found[0]), OFFICER, "查證中", "2099-01-01", DAY)
    report = MonthlyReport(114, "020011", 2, (ReportedLine("32020110101/current/2000", 5),))
    number = keep_file(store, OFFICER, "2月.csv", b"a,b", ["020011"], {})
    file_taken(store, OFFICER, number, "2月.csv", {"accepted": 2, "duplicate": 0, "refused": 0}, [report])
    freeze_half_year(store, city, 114, OFFICER, "2025-08-01", anew=False)
    Outbox(store, (Taken(),)).deliver_all()
    with store.writing() as connection:
        names = Names(city)
        office = recipient_of(names, "office")
        said = Bulletin("digest", DAY, office, "zh", letter_head(names), Words("催辦", "Reminder"), ())
        paper = Attachment("list.csv", "text/csv", b"a,b")
        keep_notice(connection, "digest-zh", said, "2025-09-15T00:00:00.000Z", (paper,))
    for number in range(3):
        add_note(store, alert_id(found[1]), OFFICER, f"第 {number} 次電話")
    store.close()
    return path


Change = Callable[[sa.Connection], Any]


def sql(text: str, **values: Any) -> Change:
    def run(connection: sa.Connection) -> None:
        assert connection.execute(sa.text(text), values).rowcount > 0, text

    return run


def rewritten(as_whom: str, link: Callable[[Mapping[str, Any]], str], key: str | None) -> Change:
    """The whole chain anew, with every hash right by another rule."""

    def run(connection: sa.Connection) -> None:
        rows = [dict(row) for row in connection.execute(sa.select(schema.acts).order_by(schema.acts.c.n)).mappings()]
        connection.execute(schema.acts.delete())
        previous = NO_HASH
        for row in rows:
            if row["person"] == OFFICER.name:
                row["person"] = as_whom
            row |= {"previous_hash": previous, "key": key}
            if key is None:
                row |= {"credential": None, "credential_id": None, "seals": None}
            elif row["kind"] == BEGAN:
                row["subject"] = key
            previous = row["hash"] = link(row)
        connection.execute(schema.acts.insert(), rows)

    return run


def appended(connection: sa.Connection) -> None:
    """An act more at the end, bound to the one before as the first version bound them."""
    last = connection.execute(sa.select(schema.acts).order_by(schema.acts.c.n.desc()).limit(1)).mappings().one()
    row = dict(last) | {"n": last["n"] + 1, "previous_hash": last["hash"], "person": "somebody else"}
    connection.execute(schema.acts.insert(), row | {"hash": plain_link(row)})


def exchanged(connection: sa.Connection) -> None:
    for before, after in ((3, 999), (4, 3), (999, 4)):
        connection.execute(schema.acts.update().where(schema.acts.c.n == before).values(n=after))


def relabelled(connection: sa.Connection) -> None:
    """The seals of an act that raised a user, with the user's new row."""
    row = connection.execute(sa.select(schema.acts).where(schema.acts.c.kind == "user-added")).mappings().first()
    assert row is not None
    seals = msgspec.json.encode({"users": {"wang": "0" * 32}}).decode()
    connection.execute(schema.acts.update().where(schema.acts.c.n == row["n"]).values(seals=seals))


def other_lines(connection: sa.Connection) -> None:
    """A segment whose first line is another one, with its digest right, and sealed by a key of one's own."""
    rows = schema.segments
    row = dict(connection.execute(sa.select(rows).where(rows.c.first_place == 300)).mappings().one())
    lines = zlib.decompress(row["lines"]).replace(b'"amount":1', b'"amount":2', 1)
    values = {"lines": zlib.compress(lines), "digest": hashlib.sha256(lines).hexdigest()}
    connection.execute(
        rows.update().where(rows.c.first_place == 300).values(**values, seal=seal_of("segment", ["x"], FORGED))
    )


def emptied(connection: sa.Connection) -> None:
    connection.execute(schema.deliveries.delete())
    connection.execute(schema.outbox.delete())


def one_delivery(values: str) -> Change:
    return sql("UPDATE deliveries SET " + values + " WHERE message = (SELECT min(message) FROM deliveries)")  # noqa: S608


def sql_made(statement: str) -> Change:
    return lambda connection: connection.execute(sa.text(statement))


def hollowed(connection: sa.Connection) -> None:
    """All of them again, one of which lets by what it is to refuse."""
    sql_made("CREATE TRIGGER acts_delete_refused BEFORE DELETE ON acts BEGIN SELECT 1; END")(connection)
    guard_tables(connection)


USER_ROW = "INSERT INTO users (name, shown_as, roles, created_at) VALUES ('evil', 'evil', '[\"administrator\"]', '')"
CHANGES: Mapping[str, tuple[str, Change]] = {
    # what people did
    "the last act taken out": ("acts", sql("DELETE FROM acts WHERE n = (SELECT max(n) FROM acts)")),
    "the last three acts taken out": ("acts", sql("DELETE FROM acts WHERE n > (SELECT max(n) FROM acts) - 3")),
    "all acts taken out": ("acts", sql("DELETE FROM acts")),
    "an act in the middle taken out": ("acts", sql("DELETE FROM acts WHERE n = 4")),
    "the first act taken out": ("acts", sql("DELETE FROM acts WHERE n = 1")),
    "an act put in at the end": ("acts", appended),
    "two acts exchanged": ("acts", exchanged),
    "another reason": ("acts", sql("UPDATE acts SET after = replace(after, '查證中', '已改正')")),
    "another person": ("acts", sql("UPDATE acts SET person = '李科長' WHERE kind = 'acknowledge'")),
    "another role": ("acts", sql("UPDATE acts SET role = 'administrator' WHERE kind = 'acknowledge'")),
    "another address": ("acts", sql("UPDATE acts SET address = '10.0.0.2' WHERE kind = 'acknowledge'")),
    "another credential": ("acts", sql("UPDATE acts SET credential_id = 'cd34' WHERE kind = 'acknowledge'")),
    "another moment": ("acts", sql("UPDATE acts SET at = '2025-01-01T00:00:00.000Z' WHERE kind = 'acknowledge'")),
    "another subject": ("acts", sql("UPDATE acts SET subject = 'b' WHERE kind = 'note'")),
    "what an act seals": ("acts", relabelled),
    "the chain rewritten as the first version's, under another name": ("acts", rewritten("李科長", plain_link, None)),
    "the chain rewritten under a key of one's own": (
        "trail key",
        rewritten("李科長", lambda row: keyed_link(row, FORGED), fingerprint_of(FORGED)),
    ),
    # who may do what
    "a user raised": ("users", sql("UPDATE users SET roles = '[\"administrator\"]' WHERE name = 'wang'")),
    "a user confined to nothing": ("users", sql("UPDATE users SET agencies = NULL WHERE name = 'wang'")),
    "a user put in": ("users", sql(USER_ROW)),
    "a user taken out": ("users", sql("DELETE FROM users WHERE name = 'gone'")),
    "a user let in again": ("users", sql("UPDATE users SET disabled_at = NULL WHERE name = 'gone'")),
    "a password replaced": ("credentials", sql("UPDATE credentials SET password_hash = 'x' WHERE name = 'wang'")),
    "a password put in": (
        "credentials",
        sql("INSERT INTO credentials (name, password_hash, at) VALUES ('wang', 'x', '')"),
    ),
    "a token confined to nothing": ("tokens", sql("UPDATE tokens SET agencies = NULL WHERE name = 'feeder'")),
    "a token raised": ("tokens", sql("UPDATE tokens SET roles = '[\"officer\"]' WHERE name = 'feeder'")),
    "a token's secret replaced": ("tokens", sql("UPDATE tokens SET hash = 'x' WHERE name = 'feeder'")),
    "a token taken again": ("tokens", sql("UPDATE tokens SET revoked_at = NULL WHERE name = 'old'")),
    "a token put in": (
        "tokens",
        sql("INSERT INTO tokens (id, hash, name, roles, created_at) VALUES ('x', 'y', 'z', '[\"officer\"]', '')"),
    ),
    "a log-out undone": ("session_generations", sql("DELETE FROM session_generations")),
    # lists presented
    # files that were loaded, reports that came in them, a half-year that was frozen
    "a file's bytes changed": ("loaded_files", sql("UPDATE loaded_files SET content = 'x' WHERE n = 1")),
    "whose a file is changed": ("loaded_files", sql("UPDATE loaded_files SET agencies = '[]' WHERE n = 1")),
    "a file taken out": ("loaded_files", sql("DELETE FROM loaded_files WHERE n = 1")),
    "a report changed": ("kept_reports", sql("UPDATE kept_reports SET payload = '{}' WHERE n = 1")),
    "a report taken out": ("kept_reports", sql("DELETE FROM kept_reports WHERE n = 1")),
    "a report of a higher version put in": (
        "kept_reports",
        sql(
            "INSERT INTO kept_reports (fiscal_year, agency, payload, file, at)"
            " SELECT fiscal_year, agency, payload, file, at FROM kept_reports WHERE n = 1"
        ),
    ),
    "a half-year changed": ("half_years", sql("UPDATE half_years SET payload = '{}' WHERE n = 1")),
    "a half-year taken out": ("half_years", sql("DELETE FROM half_years WHERE n = 1")),
    "a list changed": ("presented_lists", sql("UPDATE presented_lists SET payload = '{}' WHERE n = 1")),
    "a list dated back": ("presented_lists", sql("UPDATE presented_lists SET presented_on = '2025-01-01' WHERE n = 1")),
    "a list taken out": ("presented_lists", sql("DELETE FROM presented_lists WHERE n = 2")),
    "a list put in": (
        "presented_lists",
        sql(
            "INSERT INTO presented_lists (presented_on, as_of, person, payload, at)"
            " SELECT presented_on, as_of, person, payload, at FROM presented_lists WHERE n = 1"
        ),
    ),
    # the log
    "where lines came from": (
        "segments",
        sql("UPDATE segments SET origins = '[[0,\"http:x\",1]]' WHERE first_place = 0"),
    ),
    "when lines came": ("segments", sql("UPDATE segments SET at = '2025-01-01T00:00:00.000Z' WHERE first_place = 0")),
    "other lines": ("segments", other_lines),
    "damaged lines": ("segments", sql("UPDATE segments SET lines = x'00' WHERE first_place = 0")),
    "a segment taken out": ("segments", sql("DELETE FROM segments WHERE first_place = 300")),
    "the last segment taken out": (
        "mark",
        sql("DELETE FROM segments WHERE first_place = (SELECT max(first_place) FROM segments)"),
    ),
    "ids forgotten": ("ids", sql("UPDATE segments SET ids = x'' WHERE first_place = 300")),
    "payments forgotten": ("payments", sql("DELETE FROM payments")),
    "the mark moved back": ("mark", sql("UPDATE marks SET position = position - 1, next_offset = next_offset - 1")),
    "the mark's counts": ("mark", sql("UPDATE marks SET refused = refused - 1")),
    "when the mark was set": ("mark", sql("UPDATE marks SET committed_at = '2025-01-01T00:00:00.000Z'")),
    "a refusal taken out": ("refusals", sql("DELETE FROM refusals WHERE place = (SELECT min(place) FROM refusals)")),
    "when lines were refused": ("refusals", sql("UPDATE refusals SET at = '2025-01-01T00:00:00.000Z'")),
    "where refused lines came from": ("refusals", sql("UPDATE refusals SET origin = 'http:x'")),
    # the figures
    "a figure": (
        "positions",
        sql("UPDATE positions SET realised = realised + 1 WHERE name = (SELECT max(name) FROM positions)"),
    ),
    "an appropriation": (
        "position_budgets",
        sql("DELETE FROM position_budgets WHERE name = (SELECT max(name) FROM position_budgets WHERE original > 0)"),
    ),
    "a reference": (
        "refs",
        sql("UPDATE refs SET outstanding = outstanding + 1 WHERE id = (SELECT max(id) FROM refs)"),
    ),
    "a reserve": ("funds", sql("UPDATE funds SET approved = approved + 1")),
    "an alert taken for resolved": ("alerts", sql("UPDATE alerts SET state = 'resolved'")),
    "an alert milder": ("alerts", sql("UPDATE alerts SET severity = 'info' WHERE severity <> 'info'")),
    "an alert taken out": ("alerts", sql("DELETE FROM alerts WHERE n = 1")),
    "a transition taken out": ("alert_history", sql("DELETE FROM alert_history WHERE n = 1")),
    "when alerts changed": ("alert_history", sql("UPDATE alert_history SET at = '2025-01-01T00:00:00.000Z'")),
    # what is judged, told and kept of the store itself
    "a judgement taken out": ("judgements", sql("DELETE FROM judgements WHERE n = 2")),
    "another day judged": ("judgements", sql("UPDATE judgements SET day = '2025-09-13' WHERE n = 1")),
    "when a day was judged": ("judgements", sql("UPDATE judgements SET at = '2025-01-01T00:00:00.000Z' WHERE n = 1")),
    "a judgement put in": (
        "judgements",
        sql("INSERT INTO judgements (day, marks, at) VALUES ('2025-09-16', '[]', '')"),
    ),
    "the outbox emptied": ("outbox", emptied),
    "a message changed": ("outbox", sql("UPDATE outbox SET payload = replace(payload, '\"opened\"', '\"resolved\"')")),
    "when messages were made": ("outbox", sql("UPDATE outbox SET created_at = '2025-01-01T00:00:00.000Z'")),
    "a delivery taken for not sent": ("deliveries", one_delivery("state = 'failed'")),
    "when a delivery was sent": ("deliveries", one_delivery("sent_at = '2025-01-01T00:00:00.000Z'")),
    "to whom a delivery was sent": ("deliveries", one_delivery("address = 'somebody@example.org'")),
    "a delivery taken out": (
        "deliveries",
        sql("DELETE FROM deliveries WHERE message = (SELECT min(message) FROM deliveries)"),
    ),
    "a message that nobody is told of": ("outbox", sql("UPDATE outbox SET untold = 1")),
    "what a notice says": ("notices", sql("UPDATE notices SET payload = replace(payload, '催辦', '免辦')")),
    "a notice taken out": ("notices", sql("DELETE FROM notices")),
    "what was attached": ("notice_attachments", sql("UPDATE notice_attachments SET content = x'00'")),
    "an attachment taken out": ("notice_attachments", sql("DELETE FROM notice_attachments")),
    "an alert hidden from its agency": ("alerts", sql("UPDATE alerts SET agency = 'x' WHERE agency IS NOT NULL")),
    "a refusal hidden from its agency": ("refusals", sql("UPDATE refusals SET agency = 'x'")),
    "what a refusal says": ("refusals", sql("UPDATE refusals SET facts = '{}', code = 'unknown'")),
    "payments of another log": ("payments", sql("UPDATE payments SET log = 'x'")),
    "the mark taken out": ("mark", sql("DELETE FROM marks")),
    "every segment taken out": ("mark", sql("DELETE FROM segments")),
    "demonstration data taken for a city's": (
        "manifest",
        sql("UPDATE manifest SET value = 'yes' WHERE name = 'demonstration'"),
    ),
    "another register": ("manifest", sql("UPDATE manifest SET value = 'x' WHERE name = 'registry_digest'")),
    "a line of the manifest put in": ("manifest", sql("INSERT INTO manifest (name, value) VALUES ('a', 'b')")),
    "nothing but the triggers": ("triggers", lambda _: None),
    "a trigger that does nothing": ("triggers", hollowed),
    "a trigger more": (
        "triggers",
        sql_made("CREATE TRIGGER more AFTER INSERT ON positions BEGIN SELECT 1; END"),
    ),
}


@pytest.fixture
def store(kept: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of it, and of what is kept outside it."""
    path = tmp_path / kept.name
    for suffix in ("", "-wal", "-shm", ".head"):
        if kept.with_name(kept.name + suffix).exists():
            shutil.copyfile(kept.with_name(kept.name + suffix), path.with_name(path.name + suffix))
    opened = open_store(path)
    yield opened
    opened.close()


def found(store: Store, city: Registry, catalogue: Catalogue) -> set[str]:
    """What an audit tells differences of."""
    return {one.what for one in audit(store, city, catalogue, heads=remembered_heads(store))}


def test_a_store_that_nobody_changed_is_equal(store: Store, city: Registry, catalogue: Catalogue) -> None:
    assert found(store, city, catalogue) == set()


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_by_hand_is_found(name: str, store: Store, city: Registry, catalogue: Catalogue) -> None:
    what, change = CHANGES[name]
    with store.writing() as connection:
        unguard_tables(connection)
        change(connection)
    differences = found(store, city, catalogue)
    assert what in differences
    if what != "triggers":
        assert differences != {"triggers"}


def test_what_was_changed_is_not_covered_up_by_an_act_after_it(
    store: Store, city: Registry, catalogue: Catalogue
) -> None:
    """With the end of the trail taken off nothing more is recorded, and so nothing takes its place."""
    with store.writing() as connection:
        unguard_tables(connection)
        connection.execute(schema.acts.delete().where(schema.acts.c.n > 10))
    with pytest.raises(Exception, match="not the one that was here"):
        accounts.add_user(store, "later", "later", "a long passphrase", ["officer"])
    assert "acts" in found(store, city, catalogue)


def test_the_table_is_as_long_as_it_was() -> None:
    assert len(CHANGES) >= 41 and BEGINNING.n == 0


WITHOUT_ROWS = frozenset(
    (
        *("failed_log_ins", "judgement_requests", "answer_links", "link_openings", "link_uses", "wishes", "virements"),
        *("board_articles", "board_names", "board_rules"),
    )
)
"""Tables of which the store has no row."""


@pytest.mark.parametrize("name", sorted(set(schema.metadata.tables) - WITHOUT_ROWS - {"payments"}))
def test_a_value_that_is_none_of_its_column_is_told_with_its_row(
    name: str, store: Store, city: Registry, catalogue: Catalogue
) -> None:
    """SQLite takes bytes where a number stands: an audit names each, and never ends by them."""
    table = schema.metadata.tables[name]
    damaged = [one.name for one in table.c if not one.primary_key and not isinstance(one.type, sa.LargeBinary)]
    with store.writing() as connection:
        unguard_tables(connection)
        connection.execute(sa.text("PRAGMA ignore_check_constraints=ON"))
        values = ", ".join(f"{column} = x'ff00'" for column in damaged)
        first = f"rowid = (SELECT min(rowid) FROM {name})"  # noqa: S608
        assert connection.execute(sa.text(f"UPDATE {name} SET {values} WHERE {first}")).rowcount == 1  # noqa: S608
    told = {one.key.rpartition(" ")[2] for one in audit(store, city, catalogue) if one.what == name}
    assert told == set(damaged)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("agency_years.detail", "'{}'"),
        ("refs.detail", "'[1]'"),
        ("judgements.marks", "'{}'"),
        ("judgements.day", "'tomorrow'"),
        ("segments.origins", "'{}'"),
        ("segments.ids", "x'0001'"),
        ("payments.paid", "x'0001'"),
        ("alerts.evidence", "'[]'"),
        ("outbox.payload", "'[]'"),
        ("acts.after", "'{'"),
        ("position_budgets.original", "'1e999999999'"),
        ("alerts.key", "CAST(x'ff00' AS TEXT)"),
        ("acts.person", "CAST(x'ff00' AS TEXT)"),
        ("users.shown_as", "CAST(x'ff00' AS TEXT)"),
        ("positions.original", "'ten'"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_row(
    column: str, value: str, store: Store, city: Registry, catalogue: Catalogue
) -> None:
    table, _, name = column.partition(".")
    table = "position_budgets" if column == "positions.original" else table
    with store.writing() as connection:
        unguard_tables(connection)
        connection.execute(sa.text(f"UPDATE {table} SET {name} = {value}"))  # noqa: S608  # names of the schema
    told = [one for one in audit(store, city, catalogue) if one.what == table]
    assert told and all(one.key.endswith(f" {name}") for one in told)
    damaged_rows = table in ("agency_years", "refs", "payments", "segments", "position_budgets")
    if damaged_rows and name != "origins":  # what the monitor begins with
        with pytest.raises(StoreRefused, match=r"cannot be read.*budgetwatch audit"):
            load_partition(store)


def test_a_monitor_does_not_go_on_where_its_mark_is_gone(store: Store) -> None:
    """It would answer at position 0, and fold what comes upon figures that are there."""
    with store.writing() as connection:
        connection.execute(schema.marks.delete())
    with pytest.raises(StoreRefused, match=r"mark.*is gone"):
        load_partition(store)
