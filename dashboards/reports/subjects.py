"""What agencies, authorities and the subjects of alerts are called: the register's names with their codes."""

from __future__ import annotations

from typing import Final

from alerts.vocabulary import LEVEL
from ledger.registry import Registry
from ledger.vocabulary import ECONOMIC_CLASS, RESERVE
from ledger.words import NOTHING, Words, alike

HOW_A_LINE_READS: Final = Words(
    f"科目為工作計畫／門別（current {ECONOMIC_CLASS['current'].zh}、capital {ECONOMIC_CLASS['capital'].zh}）／用途別；"
    "@ 後為保留款之原年度",
    "A line is account/class/object; @ names the year money was carried over from",
)
"""A note for tables whose lines stand as codes."""


def agency_name(registry: Registry, code: str) -> Words:
    """`020011 秘書處`; the code alone where the register does not name it."""
    agency = registry.agencies.get(code)
    if agency is None:
        return alike(code)
    return Words(f"{code} {agency.name_zh}", f"{code} {agency.name_en}")


def authority_name(registry: Registry, code: str) -> Words:
    """`02 高雄市政府主管`."""
    name = registry.authorities.get(code, NOTHING)
    return Words(f"{code} {name.zh}".rstrip(), f"{code} {name.en}".rstrip())


def split_key(registry: Registry, key: str) -> tuple[str, str]:
    """An agency's code and the rest of a key, `<agency>:<rest>`; codes may hold colons."""
    at = key.find(":")
    while at >= 0:
        if key[:at] in registry.agencies:
            return key[:at], key[at + 1 :]
        at = key.find(":", at + 1)
    agency, _, rest = key.partition(":")
    return agency, rest


def subject(registry: Registry, level: str, key: str) -> Words:
    """What an alert is about: the agency's name and its line, contract, case …"""
    if level == "city":
        return LEVEL["city"]
    if level == "authority":
        return authority_name(registry, key)
    if level == "agency":
        return agency_name(registry, key)
    if level == "reserve":
        reserve, _, agency = key.partition(":")
        name = RESERVE.get(reserve, alike(reserve))
        if not agency:
            return name
        of = agency_name(registry, agency)
        return Words(f"{of.zh} {name.zh}", f"{of.en} {name.en}")
    agency, rest = split_key(registry, key)
    of = agency_name(registry, agency)
    return Words(f"{of.zh} {rest}", f"{of.en} {rest}")
