"""Compare the program's output with the naive model's, field by field."""

from __future__ import annotations

from typing import Any

WORDS = ("evidence", "citations", "basis_status", "message_zh", "message_en")


def comparable(result: dict[str, Any]) -> dict[str, Any]:
    """The program's output without the words, with an act alert's count, sum and last event apart."""
    alerts = []
    for alert in result["alerts"]:
        kept = {name: value for name, value in alert.items() if name not in WORDS}
        if "count" in alert["evidence"]:
            kept["acts"] = {name: alert["evidence"][name] for name in ("count", "sum", "last")}
        alerts.append(kept)
    refusals = [{name: value for name, value in one.items() if name != "detail"} for one in result["refusals"]]
    return result | {"alerts": alerts, "refusals": refusals}
