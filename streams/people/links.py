"""One-time links by which an agency answers without logging in (CONTRACT §8).

A link is for the alerts that its notice names, and for nothing else. Only the hash of its secret is kept. Whoever opens it
consumes nothing, for mail scanners follow links; the first answer consumes every link of the notice, since a mail that was
sent twice holds two.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from alerts.catalogue import Catalogue
from alerts.letters.notice import Recipient, RecipientKind
from ledger.city import City
from streams.people.acts import record_by
from streams.people.answers import NOTICES, Answer, give_answer
from streams.people.person import LINK, Person, RefusedAct
from streams.people.trail import TrailEntry
from streams.store import Store, schema
from streams.store.times import moment, now
from streams.store.under_trail import Seals, append_acts
from streams.trail.chain import row_digest

VALID_FOR: Final = timedelta(days=30)
OPENINGS_KEPT: Final = 20
"""Of one notice: further openings are no news."""
PATH: Final = "/answer/"
LINK_MADE: Final = "link-made"
LINK_USED: Final = "link-used"
_SECRET: Final = re.compile("[A-Za-z0-9_-]{43}")

LinkState: TypeAlias = Literal["open", "used", "expired"]


class Link(msgspec.Struct, frozen=True):
    """What a link stands for."""

    notice: str
    recipient_kind: RecipientKind
    recipient_key: str
    alerts: tuple[str, ...]
    made_at: str
    expires_at: str
    state: LinkState


class LinkWanted(msgspec.Struct, frozen=True):
    """What a link is to be for: the key of the notice that it stands in, whose answer it takes, and the alerts' ids."""

    notice: str
    recipient: Recipient
    alerts: Sequence[str]


def make_link(
    connection: sa.Connection,
    base: str,
    notice: str,
    recipient: Recipient,
    alerts: Sequence[str],
    at: str | None = None,
) -> str:
    """The address of one link made now (see `new_links`)."""
    (link,) = new_links(base, [LinkWanted(notice, recipient, alerts)], at)
    make_links(connection, [link])
    return link.address


class NewLink(msgspec.Struct, frozen=True):
    """A link that is not in the store yet: its address, which holds the secret, its row, and the act that tells of it."""

    address: str
    row: dict[str, str]
    act: dict[str, str]
    seals: Seals


def new_links(base: str, wanted: Sequence[LinkWanted], at: str | None = None) -> list[NewLink]:
    """Links for `make_links`; their secrets are kept nowhere else.

    Args:
        base: what the page is called, `https://budget.example.gov.tw`.
        wanted: what each is for.
        at: when they are made, RFC 3339; None: now.
    """
    made_at = at or now()
    return [_new_link(base, one, made_at, _later(made_at)) for one in wanted]


def make_links(connection: sa.Connection, links: Sequence[NewLink]) -> None:
    """Put new links into the store, within a transaction that writes."""
    if links:
        connection.execute(schema.answer_links.insert(), [link.row for link in links])
        append_acts(connection, [(link.act, link.seals) for link in links])


def _new_link(base: str, wanted: LinkWanted, made_at: str, expires_at: str) -> NewLink:
    secret = secrets.token_urlsafe(32)
    row = {
        "hash": _hash(secret),
        "notice": wanted.notice,
        "recipient_kind": wanted.recipient.kind,
        "recipient_key": wanted.recipient.key,
        "alerts": msgspec.json.encode(list(wanted.alerts)).decode(),
        "made_at": made_at,
        "expires_at": expires_at,
    }
    after = {"alerts": list(wanted.alerts), "to": f"{wanted.recipient.kind}:{wanted.recipient.key}"}
    act = {"person": NOTICES.name, "role": NOTICES.role, "address": "", "kind": LINK_MADE, "subject": wanted.notice}
    act |= {"before": "null", "after": msgspec.json.encode(after).decode()}
    return NewLink(f"{base}{PATH}{secret}", row, act, {schema.answer_links.name: {row["hash"]: row_digest(row)}})


def find_link(store: Store, secret: str, at: str | None = None) -> Link | None:
    """What a secret stands for; None for one that was never given out."""
    if _SECRET.fullmatch(secret) is None:
        return None
    links, uses = schema.answer_links, schema.link_uses
    with store.reading() as connection:
        row = connection.execute(sa.select(links).where(links.c.hash == _hash(secret))).one_or_none()
        if row is None:
            return None
        used = connection.execute(sa.select(uses.c.at).where(uses.c.notice == row.notice)).first() is not None
    state: LinkState = "used" if used else "expired" if (at or now()) >= row.expires_at else "open"
    alerts = tuple(msgspec.json.decode(row.alerts))
    return Link(row.notice, row.recipient_kind, row.recipient_key, alerts, row.made_at, row.expires_at, state)


def note_opening(store: Store, link: Link) -> bool:
    """Keep that the page behind a link was opened, by whom nobody can know; returns whether it was kept."""
    openings = schema.link_openings
    counted = sa.select(sa.func.count()).select_from(openings).where(openings.c.notice == link.notice)
    with store.writing() as connection:
        if connection.execute(counted).scalar_one() >= OPENINGS_KEPT:
            return False
        connection.execute(openings.insert(), {"notice": link.notice, "at": now()})
    return True


def answer_by_link(
    store: Store,
    catalogue: Catalogue,
    city: City,
    secret: str,
    name: str,
    address: str,
    alerts: Sequence[str],
    answer: Answer,
    today: str,
    at: str | None = None,
) -> list[TrailEntry]:
    """Answer for some of a link's alerts, and consume it. Raises RefusedAct, and consumes nothing then.

    `name`: of who answers, as typed; nobody verifies it.
    """
    with store.writing() as connection:
        within = store.within(connection)
        link = find_link(within, secret, at)
        if link is None:
            raise RefusedAct("link-unknown")
        if link.state == "used":
            raise RefusedAct("link-used")
        if link.state == "expired":
            raise RefusedAct("link-expired")
        if not set(alerts) <= set(link.alerts):
            raise RefusedAct("unknown")
        try:
            connection.execute(schema.link_uses.insert(), {"notice": link.notice, "at": now()})
        except IntegrityError:  # somebody else was first
            raise RefusedAct("link-used") from None
        person = Person(name, (LINK,), address, credential=LINK, credential_id=_hash(secret)[:12])
        made = give_answer(within, catalogue, city, alerts, person, answer, today, by_link=True)
        record_by(within, person, LINK_USED, link.notice, None, None, [(schema.link_uses, link.notice)])
        return made


def openings_of(store: Store, alert: str) -> list[tuple[str, str]]:
    """The notices with links that name an alert, and when each was opened, oldest first."""
    links, openings = schema.answer_links, schema.link_openings
    naming = sa.select(links.c.notice).where(links.c.alerts.contains(f'"{alert}"', autoescape=True))
    wanted = sa.select(openings.c.notice, openings.c.at).where(openings.c.notice.in_(naming)).order_by(openings.c.n)
    with store.reading() as connection:
        return [(row.notice, row.at) for row in connection.execute(wanted)]


def _later(made_at: str) -> str:
    return moment(datetime.fromisoformat(made_at) + VALID_FOR)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
