"""Drafts between two years as events for people to review: applications to carry over, and what opens in the next year.

They are written to a file and never sent by themselves. Ids follow from the cases and references, those of applications as
the mapping `carryover-applications` makes them of the reviewed table: the same draft sent twice, or both ways, is a duplicate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ledger.books import ReferenceKind
from ledger.fiscal import first_day
from ledger.year_end import CarriedReference, CarryoverDraft, named_after
from producers.event_line import Field, event_line
from producers.tables.events import row_id

APPLICATIONS: Final = "carryover-applications"
"""The mapping that reads the table of drafts, reviewed."""
_OPENING: Final[dict[ReferenceKind, str]] = {
    "payable": "payable.recognised",
    "commitment": "commitment.made",
    "prepayment": "prepayment.made",
}


def application_lines(drafts: Iterable[CarryoverDraft], day: str) -> Iterator[bytes]:
    """`carryover.applied` of each draft that the next year's books do not know, booked on a day (the application's)."""
    for each in drafts:
        if each.match != "draft":
            continue
        fields: dict[str, Field] = {
            "case": each.case,
            "line": each.line,
            "amount": each.amount,
            "origin_year": each.origin_year,
            "kind": each.kind,
        }
        if each.reference_kind == "commitment":
            fields["commitment"] = each.reference
        yield event_line(
            row_id(APPLICATIONS, (each.agency, each.fiscal_year, each.case)),
            "carryover.applied",
            each.fiscal_year,
            each.agency,
            booked_on=day,
            fields=fields,
        )


def opening_lines(references: Iterable[CarriedReference], fiscal_year: int) -> Iterator[bytes]:
    """The debts, contracts and advances of the year before on the money approved for them, booked on 1 January."""
    for each in references:
        if each.amount == 0:
            continue
        fields: dict[str, Field] = {
            "line": each.line,
            "amount": each.amount,
            each.reference_kind: each.reference,
            "origin_year": each.origin_year,
        }
        yield event_line(
            named_after(f"carried-{each.reference_kind}-", each.reference),
            _OPENING[each.reference_kind],
            fiscal_year,
            each.agency,
            booked_on=first_day(fiscal_year),
            fields=fields,
        )
