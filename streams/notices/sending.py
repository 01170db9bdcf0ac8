"""Notices leave by a channel: at least once, under an id that repeats, and what became of each is noted in batches."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import msgspec
import sqlalchemy as sa
import structlog

from alerts.channels.parcel import FOR_GOOD, Cause, Failure, NoticeChannel, Parcel
from alerts.letters.bulletin import Attachment, Bulletin
from alerts.letters.compose import recipient_for
from alerts.letters.notice import Matter, Notice
from ledger.names import Names
from streams.notices.settings import NoticeSettings
from streams.people.answers import Asking, ask_all, question_of
from streams.people.links import LinkWanted, make_links
from streams.people.trail import acts_on
from streams.store import Store, queries, schema
from streams.store.deliveries_sealed import sealed_run
from streams.store.times import moment

BATCH: Final = 100
"""So many leave before it is noted: as many may come twice where it is cut short, under the same ids. A commit of the fold may
have to wait for the note; most of it is what the disk takes, so a few large ones hold it up less than many small ones."""
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)
_ERROR_CHARACTERS: Final = 500
_PENDING: Final = sa.text(schema.PENDING)

Said: TypeAlias = Notice | Bulletin
_said = msgspec.json.Decoder(Notice).decode
_bulletin = msgspec.json.Decoder(Bulletin).decode
log = structlog.get_logger()


class Unit(msgspec.Struct, frozen=True):
    """A notice to one address, tried so many times."""

    notice: str
    key: str
    address: str
    attempts: int
    made_at: str
    said: Said
    attachments: tuple[Attachment, ...] = ()


def send(store: Store, settings: NoticeSettings, channel: NoticeChannel) -> int:
    """Try what is due by one channel; how many notices it took."""
    units = _due(store, channel.name, settings.now())
    if not units:
        return 0
    parcels = _with_links(store, settings, channel.name, units)
    try:
        results: Sequence[Failure | None] = channel.deliver(parcels)
        assert len(results) == len(parcels), "a channel answers for each"
    except Exception as error:
        results = [Failure("connection", str(error) or type(error).__name__)] * len(parcels)
    failed = [result for result in results if result is not None]
    if failed:
        log.warning("not every notice left", channel=channel.name, failed=len(failed), reason=failed[0].text)
    _note(store, settings, channel.name, units, results)
    return len(units) - len(failed)


def wait_after(attempts: int) -> timedelta:
    """How long until it is tried once more: doubled each time, an hour at most, and a fifth more or less of it."""
    whole = min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempts - 1, 10)))
    return whole * (800 + secrets.randbelow(401)) / 1_000


def parcel_id(key: str, address: str) -> str:
    """The left part of a Message-ID: of the notice, and of the address it goes to."""
    return f"{key}.{hashlib.sha256(address.encode()).hexdigest()[:12]}"


def _due(store: Store, channel: str, now: datetime) -> list[Unit]:
    rows, notices = schema.deliveries, schema.notices
    far = moment(now + 2 * LONGEST_WAIT)  # a clock that went back must not keep it for days
    wanted = (
        sa.select(rows.c.notice, rows.c.address, sa.func.max(rows.c.attempts).label("attempts"))
        .where(rows.c.channel == channel, rows.c.notice.is_not(None), _PENDING)
        .where(
            sa.or_(rows.c.next_try_at.is_(None), rows.c.next_try_at <= moment(now), rows.c.next_try_at > far),
        )
        .group_by(rows.c.notice, rows.c.address)
        .order_by(sa.func.min(rows.c.n))
        .limit(BATCH)
    )
    with store.reading() as connection:
        found = connection.execute(wanted).all()
        names = sorted({row.notice for row in found})
        kept = {row.id: row for row in connection.execute(sa.select(notices).where(notices.c.id.in_(names)))}
        files = schema.notice_attachments
        attached: dict[str, list[Attachment]] = {}
        for row in connection.execute(sa.select(files).where(files.c.notice.in_(names)).order_by(files.c.name)):
            attached.setdefault(row.notice, []).append(Attachment(row.name, row.media_type, row.content))
    said = {name: said_in(row.payload) for name, row in kept.items()}
    return [
        Unit(
            row.notice,
            kept[row.notice].key,
            row.address,
            row.attempts,
            kept[row.notice].made_at,
            said[row.notice],
            tuple(attached.get(row.notice, ())),
        )
        for row in found
        if row.notice in kept
    ]


def said_in(payload: str) -> Said:
    """What a row of `notices` keeps."""
    return _bulletin(payload) if '"type":"Bulletin"' in payload[:40] else _said(payload)


def _with_links(store: Store, settings: NoticeSettings, channel: str, units: Sequence[Unit]) -> list[Parcel]:
    """Parcels, those that ask with a link of their own: a link's secret is kept nowhere, so each try makes one."""
    base, names = settings.public_url, settings.names()
    asking = {} if base is None or channel != "mail" else _asking(store, units, names)
    linked: dict[int, str] = {}
    if asking and base is not None:
        wanted = [
            LinkWanted(units[place].key, units[place].said.recipient, [matter.alert for matter in matters])
            for place, matters in asking.items()
        ]
        with store.writing() as connection:
            linked = dict(zip(asking, make_links(connection, base, wanted), strict=True))
    return [
        Parcel(
            parcel_id(unit.key, unit.address),
            unit.address,
            msgspec.structs.replace(unit.said, link=linked[place]) if place in linked else unit.said,
            datetime.fromisoformat(unit.made_at),
            unit.attachments,
        )
        for place, unit in enumerate(units)
    ]


def _asking(store: Store, units: Sequence[Unit], names: Names) -> dict[int, list[Matter]]:
    """Of each unit that asks those whose matters they are: the matters. An authority is told of its agencies' and not asked."""
    wanted = {matter.alert for unit in units if isinstance(unit.said, Notice) for matter in unit.said.matters}
    own = {name: recipient_for(names, alert) for name, alert in queries.alerts_of(store, sorted(wanted)).items()}
    found = {}
    for place, unit in enumerate(units):
        if isinstance(unit.said, Bulletin):
            continue
        recipient = unit.said.recipient
        matters = [
            matter
            for matter in unit.said.matters
            if matter.due_on is not None
            and matter.alert in own
            and (own[matter.alert].kind, own[matter.alert].key) == (recipient.kind, recipient.key)
        ]
        if matters:
            found[place] = matters
    return found


def _note(
    store: Store, settings: NoticeSettings, channel: str, units: Sequence[Unit], results: Sequence[Failure | None]
) -> None:
    now, rows = settings.now(), schema.deliveries
    give_up = timedelta(hours=settings.routing().give_up_hours)
    noted = [
        {"of_channel": channel, "of_address": unit.address, "of_notice": unit.notice}
        | _became(result, unit.attempts + 1, now, give_up, unit.made_at)
        for unit, result in zip(units, results, strict=True)
    ]
    left = [unit for unit, result in zip(units, results, strict=True) if result is None]
    asked = _to_ask(store, left, settings.names()) if channel == "mail" else {}
    same = [rows.c[name] == sa.bindparam(f"of_{name}") for name in ("channel", "address", "notice")]
    mine = (rows.c.channel == channel) & rows.c.notice.in_(sorted({unit.notice for unit in units}))
    with store.writing() as connection:
        with sealed_run(connection, channel, mine):
            connection.execute(rows.update().where(*same, _PENDING), noted)
        within = store.within(connection)
        if asked:
            ask_all(within, [Asking(alerts, *key) for key, alerts in asked.items()])


def _became(result: Failure | None, attempts: int, now: datetime, give_up: timedelta, made_at: str) -> dict[str, Any]:
    if result is None:
        sent = {"state": "sent", "last_error": None, "cause": None, "next_try_at": None, "sent_at": moment(now)}
        return sent | {"attempts": attempts}
    cause: Cause = result.cause
    is_over = cause in FOR_GOOD or (cause != "connection" and now - datetime.fromisoformat(made_at) > give_up)
    return {
        "state": "given_up" if is_over else "failed",
        "last_error": result.text[:_ERROR_CHARACTERS],
        "cause": cause,
        "next_try_at": None if is_over else moment(now + wait_after(attempts)),
        "sent_at": None,
        "attempts": attempts,
    }


def _to_ask(store: Store, left: Sequence[Unit], names: Names) -> Mapping[tuple[str, str, str], list[str]]:
    """Alerts that somebody was asked about just now for the first time, or anew since they got worse."""
    found: dict[tuple[str, str, str], list[str]] = {}
    seen: set[tuple[str, str]] = set()
    asking = _asking(store, left, names)
    openings = queries.openings(store, sorted({matter.alert for matters in asking.values() for matter in matters}))
    for place, matters in asking.items():
        unit = left[place]
        recipient = unit.said.recipient
        for matter in matters:
            if matter.kind not in ("opened", "worsened") or (unit.key, matter.alert) in seen:
                continue
            seen.add((unit.key, matter.alert))
            acts = acts_on(store, matter.alert)
            question = question_of(acts, openings.get(matter.alert, 1))
            is_known = any(act.after.get("notice") == unit.key for act in acts if act.kind == "asked")
            if is_known or (matter.kind == "opened" and question.state != "unasked"):
                continue
            to = f"{recipient.kind}:{recipient.key}"
            assert matter.due_on is not None, "what asks has a day due"
            found.setdefault((to, matter.due_on, unit.key), []).append(matter.alert)
    return found
