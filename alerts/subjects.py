"""What an alert is about, as the contract writes it, and the id that follows from it."""

from __future__ import annotations

import hashlib

import msgspec

from alerts.naming import split_key
from ledger.books import AgencyYear, Alert, Case, Feed, Fund, ObjectSum, Position, Reference, Row
from ledger.registry import Registry


def subject_key(year: AgencyYear, row: Row) -> str:
    """The key of a subject (CONTRACT §4): `<agency>:<line>`, `second`, `<agency>:<kind>:<id>` …"""
    match row:
        case Position():
            return f"{year.agency}:{year.name_of(row)}"
        case ObjectSum():
            return f"{year.agency}:{row.name}"
        case Reference():
            return f"{year.agency}:{row.kind}:{row.id}"
        case Case():
            return f"{year.agency}:{row.reserve}:{row.id}"
        case Fund():
            return row.key
        case Feed():
            return f"{year.agency}:{row.source}"
        case AgencyYear():
            return row.agency
    raise TypeError(f"no alert is about a {type(row).__name__}")


def alert_name(alert: Alert) -> tuple[str, str, int, str | None]:
    """What tells an act rule's alert from every other: rule, key, fiscal year and what opened it."""
    return alert.rule, alert.key, alert.fiscal_year, alert.opened_by


def alert_id(alert: Alert) -> str:
    """The first 32 hex digits of SHA-256 over `[rule, key, fiscal_year, opened_by or the day]` as compact JSON."""
    name = [alert.rule, alert.key, alert.fiscal_year, alert.opened_by or alert.opened_on]
    return hashlib.sha256(msgspec.json.encode(name)).hexdigest()[:32]


def agency_in(registry: Registry, alert: Alert) -> str | None:
    """The code of the agency whose thing an alert is about; None for what agencies share."""
    if alert.level in ("city", "authority"):
        return None
    if alert.level == "reserve":
        return alert.key.partition(":")[2] or None
    return split_key(registry, alert.key)[0]
