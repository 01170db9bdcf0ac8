"""會計月報 as they were filed, the samples drawn of them, and what was found: acts on the trail, folded into findings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import msgspec
import sqlalchemy as sa

from alerts import findings
from alerts.findings import FindingAct, FindingState
from ledger.fiscal import is_day
from ledger.monthly import FindingKind, MonthlyReport, ReportDifference
from ledger.sampling import SampleCandidate, SampledAgency, draw
from streams.people.acts import record_by
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct, check_act, check_person, check_scope
from streams.people.trail import TrailEntry, acts_of_kinds
from streams.store import Store, schema
from streams.store.locks import FINDING_LOCK, lock
from streams.store.times import now
from streams.store.under_trail import ChangedRow, added_row

SAMPLED: Final = "report-sampled"
"""Subject: `<year>-<month>`."""
REPLIED: Final = "finding-replied"
_ACTS: Final = ("finding-opened", REPLIED, "finding-corrected", "finding-verified", "finding-repeated")
_SIZE_MAX: Final = 999

ReportKey: TypeAlias = tuple[str, int]
"""Agency and month."""


def keep_reports(connection: sa.Connection, file: int, reports: Sequence[MonthlyReport]) -> list[ChangedRow]:
    """Keep reports as they came in a file; the rows, for the act by which the file is kept."""
    return [
        added_row(
            connection,
            schema.kept_reports,
            {
                "fiscal_year": each.fiscal_year,
                "agency": each.agency,
                "payload": msgspec.json.encode(each).decode(),
                "file": file,
                "at": now(),
            },
        )
        for each in reports
    ]


@contextmanager
def _acting(store: Store) -> Iterator[Store]:
    """The store within one transaction, in which what is checked still holds when it is acted upon."""
    with store.writing() as connection:
        lock(connection, FINDING_LOCK)
        yield store.within(connection)


class _ReportHead(msgspec.Struct):
    month: int
    version: int = 1


_head: Final = msgspec.json.Decoder(_ReportHead).decode
_whole: Final = msgspec.json.Decoder(MonthlyReport).decode


def reports_of(
    store: Store, fiscal_year: int, months: Collection[int] = range(1, 13), agency: str | None = None
) -> dict[ReportKey, MonthlyReport]:
    """The reports of a year that count: the highest version of each month, of equal ones the last to come.

    Of some months, and of one agency where it is named: a year of a city has a million lines.
    """
    kept = schema.kept_reports.c
    wanted = sa.select(kept.agency, kept.payload).where(kept.fiscal_year == fiscal_year).order_by(kept.n)
    wanted = wanted if agency is None else wanted.where(kept.agency == agency)
    newest: dict[ReportKey, tuple[int, str]] = {}
    with store.reading() as connection:
        for code, payload in connection.execute(wanted):
            each = _head(payload)
            if each.month in months and each.version >= newest.get((code, each.month), (0, ""))[0]:
                newest[code, each.month] = each.version, payload
    return {key: _whole(payload) for key, (_, payload) in newest.items()}


def newest_report(store: Store) -> int:
    """The number of the newest report kept; 0 without any."""
    with store.reading() as connection:
        return connection.execute(sa.select(sa.func.max(schema.kept_reports.c.n))).scalar_one() or 0


# ---------------------------------------------------------------- samples


class Sample(msgspec.Struct, frozen=True):
    """A sample as it was drawn."""

    fiscal_year: int
    month: int
    seed: int
    size: int
    drawn: list[SampledAgency]
    person: str = ""
    at: str = ""


def sample_subject(fiscal_year: int, month: int) -> str:
    """What a month's sample is kept under."""
    return f"{fiscal_year}-{month:02d}"


def draw_sample(
    store: Store,
    person: Person,
    fiscal_year: int,
    month: int,
    size: int,
    seed: int,
    candidates: Sequence[SampleCandidate],
) -> Sample:
    """Draw a month's sample and write it down; a further one of the month takes the place of the one before. Raises RefusedAct."""
    check_person(person, MAY_ACKNOWLEDGE)
    check_scope(within=person.scope.whole)
    if not 1 <= size <= _SIZE_MAX:
        raise RefusedAct("sample-size")
    if not candidates:
        raise RefusedAct("no-report")
    drawn = draw(candidates, size, seed, fiscal_year, month)
    after = {"seed": seed, "size": size, "drawn": drawn, "candidates": len(candidates)}
    with _acting(store) as within:
        before = samples_of(within, fiscal_year).get(month)
        was = None if before is None else {"seed": before.seed, "size": before.size}
        act = record_by(within, person, SAMPLED, sample_subject(fiscal_year, month), was, after)
    return Sample(fiscal_year, month, seed, size, drawn, act.person, act.at)


def samples_of(store: Store, fiscal_year: int) -> dict[int, Sample]:
    """The sample of each month of a year, drawn last."""
    found: dict[int, Sample] = {}
    for act in acts_of_kinds(store, SAMPLED):
        year, _, month = act.subject.partition("-")
        if int(year) == fiscal_year:
            drawn = msgspec.convert(act.after["drawn"], list[SampledAgency])
            found[int(month)] = Sample(
                fiscal_year, int(month), act.after["seed"], act.after["size"], drawn, act.person, act.at
            )
    return found


# ---------------------------------------------------------------- findings


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
    remark: str = ""
    reply: str = ""
    letter_number: str = ""
    acts: list[TrailEntry] = []

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
    for act in acts_of_kinds(store, *_ACTS):
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
    with _acting(store) as within:
        noted = {each.subject for each in findings_of(within, report.fiscal_year)}
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
            }
            made.append(record_by(within, person, "finding-opened", subject, None, after))
        return made


def enter_reply(store: Store, person: Person, subject: str, text: str, *, corrected: bool) -> TrailEntry:
    """Keep what the agency answered; `corrected`: it says that the report is put right. Raises RefusedAct."""
    check_act(person, MAY_ACKNOWLEDGE, text)
    check_scope(within=person.scope.whole)
    with _acting(store) as within:
        one = _finding(within, subject)
        if one.state == "verified" or (corrected and findings.after(one.state, "finding-corrected") is None):
            raise RefusedAct("finding-state", one.state)
        state = {"state": one.state}
        act = record_by(within, person, REPLIED, subject, state, {"text": text})
        return record_by(within, person, "finding-corrected", subject, state, None) if corrected else act


def verify_findings(
    store: Store, person: Person, fiscal_year: int, agency: str, later: Mapping[int, tuple[int, list[ReportDifference]]]
) -> int:
    """Hold an agency's unfinished findings against what came after them; how many were decided. Raises RefusedAct.

    `later`: of each month, the version of its report that counts and what it differs in. A finding is decided by the next
    month's report, or by a higher version of its own.
    """
    check_person(person, MAY_ACKNOWLEDGE)
    check_scope(within=person.scope.whole)
    decided = 0
    with _acting(store) as within:
        for one in findings_of(within, fiscal_year):
            if one.agency != agency or one.state not in ("open", "corrected"):
                continue
            month, found = _deciding(one, later)
            if found is None:
                continue
            kind: FindingAct = findings.outcome(one.kind, one.line, found)
            record_by(within, person, kind, one.subject, {"state": one.state}, {"by_month": month})
            decided += 1
    if not decided:
        raise RefusedAct("no-later-report")
    return decided


def _deciding(
    one: ReportFinding, later: Mapping[int, tuple[int, list[ReportDifference]]]
) -> tuple[int, list[ReportDifference] | None]:
    if one.month + 1 in later:
        return one.month + 1, later[one.month + 1][1]
    version, found = later.get(one.month, (0, []))
    return (one.month, found) if version > one.version else (one.month, None)


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
