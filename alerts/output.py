"""An alert as the program prints it: with its words, and the articles in force on the day it was opened (CONTRACT §4)."""

from __future__ import annotations

from typing import Any

from alerts.catalogue import Catalogue
from alerts.messages import message
from alerts.naming import subject
from alerts.subjects import alert_id
from ledger.books import Alert
from ledger.names import NO_NAMES, Names
from ledger.output import AlertOut, CitationOut, Subject


def alert_out(alert: Alert, catalogue: Catalogue, names: Names = NO_NAMES) -> AlertOut:
    """The contract's object of an alert."""
    return AlertOut(**alert_fields(alert, catalogue, names))


def alert_fields(alert: Alert, catalogue: Catalogue, names: Names = NO_NAMES) -> dict[str, Any]:
    """The same by field, for what holds more than an alert."""
    rule, opened_on = catalogue.rules[alert.rule], alert.opened_on
    called = subject(names, alert.level, alert.key, alert.fiscal_year)
    said = message(rule, called, alert.evidence, day=opened_on)
    about: dict[str, Any] = {"level": alert.level, "key": alert.key}
    return {
        "id": alert_id(alert),
        "rule": alert.rule,
        "severity": alert.severity,
        "subject": Subject(**about),
        "fiscal_year": alert.fiscal_year,
        "state": alert.state,
        "opened_by": alert.opened_by,
        "opened_on": opened_on,
        "resolved_by": alert.resolved_by,
        "evidence": alert.evidence,
        "citations": [CitationOut(c.law, c.article, c.effective_from) for c in rule.citations_on(opened_on)],
        "basis_status": rule.basis_on(opened_on),
        "message_zh": said.zh,
        "message_en": said.en,
    }
