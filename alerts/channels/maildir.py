"""Mail into a folder (Maildir), for whoever has no server and for the demonstration. A mail that comes again replaces itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from alerts.channels.parcel import Failure, NoticeChannel, Parcel
from alerts.channels.smtp import mail_of
from alerts.letters.mail import BadAddress
from alerts.routing.routes import Maildir, Ways


class MaildirChannel:
    """Writes each mail whole or not at all, under a name that its id gives."""

    name = "mail"

    def __init__(self, target: Maildir, folder: Path | None = None) -> None:
        self._target = target
        self._folder = Path(target.folder) if folder is None else folder / target.folder

    def deliver(self, parcels: Sequence[Parcel]) -> Sequence[Failure | None]:
        """Delivered is what is on the disk."""
        try:
            for part in ("tmp", "new", "cur"):
                (self._folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            return [Failure("connection", f"{self._folder}: {error.strerror}")] * len(parcels)
        results = [self._deliver(parcel) for parcel in parcels]
        self._to_disk()
        return results

    def close(self) -> None:
        """Nothing is held."""

    def _deliver(self, parcel: Parcel) -> Failure | None:
        try:
            content = mail_of(parcel, self._target.sender, self._target.reply_to).as_bytes()
        except BadAddress as problem:
            return Failure("address", str(problem))
        name = f"{int(parcel.at.timestamp())}.{parcel.id}.budgetwatch"
        if any((self._folder / "cur").glob(f"{name}:*")):
            return None  # it was read before it was noted
        fresh = self._folder / "tmp" / name
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / "new" / name)
        except OSError as error:
            return Failure("connection", f"{self._folder}: {error.strerror}")
        return None

    def _to_disk(self) -> None:
        handle = os.open(self._folder / "new", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def open_notice_channel(ways: Ways, folder: Path | None) -> NoticeChannel | None:
    """Where a folder is named and no server."""
    return None if ways.maildir is None or ways.smtp is not None else MaildirChannel(ways.maildir, folder)
