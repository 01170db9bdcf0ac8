"""Notices leave by a channel: at least once, under an id that repeats, and what became of each is noted in batches."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
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
from streams.notices.pace import Pace
from streams.notices.settings import NoticeSettings
from streams.people.answers import Asking, ask_all, question_of
from streams.people.links import LinkWanted, NewLink, make_links, new_links
from streams.people.trail import acts_on_each
from streams.store import Store, queries, schema
from streams.store.deliveries_sealed import sealed_run
from streams.store.times import moment

BATCH: Final = 100
"""So many leave before it is noted: as many may come twice where it is cut short, under the same ids. A commit of the fold may
have to wait for the note; most of it is what the disk takes, so a few large ones hold it up less than many small ones."""
BATCHES: Final = 20
"""So many leave in one round; then it is looked again what else is due."""
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)
_ERROR_CHARACTERS: Final = 500
_PENDING: Final = sa.text(schema.PENDING)

Said: TypeAlias = Notice | Bulletin
_said = msgspec.json.Decoder(Notice).decode
_bulletin = msgspec.json.Decoder(Bulletin).decode
log = structlog.get_logger()


class SendingUnit(msgspec.Struct, frozen=True):
    """A notice to one address, tried so many times."""

    notice: str
    key: str
    address: str
    attempts: int
    made_at: str
    said: Said
    attachments: tuple[Attachment, ...] = ()


def send(
    store: Store,
    settings: NoticeSettings,
    channel: NoticeChannel,
    pace: Pace,
    goes_on: Callable[[], bool] = lambda: True,
) -> int:
    """Try what is due by one channel, batch after batch; how many notices it took.

    What became of a batch is noted where the next one's links are made: each transaction more is one for which commits of
    the fold have to wait. It is rested before a batch leaves and not before it is noted, for what has left and is not noted
    comes twice if the process ends. `goes_on` is asked between batches.
    """
    taken, tried, took = 0, 0, 0.0
    units = _due(store, channel.name, settings.now())
    parcels = _note_and_link(store, settings, channel.name, pace, (), (), units)
    while units:
        pace.rest(goes_on, besides=took)
        began = time.monotonic()
        results = _results(channel, parcels)
        took = time.monotonic() - began
        failed = sum(result is not None for result in results)
        taken, tried = taken + len(units) - failed, tried + 1
        is_last = failed == len(units) or tried == BATCHES or not goes_on()
        following = [] if is_last else _due(store, channel.name, settings.now(), besides=units)
        parcels = _note_and_link(store, settings, channel.name, pace, units, results, following)
        units = following
    return taken


def _results(channel: NoticeChannel, parcels: Sequence[Parcel]) -> Sequence[Failure | None]:
    try:
        results: Sequence[Failure | None] = channel.deliver(parcels)
        assert len(results) == len(parcels), "a channel answers for each"
    except Exception as error:
        results = [Failure("connection", str(error) or type(error).__name__)] * len(parcels)
    failed = [result for result in results if result is not None]
    if failed:
        log.warning("not every notice left", channel=channel.name, failed=len(failed), reason=failed[0].text)
    return results


def wait_after(attempts: int) -> timedelta:
    """How long until it is tried once more: doubled each time, an hour at most, and a fifth more or less of it."""
    whole = min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempts - 1, 10)))
    return whole * (800 + secrets.randbelow(401)) / 1_000


def parcel_id(key: str, address: str) -> str:
    """The left part of a Message-ID: of the notice, and of the address it goes to."""
    return f"{key}.{hashlib.sha256(address.encode()).hexdigest()[:12]}"


def _due(store: Store, channel: str, now: datetime, besides: Sequence[SendingUnit] = ()) -> list[SendingUnit]:
    """What is to be tried now, besides units of which it is known and not noted yet what became of them."""
    rows, notices = schema.deliveries, schema.notices
    known = {(unit.notice, unit.address) for unit in besides}
    far = moment(now + 2 * LONGEST_WAIT)  # a clock that went back must not keep it for days
    wanted = (
        sa.select(rows.c.notice, rows.c.address, sa.func.max(rows.c.attempts).label("attempts"))
        .where(rows.c.channel == channel, rows.c.notice.is_not(None), _PENDING)
        .where(
            sa.or_(rows.c.next_try_at.is_(None), rows.c.next_try_at <= moment(now), rows.c.next_try_at > far),
        )
        .group_by(rows.c.notice, rows.c.address)
        .order_by(sa.func.min(rows.c.n))
        .limit(BATCH + len(known))
    )
    with store.reading() as connection:
        found = [row for row in connection.execute(wanted) if (row.notice, row.address) not in known][:BATCH]
        names = sorted({row.notice for row in found})
        kept = {row.id: row for row in connection.execute(sa.select(notices).where(notices.c.id.in_(names)))}
        files = schema.notice_attachments
        attached: dict[str, list[Attachment]] = {}
        for row in connection.execute(sa.select(files).where(files.c.notice.in_(names)).order_by(files.c.name)):
            attached.setdefault(row.notice, []).append(Attachment(row.name, row.media_type, row.content))
    said = {name: said_in(row.payload) for name, row in kept.items()}
    return [
        SendingUnit(
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


def _links_wanted(
    store: Store, settings: NoticeSettings, channel: str, units: Sequence[SendingUnit]
) -> dict[int, LinkWanted]:
    """The link that each unit is to have that asks: a link's secret is kept nowhere, so each try makes one."""
    if settings.public_url is None or channel != "mail":
        return {}
    return {
        place: LinkWanted(units[place].key, units[place].said.recipient, [matter.alert for matter in matters])
        for place, matters in _asking(store, units, settings.names()).items()
    }


def _parcel(unit: SendingUnit, link: NewLink | None) -> Parcel:
    return Parcel(
        parcel_id(unit.key, unit.address),
        unit.address,
        unit.said if link is None else msgspec.structs.replace(unit.said, link=link.address),
        datetime.fromisoformat(unit.made_at),
        unit.attachments,
    )


def _asking(store: Store, units: Sequence[SendingUnit], names: Names) -> dict[int, list[Matter]]:
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


def _note_and_link(
    store: Store,
    settings: NoticeSettings,
    channel: str,
    pace: Pace,
    units: Sequence[SendingUnit],
    results: Sequence[Failure | None],
    following: Sequence[SendingUnit],
) -> list[Parcel]:
    """Note what became of units, and make the links of those that follow; the parcels of these."""
    left = [unit for unit, result in zip(units, results, strict=True) if result is None]
    asked = _to_ask(store, left, settings.names()) if channel == "mail" else {}
    wanted = _links_wanted(store, settings, channel, following)
    links = dict(zip(wanted, new_links(settings.public_url or "", list(wanted.values())), strict=True))
    if units or links:
        with pace.writing() as connection:
            if units:
                _note(connection, settings, channel, units, results)
            if asked:
                ask_all(store.within(connection), [Asking(alerts, *key) for key, alerts in asked.items()])
            make_links(connection, list(links.values()))
    return [_parcel(unit, links.get(place)) for place, unit in enumerate(following)]


def _note(
    connection: sa.Connection,
    settings: NoticeSettings,
    channel: str,
    units: Sequence[SendingUnit],
    results: Sequence[Failure | None],
) -> None:
    now, rows = settings.now(), schema.deliveries
    give_up = timedelta(hours=settings.routing().give_up_hours)
    noted = [
        {"of_channel": channel, "of_address": unit.address, "of_notice": unit.notice}
        | _became(result, unit.attempts + 1, now, give_up, unit.made_at)
        for unit, result in zip(units, results, strict=True)
    ]
    same = [rows.c[name] == sa.bindparam(f"of_{name}") for name in ("channel", "address", "notice")]
    mine = (rows.c.channel == channel) & rows.c.notice.in_(sorted({unit.notice for unit in units}))
    with sealed_run(connection, channel, mine):
        connection.execute(rows.update().where(*same, _PENDING), noted)


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


def _to_ask(store: Store, left: Sequence[SendingUnit], names: Names) -> Mapping[tuple[str, str, str], list[str]]:
    """Alerts that somebody was asked about just now for the first time, or anew since they got worse."""
    found: dict[tuple[str, str, str], list[str]] = {}
    seen: set[tuple[str, str]] = set()
    asking = _asking(store, left, names)
    alerts = sorted({matter.alert for matters in asking.values() for matter in matters})
    openings, acts = queries.openings(store, alerts), acts_on_each(store, alerts)
    for place, matters in asking.items():
        unit = left[place]
        recipient = unit.said.recipient
        for matter in matters:
            if matter.kind not in ("opened", "worsened") or (unit.key, matter.alert) in seen:
                continue
            seen.add((unit.key, matter.alert))
            about = acts.get(matter.alert, ())
            question = question_of(about, openings.get(matter.alert, 1))
            is_known = any(act.after.get("notice") == unit.key for act in about if act.kind == "asked")
            if is_known or (matter.kind == "opened" and question.state != "unasked"):
                continue
            to = f"{recipient.kind}:{recipient.key}"
            assert matter.due_on is not None, "what asks has a day due"
            found.setdefault((to, matter.due_on, unit.key), []).append(matter.alert)
    return found
