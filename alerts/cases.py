"""The cases of a rule's folder, `cases.yaml`: situations of a few events, and the alerts that come of them.

Tests hold every rule to them, and the page of sample notices shows the first breach of each.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, TypeAlias

from alerts.yaml_files import YamlFile

RuleCase: TypeAlias = dict[str, Any]
AGENCY: Final = "020011"
"""Whose events they are where a case does not say."""
_FISCAL_YEAR: Final = 114
_LINES: Final = ("line", "from_line", "to_line")
"""Fields that may hold the short name of one of the case's `lines`."""
_WITH_VOUCHER: Final = ("disbursement.paid", "disbursement.reversed", "provisional.spent")


def cases_of(folder: Path) -> list[RuleCase]:
    """The cases of a rule, in their order."""
    found: list[RuleCase] = YamlFile(folder / "cases.yaml", folder.name).data
    return found


def events_of(case: RuleCase) -> bytes:
    """The events of a case as NDJSON, with what it leaves to say filled in: ids e1, e2 …, the year, the agency, the last day."""
    fiscal_year = case.get("fiscal_year", _FISCAL_YEAR)
    lines, day = case.get("lines", {}), f"{fiscal_year + 1911}-01-01"
    events = []
    for number, entry in enumerate(case["events"], start=1):
        ((kind, stated),) = entry.items()
        stated = dict(stated or {})
        day = stated.get("booked_on", day)
        event = {"id": f"e{number}", "type": kind, "fiscal_year": fiscal_year, "agency": AGENCY}
        event |= {"booked_on": day} | stated
        if kind in _WITH_VOUCHER:
            event.setdefault("voucher", f"V{number}")
        if isinstance(event.get("months"), int):
            event["months"] = [event["months"]] * 12
        for field in _LINES:
            if field in event:
                event[field] = lines.get(event[field], event[field])
        events.append(json.dumps(event, ensure_ascii=False).encode())
    return b"\n".join(events)
