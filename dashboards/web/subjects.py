"""The page that shows what an alert is about."""

from __future__ import annotations

from urllib.parse import quote

from alerts.naming import split_key
from ledger.registry import Registry


def address(*parts: object) -> str:
    """A path of this site; every part but a line's slashes is quoted."""
    return "/" + "/".join(quote(str(part), safe="/") for part in parts)


def page_of(registry: Registry, level: str, key: str, fiscal_year: int) -> str:
    """The page that shows what an alert is about."""
    if level == "city":
        return f"/?year={fiscal_year}"
    if level == "authority":
        return f"{address('authorities', key)}?year={fiscal_year}"
    if level == "agency":
        return f"{address('agencies', key)}?year={fiscal_year}"
    if level == "reserve":
        return f"/reserves?year={fiscal_year}"
    agency, rest = split_key(registry, key)
    if level == "line":
        return address("lines", fiscal_year, agency, rest)
    if level == "case":
        return f"/reserves?year={fiscal_year}"
    return f"{address('agencies', agency)}?year={fiscal_year}"
