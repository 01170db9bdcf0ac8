"""Whether notices leave: `notices test|on|off`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from budgetwatch import telling
from budgetwatch.options import DataFolder, Lang, LanguageOption, Registry, Settings, Store, Unusable
from budgetwatch.sources import opened_store
from budgetwatch.telling import Reason, opened_notices

app = telling.app

if TYPE_CHECKING:
    from streams.notices.settings import NoticeSettings


@app.command("test", epilog="Example: `budgetwatch notices test officer@example.gov.tw --data DIR`")
def send_test(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where the test mail goes.")],
    data: DataFolder = Path("data"),
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Send a test mail by the way that routing.yaml names, at once, whether notices are on or off."""
    with opened_notices(data, store, registry, settings) as (_, notices):
        _test(notices, address, lang)
    sys.stdout.write(f"{address}: the test mail was handed over; look into the mailbox\n")


@app.command(epilog="Example: `budgetwatch notices on --test officer@example.gov.tw --data DIR`")
def on(
    tested: Annotated[str, typer.Option("--test", metavar="ADDRESS", help="Where the test mail goes first.")],
    from_day: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Tell of what opens from this day on; else today.")
    ] = None,
    data: DataFolder = Path("data"),
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    lang: Lang = LanguageOption.ZH,
) -> None:
    """Let notices leave from now on, once a test mail has been handed over. A decision made once per store."""
    from budgetwatch.sources import day_of
    from streams.notices.switch import turn_on
    from streams.people.person import PeopleProblem

    with opened_notices(data, store, registry, settings) as (opened, notices):
        day = notices.today() if from_day is None else day_of(from_day)
        _test(notices, tested, lang)
        try:
            turn_on(opened, day, tested)
        except PeopleProblem as problem:
            raise Unusable(str(problem)) from None
    sys.stdout.write(f"notices are on: people are told of what opens from {day} on\n")


@app.command(epilog='Example: `budgetwatch notices off --reason "the mail server is moved" --data DIR`')
def off(reason: Reason, data: DataFolder = Path("data"), store: Store = None) -> None:
    """Let nothing leave from now on; what waits stays."""
    from streams.notices.switch import turn_off

    with opened_store(data, store) as opened:
        done = turn_off(opened, reason)
    sys.stdout.write("notices are off\n" if done else "notices were off already\n")


def _test(notices: NoticeSettings, address: str, lang: LanguageOption) -> None:
    """Hand a test mail over, or say why it could not be."""
    from datetime import UTC, datetime

    from alerts.channels import open_notice_channels
    from alerts.channels.parcel import Parcel
    from alerts.letters.bulletin import Bulletin
    from alerts.letters.compose import letter_head, recipient_of
    from alerts.vocabulary import DELIVERY_CAUSE
    from ledger.words import Words

    names, now = notices.names(), datetime.now(UTC)
    channel = next(
        (one for one in open_notice_channels(notices.routing().ways, notices.folder) if one.name == "mail"), None
    )
    if channel is None:
        raise Unusable("routing.yaml names no way for mail: write `smtp` or `maildir` under `ways`")
    said = Bulletin(
        f"test-{now:%Y%m%d%H%M%S%f}",
        notices.today(),
        recipient_of(names, "office"),
        lang.value,
        letter_head(names),
        Words("測試信", "Test mail"),
        (
            Words(
                "這是測試信；收到即表示郵件設定正確。",
                "This is a test: whoever reads it knows that mail is set up right.",
            ),
        ),
    )
    try:
        (failure,) = channel.deliver([Parcel(said.key, address, said, now)])
    finally:
        channel.close()
    if failure is not None:
        raise Unusable(f"{address}: {failure.text}: {DELIVERY_CAUSE[failure.cause].text(lang.value)}")
