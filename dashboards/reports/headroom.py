"""What is left at each level that an event reaches, without it and with it: for the page of a check and for its print."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.naming import subject
from alerts.verdict import Change, Limit, LineRoom, Verdict
from dashboards.reports.table import Cell, Column, Table, TableRow
from ledger.figures import FIGURES, small
from ledger.names import Names
from ledger.vocabulary import ECONOMIC_CLASS, FUND
from ledger.words import Words


def headroom(verdict: Verdict, names: Names, as_of: str) -> Table:
    """A row a limit: of each line, of the agency by class, of each reserve, of each object that money moves between.

    Below 0 is what is missing.
    """
    return Table(
        name="headroom",
        title=Words("各層級餘額", "Headroom at each level"),
        label=Words("餘額", "Headroom"),
        as_of=as_of,
        columns=(
            Column("where", Words("層級", "Level"), "text"),
            Column("what", Words("項目", "What is left"), "text"),
            Column("before", Words("辦理前", "Before"), "money"),
            Column("change", Words("增減", "Change"), "money"),
            Column("after", Words("辦理後", "After"), "money"),
        ),
        rows=list(_rows(verdict, names)),
    )


def _rows(verdict: Verdict, names: Names) -> Iterator[TableRow]:
    room = verdict.headroom
    year = 0 if verdict.event is None else verdict.event.fiscal_year
    for line in room.lines:
        where = subject(names, "line", line.key, year)
        yield from (_row(where, what, limit) for what, limit in _of_line(line))
    for agency in room.agency:
        where, of = subject(names, "agency", agency.key, year), ECONOMIC_CLASS[agency.economic_class]
        for key in ("available", "obligated", "remaining"):
            name = FIGURES[key].name
            yield _row(where, Words(f"{of.zh}{name.zh}", f"{of.en}: {small(name.en)}"), getattr(agency, key))
    for reserve in room.reserves:
        where = subject(names, "reserve", reserve.key, year)
        yield _row(where, FUND["remaining"], reserve.remaining)
    for each in room.objects:
        where = subject(names, "object", each.key, year)
        yield _row(where, Words("尚可流入數", "may still move in"), each.inflow)
        yield _row(where, Words("尚可流出數", "may still move out"), each.outflow)


def _of_line(line: LineRoom) -> Iterator[tuple[Words, Change | Limit]]:
    yield Words("預算餘額 B＋凍結－O", "left of the budget: B + held − O"), line.line
    yield Words("扣除凍結後餘額 B－O", "left of what is not on hold: B − O"), line.held_free
    month = line.allotment_month
    if line.allotment is not None:
        yield Words(f"1 至 {month} 月分配餘額", f"left of the allotment up to month {month}"), line.allotment
    if line.cr_base is not None:
        yield Words("審議完成前可支用餘額", "left of the base before adoption"), line.cr_base
    if line.cr_month is not None:
        yield Words("審議完成前當月分配餘額", "left of the month before adoption"), line.cr_month


def _row(where: Cell, what: Words, limit: Change | Limit) -> TableRow:
    before, after = limit.before, limit.after
    return where, what, before, None if before is None or after is None else after - before, after
