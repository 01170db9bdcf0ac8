"""Scenarios of other budget systems (format `peer-scenarios`): setup, action and what that system did about it.

The file states each scenario in words, so the events are written here, by scenario, next to the words they stand for.
A scenario whose words in the file differ from the ones below is reported, not guessed at, as is one that gives no
figures in whole NT$ or that speaks of something the contract has no event for. Decided here:

- Every scenario is an agency of its own (code = scenario id), so that none touches another; they share one authority.
- Fiscal year 114; the budget is law on 1 January, the action is booked on 1 July 2025.
- Where a source controls a whole cost centre, its lines are lines of one agency here: this program limits the line.
- `note` on the deciding event carries the outcome that the source expects; it says nothing about Taiwanese law.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.words import alike
from producers.city_registry import RegistryRow
from producers.event_line import Field, event_line
from producers.imported import Imported, ImportProblem, Unmapped
from producers.source_table import SourceRow, read_table

FORMAT: Final = "peer-scenarios"
COLUMNS: Final = ("id", "setup", "action", "expected", "note")

_FISCAL_YEAR: Final = 114
_OPENING: Final = "2025-01-01"
_ACTION: Final = "2025-07-01"
_ACCOUNTS: Final = {"A": "3200000101", "B": "3200000102", "C": "3200000103"}

Step = tuple[str, str, dict[str, Field]]
"""An event to be: type, booked_on (`YYYY-MM-DD`), further fields in the contract's order."""


@dataclass(frozen=True, slots=True)
class _Scenario:
    """The words a scenario must have, and its events by agency suffix ("" for the scenario's own code)."""

    setup: str
    action: str
    steps: Mapping[str, tuple[Step, ...]]


def _line(name: str) -> str:
    """Line A, B or C of a scenario."""
    return f"{_ACCOUNTS[name]}/current/2000"


def _budget(**amounts: int) -> tuple[Step, ...]:
    """Appropriations in NT$ by line name, then the adoption."""
    enacted: list[Step] = [
        ("appropriation.enacted", _OPENING, {"line": _line(name), "amount": amount}) for name, amount in amounts.items()
    ]
    return (*enacted, ("budget.adopted", _OPENING, {}))


def _paid(name: str, amount: int, **reference: str) -> Step:
    """Write a payment on a line, naming what it settles if anything."""
    return ("disbursement.paid", _ACTION, {"line": _line(name), "amount": amount, "voucher": "V1", **reference})


def _committed(name: str, amount: int, commitment: str) -> Step:
    """Write a commitment on a line."""
    return ("commitment.made", _ACTION, {"line": _line(name), "amount": amount, "commitment": commitment})


def _cancelled(commitment: str, amount: int) -> Step:
    """Write the release of a commitment."""
    return ("commitment.cancelled", _ACTION, {"commitment": commitment, "amount": amount})


def _allotted(name: str, month: int) -> Step:
    """Write the same NT$ in each of twelve months."""
    return ("allotment.approved", _OPENING, {"line": _line(name), "months": [month] * 12, "revision": 1})


_SCENARIOS: Final[Mapping[str, _Scenario]] = {
    "OCA-01": _Scenario(
        "line A 400 + line B 800 + line C 1200 = 2400; control level = line",
        "spend 401 on line A",
        {"": (*_budget(A=400, B=800, C=1200), _paid("A", 401))},
    ),
    "OCA-02": _Scenario(
        "same 2400; control level = cost centre",
        "spend 2000 on line A",
        {"": (*_budget(A=400, B=800, C=1200), _paid("A", 2000))},
    ),
    "OCA-04": _Scenario(
        "line A 100 + line B 200 = 300",
        "order A 101 + B 198",
        {"": (*_budget(A=100, B=200), _committed("A", 101, "ORDER-A"), _committed("B", 198, "ORDER-B"))},
    ),
    "OCA-05": _Scenario(
        "300; order of 299 confirmed",
        "cancel order",
        {"": (*_budget(A=300), _committed("A", 299, "ORDER"), _cancelled("ORDER", 299))},
    ),
    "OCA-08": _Scenario(
        "commit 30+40; invoice 15 and 30",
        "recompute twice then close order",
        {
            "": (
                *_budget(A=30, B=40),
                _committed("A", 30, "ORDER-A"),
                _committed("B", 40, "ORDER-B"),
                _paid("A", 15, commitment="ORDER-A"),
                _paid("B", 30, commitment="ORDER-B"),
                _cancelled("ORDER-A", 15),
                _cancelled("ORDER-B", 10),
            )
        },
    ),
    "ERP-03": _Scenario(
        "annual 12000; 12 months of 2000",
        "save",
        {"": (*_budget(A=12_000), _allotted("A", 2_000))},
    ),
    "ERP-04": _Scenario(
        "annual 120000 evenly by month",
        "read",
        {"": (*_budget(A=120_000), _allotted("A", 10_000))},
    ),
    "TB-01": _Scenario(
        "credits 100; debits posted 70",
        "pending 50",
        {"": (*_budget(A=100), _paid("A", 70), _committed("A", 50, "PENDING"))},
    ),
    "MM-01": _Scenario(
        "budget 3 actual 2; 4/8; 5/5; 6/6.6",
        "over/under-spend %",
        {
            ".1": (*_budget(A=3), _paid("A", 2)),
            ".2": (*_budget(A=4), _paid("A", 8)),
            ".3": (*_budget(A=5), _paid("A", 5)),
        },
    ),
}

# Scenarios (or parts of one) that stay out, and why.
_INEXPRESSIBLE: Final[Mapping[str, str]] = {
    "ERP-02": "its limit is a letter (L): no figure to book",
    "BLNK-02": "it is about a queued copy inside that program and gives no figures",
    "TB-03": "it gives no figures; a commitment here is settled or cancelled in parts, not posted once",
    "MM-02": "its figures are in Municipal Money's own file: import that as municipal-money-capital",
}
_LEFT_OUT_PARTS: Final[Mapping[str, str]] = {
    "OCA-08": "recomputing twice is no event: import the file twice to see that it counts once",
    "MM-01": "the fourth pair (6/6.6) is not in whole NT$",
}

ASSUMPTIONS: Final = (
    "Fiscal year 114; the budget is law on 1 January 2025 and the action is booked on 1 July 2025.",
    "Figures are NT$ as they stand; every scenario is an agency of its own.",
    "OCA-08 states no budget: its lines get exactly what is committed (30 and 40).",
)


def read(path: Path) -> Imported:
    """Read the scenarios that events can express.

    Args:
      path: A CSV with COLUMNS, UTF-8 or Big5.

    Returns:
      Events by scenario in the order of the file, setup before action; scenarios and parts that cannot be expressed are
      in `unmapped`.

    Raises:
      ImportProblem: a column is missing or a scenario stands twice.

    """
    table = read_table(path, COLUMNS)
    events: list[bytes] = []
    registry: list[RegistryRow] = []
    unmapped: list[Unmapped] = []
    mapped: set[str] = set()
    for row in table.rows:
        name = row.cells["id"]
        if name in mapped:
            raise ImportProblem(f"scenario {name} stands twice; remove one", file=table.file, row=row.number)
        reason = _why_not(row)
        if reason is not None:
            unmapped.append(Unmapped(row.number, name, alike(reason)))
            continue
        mapped.add(name)
        if name in _LEFT_OUT_PARTS:
            unmapped.append(Unmapped(row.number, f"{name} (a part)", alike(_LEFT_OUT_PARTS[name])))
        for suffix, steps in _SCENARIOS[name].steps.items():
            agency = f"{name}{suffix}"
            events.extend(_agency_events(agency, steps, row))
            registry.append(_registry_row(agency))
    return Imported(
        format=FORMAT,
        encoding=table.encoding,
        events=events,
        registry=registry,
        agencies_read=len(registry) + len(table.rows) - len(mapped),
        unmapped=unmapped,
        assumptions=[*map(alike, ASSUMPTIONS)],
        rows_read=len(table.rows),
        rows_mapped=len(mapped),
    )


def _why_not(row: SourceRow) -> str | None:
    """Why a scenario has no events here, or None when it has."""
    name = row.cells["id"]
    if name in _INEXPRESSIBLE:
        return _INEXPRESSIBLE[name]
    scenario = _SCENARIOS.get(name)
    if scenario is None:
        return "this importer does not know the scenario; add it to _SCENARIOS"
    if (row.cells["setup"], row.cells["action"]) != (scenario.setup, scenario.action):
        return "its words differ from those this importer was written for"
    return None


def _agency_events(agency: str, steps: tuple[Step, ...], row: SourceRow) -> list[bytes]:
    """Return the events of one agency; the last one carries the outcome expected by the source."""
    note = f"{row.cells['id']}: source expects {row.cells['expected']} ({row.cells['note']})"
    events: list[bytes] = []
    for number, (event_type, booked_on, fields) in enumerate(steps, start=1):
        noted = {**fields, "note": note} if number == len(steps) else fields
        name = f"{agency}-{number}"
        events.append(event_line(name, event_type, _FISCAL_YEAR, agency, booked_on=booked_on, fields=noted))
    return events


def _registry_row(agency: str) -> RegistryRow:
    """Return a scenario as an agency of the authority PEERS."""
    return {
        "code": agency,
        "name_zh": f"情境 {agency}",
        "name_en": f"Scenario {agency}",
        "authority_code": "PEERS",
        "authority_name_zh": "其他系統之情境",
        "authority_name_en": "Scenarios of other systems",
        "email": "",
    }
