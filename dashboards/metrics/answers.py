"""What agencies were asked and have not answered, by agency and for the city: within the time given, and beyond it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric

from streams.monitor import Monitor
from streams.people.answers import due_day, questions
from streams.store import schema


def of_answers(monitor: Monitor) -> Iterator[Metric]:
    """Alerts whose agency is to answer; of what no agency is about only the city has a number."""
    awaited = {alert: due for alert, asked in questions(monitor.store).items() if (due := due_day(asked)) is not None}
    alerts = schema.alerts.c
    wanted = sa.select(alerts.id, alerts.agency).where(alerts.state == "open")
    with monitor.store.reading() as connection:
        unfinished = {row[0]: row[1] for row in connection.execute(wanted)} if awaited else {}
    counted: Counter[tuple[str, str, str]] = Counter()
    today = monitor.today()
    for alert, due in awaited.items():
        if alert in unfinished:
            state = "overdue" if due < today else "due"
            counted["city", "city", state] += 1
            if unfinished[alert] is not None:
                counted["agency", unfinished[alert], state] += 1
    family = GaugeMetricFamily(
        "budgetwatch_answers_awaited",
        "Alerts whose agency was asked and is to answer: within the time given (due), and beyond it (overdue)",
        labels=("level", "key", "state"),
    )
    for state in ("due", "overdue"):
        counted.setdefault(("city", "city", state), 0)
    for labels, number in counted.items():
        family.add_metric(labels, number)
    yield family
