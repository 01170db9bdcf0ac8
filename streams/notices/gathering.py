"""What is due goes into one notice an address: opened and ended again is told as one, and no more leaves than one can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

import msgspec
import sqlalchemy as sa
import structlog

from alerts.letters.compose import Happening, Pages, compose, recipient_of
from alerts.letters.notice import Notice, NoticeKind
from alerts.routing.deciding import kind_of
from alerts.routing.hours import next_digest
from ledger.words import Words
from streams.notices.bulletins import record_said
from streams.notices.pace import Pace
from streams.notices.settings import NoticeSettings
from streams.store import Store, schema
from streams.store.alerts import alert_of
from streams.store.deliveries_sealed import of_messages, sealed_run
from streams.store.times import moment
from streams.taipei import TAIPEI
from streams.trail.chain import row_digest

ROWS: Final = 4_000
"""Deliveries looked at in one round."""
WRITTEN_AT_ONCE: Final = 100
HOURLY: Final = "hourly-limit"
NO_NEWS: Final = "no-news"
_HOUR: Final = timedelta(hours=1)
_KEY: Final = ("channel", "address", "recipient_kind", "recipient_key", "language")
_ORDER: Final[Sequence[NoticeKind]] = ("opened", "worsened", "returned", "reminded")
"""Of what happened to an alert the first of these is what its notice is about, unless it has ended."""
WAITED: Final = Words(
    "寄送至此信箱之通知已達每小時上限，部分事項改於本次彙整通知。",
    "More was to be told to this address than leaves in an hour: some of it waited for this digest.",
)

log = structlog.get_logger()


def gather(store: Store, settings: NoticeSettings, pace: Pace, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Make notices of what is due; how many deliveries went into one, were put off or were found to be no news."""
    now = settings.now()
    due = _due(store, now)
    if not due:
        return 0
    sent = _sent_in_the_hour(store, {row.address for row in due}, now)
    known = _known_before(store, due)
    made: list[tuple[str, Notice]] = []
    changes: list[dict[str, Any]] = []
    for key, rows in groupby(due, key=lambda row: tuple(getattr(row, name) for name in _KEY)):
        group, where = list(rows), key[:2]
        news = [row for row in group if row.subject not in _ends_alone(group) or (*where, row.subject) in known]
        changes += [_change(row, state="suppressed", cause=NO_NEWS) for row in group if row not in news]
        if not news:
            continue
        is_urgent = any(row.mode == "immediately" for row in news)
        if is_urgent and sent.get(where, 0) >= settings.routing().max_per_hour:
            at = next_digest(settings.routing(), settings.catalogue.calendar, now.astimezone(TAIPEI))
            later = moment(at.astimezone(UTC))
            changes += [_change(row, mode="digest", cause=HOURLY, next_try_at=later) for row in news]
            continue
        sent[where] = sent.get(where, 0) + 1
        try:
            notice = _notice(news, settings)
        except Exception as error:  # one that cannot be written must not keep back all others
            log.error("a notice cannot be written", address=key[1], reason=str(error))
            changes += [_change(row, state="given_up", cause="content", last_error=str(error)[:500]) for row in news]
            continue
        name = f"{notice.key}-{notice.language}"
        made.append((name, notice))
        changes += [_change(row, notice=name, next_try_at=None) for row in news]
    for some in _in_parts(changes):
        names = {change["notice"] for change in some}
        _write(pace, [one for one in made if one[0] in names], some, moment(now))
        pace.rest(goes_on)
    return len(changes)


def _in_parts(changes: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Parts that are short to write, for commits of the fold wait: what is about one address stays together, as its notice is."""
    part: list[dict[str, Any]] = []
    for _, of_address in groupby(changes, key=lambda change: (change["of_channel"], change["of_address"])):
        part += of_address
        if len(part) >= WRITTEN_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _due(store: Store, now: datetime) -> list[Any]:
    rows, message, alerts = schema.deliveries, schema.outbox, schema.alerts
    asked = [rows.c[name] for name in (*_KEY, "message", "subject", "mode", "cause", "n", "next_try_at")]
    wanted = (
        sa.select(
            *asked,
            message.c.kind,
            message.c.payload,
            *(column for column in alerts.c if column.name not in ("id", "n")),
        )
        .join(message, message.c.id == rows.c.message)
        .join(alerts, alerts.c.id == rows.c.subject)
        .where(rows.c.notice.is_(None), rows.c.made_at.is_not(None), rows.c.state == "waiting")
        .where(rows.c.next_try_at <= moment(now))
        .order_by(*(rows.c[name] for name in _KEY), rows.c.n)
        .limit(ROWS)
    )
    with store.reading() as connection:
        found = list(connection.execute(wanted).all())
    if len(found) < ROWS:
        return found
    last = tuple(getattr(found[-1], name) for name in _KEY)  # it may go on beyond what was read
    whole = [row for row in found if tuple(getattr(row, name) for name in _KEY) != last]
    return whole or found


def _ends_alone(group: Sequence[Any]) -> set[str]:
    """Alerts of which nothing is to be told but that they ended."""
    others = {row.subject for row in group if _kind(row) != "resolved"}
    return {row.subject for row in group} - others


def _notice(rows: Sequence[Any], settings: NoticeSettings) -> Notice:
    first = rows[0]
    names = settings.names()
    by_alert: dict[str, list[Any]] = {}
    for row in rows:
        by_alert.setdefault(row.subject, []).append(row)
    notice = compose(
        [_happening(each) for each in by_alert.values()],
        recipient_of(names, first.recipient_kind, first.recipient_key),
        settings.catalogue,
        names,
        day=settings.today(),
        language=first.language,
        pages=Pages(settings.public_url),
        demonstration=settings.demonstration,
    )
    if any(row.cause == HOURLY for row in rows):
        notice = msgspec.structs.replace(notice, remarks=(WAITED,))
    return notice


def _happening(rows: Sequence[Any]) -> Happening:
    """What becomes of one alert, from its messages in their order."""
    last, alert = rows[-1], alert_of(rows[-1])
    payload = msgspec.json.decode(last.payload)
    if "evidence" in payload:
        alert = msgspec.structs.replace(
            alert, severity=payload["severity"], evidence=msgspec.json.decode(payload["evidence"])
        )
    kinds = [_kind(row) for row in rows]
    kind: NoticeKind = "resolved" if kinds[-1] == "resolved" else next(each for each in _ORDER if each in kinds)
    by = tuple(msgspec.json.decode(row.payload).get("by", "") for row in rows if row.kind == "alert")
    return Happening(
        alert,
        kind,
        turn=last.message,
        by=tuple(each for each in by if each),
        due_on=payload.get("due_on"),
        remark=payload.get("remark", ""),
    )


def _kind(row: Any) -> NoticeKind:
    payload: Mapping[str, Any] = msgspec.json.decode(row.payload)
    if row.kind == "step":
        kind: NoticeKind = payload["kind"]
        return kind
    return kind_of(payload["change"], payload["severity"], payload["severity_before"]) or "opened"


def _sent_in_the_hour(store: Store, addresses: set[str], now: datetime) -> dict[tuple[str, ...], int]:
    rows, notices = schema.deliveries, schema.notices
    counted = sa.func.count(sa.distinct(rows.c.notice))
    wanted = (
        sa.select(rows.c.channel, rows.c.address, counted)
        .join(notices, notices.c.id == rows.c.notice)
        .where(rows.c.address.in_(sorted(addresses)), notices.c.made_at >= moment(now - _HOUR))
        .where(rows.c.made_at.is_not(None))
        .group_by(rows.c.channel, rows.c.address)
    )
    with store.reading() as connection:
        return {(row[0], row[1]): row[2] for row in connection.execute(wanted)}


def _known_before(store: Store, due: Sequence[Any]) -> set[tuple[str, ...]]:
    """Of alerts that ended: channels and addresses at which something of them was told, or is about to be."""
    ended = sorted({row.subject for row in due if _kind(row) == "resolved"})
    rows = schema.deliveries.c
    found: set[tuple[str, ...]] = set()
    with store.reading() as connection:
        for at in range(0, len(ended), 500):
            wanted = sa.select(rows.channel, rows.address, rows.subject).where(
                rows.subject.in_(ended[at : at + 500]), rows.notice.is_not(None), rows.state != "suppressed"
            )
            found |= {tuple(row) for row in connection.execute(wanted)}
    return found


def _change(row: Any, **values: Any) -> dict[str, Any]:
    kept = {"state": "waiting", "mode": row.mode, "cause": row.cause, "next_try_at": row.next_try_at}
    kept |= {"notice": None, "last_error": None}
    return {"of_message": row.message, "of_channel": row.channel, "of_address": row.address} | kept | values


def _write(pace: Pace, made: Sequence[tuple[str, Notice]], changes: Sequence[dict[str, Any]], at: str) -> None:
    rows, notices = schema.deliveries, schema.notices
    same = [rows.c[name] == sa.bindparam(f"of_{name}") for name in ("message", "channel", "address")]
    still = (*same, rows.c.state == "waiting", rows.c.notice.is_(None))
    unique = dict(made)
    with pace.writing() as connection:
        there: set[str] = set()
        for begin in range(0, len(unique), 500):
            some = list(unique)[begin : begin + 500]
            there |= set(connection.execute(sa.select(notices.c.id).where(notices.c.id.in_(some))).scalars())
        fresh = [
            {
                "id": name,
                "key": notice.key,
                "recipient_kind": notice.recipient.kind,
                "recipient_key": notice.recipient.key,
                "payload": msgspec.json.encode(notice).decode(),
                "made_at": at,
            }
            for name, notice in unique.items()
            if name not in there
        ]
        if fresh:
            connection.execute(notices.insert(), fresh)
            record_said(connection, {notices.name: {row["id"]: row_digest(row) for row in fresh}})
        with sealed_run(connection, "people", *of_messages([one["of_message"] for one in changes])):
            connection.execute(rows.update().where(*still), list(changes))
