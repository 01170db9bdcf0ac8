"""The head of the trail leaves once a day: as a line of a file, and as a mail to whoever keeps it."""

from __future__ import annotations

import email
from email.policy import SMTP
from pathlib import Path

import pytest
import sqlalchemy as sa

from alerts.channels import Outside, open_channels
from alerts.channels.head_mail import HeadMail
from alerts.routing.routes import Maildir, Ways
from budgetwatch.options import heads_of
from ledger.registry import Registry
from streams.outbox import Outbox
from streams.people import accounts
from streams.people.heads import announce_head
from streams.people.trail import head
from streams.settings import read_names
from streams.store import Store, schema
from streams.trail.keys import shown_head
from streams.upkeep.trail_audit import trail_differences


def outbox(store: Store, city: Registry, folder: Path, ways: Ways) -> Outbox:
    names = read_names(city, None)
    mail = HeadMail("heads@audit.example.org", lambda: ways, lambda: names, folder)
    return Outbox(store, open_channels(Outside(head_file=folder / "heads", head_mail=mail)))


def mails(folder: Path) -> list[str]:
    found = [email.message_from_bytes(path.read_bytes(), policy=SMTP) for path in (folder / "out" / "new").glob("*")]
    return [f"{one['Subject']}\n{one['To']}\n{one.get_content()}" for one in found]


def test_a_head_is_written_and_mailed_once_and_an_audit_takes_it(store: Store, city: Registry, tmp_path: Path) -> None:
    told = outbox(store, city, tmp_path, Ways(maildir=Maildir("out", sender="budget@city.example.org")))
    for name in ("wang", "chen"):
        accounts.add_user(store, name, name, "a long passphrase", ["officer"])
        newest = head(store)
        assert newest is not None
        announce_head(store)
        announce_head(store)  # two processes do, on one day
        told.deliver_all()
    heads = heads_of([str(tmp_path / "heads")])
    assert len(heads) == 2 and heads[-1] == newest
    said = mails(tmp_path)
    assert len(said) == 2
    assert any(shown_head(newest) in one and "heads@audit.example.org" in one and "稽核軌跡鏈首" in one for one in said)
    assert list(trail_differences(store, heads)) == []
    told.close()


def test_where_no_mail_leaves_the_file_is_written_all_the_same(store: Store, city: Registry, tmp_path: Path) -> None:
    told = outbox(store, city, tmp_path, Ways())
    announce_head(store)
    told.deliver_all()
    assert len((tmp_path / "heads").read_text().splitlines()) == 1
    with store.reading() as connection:
        rows = schema.deliveries.c
        wanted = sa.select(rows.state, rows.last_error).where(rows.channel == "head-mail")
        state, why = connection.execute(wanted).one()
    assert state == "failed" and why.startswith("routing.yaml names neither")
    told.close()


@pytest.mark.parametrize("text", ["5", "x:9f3ac01b77e2d415", "5:9f3ac01b77e2d41", "5:9f3ac01b77e2d41g"])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(Exception, match="N:HASH"):
        heads_of([text])
