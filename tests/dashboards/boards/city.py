"""A simulated year on a real PostgreSQL, the page on it, and a real Prometheus with its history that scrapes both and a worker."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import msgspec
import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest

from agents.demonstration import PRESENTER, act
from agents.health import _Figures
from agents.simulated_year import by_day
from alerts.catalogue import load
from dashboards.history import Acts, write_history
from dashboards.web.desk import Desk
from dashboards.web.pages.lagging import present_list
from ledger.registry import Registry, parse
from producers.simulator import registry_csv
from streams.fold.queue import FoldQueue
from streams.kafka.health import Share, WorkerReport
from streams.log.accepted import days_booked, lines_of_store
from streams.monitor import Monitor
from streams.people.lagging_acts import presented_lists
from streams.people.trail import CLOSE, REOPEN, acts_of_kinds
from streams.store import open_store, schema
from streams.store.board_words import write_words
from streams.taipei import today
from tests.real_parts.postgres import postgres
from tests.real_parts.prometheus import blocks_from, prometheus
from tests.running import listening

MEETING = "2025-07-15"
FIRST, LAST = "2025-01-01", "2025-12-31"
EVENTS = 9_000
UNADOPTED = "020991"
"""An agency that the simulated city does not have: its budget stays a proposal."""
REGISTER = registry_csv() + f"{UNADOPTED},新設機關,New Agency,02,高雄市政府主管,City Government HQ group,\n"


def proposals() -> Iterator[tuple[str, bytes]]:
    """What the council has not decided on: a line that may be spent on, and one that is new."""
    common = {"type": "appropriation.proposed", "fiscal_year": 114, "agency": UNADOPTED, "booked_on": "2025-01-02"}
    known = {"id": "p1", "line": "32020110101/current/2000", "amount": 900, "prior_year_executed": 700}
    new = {"id": "p2", "line": "32020110102/capital/3000", "amount": 5_000, "new_capital": True, "new_program": True}
    paid = {"id": "p3", "type": "disbursement.paid", "line": known["line"], "amount": 300, "voucher": "V1"}
    paid["basis"] = "prior_year"
    for one in (known, new, paid):
        event = common | one
        yield str(event["booked_on"]), json.dumps(event).encode()


class City(msgspec.Struct):
    """Where everything is."""

    monitor: Monitor
    registry: Registry
    postgres: str
    page: httpx.Client
    prometheus: httpx.Client
    history: Path

    def query(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """What Prometheus answers now, or at a moment."""
        asked = {"query": expression} | ({} if at is None else {"time": str(at)})
        return self._answer("/api/v1/query", asked)

    def over(self, expression: str, start: float, end: float, step: str) -> list[dict[str, Any]]:
        """What it answers for a stretch of time."""
        return self._answer(
            "/api/v1/query_range", {"query": expression, "start": str(start), "end": str(end), "step": step}
        )

    def _answer(self, path: str, asked: dict[str, str]) -> list[dict[str, Any]]:
        answer = self.prometheus.post(path, data=asked).json()
        assert answer["status"] == "success", (asked, answer)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What PostgreSQL answers to the boards' role."""
        engine = sa.create_engine(self.postgres)
        try:
            with engine.connect() as connection:
                connection.execute(sa.text("SET ROLE budgetwatch_boards"))
                return [dict(row) for row in connection.exec_driver_sql(sql.replace("%", "%%")).mappings()]
        finally:
            engine.dispose()


def worker_metrics() -> bytes:
    """What a worker exposes, of figures that are made up."""
    worker = SimpleNamespace(counted=SimpleNamespace(lines=9, batches=2, holes=0))
    registry = CollectorRegistry()
    report = WorkerReport("ok", 3, 1.5, [Share(0, 7, 10), Share(1, 5, 5)])
    registry.register(_Figures(cast(Any, worker), report))
    return generate_latest(registry)


@contextmanager
def worker() -> Iterator[str]:
    """One that answers a scrape; its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # as the library calls it
            body = worker_metrics()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def city(folder: Path) -> Iterator[City]:
    """All of it; taken away in the end."""
    registry, catalogue = parse(REGISTER.encode(), "agencies.csv"), load()
    with ExitStack() as stack:
        url = stack.enter_context(postgres())
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE ROLE budgetwatch_boards"))
        engine.dispose()
        store = open_store(url, create=True)
        stack.callback(store.close)
        store.agree("rules", "register", demonstration=True)
        write_words(store, registry, catalogue)
        queue = FoldQueue(store, registry, catalogue)
        queue.start()
        stack.callback(queue.stop)
        day = [MEETING]
        monitor = Monitor(store, queue, registry, catalogue, lambda: day[-1], demonstration=True)
        lines = [*proposals(), *by_day(5, EVENTS)]
        for until in (MEETING, LAST):
            wanted = [line for booked, line in lines if (booked <= MEETING) == (until == MEETING)]
            queue.submit(wanted, "test").result()
            day.append(today() if until == LAST else until)
            queue.judge(day[-1]).result()
            if until == MEETING:
                present_list(Desk(monitor), PRESENTER)
        act(monitor)
        with store.writing() as writing:
            message = writing.execute(sa.select(schema.outbox.c.id).limit(1)).scalar_one()
            unsent = {"message": message, "channel": "log", "subject": "x", "attempts": 1}
            states = ("waiting", "held", "failed", "given_up")
            writing.execute(
                schema.deliveries.insert(),
                [unsent | {"n": n, "address": state, "state": state} for n, state in enumerate(states, 1)],
            )
        history = folder / "history.om"
        with days_booked(lines_of_store(store), registry) as days, history.open("wb") as out:
            presented = [one.presented_on for one in presented_lists(store)]
            acts = Acts(list(acts_of_kinds(store, CLOSE, REOPEN)), presented)
            write_history(days, registry, catalogue, FIRST, LAST, out, acts)
        data = folder / "prometheus"
        blocks_from(history, data)
        address = stack.enter_context(listening(monitor))
        scraped = (address.removeprefix("http://"), stack.enter_context(worker()))
        asked = stack.enter_context(prometheus(*scraped, scraped[0], data=data))
        page = stack.enter_context(httpx.Client(base_url=address, timeout=60))
        yield City(monitor, registry, url, page, asked, history)
