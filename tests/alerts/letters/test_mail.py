"""A notice as an Internet message, read back as a mail program reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings

from alerts.catalogue import Catalogue
from alerts.letters.html import as_html
from alerts.letters.mail import BadAddress, as_mail
from alerts.letters.text import as_text, subject
from ledger.names import Names
from tests.alerts.letters.test_notices import HOSTILE, hostile_names, notice_of

AT = datetime(2025, 3, 5, 1, 2, 3, tzinfo=UTC)
SENDER, TO = "monitor@budget.example", "agency@agency.example"
LINE_MAX = 998


def read_back(mail: EmailMessage) -> EmailMessage:
    read = message_from_bytes(mail.as_bytes(), policy=policy.default)
    assert isinstance(read, EmailMessage)
    return read


def test_it_is_read_as_it_was_written(catalogue: Catalogue, city: Names) -> None:
    notice = notice_of(catalogue, city)
    mail = read_back(as_mail(notice, sender=SENDER, to=TO, at=AT, reply_to="office@budget.example"))
    assert mail["Subject"] == subject(notice)
    assert mail["From"] == "高雄市政府主計處 <monitor@budget.example>" and mail["Reply-To"] == "office@budget.example"
    assert mail["Message-ID"] == f"<{notice.key}@budget.example>" and mail["Auto-Submitted"] == "auto-generated"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and html is not None
    assert plain.get_content().replace("\r\n", "\n") == as_text(notice)
    assert html.get_content().replace("\r\n", "\n") == as_html(notice) + "\n"


@settings(max_examples=60)
@given(HOSTILE)
def test_no_name_makes_a_header(catalogue: Catalogue, name: str) -> None:
    notice, usual = notice_of(catalogue, hostile_names(name)), notice_of(catalogue, hostile_names("局"))
    raw = as_mail(notice, sender=SENDER, to=TO, at=AT).as_bytes()
    assert all(len(line) <= LINE_MAX for line in raw.split(b"\r\n"))
    mail, other = (read_back(as_mail(each, sender=SENDER, to=TO, at=AT)) for each in (notice, usual))
    assert mail.keys() == other.keys()
    assert mail["Subject"] == subject(notice)
    assert [address.addr_spec for address in mail["To"].addresses] == [TO]


@pytest.mark.parametrize("address", ["", "nobody", "a@b\r\nBcc: c@d.example", "a b@c.example", "<a@b.example>"])
def test_an_address_that_is_none_is_refused(catalogue: Catalogue, city: Names, address: str) -> None:
    with pytest.raises(BadAddress):
        as_mail(notice_of(catalogue, city), sender=SENDER, to=address, at=AT)
