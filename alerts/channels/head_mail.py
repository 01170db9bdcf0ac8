"""A mail with the head of the trail each day, to whoever keeps heads: an auditor's mailbox is nobody's to change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from alerts.channels import Channel, Message, Outside
from alerts.channels.maildir import open_notice_channel as open_maildir
from alerts.channels.parcel import NoticeChannel, Parcel
from alerts.channels.smtp import open_notice_channel as open_smtp
from alerts.letters.bulletin import Bulletin
from alerts.letters.compose import letter_head
from alerts.letters.notice import Recipient
from alerts.routing.routes import Ways
from ledger.names import Names
from ledger.words import Words, alike


class HeadMail(msgspec.Struct, frozen=True):
    """To whom, and how mail leaves as `routing.yaml` stands now."""

    address: str
    ways: Callable[[], Ways]
    names: Callable[[], Names]
    folder: Path | None = None
    demonstration: bool = False


class HeadMailChannel:
    """One mail a head; it is no notice, and leaves whether notices do or not."""

    name = "head-mail"
    kinds = frozenset({"trail-head"})

    def __init__(self, mail: HeadMail) -> None:
        self._mail = mail

    def deliver(self, messages: Sequence[Message]) -> Sequence[str | None]:
        """Delivered is what the mail server has, or the folder."""
        ways = self._mail.ways()
        way: NoticeChannel | None = open_smtp(ways, self._mail.folder) or open_maildir(ways, self._mail.folder)
        if way is None:
            return ["routing.yaml names neither a mail server nor a folder for mail"] * len(messages)
        try:
            failures = way.deliver([self._parcel(one) for one in messages])
        finally:
            way.close()
        return [None if failure is None else failure.text for failure in failures]

    def close(self) -> None:
        """Nothing is held."""

    def _parcel(self, message: Message) -> Parcel:
        names, at = self._mail.names(), datetime.fromisoformat(message.created_at)
        head = f"{message.payload['n']}:{message.payload['hash']}"
        said = Bulletin(
            key=message.id,
            written_on=message.created_at[:10],
            recipient=Recipient("office", "", alike(self._mail.address)),
            language=names.city.language,
            office=letter_head(names),
            title=Words(f"稽核軌跡鏈首 {head[:24]}", f"Head of the audit trail {head[:24]}"),
            lines=(
                alike(head),
                Words(
                    "請留存本信。日後以 budgetwatch audit --expect-head 加上列序號與雜湊，可查明截至該時之軌跡是否遭刪改。",
                    "Keep this mail: budgetwatch audit --expect-head with the number and hash above tells whether the trail up"
                    " to that moment is still as it was.",
                ),
            ),
            demonstration=self._mail.demonstration,
        )
        return Parcel(message.id, self._mail.address, said, at)


def open_channel(outside: Outside) -> Channel | None:
    """Where an address was named."""
    return None if outside.head_mail is None else HeadMailChannel(outside.head_mail)
