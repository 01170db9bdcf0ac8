"""From alerts to a notice: one pure function. Which alerts are told together, to whom and when is decided by its caller."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from alerts.catalogue import Catalogue
from alerts.engine import SEVERITIES
from alerts.letters.notice import (
    LetterHead,
    Matter,
    Notice,
    NoticeArticle,
    NoticeFigure,
    NoticeKind,
    Recipient,
    RecipientKind,
)
from alerts.letters.plain import on_a_line, plain
from alerts.messages import citation_text, message
from alerts.naming import subject, subject_part
from alerts.rule import Named, Rule
from alerts.subjects import agency_in, alert_id
from alerts.vocabulary import BASIS_STATUS, UNIT, YES_NO
from ledger.books import Alert
from ledger.money import thousands
from ledger.names import Names, agency_name
from ledger.registry import Agency
from ledger.words import Language, Words, alike


class Happening(msgspec.Struct, frozen=True):
    """An alert as it is to be told, and what became of it."""

    alert: Alert
    """With the evidence and severity that are to be told."""
    kind: NoticeKind
    turn: str = ""
    """What tells it from the alert's other happenings: the outbox's id of the transition, the reminder's number."""
    by: tuple[str, ...] = ()
    """What set off its transitions besides its opening: `<agency>:<event id>`, or a day judged."""
    due_on: str | None = None
    """The day due that was told before; None: it is reckoned from the day of the notice."""
    remark: str = ""
    """Of a returned answer: why."""


class Pages(msgspec.Struct, frozen=True):
    """Where the page can be reached from outside; None where nothing says what it is called."""

    public_url: str | None = None
    link: str | None = None
    """The one-time link made for this notice."""


NO_PAGES = Pages()


def compose(
    happenings: Sequence[Happening],
    recipient: Recipient,
    catalogue: Catalogue,
    names: Names,
    *,
    day: str,
    language: Language | None = None,
    besides: Sequence[Happening] = (),
    pages: Pages = NO_PAGES,
    demonstration: bool = False,
) -> Notice:
    """What a recipient is told of some alerts.

    Args:
        happenings: the alerts, at least one, each once.
        recipient: to whom (see `recipient_of`).
        catalogue: rules, laws and the calendar by which days due are reckoned.
        names: what everything is called, and what the city says of itself.
        day: the day of the notice, `YYYY-MM-DD` in Taipei.
        language: of the text; None: the city's.
        besides: the recipient's other open alerts, which the annex of a letter lists.
        pages: where it can be answered.
        demonstration: whether the books are made up; the notice says so.
    """
    assert happenings, "a notice tells of something"
    matters, others = (
        sorted((_matter(each, recipient, catalogue, names, day, pages) for each in some), key=_order)
        for some in (happenings, besides)
    )
    base = pages.public_url
    return Notice(
        key=_key(happenings, recipient),
        written_on=day,
        recipient=recipient,
        copies=_copies(recipient, names),
        language=language or names.city.language,
        matters=tuple(matters),
        office=letter_head(names),
        besides=tuple(others),
        link=pages.link,
        desk=None if base is None else f"{base}/desk",
        demonstration=demonstration,
    )


def recipient_of(names: Names, kind: RecipientKind, key: str = "") -> Recipient:
    """An agency by its code, an authority by its code (its own row of the register, else its first agency), or the office."""
    if kind == "office":
        return Recipient(kind, "", plain(names.city.office))
    if kind == "agency":
        return Recipient(kind, key, plain(agency_name(names, key)))
    head = head_of(names, key)
    return Recipient(kind, key, plain(alike(key) if head is None else agency_name(names, head.code)))


def recipient_for(names: Names, alert: Alert) -> Recipient:
    """Whose an alert is: the agency of what it is about, the authority, or of what agencies share the office."""
    if alert.level == "authority":
        return recipient_of(names, "authority", alert.key)
    agency = agency_in(names.registry, alert)
    return recipient_of(names, "office") if agency is None else recipient_of(names, "agency", agency)


def head_of(names: Names, authority: str) -> Agency | None:
    """The row of the register that speaks for an authority: the one of its code, else its first agency."""
    agencies = names.registry.agencies
    if authority in agencies:
        return agencies[authority]
    of_it = sorted(code for code, agency in agencies.items() if agency.authority_code == authority)
    return agencies[of_it[0]] if of_it else None


def _order(matter: Matter) -> tuple[int, str, str, str]:
    return -SEVERITIES.index(matter.severity), matter.due_on or "9", matter.rule, matter.code


def _key(happenings: Sequence[Happening], recipient: Recipient) -> str:
    turns = sorted([alert_id(each.alert), each.kind, each.turn] for each in happenings)
    return hashlib.sha256(msgspec.json.encode([recipient.kind, recipient.key, turns])).hexdigest()[:32]


def _copies(recipient: Recipient, names: Names) -> tuple[Words, ...]:
    """An agency's authority is told of what its agency is asked."""
    agency = names.registry.agencies.get(recipient.key)
    if recipient.kind != "agency" or agency is None:
        return ()
    head = head_of(names, agency.authority_code)
    return () if head is None or head.code == agency.code else (plain(agency_name(names, head.code)),)


def letter_head(names: Names) -> LetterHead:
    """The office that writes, as the city says."""
    city = names.city
    signed = None
    if city.signatory is not None:
        title, name = city.signatory.title, city.signatory.name
        signed = plain(Words(f"{title.zh} {name}".strip(), f"{name}, {title.en}" if name else title.en))
    return LetterHead(plain(city.name), plain(city.office), on_a_line(city.address), on_a_line(city.telephone), signed)


def _matter(one: Happening, recipient: Recipient, catalogue: Catalogue, names: Names, day: str, pages: Pages) -> Matter:
    alert, rule = one.alert, catalogue.rules[one.alert.rule]
    about = plain(subject(names, alert.level, alert.key, alert.fiscal_year))
    part = subject_part(names, alert.level, alert.key, alert.fiscal_year)
    asked = one.kind != "resolved" and recipient.kind != "office"
    due_on = (one.due_on or catalogue.calendar.after(day, rule.notice.days)) if asked else None
    name = alert_id(alert)
    events = (alert.opened_by, alert.evidence.get("last") if rule.kind == "act" else None, *one.by)
    return Matter(
        alert=name,
        kind=one.kind,
        rule=rule.slug,
        title=rule.title,
        subject=about,
        item=about if part is None else plain(part),
        code=on_a_line(alert.key),
        fiscal_year=alert.fiscal_year,
        severity=alert.severity,  # type: ignore[arg-type]  # the books keep it as text
        message=plain(message(rule, about, alert.evidence, day=alert.opened_on)),
        figures=tuple(_figures(rule, alert.evidence)),
        basis=rule.basis_on(alert.opened_on),
        articles=tuple(_articles(catalogue, rule, alert.opened_on)),
        cited=_cited(rule, alert.opened_on),
        ask=rule.notice.ask,
        settles=rule.unblock,
        wish=rule.notice.wish,
        opened_on=alert.opened_on,
        due_on=due_on,
        rests_on=tuple(dict.fromkeys(on_a_line(str(each)) for each in events if each is not None and ":" in str(each))),
        page=None if pages.public_url is None else f"{pages.public_url}/alerts/{name}",
        remark="\n".join(on_a_line(line) for line in one.remark.splitlines()),
    )


def _figures(rule: Rule, evidence: Mapping[str, Any]) -> list[NoticeFigure]:
    named = ((key, each) for key, each in rule.evidence.items() if key in evidence and each.unit != "text")
    return [NoticeFigure(each.words, _value(each, evidence[key])) for key, each in named]


def _value(named: Named, value: int) -> Words:
    if named.unit == "flag":
        return YES_NO[bool(value)]
    number, unit = thousands(value).replace("-", "−"), UNIT[named.unit]
    if named.unit == "NTD":
        return Words(f"{number} 元", f"NT$ {number}")
    if named.unit == "percent":
        return alike(f"{number}%")
    return Words(f"{number} {unit.zh}".strip(), f"{number} {unit.en}".strip())


def _articles(catalogue: Catalogue, rule: Rule, day: str) -> list[NoticeArticle]:
    found = []
    for citation in rule.citations_on(day):
        law = catalogue.laws[citation.slug]
        version = next(v for v in law.articles[citation.article] if v.effective_from == citation.effective_from)
        article = law.article_text(citation.article)
        english = f"{law.title.en}, {law.english_unit} {article.en}" if law.english_unit else law.title.en
        name = Words(f"{law.title.zh}{article.zh}", english)
        found.append(NoticeArticle(name, version.paraphrase, law.address_of(citation.article)))
    return found


def _cited(rule: Rule, day: str) -> Words:
    cited = citation_text(rule.citations_on(day))
    return Words(cited.zh[1:-1], cited.en[2:-1]) if cited.zh else BASIS_STATUS[rule.basis_on(day)]
