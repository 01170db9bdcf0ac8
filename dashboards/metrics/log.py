"""The log and the store: what was taken, what waits, what was refused or could not be delivered, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from dashboards.metrics.snapshot import moment_seconds, seconds
from ledger.vocabulary import REASON
from streams.monitor import Monitor
from streams.notices.listing import oldest_waiting
from streams.notices.switch import switch_of
from streams.outbox import undelivered
from streams.store import Store, schema
from streams.store.mark import all_marks


def of_log(monitor: Monitor, address: str) -> Iterator[Metric]:
    """Everything that is not a figure of the books; `address` is where people find the page."""
    store, replica = monitor.store, monitor.replica
    mark, manifest = all_marks(store), store.manifest()
    outcomes = CounterMetricFamily(
        "budgetwatch_events", "Events committed, by outcome, since the store was made", labels=("outcome",)
    )
    for name in ("accepted", "duplicate", "refused"):
        outcomes.add_metric((name,), getattr(mark, name))
    yield outcomes
    for name, text, value in (
        ("log_position_events", "Lines of the log that are folded and committed", replica.lines),
        (
            "log_lag_events",
            "Events taken in that wait to be folded; on Kafka records behind the marks",
            replica.waiting_lines,
        ),
        ("remembered_ids", "Event ids remembered against duplicates", replica.remembered),
        ("store_up", "Whether the store takes commits: 1, or 0", int(replica.broken is None)),
        (
            "relay_waiting",
            "Transitions of alerts, and on Kafka refusals, that wait to be delivered",
            undelivered(store),
        ),
        ("demonstration", "Whether the data are made up: 1, or 0", int(monitor.demonstration)),
    ):
        if value is not None:
            yield GaugeMetricFamily(f"budgetwatch_{name}", text, value=value)
    yield from _since(store, mark.committed_at, manifest)
    yield from _counted(store)
    info = InfoMetricFamily("budgetwatch_build", "What the figures are folded with")
    info.add_metric((), {name: manifest.get(name, "") for name in ("fold_version", "rules_digest", "registry_digest")})
    yield info
    page = GaugeMetricFamily("budgetwatch_page_info", "Where people find the page; always 1", labels=("url",))
    page.add_metric((address,), 1)
    yield page


def _since(store: Store, committed_at: str, manifest: Mapping[str, str]) -> Iterator[Metric]:
    days, lists = schema.judgements.c.day, schema.presented_lists
    with store.reading() as connection:
        judged = connection.execute(sa.select(sa.func.max(days))).scalar_one()
        presented = connection.execute(sa.select(sa.func.count()).select_from(lists)).scalar_one()
    for name, text, at in (
        ("committed", "The latest commit", moment_seconds(committed_at) if committed_at else None),
        ("judged", "The last day judged, from midnight in Taipei", seconds(judged) if judged else None),
        ("store_begun", "When the books were begun, or folded anew", _begun(manifest)),
    ):
        if at is not None:
            yield GaugeMetricFamily(f"budgetwatch_{name}_timestamp_seconds", text, value=at)
    yield GaugeMetricFamily("budgetwatch_presented_lists", "Lagging lists kept as presented", value=presented)


def _begun(manifest: Mapping[str, str]) -> float | None:
    at = manifest.get("created_at")
    return moment_seconds(at) if at else None


def _counted(store: Store) -> Iterator[Metric]:
    refused, sent = schema.refusals.c, schema.deliveries.c
    wanted = sa.select(refused.reason, sa.func.count()).where(refused.settled_by.is_(None)).group_by(refused.reason)
    tried = sa.select(sent.channel, sent.state, sa.func.count()).group_by(sent.channel, sent.state)
    with store.reading() as connection:
        reasons = {row[0]: row[1] for row in connection.execute(wanted)}
        states = connection.execute(tried).all()
    refusals = GaugeMetricFamily(
        "budgetwatch_refusals_unsettled", "Refused events that nothing was accepted for since", labels=("reason",)
    )
    for reason in REASON:
        refusals.add_metric((reason,), reasons.get(reason, 0))
    deliveries = GaugeMetricFamily(
        "budgetwatch_deliveries", "Messages by channel and what became of them", labels=("channel", "state")
    )
    counts = {(row[0], row[1]): row[2] for row in states}
    for channel in sorted({row[0] for row in states}):
        for state in schema.DELIVERY_STATES:
            deliveries.add_metric((channel, state), counts.get((channel, state), 0))
    yield from (refusals, deliveries)
    yield from _notices(store)


def _notices(store: Store) -> Iterator[Metric]:
    """How old the oldest notice is that should have left."""
    waits = oldest_waiting(store, datetime.now(UTC)) or 0.0
    yield GaugeMetricFamily("budgetwatch_notices_oldest_seconds", "Since when a notice that is due waits", value=waits)
    yield GaugeMetricFamily("budgetwatch_notices_on", "Whether notices leave: 1, or 0", value=int(switch_of(store).on))
