"""The readable answer of `check`: the verdict, what stands in the way and what would free it, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from alerts.catalogue import Catalogue
from alerts.check import Checked
from alerts.verdict import Foretold, Verdict
from alerts.vocabulary import BASIS_STATUS, SEVERITY, TURN, VERDICT, VERDICT_PART
from dashboards.reports.formats.cells import day, printable
from dashboards.reports.formats.terminal import SEVERITY_STYLE, PipedConsole, show
from dashboards.reports.headroom import headroom
from ledger.names import Names, agency_name, with_code
from ledger.output import AlertOut
from ledger.vocabulary import EVENT, REASON
from ledger.words import Language, Words

_STYLES: Final = {"allowed": "bold white on blue", "warned": "bold black on yellow", "blocked": "bold white on magenta"}
_RECORDED: Final = Words("僅供查詢，未登錄任何資料。", "Only asked; nothing is recorded.")
_AS_OF: Final = Words("帳載截至", "Books as of")
_NOTHING: Final = Words("尚無", "nothing booked")


def print_verdict(found: Checked, catalogue: Catalogue, names: Names, language: Language) -> None:
    """Print an answer to standard output. Nothing in it is read as markup."""
    verdict, refusal = found
    console = PipedConsole(highlight=False, emoji=False)
    words, style = VERDICT[verdict.verdict], _STYLES[verdict.verdict]
    as_of = verdict.as_of
    shown = _NOTHING.text(language) if as_of is None else day(as_of, language)
    heading = Text.assemble((f" {words.text(language)} ", style), f"  {_asked(verdict, names, language)}")
    console.print(heading)
    console.print(Text(f"{_AS_OF.text(language)} {shown}", style="dim"))
    if refusal is not None:
        _title(console, VERDICT_PART["refusal"], language)
        console.print(_item(f"{REASON[refusal.reason].text(language)}: {refusal.detail.words.text(language)}"))
    _alerts(console, VERDICT_PART["alerts"], verdict.alerts, catalogue, language)
    _list(console, VERDICT_PART["warnings"], [each.text(language) for each in verdict.warnings], language)
    advice = dict.fromkeys(each.words.text(language) for each in verdict.unblock)
    _list(console, VERDICT_PART["unblock"], list(advice), language)
    room = headroom(verdict, names, as_of or "")
    if room.rows:
        console.print()
        show([room], language, console)
    _alerts(console, VERDICT_PART["standing"], verdict.standing, catalogue, language)
    console.print(Text(f"\n{_RECORDED.text(language)}", style="dim"))


def _asked(verdict: Verdict, names: Names, language: Language) -> str:
    event = verdict.event
    if event is None:
        return ""
    kind, agency = EVENT[event.type].text(language), with_code(agency_name(names, event.agency), event.agency)
    return printable(f"{kind}  {agency.text(language)}  {day(event.booked_on, language)}  ({event.id})")


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
        severity, style = SEVERITY[alert.severity], SEVERITY_STYLE[alert.severity]
        turn = f"（{TURN[alert.change].text(language)}）" if isinstance(alert, Foretold) else ""
        if language == "en":
            turn = turn.replace("（", " (").replace("）", ")")
        name = catalogue.rules[alert.rule].title.text(language)
        basis = BASIS_STATUS[alert.basis_status].text(language)
        console.print(Text.assemble("· ", (severity.text(language), style), f"{turn} {name} [{alert.rule}; {basis}]"))
        console.print(Text(f"  {printable(alert.message.text(language))}"))
