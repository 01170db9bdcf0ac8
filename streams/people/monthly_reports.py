"""會計月報 as they were filed, and the samples drawn of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeAlias

import msgspec
import sqlalchemy as sa

from ledger.monthly import MonthlyReport
from ledger.sampling import SampleCandidate, SampledAgency, draw
from streams.people.acts import record_by
from streams.people.person import MAY_ACKNOWLEDGE, Person, RefusedAct, check_person, check_scope
from streams.people.trail import acts_of_kinds
from streams.store import Store, schema
from streams.store.locks import FINDING_LOCK, lock
from streams.store.times import now
from streams.store.under_trail import ChangedRow, added_row

SAMPLED: Final = "report-sampled"
"""Subject: `<year>-<month>`."""
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
def acting_on_findings(store: Store) -> Iterator[Store]:
    """The store within one transaction, in which what is checked still holds when it is acted upon."""
    with store.writing() as connection:
        lock(connection, FINDING_LOCK)
        yield store.within(connection)


class _ReportHead(msgspec.Struct):
    month: int
    version: int = 1


_head: Final = msgspec.json.Decoder(_ReportHead).decode
_whole: Final = msgspec.json.Decoder(MonthlyReport).decode


class NumberedReport(NamedTuple):
    """A report with the number under which it is kept: of two the higher came later."""

    number: int
    report: MonthlyReport


def reports_of(
    store: Store, fiscal_year: int, months: Collection[int] = range(1, 13), agency: str | None = None
) -> dict[ReportKey, MonthlyReport]:
    """The reports of a year that count: the highest version of each month, of equal ones the last to come.

    Of some months, and of one agency where it is named: a year of a city has a million lines.
    """
    return {key: each.report for key, each in numbered_reports_of(store, fiscal_year, months, agency).items()}


def numbered_reports_of(
    store: Store, fiscal_year: int, months: Collection[int] = range(1, 13), agency: str | None = None
) -> dict[ReportKey, NumberedReport]:
    """The same, with their numbers."""
    kept = schema.kept_reports.c
    wanted = sa.select(kept.n, kept.agency, kept.payload).where(kept.fiscal_year == fiscal_year).order_by(kept.n)
    wanted = wanted if agency is None else wanted.where(kept.agency == agency)
    newest: dict[ReportKey, tuple[int, int, str]] = {}
    with store.reading() as connection:
        for n, code, payload in connection.execute(wanted):
            each = _head(payload)
            if each.month in months and each.version >= newest.get((code, each.month), (0, 0, ""))[1]:
                newest[code, each.month] = n, each.version, payload
    return {key: NumberedReport(n, _whole(payload)) for key, (n, _, payload) in newest.items()}


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
    with acting_on_findings(store) as within:
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
