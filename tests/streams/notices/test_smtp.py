"""Mail by a real SMTP server: what it says, how it may fail, and whose fault that is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts.channels.parcel import Failure, Parcel
from alerts.channels.smtp import PASSWORD, SmtpChannel, cause_of
from alerts.letters.bulletin import Attachment, Bulletin
from alerts.letters.compose import Happening, compose, letter_head, recipient_of
from alerts.letters.notice import Notice
from ledger.words import Words
from tests.streams.notices.mail_server import Post, at, mail_server, serving_as
from tests.streams.notices.saying import CATALOGUE, _alert, registry_of

BAD_NAMES = (
    '環保局", <evil@x.test>',
    "甲局, 乙局",
    "<b>局</b>",
    "\u202e倒寫局\u200f",
    "局" * 128,
    "a\\b'c",
    "名：;()",
)


def notice(name: str = "第一局") -> Notice:
    names = registry_of(2, {1: name.replace('"', '""')})
    happening = Happening(_alert(1, 0, "critical", "2026-11-24"), "opened")
    return compose([happening], recipient_of(names, "agency", "A1"), CATALOGUE, names, day="2026-11-24")


def parcel(address: str = "a1@city.test", name: str = "第一局", key: str = "k1") -> Parcel:
    return Parcel(key, address, notice(name), datetime(2026, 11, 24, 4, tzinfo=UTC))


@pytest.fixture
def server() -> Iterator[tuple[Post, int]]:
    with mail_server() as found:
        yield found


def deliver(port: int, *parcels: Parcel, **more: Any) -> list[Failure | None]:
    channel = SmtpChannel(at(port, **more))
    try:
        return list(channel.deliver(parcels))
    finally:
        channel.close()


def causes(results: list[Failure | None]) -> list[str | None]:
    return [None if result is None else result.cause for result in results]


def test_a_mail_says_who_when_what_and_that_no_person_wrote_it(server: tuple[Post, int]) -> None:
    post, port = server
    assert deliver(port, parcel(), reply_to="desk@city.test") == [None]
    (mail,) = post.mails
    assert mail["Message-ID"] == "<k1@city.test>" and mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] == "desk@city.test" and mail["Date"].datetime == datetime(2026, 11, 24, 4, tzinfo=UTC)
    assert mail["Subject"].startswith("【預算執行通知】第一局：") and "回復" in mail["Subject"]
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert max(len(line) for line in mail.as_bytes().splitlines()) <= 998


def test_a_connection_is_kept_for_all_of_a_batch_and_the_next(server: tuple[Post, int]) -> None:
    post, port = server
    channel = SmtpChannel(at(port))
    for batch in range(3):
        assert list(channel.deliver([parcel(key=f"k{batch}-{n}") for n in range(5)])) == [None] * 5
    channel.close()
    assert len(post.mails) == 15 and len(post.connections) == 1


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_of_every_kind_stays_in_its_header(server: tuple[Post, int], name: str) -> None:
    post, port = server
    assert deliver(port, parcel(name=name)) == [None]
    (mail,) = post.mails
    assert [address.addr_spec for address in mail["To"].addresses] == ["a1@city.test"]
    assert set(mail.keys()) <= {
        *("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "Content-Language"),
        *("MIME-Version", "Content-Type", "X-Peer", "X-MailFrom", "X-RcptTo"),
    }


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@",
        "@b.test",
        "a b@c.test",
        "a@b.test\r\nBcc: x@y.test",
        "a@b.test, c@d.test",
        "<a@b.test>",
        "a\0@b.test",
    ],
)
def test_what_is_no_address_is_refused_before_anything_leaves(server: tuple[Post, int], address: str) -> None:
    post, port = server
    assert causes(deliver(port, parcel(address), parcel())) == ["address", None]
    assert [mail["To"].addresses[0].addr_spec for mail in post.mails] == ["a1@city.test"]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("550 5.1.1 no such user", "address"),
        ("553 what", "address"),
        ("452 4.2.2 mailbox full", "mailbox"),
        ("552 5.2.2 mailbox full", "mailbox"),
        ("450 4.7.1 greylisted", "mailbox"),
        ("451 try later", "mailbox"),
        ("550 5.7.1 not from you", "content"),
    ],
)
def test_what_a_recipient_is_refused_for_is_told_apart(server: tuple[Post, int], answer: str, cause: str) -> None:
    post, port = server
    post.at_rcpt = lambda address: answer if address == "bad@city.test" else None
    results = deliver(port, parcel("bad@city.test", key="k0"), parcel())
    assert causes(results) == [cause, None] and results[0] is not None and results[0].text == answer
    assert post.ids == ["<k1@city.test>"]


def test_what_the_content_is_refused_for_is_told_apart(server: tuple[Post, int]) -> None:
    post, port = server
    post.at_data = {1: "554 5.6.0 no", 2: "451 later"}.get
    assert causes(deliver(port, parcel(key="a"), parcel(key="b"), parcel(key="c"))) == ["content", "mailbox", None]


def test_dropped_during_data_it_is_tried_again_and_stands_once(server: tuple[Post, int]) -> None:
    post, port = server
    post.drops_at = {2, 3}
    channel = SmtpChannel(at(port))
    results = list(channel.deliver([parcel(key=f"k{n}") for n in range(4)]))
    assert results[0] is None and causes(results)[1:] == ["mailbox"] * 3, "the rest need not wait for it too"
    rest = [parcel(key=f"k{n}") for n, result in enumerate(results) if result is not None]
    assert list(channel.deliver(rest)) == [None] * 3
    channel.close()
    assert sorted(post.ids) == [f"<k{n}@city.test>" for n in range(4)]


def test_a_server_that_stalls_holds_up_one_mail_and_not_the_batch(server: tuple[Post, int]) -> None:
    post, port = server
    post.stalls = 3
    began = time.monotonic()
    assert causes(deliver(port, *(parcel(key=f"k{n}") for n in range(10)), timeout_seconds=1)) == ["mailbox"] * 10
    assert time.monotonic() - began < 5


def test_a_server_that_is_not_there_is_our_own_connection() -> None:
    with mail_server() as (_, port):
        pass
    assert causes(deliver(port, parcel(), parcel())) == ["connection", "connection"]


def test_without_tls_nothing_leaves(server: tuple[Post, int]) -> None:
    post, port = server
    assert causes(deliver(port, parcel(), security="starttls")) == ["connection"]
    assert causes(deliver(port, parcel(), security="tls")) == ["connection"]
    assert post.mails == []


def test_with_the_right_certificate_it_leaves_and_with_a_wrong_one_not(tmp_path: Path) -> None:
    context, believed = serving_as(tmp_path, "127.0.0.1")
    other, named_otherwise = serving_as(tmp_path, "mail.city.test")
    with mail_server(context) as (post, port):
        assert deliver(port, parcel(), security="starttls", ca_file=str(believed)) == [None]
        assert causes(deliver(port, parcel(), security="starttls")) == ["connection"], "nobody vouches for it"
        assert len(post.mails) == 1
    with mail_server(other) as (post, port):
        refused = deliver(port, parcel(), security="starttls", ca_file=str(named_otherwise))
        assert causes(refused) == ["connection"] and post.mails == [], "it is another's name"


def test_it_logs_in_and_a_wrong_password_is_our_own_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "password"
    secret.write_text("correct horse\n")
    context, believed = serving_as(tmp_path, "127.0.0.1")
    over_tls = {"security": "starttls", "ca_file": str(believed), "user": "bw"}
    with mail_server(context, asks_log_in=True) as (post, port):
        assert deliver(port, parcel(), password_file=str(secret), **over_tls) == [None]
        monkeypatch.setenv(PASSWORD, "wrong")
        results = deliver(port, parcel(), **over_tls)
        assert causes(results) == ["connection"] and results[0] is not None and "wrong" not in results[0].text
        assert len(post.mails) == 1


def test_a_paper_is_attached_as_it_was_kept(server: tuple[Post, int]) -> None:
    post, port = server
    names = registry_of(1)
    title = Words("落後名單", "Lagging list")
    said = Bulletin("b", "2026-11-24", recipient_of(names, "office"), "zh", letter_head(names), title, (title,))
    file = Attachment("落後名單.pdf", "application/pdf", b"%PDF-1.7")
    whole = msgspec.structs.replace(parcel(), said=said, attachments=(file,))
    assert deliver(port, whole) == [None]
    (attached,) = post.mails[0].iter_attachments()
    assert attached.get_filename() == "落後名單.pdf" and attached.get_content() == b"%PDF-1.7"


def test_causes_by_code_and_enhanced_status() -> None:
    assert cause_of(421, "", is_recipient=False) == "mailbox"
    assert cause_of(550, "", is_recipient=False) == "content"
