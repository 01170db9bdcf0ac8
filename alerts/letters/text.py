"""A notice as a mail's subject and plain text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from alerts.letters import phrases as p
from alerts.letters.bulletin import Bulletin
from alerts.letters.notice import Matter, Notice
from alerts.vocabulary import NOTICE_KIND, SEVERITY
from ledger.words import Language, Words

_SUBJECT_MAX: Final = 160


def subject(notice: Notice) -> str:
    """The subject of the mail, on one line: 【預算執行通知】運動局：超過預算支用，請於114年3月5日前回復."""
    language, matters = notice.language, notice.matters
    what = matters[0].title.text(language) if len(matters) == 1 else _many(notice)
    kinds = {matter.kind for matter in matters}
    kind = next(iter(kinds)) if len(kinds) == 1 else "opened"
    marked = "" if kind == "opened" else NOTICE_KIND[kind].text(language)
    due = notice.due_on
    name = notice.recipient.name.text(language)
    if language == "zh":
        head, marked = "【預算執行通知】", f"（{marked}）" if marked else ""
        tail = f"，請於{p.day_text(due, language)}前回復" if due else ""
        text = f"{name}：{what}{marked}{tail}"
    else:
        head, marked = "[Budget execution] ", f" ({marked})" if marked else ""
        text = f"{name}: {what}{marked}" + (f", reply by {due}" if due else "")
    mark = p.DEMONSTRATION.text(language) if notice.demonstration else ""
    whole = f"{mark}{head}{text}"
    return whole if len(whole) <= _SUBJECT_MAX else f"{whole[: _SUBJECT_MAX - 1]}…"


def opening(notice: Notice) -> str:
    """The first sentence: how much there is, and by when to answer."""
    language, count = notice.language, len(notice.matters)
    due = notice.due_on
    if language == "zh":
        whose = {"agency": "貴機關", "authority": "貴機關及所屬", "office": ""}[notice.recipient.kind]
        if due is None:
            return f"{whose}下列 {count} 件預算執行事項，通知如下。"
        return f"{whose}有下列 {count} 件預算執行事項，請於{p.due_text(due, language)}前回復。"
    matters = f"{count} {'matter' if count == 1 else 'matters'} of budget execution"
    whose = {"agency": "Your agency", "authority": "Your agency with those under it", "office": "The office"}[
        notice.recipient.kind
    ]
    return (
        f"{whose} is told of {matters}."
        if due is None
        else f"{whose} has {matters} to answer by {p.due_text(due, language)}."
    )


def as_text(notice: Notice) -> str:
    """The plain text of the mail, lines ended by a line feed."""
    return "\n".join(_lines(notice)) + "\n"


def heading(matter: Matter, language: Language) -> str:
    """What a matter is called in a list: 超過預算支用（重大、情形加重）."""
    marks = [SEVERITY[matter.severity].text(language)]
    if matter.kind != "opened":
        marks.append(NOTICE_KIND[matter.kind].text(language))
    title = matter.title.text(language)
    return f"{title}（{'、'.join(marks)}）" if language == "zh" else f"{title} ({', '.join(marks)})"


def entries(matter: Matter, language: Language) -> list[tuple[str, list[str]]]:
    """What is said of a matter: each field's name and its lines, in order."""
    said: list[tuple[str, list[str]]] = [
        ("subject", [f"{matter.subject.text(language)}{_small(matter, language)}"]),
        ("happened", [matter.message.text(language)]),
    ]
    if matter.kind == "resolved":
        since = p.day_text(matter.opened_on, language)
        ended = f"{since}發生，現已解除。" if language == "zh" else f"It stood since {since} and has ended."
        return [*_named(said, language), (NOTICE_KIND["resolved"].text(language), [ended])]
    if matter.remark:
        said.append(("remark", matter.remark.splitlines()))
    if matter.figures:
        pairs = [(each.name.text(language), each.value.text(language)) for each in matter.figures]
        said.append(
            ("figures", [f"{name}　{value}" if language == "zh" else f"{name}: {value}" for name, value in pairs])
        )
    if matter.articles:
        colon = "：" if language == "zh" else ": "
        said.append(
            ("basis", [f"{each.name.text(language)}{colon}{each.asks.text(language)}" for each in matter.articles])
        )
    else:
        said.append(("basis", [matter.cited.text(language)]))
    said.append(("ask", [sentence(matter.ask, language)]))
    said.append(("settles", [matter.settles.text(language)]))
    if matter.due_on is not None:
        said.append(("due", [p.due_text(matter.due_on, language)]))
    if matter.rests_on:
        said.append(("events", ["、".join(matter.rests_on) if language == "zh" else ", ".join(matter.rests_on)]))
    if matter.page is not None:
        said.append(("page", [matter.page]))
    return _named(said, language)


def _named(said: list[tuple[str, list[str]]], language: Language) -> list[tuple[str, list[str]]]:
    return [(p.FIELD_NAMES[name].text(language), lines) for name, lines in said]


def sentence(ask: Words, language: Language) -> str:
    """What is asked, as a sentence: 請查明…。"""
    return f"請{ask.zh}。" if language == "zh" else f"{ask.en}."


def contact(notice: Notice | Bulletin) -> str:
    """Whom to call: the office, its telephone and address, as far as the city says."""
    office, language = notice.office, notice.language
    parts = (office.office.text(language), office.telephone, office.address)
    return ("　" if language == "zh" else ", ").join(part for part in parts if part)


def reply_lines(notice: Notice) -> list[tuple[str, str | None]]:
    """How to answer: each line and the address that it leads to, if it does."""
    language = notice.language
    if not notice.asks:
        return [((p.FOR_OFFICE if notice.recipient.kind == "office" else p.NO_REPLY).text(language), None)]
    lines: list[tuple[str, str | None]] = []
    if notice.link is not None:
        lines.append((p.BY_LINK.text(language), notice.link))
    if notice.desk is not None:
        lines.append((p.AT_DESK.text(language), notice.desk))
    return lines or [(p.BY_OTHER_MEANS.text(language), None)]


def _small(matter: Matter, language: Language) -> str:
    year = f"{matter.fiscal_year}年度" if language == "zh" else f"fiscal year {matter.fiscal_year}"
    return f"（{year}，{matter.code}）" if language == "zh" else f" ({year}, {matter.code})"


def _many(notice: Notice) -> str:
    count = len(notice.matters)
    return f"{count} 件預算執行事項" if notice.language == "zh" else f"{count} matters"


def _lines(notice: Notice) -> Iterator[str]:
    language = notice.language
    if notice.demonstration:
        yield p.DEMONSTRATION.text(language).strip()
    name = notice.recipient.name.text(language)
    yield f"{name}：" if language == "zh" else f"{name},"
    yield ""
    yield opening(notice)
    yield from (remark.text(language) for remark in notice.remarks)
    for number, matter in enumerate(notice.matters, start=1):
        yield ""
        title = heading(matter, language)
        yield (
            title
            if len(notice.matters) == 1
            else f"{p.numeral(number)}、{title}"
            if language == "zh"
            else f"{number}. {title}"
        )
        for field, lines in entries(matter, language):
            yield from _field(field, lines, language)
    yield ""
    yield f"【{p.HOW.text(language)}】" if language == "zh" else f"{p.HOW.en}:"
    for line, address in reply_lines(notice):
        yield line
        if address is not None:
            yield address
    yield ""
    yield f"{p.CONTACT.text(language)}{'：' if language == 'zh' else ': '}{contact(notice)}"
    yield p.ABOUT_BASIS.text(language)
    yield p.FORMAL.text(language)


def _field(name: str, lines: list[str], language: Language) -> Iterator[str]:
    colon = "：" if language == "zh" else ": "
    if len(lines) == 1:
        yield f"{name}{colon}{lines[0]}"
        return
    yield f"{name}{colon}".rstrip()
    yield from (f"  - {line}" for line in lines)
