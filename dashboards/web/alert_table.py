"""A list of alerts as a table, with its links and marks."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.messages import message
from alerts.naming import subject
from alerts.subjects import alert_id
from alerts.vocabulary import ALERT_STATE, SEVERITY
from dashboards.reports.table import Cell, Column, Table, TableRow, named
from dashboards.web.desk import Desk
from dashboards.web.grid import Grid
from dashboards.web.subjects import page_of
from ledger.books import Alert
from ledger.words import Words

_COLUMNS = (
    Column("severity", Words("程度", "Severity"), "text"),
    Column("rule", Words("規則", "Rule"), "text"),
    *named("subject", Words("對象", "Subject"), Words("對象代碼", "Subject code")),
    Column("opened_on", Words("發生日", "Opened on"), "day"),
    Column("state", Words("狀態", "State"), "text"),
    Column("message", Words("內容", "Message"), "text"),
)


def alert_grid(
    desk: Desk, found: Sequence[Alert], title: Words, name: str = "alerts", *, subject_too: bool = True
) -> Grid:
    """Alerts in the order given; without the subject where the page is about it."""
    monitor = desk.monitor
    overlay = desk.overlay()
    columns = tuple(column for column in _COLUMNS if subject_too or column.key not in ("subject", "subject_code"))
    cells: list[TableRow] = []
    links, chips = [], []
    for alert in found:
        rule = monitor.catalogue.rules[alert.rule]
        state = overlay.state(alert)
        called = subject(desk.names, alert.level, alert.key, alert.fiscal_year)
        values: dict[str, Cell] = {
            "severity": SEVERITY[alert.severity],
            "rule": rule.title,
            "subject": called,
            "subject_code": "" if alert.level == "city" else alert.key,
            "opened_on": alert.opened_on,
            "state": ALERT_STATE[state],
            "message": message(rule, called, alert.evidence, day=alert.opened_on),
        }
        cells.append(tuple(values[column.key] for column in columns))
        links.append(
            (f"/alerts/{alert_id(alert)}", page_of(monitor.registry, alert.level, alert.key, alert.fiscal_year))
        )
        chips.append((f"severity-{alert.severity}", f"state-{state}"))
    return Grid(
        table=Table(
            name=name, title=title, label=Words("警示", "Alerts"), as_of=monitor.today(), columns=columns, rows=cells
        ),
        name=name,
        links={"rule": [link for link, _ in links], "subject": [link for _, link in links]},
        chips={"severity": [chip for chip, _ in chips], "state": [chip for _, chip in chips]},
        row_header="rule",
        stacked=True,
        wide=("message",),
    )
