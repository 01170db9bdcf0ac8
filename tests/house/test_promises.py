"""What the README says one has to edit to add something is all that has to be edited. (A rule: tests/alerts/test_new_rule.py.)"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.house.conftest import Copy
from tests.house.test_words import ROOT
from tests.real_parts.kafka import jars
from tests.real_parts.postgres import MissingPart, binaries, missing

REGISTER = (
    "code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email\n"
    "A1,甲局,First Bureau,A,甲主管,First,a@example.invalid\n"
)
PAID = {
    "id": "p",
    "type": "disbursement.paid",
    "fiscal_year": 114,
    "agency": "A1",
    "booked_on": "2025-03-05",
    "line": "32020110101/current/2000",
    "amount": 5,
    "voucher": "v",
}

SOURCE = '''"""One payment a line: an agency's code and an amount."""

from __future__ import annotations

from pathlib import Path

from producers.city_registry import RegistryRow
from producers.event_line import event_line
from producers.imported import Imported


def read(path: Path) -> Imported:
    """Read them."""
    rows = [line.split() for line in path.read_text().splitlines()]
    events = [
        event_line(
            f"p{number}",
            "disbursement.paid",
            114,
            agency,
            booked_on="2025-03-05",
            fields={"line": "32020110101/current/2000", "amount": int(amount), "voucher": "v"},
        )
        for number, (agency, amount) in enumerate(rows)
    ]
    return Imported("payments-list", "utf-8", events, REGISTER, 1, [], [], len(rows), len(rows))


REGISTER: list[RegistryRow] = [
    {
        "code": "A1",
        "name_zh": "甲局",
        "name_en": "First Bureau",
        "authority_code": "A",
        "authority_name_zh": "甲主管",
        "authority_name_en": "First",
        "email": "",
    }
]
'''

CHANNEL = '''"""A file beside the program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alerts.channels import Channel, Message, Outside


class FileChannel:
    """Appends the id of each message."""

    name = "file"
    kinds = frozenset({"alert"})

    def deliver(self, messages: Sequence[Message]) -> Sequence[str | None]:
        """Write them down."""
        with Path("delivered").open("a", encoding="utf-8") as file:
            file.writelines(f"{message.id} {message.payload['change']}\\n" for message in messages)
        return [None] * len(messages)

    def close(self) -> None:
        """Nothing is held."""


def open_channel(outside: Outside) -> Channel | None:
    """Always."""
    return FileChannel()
'''

DELIVER = """
from pathlib import Path
from agents import embedded
from alerts.channels import Outside, open_channels
from streams.folder import Folder
from streams.outbox import Outbox

with embedded.opened(Folder(Path("data"))) as monitor:
    monitor.replica.submit([Path("event.json").read_bytes()], "http:test").result()
    channels = open_channels(Outside())
    Outbox(monitor.store, channels).deliver_all()
    print(" ".join(channel.name for channel in channels))
"""


def test_a_channel_is_one_file(copy: Copy) -> None:
    copy.add("alerts/channels/file.py", CHANNEL)
    (copy.path / "data").mkdir()
    copy.add("data/agencies.csv", REGISTER)
    (copy.path / "data" / "inbox").mkdir()
    copy.add("event.json", json.dumps(PAID))
    assert copy.python(DELIVER).split()[-2:] == ["file", "log"]
    delivered = (copy.path / "delivered").read_text().split()
    assert len(delivered) >= 2 and set(delivered[1::2]) == {"opened"}


@pytest.mark.parametrize("name", ["README.md", "README.zh-TW.md"])
def test_both_readmes_promise_it(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for place in (
        "alerts/rules/",
        "alerts/law/",
        "alerts/channels/",
        "ledger/events.py",
        "ledger/effects.py",
        "producers/importers/",
        "producers/tables/mappings/",
        "dashboards/panels/",
    ):
        assert place in text
        assert (ROOT / place).exists()


def test_a_source_is_one_file(copy: Copy) -> None:
    copy.add("producers/importers/payments_list.py", SOURCE)
    copy.add("payments.txt", "A1 5\nA1 7\n")
    assert "payments-list" in copy.command("import", "--help").stdout
    copy.command("import", "payments-list", "payments.txt", "-o", "events.ndjson")
    done = copy.command("replay", "events.ndjson", "--json")
    assert json.loads(done.stdout)["counts"] == {"read": 2, "accepted": 2, "duplicate": 0, "refused": 0, "later": 0}


MAPPING = """title: {zh: 零用金支付單, en: Petty cash}
fields:
  fiscal_year: {constant: "114"}
  agency: 單位
  booked_on: 付款日
  account: {constant: "32020110101"}
  economic_class: {constant: current}
  object_code: {constant: "2000"}
events:
  - type: disbursement.paid
    fields: {amount: 金額, voucher: 單號}
identity: [agency, "column:單號"]
"""


def test_a_kind_of_table_is_one_file(copy: Copy) -> None:
    """It is taken by its name, has its blank workbook, and the page offers it."""
    copy.add("producers/tables/mappings/petty-cash.yaml", MAPPING)
    copy.add("agencies.csv", REGISTER)
    copy.add("cash.csv", "單位,付款日,金額,單號\nA1,114/03/05,5,V1\nA1,114/03/06,7,V2\n")
    copy.command("import", "table", "cash.csv", "--mapping", "petty-cash", "-o", "events.ndjson")
    done = json.loads(copy.command("replay", "events.ndjson", "--json").stdout)
    assert done["counts"] == {"read": 2, "accepted": 2, "duplicate": 0, "refused": 0, "later": 0}
    assert sum(one["realised"] for one in done["positions"] if one["level"] == "line") == 12
    copy.command("import", "template", "petty-cash", "-o", "blank.xlsx")
    assert (copy.path / "blank.xlsx").read_bytes().startswith(b"PK")
    offered = copy.python("from dashboards.web.pages.files import known_mappings; print(*known_mappings())")
    assert "petty-cash" in offered.split()


STRUCT = '''class GrantReceived(PositionEvent, tag="grant.received", kw_only=True):
    """Money that another government gives for a line."""

    amount: Amount


'''
EFFECT = '''def grant_received(books: Books, year: AgencyYear, event: e.GrantReceived, month: int) -> list[Row]:
    """It adds to what was granted."""
    _, position = _at(year, event)
    position.supplemented += event.amount
    return [position]


'''


PANEL = '''"""A panel of a test."""

from __future__ import annotations

from grafana_foundation_sdk.builders import stat

from dashboards.panels.looks import COUNT, link_to, stat_panel
from dashboards.panels.panel import panel
from dashboards.panels.queries import instant, now
from ledger.words import Language, Words


@panel("overview", 999, at=(0, 500, 6, 4))
def ids_remembered(reader: Language) -> stat.Panel:
    """How many event ids are remembered."""
    title, description = Words("記住的事件", "Ids remembered"), Words("防止重複入帳", "Against duplicates")
    made = stat_panel(reader, title, description, COUNT).with_target(instant(now("remembered_ids")))
    return made.links([link_to(title.text(reader), "${page}/")])
'''


def test_a_panel_is_one_function(copy: Copy) -> None:
    before = {path: path.read_text() for path in (copy.path / "dashboards" / "generated").rglob("*.json")}
    copy.add("dashboards/panels/of_a_test.py", PANEL)
    copy.python("from dashboards.boards.build import write; write()")
    for path, text in before.items():
        made = json.loads(path.read_text())
        if path.name != "overview.json":
            assert path.read_text() == text
            continue
        (drawn,) = (one for one in made["panels"] if one["id"] == 999)
        assert drawn["title"] == ("記住的事件" if path.parent.name == "zh" else "Ids remembered")
        assert drawn["gridPos"]["y"] < 500, "it moves up to the others"
        assert [one for one in made["panels"] if one["id"] != 999] == json.loads(text)["panels"]


WORDS = '    "grant.received": Words("補助收入", "grant received"),\n'
LINE = "32020110101/current/2000"
GRANT = {key: value for key, value in PAID.items() if key != "voucher"} | {"id": "g", "type": "grant.received"}


def with_an_event_type(copy: Copy) -> None:
    """Its struct, its effect and its words, where the README says."""
    copy.insert("ledger/events.py", "EVENTS: Final", STRUCT)
    copy.insert("ledger/events.py", "    BalanceReported,", "    GrantReceived,\n")
    copy.insert("ledger/effects.py", "EFFECTS: Final", EFFECT)
    copy.insert("ledger/effects.py", "    e.BalanceReported:", "    e.GrantReceived: grant_received,\n")
    copy.insert("ledger/vocabulary.py", '    "appropriation.proposed":', WORDS)


def test_an_event_type_is_its_struct_its_effect_and_its_words(copy: Copy) -> None:
    with_an_event_type(copy)
    copy.add("agencies.csv", REGISTER)
    copy.add("events.ndjson", f"{json.dumps(GRANT)}\n{json.dumps(PAID | {'amount': 6})}\n")
    folded = json.loads(copy.command("replay", "events.ndjson", "--json").stdout)
    (position,) = (one for one in folded["positions"] if one["level"] == "line")
    assert (position["supplemented"], position["realised"]) == (5, 6)
    copy.add("grant.json", json.dumps(GRANT | {"id": "h"}))
    asked = ["check", "grant.json", "--replay", "events.ndjson"]
    assert json.loads(copy.command(*asked, "--json").stdout)["verdict"] == "allowed"
    assert "補助收入" in copy.command(*asked).stdout
    copy.python("from streams.schema import main; main([])")  # as `make docs` writes it
    assert "grant.received" in (copy.path / "docs" / "schema" / "event.schema.json").read_text()


SERVE = """
import json, sys
from pathlib import Path
from tests.running import running

register, events, draft, line = json.loads(sys.stdin.read())
with running(Path("served"), register) as served, served.client() as client:
    taken = served.client(served.token("feeder")).post("/v1/events", json=events)
    checked = client.post("/v1/check", json=draft)
    pages = {path: client.get(path).text for path in (f"/lines/114/A1/{line}", "/", "/alerts", "/api")}
    positions = client.get("/v1/positions", params={"level": "line"}).json()
print(json.dumps([[one["outcome"] for one in taken.json()["outcomes"]], checked.json(), positions, pages]))
"""
WORK = """
import json, sys
from pathlib import Path
from tests.kafka.cluster import cluster
from streams.store.loading import load_agency

register, events = json.loads(sys.stdin.read())
folder = Path("cluster").absolute()
folder.mkdir()
with cluster(folder) as kafka:
    kafka.begin(register)
    kafka.publish([json.dumps(one).encode() for one in events])
    with kafka.workers(1):
        kafka.wait_folded(len(events))
        kafka.wait_delivered()
    store = kafka.store()
    with store.reading() as connection:
        year = load_agency(connection, "A1").years[114]["A1"]
    store.close()
    rows = [(one.supplemented, one.realised) for one in year.positions.values()]
    print(json.dumps([rows, [str(each) for each in kafka.differences()]]))
"""


@pytest.fixture
def real_parts() -> None:
    """What a worker needs: a broker and a database."""
    try:
        jars()
        binaries()
    except MissingPart as error:
        missing(str(error))


def last_line(said: str) -> Any:
    """What a program prints in the end, after what it logs."""
    return json.loads(said.splitlines()[-1])


def test_what_is_added_is_served_on_the_page_and_folded_by_workers(copy: Copy, real_parts: None) -> None:
    """An event type, a source and a channel together: the page shows it, a worker folds it, and its alerts leave by the channel."""
    with_an_event_type(copy)
    copy.add("producers/importers/payments_list.py", SOURCE)
    copy.add("alerts/channels/file.py", CHANNEL)
    copy.add("payments.txt", "A1 5\nA1 7\n")
    copy.command("import", "payments-list", "payments.txt", "-o", "events.ndjson")
    events = [GRANT, *map(json.loads, (copy.path / "events.ndjson").read_text().splitlines())]

    given = json.dumps([REGISTER, events, GRANT | {"id": "h"}, LINE])
    outcomes, checked, positions, pages = last_line(copy.python(SERVE, given))
    assert outcomes == ["accepted"] * 3 and checked["verdict"] == "allowed"
    assert [(one["supplemented"], one["realised"]) for one in positions] == [(5, 12)]
    assert "補助收入" in pages[f"/lines/114/A1/{LINE}"]

    rows, differences = last_line(copy.python(WORK, json.dumps([REGISTER, events])))
    assert (rows, differences) == ([[5, 12]], [])
    left = (copy.path / "delivered").read_text().split()
    assert len(left) >= 2 and set(left[1::2]) == {"opened"}
