"""What a scheduled paper holds: the lagging list, the office's morning digest, a month's summary for an authority."""

from __future__ import annotations

from alerts.engine import SEVERITIES
from alerts.letters.bulletin import Attachment
from alerts.naming import subject
from alerts.routing.routes import Paper, PaperFormat, PaperKind
from alerts.vocabulary import SEVERITY
from dashboards.reports import agency_report, lagging_list
from dashboards.reports.formats import FORMATS
from dashboards.reports.table import Column, ReportProblem, Table, marked, with_head
from ledger.books import Alert
from ledger.words import Language, Words
from streams.sources import OpenedBooks

TITLES = {
    "lagging-list": Words("資本支出執行落後名單", "Lagging list"),
    "morning-digest": Words("每日預算執行警示彙整", "Morning digest of alerts"),
    "month-summary": Words("本月預算執行摘要", "Month's summary"),
}


def paper_tables(kind: PaperKind, key: str, opened: OpenedBooks, day: str) -> list[Table]:
    """The tables of a paper; `key` is the authority's or agency's code, empty for the office. None: nothing to tell."""
    if kind == "lagging-list":
        return lagging_list.tables(
            opened.alerts, opened.books, opened.names, opened.catalogue, day, None, opened.reasons
        )
    if kind == "morning-digest":
        return [_alerts(opened, day)]
    found: list[Table] = []
    for code, agency in sorted(opened.registry.agencies.items()):
        if key not in (agency.authority_code, code):
            continue
        try:
            figures, rates, _, alerts = agency_report.tables(
                code, opened.alerts, opened.books, opened.names, opened.catalogue, day
            )
        except ReportProblem:  # an agency without events
            continue
        found += [figures, rates, alerts]
    return found


def attached(
    paper: Paper,
    tables: list[Table],
    name: str,
    language: Language,
    *,
    made_up: bool,
    head: tuple[int, str] | None = None,
) -> tuple[Attachment, ...]:
    """The tables in the formats that are asked for, with the head of the trail that they rest on."""
    shown = with_head(marked(tables) if made_up else tables, head)
    return tuple(_file(each, shown, name, language) for each in paper.formats)


def _file(format_: PaperFormat, tables: list[Table], name: str, language: Language) -> Attachment:
    found = FORMATS[format_]
    return Attachment(f"{name}{found.suffix}", found.media_type, found.render(tables, language))


def _alerts(opened: OpenedBooks, day: str) -> Table:
    def order(alert: Alert) -> tuple[int, str, str]:
        return -SEVERITIES.index(alert.severity), alert.opened_on, alert.key

    return Table(
        name="alerts",
        title=TITLES["morning-digest"],
        label=Words("警示", "Alerts"),
        as_of=day,
        columns=(
            Column("severity", Words("程度", "Severity"), "text"),
            Column("rule", Words("事由", "Matter"), "text"),
            Column("subject", Words("對象", "About"), "text"),
            Column("opened_on", Words("發生日", "Since"), "day"),
        ),
        rows=[
            (
                SEVERITY[alert.severity],
                opened.catalogue.rules[alert.rule].title,
                subject(opened.names, alert.level, alert.key, alert.fiscal_year),
                alert.opened_on,
            )
            for alert in sorted(opened.alerts, key=order)
        ],
    )
