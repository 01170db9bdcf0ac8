"""The whole story of an alert on one line of time: its transitions, what left about it, who opened a link, what people did."""

from __future__ import annotations

from typing import Final

import msgspec

from alerts.vocabulary import ALERT_CHANGE, SEVERITY
from dashboards.reports.formats.cells import moment_words
from dashboards.reports.table import Column, Table
from dashboards.web.grid import Grid
from ledger.fiscal import roc_day
from ledger.words import NOTHING, Words, alike
from streams.people.answers import ANSWERED
from streams.people.letters import LETTER_SENT
from streams.people.links import openings_of
from streams.people.stories import sent_about
from streams.people.trail import TrailEntry
from streams.people.vocabulary import ACT
from streams.store import Store, queries

DEPARTURE: Final = {
    "mail": Words("已交付郵件伺服器", "given to the mail server"),
    "maildir": Words("已寫入郵件匣", "written into the mail folder"),
    "webhook": Words("已送達 webhook", "sent to the webhook"),
    "chat": Words("已送達即時通訊", "sent to the chat"),
}
"""What a delivery that succeeded did; whether somebody read it, nobody can know."""
LINK_OPENED: Final = Words("回復連結經開啟", "the link was opened")
BY_WHOM: Final = Words("開啟者為人員或郵件掃描程式，無從得知", "by a person or a mail scanner: nobody can know")


class Entry(msgspec.Struct, frozen=True):
    """One line of an alert's history: a transition, or what somebody did."""

    at: str
    what: Words
    by: str
    detail: Words
    person: str = ""
    severity: str | None = None


def _around(store: Store, name: str) -> list[Entry]:
    """What left about an alert, and when the page behind a link was opened: by whom, nobody can know."""
    departures = [
        Entry(each.at, DEPARTURE.get(each.channel, alike(each.channel)), each.address, NOTHING)
        for each in sent_about(store, name)
    ]
    return departures + [Entry(at, LINK_OPENED, "", BY_WHOM) for _, at in openings_of(store, name)]


def story_of(store: Store, name: str, acts: list[TrailEntry]) -> list[Entry]:
    """Everything about an alert on one line of time, the oldest first; `acts`: those on it."""
    made = _around(store, name)
    made += [
        Entry(
            at=change.at,
            what=ALERT_CHANGE.get(change.change, Words(change.change, change.change)),
            by=change.by,
            detail=_change_words(change),
            severity=change.severity,
        )
        for change in queries.history(store, name)
    ]
    made += [
        Entry(
            at=each.at,
            what=ACT.get(each.kind, Words(each.kind, each.kind)),
            by="",
            person=each.person,
            detail=_act_words(each),
        )
        for each in acts
    ]
    return sorted(made, key=lambda entry: entry.at)


def _change_words(change: queries.KeptTransition) -> Words:
    if change.severity_before is None:
        return Words("", "")
    before, after = SEVERITY[change.severity_before], SEVERITY[change.severity]
    return Words(f"{before.zh} → {after.zh}", f"{before.en} → {after.en}")


def _act_words(each: TrailEntry) -> Words:
    said = each.after or {}
    if each.kind == ANSWERED:
        until = said["expected_day"]
        return Words(
            f"{said['reason_zh']}：{said['measure']}（預計 {roc_day(until)} 完成）",
            f"{said['reason_en']}: {said['measure']} (expected by {until})",
        )
    text = said.get("reason") or said.get("text") or said.get("remark") or said.get("letter_number") or ""
    due = said.get("due_on") or said.get("expected_day")
    if each.kind == LETTER_SENT:
        return Words(f"{text}，{roc_day(said['sent_on'])}", f"{text}, {said['sent_on']}")
    return Words(f"{text}（期限 {roc_day(due)}）", f"{text} (due {due})") if due else Words(text, text)


def history_grid(entries: list[Entry], day: str) -> Grid:
    """The same as a table."""
    return Grid(
        table=Table(
            name="history",
            title=Words("歷程", "History"),
            label=Words("歷程", "History"),
            as_of=day,
            columns=(
                Column("at", Words("時間（臺北）", "At (Taipei)"), "text"),
                Column("what", Words("事項", "What"), "text"),
                Column("by", Words("起因或人員", "By"), "text"),
                Column("detail", Words("說明", "Detail"), "text"),
            ),
            rows=[(moment_words(entry.at), entry.what, entry.person or entry.by, entry.detail) for entry in entries],
        ),
        name="history",
    )
