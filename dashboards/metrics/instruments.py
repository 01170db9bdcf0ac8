"""What is counted as it happens: batches, transitions of alerts, requests that were turned away."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from streams.monitor import Committed


class Instruments:
    """Counters of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.batch_seconds = Histogram(
            "budgetwatch_batch_seconds",
            "Time to fold, judge and commit a batch",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
            registry=registry,
        )
        self.transitions = Counter(
            "budgetwatch_alert_transitions", "Alerts opened, resolved or changed", ("change",), registry=registry
        )
        self.turned_away = Counter(
            "budgetwatch_requests_turned_away", "Requests that brought no events in", ("reason",), registry=registry
        )

    def committed(self, committed: Committed) -> None:
        """Watch a commit."""
        for seconds in committed.seconds:
            self.batch_seconds.observe(seconds)
        for transition in committed.transitions:
            self.transitions.labels(transition.change).inc()
