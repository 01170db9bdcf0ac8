"""What was found in monthly reports, and what became of it: acts on the trail, folded into findings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import msgspec

from alerts import findings
from alerts.findings import DecidingReport, FindingState
from ledger.fiscal import is_day
from ledger.monthly import FindingKind, MonthlyReport, ReportDifference
from ledger.text import is_text
from streams.people.acts import record_by
from streams.people.monthly_reports import (
    ReportKey,
    Sample,
    acting_on_findings,
    newest_report,
    reports_of,
    samples_of,
)
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct, check_act, check_person, check_scope
from streams.people.trail import TrailEntry, acts_of_kinds
from streams.store import Store

REPLIED: Final = "finding-replied"
FINDING_ACTS: Final = (
    "finding-opened", REPLIED, "finding-corrected", "finding-verified", "finding-repeated", "finding-settled",
)  # fmt: skip


class ReportFinding(msgspec.Struct):
    """Something found in a report, and what became of it."""

    fiscal_year: int
    agency: str
    month: int
    version: int
    kind: FindingKind
    line: str
    reported: int
    expected: int
    due_on: str
    state: FindingState
    opened_at: str
    seen: int = 0
    """The number of the newest report kept when it was noted, or that it was held against last: only later ones decide it."""
    remark: str = ""
    reply: str = ""
    letter_number: str = ""
    """Of the letter in which the agency replied."""
    acts: list[TrailEntry] = []

    @property
    def is_unfinished(self) -> bool:
        """Whether something of it is still to be done; one that was repeated is not done with."""
        return self.state != "verified"

    @property
    def amount(self) -> int:
        """By how much the report differed, NT$."""
        return abs(self.reported - self.expected)

    @property
    def subject(self) -> str:
        """What it is kept under on the trail."""
        return finding_subject(self.fiscal_year, self.agency, self.month, self.kind, self.line)


def finding_subject(fiscal_year: int, agency: str, month: int, kind: str, line: str) -> str:
    """What a finding is kept under: year, agency, month, kind and line."""
    return f"{fiscal_year}:{agency}:{month}:{kind}:{line}"


def findings_of(store: Store, fiscal_year: int) -> list[ReportFinding]:
    """The findings of a year, in the order in which they were noted."""
    found: dict[str, ReportFinding] = {}
    for act in acts_of_kinds(store, *FINDING_ACTS):
        if not act.subject.startswith(f"{fiscal_year}:"):
            continue
        after: dict[str, Any] = act.after or {}
        if act.kind == "finding-opened":
            found[act.subject] = msgspec.convert(
                after | {"state": "open", "opened_at": act.at, "acts": []}, ReportFinding, strict=False
            )
        one = found.get(act.subject)
        if one is None:
            continue
        one.acts.append(act)
        if act.kind == REPLIED:
            one.reply, one.letter_number = after["text"], after.get("letter_number", "")
        elif act.kind != "finding-opened":
            one.state = findings.after(one.state, act.kind) or one.state
            one.seen = after.get("seen", one.seen)
    return list(found.values())


def open_findings(
    store: Store,
    person: Person,
    report: MonthlyReport,
    differences: Sequence[ReportDifference],
    due_on: str,
    remark: str,
    today: str,
) -> list[TrailEntry]:
    """Note differences of a report as findings, to be put right by a day. Raises RefusedAct, and notes none then."""
    check_act(person, MAY_ACKNOWLEDGE, remark or "–")
    check_scope(within=person.scope.whole)
    if not is_day(due_on) or due_on <= today:
        raise RefusedAct("due-date")
    with acting_on_findings(store) as within:
        noted, seen = {each.subject for each in findings_of(within, report.fiscal_year)}, newest_report(within)
        made = []
        for each in differences:
            subject = finding_subject(report.fiscal_year, report.agency, report.month, each.kind, each.line)
            if subject in noted:
                raise RefusedAct("finding-state")
            noted.add(subject)
            after = {
                "fiscal_year": report.fiscal_year,
                "agency": report.agency,
                "month": report.month,
                "version": report.version,
                "kind": each.kind,
                "line": each.line,
                "reported": each.reported,
                "expected": each.expected,
                "due_on": due_on,
                "remark": remark,
                "seen": seen,
            }
            made.append(record_by(within, person, "finding-opened", subject, None, after))
        return made


def enter_reply(
    store: Store, person: Person, subject: str, text: str, letter_number: str = "", *, corrected: bool
) -> TrailEntry:
    """Keep what the agency answered, by its own officer or entered by the office. Raises RefusedAct.

    Args:
        store: where it is kept.
        person: an officer of the office, or of the agency.
        subject: which finding.
        text: the answer.
        letter_number: of the letter by which it came, where one did.
        corrected: it says that the report is put right.
    """
    check_act(person, MAY_ACKNOWLEDGE, text)
    number = letter_number.strip()
    if number and not is_text(number):
        raise RefusedAct("letter-number")
    with acting_on_findings(store) as within:
        one = _finding(within, subject)
        check_scope(within=person.scope.has_agency(one.agency))
        if one.state == "verified" or (corrected and findings.after(one.state, "finding-corrected") is None):
            raise RefusedAct("finding-state", one.state)
        state = {"state": one.state}
        act = record_by(within, person, REPLIED, subject, state, {"text": text, "letter_number": number})
        return record_by(within, person, "finding-corrected", subject, state, None) if corrected else act


def settle_finding(store: Store, person: Person, subject: str, text: str) -> TrailEntry:
    """Say that a finding is done with, and how that was seen, where no report can tell. Raises RefusedAct."""
    check_act(person, MAY_ACKNOWLEDGE, text)
    check_scope(within=person.scope.whole)
    with acting_on_findings(store) as within:
        one = _finding(within, subject)
        if findings.after(one.state, "finding-settled") is None:
            raise RefusedAct("finding-state", one.state)
        return record_by(within, person, "finding-settled", subject, {"state": one.state}, {"text": text})


def verify_findings(
    store: Store, person: Person, fiscal_year: int, agency: str, reports: Sequence[DecidingReport]
) -> int:
    """Hold an agency's unfinished findings against what came after them; how many were decided. Raises RefusedAct.

    `reports`: those that count, each with what it differs in.
    """
    check_person(person, MAY_ACKNOWLEDGE)
    check_scope(within=person.scope.whole)
    decided = 0
    with acting_on_findings(store) as within:
        for one in findings_of(within, fiscal_year):
            if one.agency != agency or not one.is_unfinished:
                continue
            found = findings.decision(one.kind, one.line, one.month, one.seen, reports)
            if found is None:
                continue
            kind, by = found
            after = {"by_month": by.month, "seen": by.number}
            record_by(within, person, kind, one.subject, {"state": one.state}, after)
            decided += 1
    if not decided:
        raise RefusedAct("no-later-report")
    return decided


def _finding(store: Store, subject: str) -> ReportFinding:
    year = subject.partition(":")[0]
    known = findings_of(store, int(year)) if year.isascii() and year.isdigit() and len(year) < 4 else []
    found = next((each for each in known if each.subject == subject), None)
    if found is None:
        raise RefusedAct("no-finding")
    return found


class KeptOfYear(msgspec.Struct, frozen=True):
    """What a store keeps of a year's monthly reports."""

    reports: dict[ReportKey, MonthlyReport]
    samples: dict[int, Sample]
    findings: list[ReportFinding]


def kept_of_year(store: Store, fiscal_year: int, months: Collection[int] = ()) -> KeptOfYear:
    """The samples drawn and the findings of a year, with the reports of some months that count."""
    return KeptOfYear(
        reports_of(store, fiscal_year, months), samples_of(store, fiscal_year), findings_of(store, fiscal_year)
    )
