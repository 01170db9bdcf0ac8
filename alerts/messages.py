"""What people read about an alert: its message, from the rule's template, the evidence and the articles.

`{subject}` is what the subject is called (see alerts.naming), `{name}` a number of the evidence with thousands
separators, `{one/other}` the percentage that one is of the other with two decimals. The articles and the full stop are
added here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from ledger.money import percent, thousands
from ledger.words import NOTHING, Language, Words

if TYPE_CHECKING:
    from alerts.rule import Citation, Rule

MISSING: Final = "—"
_AMOUNT: Final = Words("本筆金額", "its amount")
_PLACEHOLDER: Final = re.compile(r"\{(?P<name>[a-z_]+)(?:/(?P<of>[a-z_]+))?\}")


class MissingEvidence(Exception):
    """A template names a number that the evidence does not hold."""


def message(
    rule: Rule, subject: Words, evidence: Mapping[str, Any], *, day: str | None = None, strict: bool = False
) -> Words:
    """The message in Traditional Chinese and in English.

    Args:
        rule: the rule that speaks.
        subject: what that which it is about is called.
        evidence: the alert's evidence.
        day: when the alert was opened: the articles in force then are named; None: the rule's own.
        strict: raise MissingEvidence where a number is missing, for tests; else it reads —.
    """
    cited = citation_text(rule.citations if day is None else rule.citations_on(day))
    return Words(
        f"{_fill(rule.message.zh, {**evidence, 'subject': subject.zh}, rule.slug, strict)}{cited.zh}。",
        f"{_fill(rule.message.en, {**evidence, 'subject': subject.en}, rule.slug, strict)}{cited.en}.",
    )


def remedy(
    rule: Rule, subject: Words, evidence: Mapping[str, Any], amount: int | None = None, *, strict: bool = False
) -> Words:
    """What would free an event that a check was asked about, in Traditional Chinese and in English.

    Args:
        rule: the rule that the event would break.
        subject: what that which the alert is about is called.
        evidence: the alert's evidence as it would be after the event.
        amount: of an act, what the event adds to the acts' sum, NT$: `{amount}` in the template.
        strict: as for `message`.
    """
    if rule.remedy is None:
        return rule.unblock
    values = {**evidence} | ({} if amount is None else {"amount": amount})
    return Words(
        f"{_fill(rule.remedy.zh, values | {'subject': subject.zh}, rule.slug, strict)}。",
        f"{_fill(rule.remedy.en, values | {'subject': subject.en}, rule.slug, strict)}.",
    )


@lru_cache(maxsize=256)
def citation_text(citations: tuple[Citation, ...]) -> Words:
    """The articles in brackets: `（預算法第25條、第61條）` and ` (Budget Act, Art. 25, 61)`; empty without any."""
    if not citations:
        return NOTHING
    by_law = [list(group) for _, group in groupby(citations, key=lambda citation: citation.slug)]
    zh = "；".join(group[0].law + "、".join(each.article_zh for each in group) for group in by_law)
    en = "; ".join(_english(group) for group in by_law)
    return Words(f"（{zh}）", f" ({en})")


def names_in(template: str) -> list[str]:
    """What a template's placeholders name, in their order."""
    return [
        name for found in _PLACEHOLDER.finditer(template) for name in (found["name"], found["of"]) if name is not None
    ]


def named_template(rule: Rule, template: Words, subject: Words) -> Words:
    """A template for people who do not fill it in: what stands for the subject, and each number by its name in brackets."""

    def filled(text: str, language: Language) -> str:
        def value(found: re.Match[str]) -> str:
            names = [name for name in (found["name"], found["of"]) if name is not None]
            called = [
                subject.text(language)
                if name == "subject"
                else rule.evidence[name].words.text(language)
                if name in rule.evidence
                else _AMOUNT.text(language)
                for name in names
            ]
            return f"〔{'÷'.join(called)}〕" if language == "zh" else f"[{' ÷ '.join(called)}]"

        return _PLACEHOLDER.sub(value, text)

    return Words(filled(template.zh, "zh"), filled(template.en, "en"))


def template_problem(template: str) -> str | None:
    """Name what is wrong with a template, or None."""
    rest = _PLACEHOLDER.sub("", template)
    if "{" in rest or "}" in rest:
        return "a brace that opens no placeholder; write {name} or {one/other} in small letters"
    if template.rstrip().endswith(("。", ".")):
        return "a full stop at the end; leave it out, it comes after the articles"
    return None


def _english(group: Sequence[Citation]) -> str:
    first = group[0]
    if not first.unit_en:
        return first.law_en
    return f"{first.law_en}, {first.unit_en} {', '.join(each.article for each in group)}"


def _fill(template: str, values: Mapping[str, Any], rule: str, strict: bool) -> str:
    def value(found: re.Match[str]) -> str:
        names = [name for name in (found["name"], found["of"]) if name is not None]
        missing = [name for name in names if name not in values]
        if missing and strict:
            raise MissingEvidence(f"{rule}: the message names {missing[0]}; the evidence holds {sorted(values)}")
        return MISSING if missing else _text(*(values[name] for name in names))

    return _PLACEHOLDER.sub(value, template)


def _text(value: Any, of: int | None = None) -> str:
    if of is not None:
        return percent(value, of) or MISSING
    return thousands(value) if isinstance(value, int) else str(value)
