"""The monthly reports of an uploaded file: which of them are not kept yet, and what of each was not taken."""

from __future__ import annotations

import msgspec

from dashboards.web.drafts import Came, FileDraft
from ledger.monthly import MonthlyReport, RefusedPart
from ledger.words import Words
from streams.people.monthly_reports import ReportKey, reports_of
from streams.store import Store


def unkept(store: Store, draft: FileDraft) -> int:
    """How many of a file's monthly reports are not kept as they stand in it: their events may have come in another way."""
    wanted = [] if draft.read is None else draft.read.reports
    kept: dict[tuple[int, str], dict[ReportKey, MonthlyReport]] = {}
    for year, agency in {(each.fiscal_year, each.agency) for each in wanted}:
        kept[year, agency] = reports_of(store, year, agency=agency)
    return sum(kept[each.fiscal_year, each.agency].get((each.agency, each.month)) != each for each in wanted)


def part_of_report(line: bytes, refused: tuple[int, str, str, str]) -> list[tuple[str, int, RefusedPart]]:
    """What of a monthly report an event was that is refused; nothing of other events."""
    try:
        event = msgspec.json.decode(line)
        month = event["month"] if event["type"] == "report.filed" else int(event["booked_on"][5:7])
        if event["type"] not in ("report.filed", "balance.reported"):
            return []
        return [(event["agency"], month, RefusedPart(event.get("line", ""), Words(*refused[2:])))]
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError):
        return []


def as_taken(draft: FileDraft, came: Came) -> list[MonthlyReport]:
    """A file's monthly reports, each with what of it was refused."""
    reports = [] if draft.read is None else draft.read.reports
    return [
        msgspec.structs.replace(
            each, refused=tuple(part for *whose, part in came.untaken if whose == [each.agency, each.month])
        )
        for each in reports
    ]
