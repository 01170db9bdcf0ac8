"""The readable answer of `check`: the verdict, what stands in the way and what would free it, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.catalogue import Catalogue
from alerts.verdict import Change, Foretold, Limit, LineRoom, Verdict
from alerts.vocabulary import BASIS_STATUS, SEVERITY, TURN, VERDICT
from dashboards.reports.formats.cells import printable
from dashboards.reports.severities import TERMINAL_STYLE
from ledger.fiscal import roc_day
from ledger.money import thousands
from ledger.output import AlertOut
from ledger.vocabulary import ECONOMIC_CLASS
from ledger.words import Language, Words

_STYLES: Final = {"allowed": "bold white on blue", "warned": "bold black on yellow", "blocked": "bold white on magenta"}
_REFUSED: Final = Words("此事件將遭拒收", "The event would be refused")
_MAKES: Final = Words("此事件造成之違規與警示", "What the event would set off")
_STANDING: Final = Words("相關未結警示（非此事件造成）", "Already standing, not made by the event")
_WARNINGS: Final = Words("提醒", "Warnings")
_UNBLOCK: Final = Words("解方", "What would free it")
_ROOM: Final = Words("餘額（元）", "Headroom (NT$)")
_RECORDED: Final = Words("僅供查詢，未登錄任何資料。", "Only asked; nothing is recorded.")
_AS_OF: Final = Words("帳載截至", "Books as of")
_NOTHING: Final = Words("尚無", "nothing booked")
_COLUMNS: Final = (
    (Words("項目", "What is left"), False),
    (Words("辦理前", "Before"), True),
    (Words("辦理後", "After"), True),
)

_Figure: TypeAlias = tuple[Words, Change | Limit]
_Place: TypeAlias = tuple[Words, Sequence[_Figure]]


def print_verdict(verdict: Verdict, catalogue: Catalogue, language: Language) -> None:
    """Print an answer to standard output. Nothing in it is read as markup."""
    console = Console(highlight=False, emoji=False)
    words, style = VERDICT[verdict.verdict], _STYLES[verdict.verdict]
    day = verdict.as_of
    shown = _NOTHING.text(language) if day is None else (roc_day(day) if language == "zh" else day)
    heading = Text.assemble((f" {words.text(language)} ", style), f"  {_asked(verdict)}")
    console.print(heading)
    console.print(Text(f"{_AS_OF.text(language)} {shown}", style="dim"))
    if verdict.refusal is not None:
        _title(console, _REFUSED, language)
        console.print(_item(f"{verdict.refusal.reason}: {verdict.refusal.detail}"))
    _alerts(console, _MAKES, verdict.alerts, catalogue, language)
    _list(console, _WARNINGS, [each.text(language) for each in verdict.warnings], language)
    advice = dict.fromkeys(each.words.text(language) for each in verdict.unblock)
    _list(console, _UNBLOCK, list(advice), language)
    _room(console, verdict, language)
    _alerts(console, _STANDING, verdict.standing, catalogue, language)
    console.print(Text(f"\n{_RECORDED.text(language)}", style="dim"))


def _asked(verdict: Verdict) -> str:
    event = verdict.event
    return "" if event is None else printable(f"{event.type}  {event.agency}  {event.booked_on}  ({event.id})")


def _title(console: Console, words: Words, language: Language) -> None:
    console.print(Text(f"\n{words.text(language)}", style="bold"))


def _item(text: str) -> Text:
    return Text(f"· {printable(text)}")


def _list(console: Console, title: Words, sentences: Sequence[str], language: Language) -> None:
    if sentences:
        _title(console, title, language)
        for sentence in sentences:
            console.print(_item(sentence))


def _alerts(
    console: Console, title: Words, alerts: Sequence[AlertOut], catalogue: Catalogue, language: Language
) -> None:
    if not alerts:
        return
    _title(console, title, language)
    for alert in alerts:
        severity, style = SEVERITY[alert.severity], TERMINAL_STYLE[alert.severity]
        turn = f"（{TURN[alert.change].text(language)}）" if isinstance(alert, Foretold) else ""
        if language == "en":
            turn = turn.replace("（", " (").replace("）", ")")
        name = catalogue.rules[alert.rule].title.text(language)
        message = alert.message_zh if language == "zh" else alert.message_en
        basis = BASIS_STATUS[alert.basis_status].text(language)
        console.print(Text.assemble("· ", (severity.text(language), style), f"{turn} {name} [{alert.rule}; {basis}]"))
        console.print(Text(f"  {printable(message)}"))


def _room(console: Console, verdict: Verdict, language: Language) -> None:
    places = _places(verdict)
    if not places:
        return
    _title(console, _ROOM, language)
    table = Table(header_style="bold")
    for heading, is_number in _COLUMNS:
        table.add_column(
            heading.text(language), justify="right" if is_number else "left", no_wrap=is_number, overflow="fold"
        )
    for place, figures in places:
        table.add_section()
        table.add_row(Text(printable(place.text(language)), style="bold"), "", "")
        for what, change in figures:
            after = Text(_amount(change.after), style="bold magenta" if (change.after or 0) < 0 else "")
            table.add_row(Text(f"  {what.text(language)}"), Text(_amount(change.before)), after)
    console.print(table)


def _amount(amount: int | None) -> str:
    return "–" if amount is None else thousands(amount)


def _places(verdict: Verdict) -> list[_Place]:
    """Each line, the agency by class, and each reserve, with what is left there."""
    room = verdict.headroom
    return [
        *((Words(f"科目 {line.key}", f"Line {line.key}"), _line_figures(line)) for line in room.lines),
        *(
            (
                Words(f"機關 {each.key} {name.zh}", f"Agency {each.key}, {name.en}"),
                [
                    (Words("可支用預算數 B", "available B"), each.available),
                    (Words("已支用及負擔數 O", "obligated O"), each.obligated),
                    (Words("餘額 B－O", "remaining B − O"), each.remaining),
                ],
            )
            for each in room.agency
            for name in (ECONOMIC_CLASS[each.economic_class],)
        ),
        *(
            (
                Words(f"預備金 {each.key}", f"Reserve {each.key}"),
                [(Words("可動支餘額", "can still be drawn"), each.remaining)],
            )
            for each in room.reserves
        ),
    ]


def _line_figures(line: LineRoom) -> list[_Figure]:
    figures: list[_Figure] = [(Words("預算餘額 B＋凍結－O", "left of the budget: B + held − O"), line.line)]
    if line.held_free != line.line:
        figures.append((Words("扣除凍結後餘額 B－O", "left of what is not on hold: B − O"), line.held_free))
    month = line.allotment_month
    limits = (
        (Words(f"1 至 {month} 月分配餘額", f"left of the allotment up to month {month}"), line.allotment),
        (Words("審議完成前可支用餘額", "left of the base before adoption"), line.cr_base),
        (Words("審議完成前當月分配餘額", "left of the month before adoption"), line.cr_month),
    )
    return figures + [(words, limit) for words, limit in limits if limit is not None]
