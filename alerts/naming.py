"""What the subjects of alerts are called (CONTRACT §4): the agency's name and its line, contract or case, without codes."""

from __future__ import annotations

from alerts.vocabulary import LEVEL
from ledger.codes import split
from ledger.names import Names, agency_name, authority_name, object_name, work_plan_name
from ledger.registry import Registry
from ledger.vocabulary import ECONOMIC_CLASS, REFERENCE, RESERVE
from ledger.words import Words, alike


def split_key(registry: Registry, key: str) -> tuple[str, str]:
    """An agency's code and the rest of a key, `<agency>:<rest>`; codes may hold colons."""
    at = key.find(":")
    while at >= 0:
        if key[:at] in registry.agencies:
            return key[:at], key[at + 1 :]
        at = key.find(":", at + 1)
    agency, _, rest = key.partition(":")
    return agency, rest


def line_name(names: Names, fiscal_year: int, name: str) -> Words:
    """A line: `運動場館管理—經常門—業務費`, with its origin year where the money is carried over.

    `name` is the line, or the line with `@<origin year>`; what is no line is shown as it is.
    """
    bare, _, origin = name.partition("@")
    if bare.count("/") != 2:
        return alike(name)
    account, economic_class, object_code = split(bare)
    # The plan was named in the year that the money comes from.
    plan = work_plan_name(names, int(origin) if origin.isdecimal() else fiscal_year, account)
    of_class, what = ECONOMIC_CLASS.get(economic_class, alike(economic_class)), object_name(names, object_code)
    zh, en = f"{plan.zh}—{of_class.zh}—{what.zh}", f"{plan.en} – {of_class.en} – {what.en}"
    return Words(f"{zh}（{origin}年度保留）", f"{en} (carried over from {origin})") if origin else Words(zh, en)


def case_name(reserve: str, case: str) -> Words:
    """`第二預備金第 S0009817 案`; a case of carry-over likewise."""
    if reserve == "carryover":
        return Words(f"保留第 {case} 案", f"carry-over case {case}")
    fund = RESERVE.get(reserve, alike(reserve))
    return Words(f"{fund.zh}第 {case} 案", f"{fund.en.lower()}, case {case}")


def reference_name(kind: str, name: str) -> Words:
    """`契約 C0008783`."""
    of_kind = REFERENCE.get(kind, alike(kind))
    return Words(f"{of_kind.zh} {name}", f"{of_kind.en} {name}")


def subject(names: Names, level: str, key: str, fiscal_year: int) -> Words:
    """What an alert is about, by its level and key: the agency's name, and its line, contract, case, feed …"""
    if level == "city":
        return LEVEL["city"]
    if level == "authority":
        return authority_name(names, key)
    if level == "agency":
        return agency_name(names, key)
    if level == "reserve":
        return _fund(names, key)
    agency, rest = split_key(names.registry, key)
    of, what = agency_name(names, agency), _part(names, level, rest, fiscal_year)
    return Words(f"{of.zh} {what.zh}", f"{of.en}, {what.en}")


def subject_part(names: Names, level: str, key: str, fiscal_year: int) -> Words | None:
    """The same without the agency's name, where it is a part of an agency's: the line, contract, case or feed."""
    if level in ("city", "authority", "agency", "reserve"):
        return None
    return _part(names, level, split_key(names.registry, key)[1], fiscal_year)


def _fund(names: Names, key: str) -> Words:
    reserve, _, agency = key.partition(":")
    fund = RESERVE.get(reserve, alike(reserve))
    english = f"The {fund.en.lower()}"
    if not agency:
        return Words(fund.zh, english)
    of = agency_name(names, agency)
    return Words(f"{of.zh} {fund.zh}", f"{english} of {of.en}")


def _part(names: Names, level: str, rest: str, fiscal_year: int) -> Words:
    if level in ("line", "object"):
        return line_name(names, fiscal_year, rest)
    kind, _, name = rest.partition(":")
    if level == "case":
        return case_name(kind, name)
    if level == "reference":
        return reference_name(kind, name)
    if level == "feed":
        return Words(f"資料來源 {rest}", f"feed {rest}")
    return alike(rest)
