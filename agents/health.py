"""Health: `/healthz` and `/metrics` of one worker, for its supervisor and for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import faust
import msgspec
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from streams.kafka.health import WorkerHealth, WorkerReport
from streams.kafka.worker import LogWorker

log = structlog.get_logger()
_BIND_RETRY_SECONDS: Final = 5.0


def attach(app: faust.App, worker: LogWorker, health: WorkerHealth, host: str, port: int) -> None:
    """Let the app listen: 200 while the worker keeps up, else 503 with what is wrong."""

    async def healthz(_: web.Request) -> web.Response:
        report = await asyncio.to_thread(health.look)
        body = msgspec.json.encode(report)
        return web.Response(body=body, status=200 if report.is_well else 503, content_type="application/json")

    async def metrics(_: web.Request) -> web.Response:
        registry = CollectorRegistry()
        registry.register(_Figures(worker, await asyncio.to_thread(health.look)))
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def listen() -> None:
        routes = web.Application()
        routes.add_routes([web.get("/healthz", healthz), web.get("/metrics", metrics)])
        runner = web.AppRunner(routes, access_log=None)
        await runner.setup()
        try:
            while not app.should_stop and not await _bound(web.TCPSite(runner, host, port), f"{host}:{port}"):
                await app.sleep(_BIND_RETRY_SECONDS)
            await app.wait_for_stopped()
        finally:
            await runner.cleanup()

    app.task()(listen)


async def _bound(site: web.TCPSite, address: str) -> bool:
    """Listen; somebody who has the port is waited for, since folding matters more than telling of it."""
    try:
        await site.start()
    except OSError as error:
        log.error("the worker folds, but nobody can ask how it is yet", reason=f"{address}: {error.strerror}")
        return False
    log.info("health", address=f"http://{address}/healthz")
    return True


class _Figures(Collector):
    """What a worker has done since it started, and how far it is behind."""

    def __init__(self, worker: LogWorker, report: WorkerReport) -> None:
        self._worker, self._report = worker, report

    def describe(self) -> Any:
        """Nothing is read to register it."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The figures of this moment."""
        counted = self._worker.counted
        for name, text, value in (
            ("lines", "Lines of the log folded and committed", counted.lines),
            ("batches", "Batches committed", counted.batches),
            ("holes", "Gaps of the log itself that were passed", counted.holes),
        ):
            yield CounterMetricFamily(f"budgetwatch_worker_{name}", f"{text}, since this worker started", value=value)
        lag = GaugeMetricFamily(
            "budgetwatch_worker_lag_records", "Records in Kafka behind the mark of a partition", labels=("partition",)
        )
        for share in self._report.partitions:
            lag.add_metric((str(share.partition),), share.lag)
        yield lag
        for name, text, gauge in (
            ("healthy", "Whether the worker keeps up: 1, or 0", int(self._report.is_well)),
            ("idle_seconds", "Time since this worker committed last", self._report.seconds_since_commit),
        ):
            yield GaugeMetricFamily(f"budgetwatch_worker_{name}", text, value=gauge)
