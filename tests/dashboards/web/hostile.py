"""Hostile requests: fuzzed paths, headers, forms and bodies against a monitor, and what they leave behind.

    python -m tests.dashboards.web.hostile 100000

prints the memory before, after a fifth of them and in the end, the slowest and the median of an officer's pages meanwhile,
the statuses answered, and whether the audit is equal. The suite sends
1,500, or as many as BUDGETWATCH_HOSTILE says.
"""

from __future__ import annotations

import random
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import msgspec
import psutil

from streams.people import accounts
from streams.upkeep.audit import audit
from tests.e2e.serving import simulated
from tests.running import Running, running

PASSWORD = "correct horse battery"  # noqa: S105
PAGES = ("/", "/alerts", "/agencies/020011?year=114", "/reserves", "/refusals", "/check")
PATHS = (
    *(
        "/",
        "/alerts",
        "/alerts/x",
        "/lines/114/020011/x/current/2000",
        "/agencies/020011",
        "/authorities/02",
        "/reserves",
    ),
    *(
        "/refusals",
        "/rules",
        "/rules/x",
        "/check",
        "/check/lines",
        "/lagging",
        "/lagging/presented/1",
        "/audit-trail",
        "/api",
    ),
    *(
        "/desk",
        "/desk/answer",
        "/answer/x",
        f"/answer/{'A' * 43}",
        "/alerts/x/letter.pdf",
        "/alerts/x/accept",
        "/notices",
        "/notices/x",
    ),
    *("/log-in", "/log-out", "/password", "/search", "/static/page.css", "/v1/alerts", "/v1/positions", "/v1/reserves"),
    *(
        "/v1/refusals",
        "/v1/lagging",
        "/v1/events",
        "/v1/check",
        "/v1/judge",
        "/v1/alerts/x/close",
        "/metrics",
        "/healthz",
    ),
    "/schema/openapi.json",
)
SCRAPS = (
    *("", "0", "-1", "9" * 400, "1e9", "٣", "\x00", "%00", "../../etc/passwd", "..%2f", "<script>", "'--", "{{7*7}}"),
    *(
        "\ud7ff",
        "é" * 300,
        "a" * 3_000,
        "%",
        "%ff",
        "null",
        "[]",
        "{}",
        "true",
        "\r\nX: y",
        "=cmd|x",
        "2025-02-30",
        "city",
    ),
)
NAMES = (
    "year",
    "page",
    "q",
    "words",
    "agency",
    "order",
    "export",
    "table",
    "lines_page",
    "lines_sort",
    "lang",
    "before",
    "next",
)
METHODS = ("GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")
HEADERS = (
    *("X-Forwarded-For", "Forwarded", "Cookie", "Authorization", "Content-Type", "Content-Encoding", "Origin", "Range"),
    *("Accept", "Accept-Encoding", "If-None-Match", "Transfer-Encoding", "X-Fragment", "Referer", "Expect"),
)


HOSTS = ("evil.example", "127.0.0.1:80.evil.example", "a:b:c", "[::1", "]", "localhost:99999999", "", "é", "a/b?c#d@e")


class Outcome(msgspec.Struct):
    """What came of so many requests; memory in bytes, times in seconds."""

    statuses: Counter[int]
    """0: the connection was ended."""
    memory_before: int
    memory_early: int
    """After a fifth of them: what is kept of each would have grown fivefold since."""
    memory_after: int
    page_median: float
    page_slowest: float
    differences: int


def attack(city: Running, requests: int, seed: int = 1) -> Outcome:
    """Send them while an officer reads pages."""
    accounts.add_user(city.monitor.store, "wang", "王", PASSWORD, ["officer"])
    times: list[float] = []
    stop = threading.Event()
    process = psutil.Process()
    one_by_one(city, max(200, requests // 10), seed)  # what is made once for all is made before memory is looked at
    before = process.memory_info().rss
    reading = threading.Thread(target=officer, args=(city, times, stop))
    reading.start()
    try:
        statuses = one_by_one(city, requests // 5, seed + 1)
        early = process.memory_info().rss
        statuses += one_by_one(city, requests - requests // 5, seed + 2)
    finally:
        stop.set()
        reading.join()
    after = process.memory_info().rss
    differences = len(list(audit(city.monitor.store, city.monitor.registry, city.monitor.catalogue)))
    return Outcome(statuses, before, early, after, statistics.median(times), max(times), differences)


def officer(city: Running, times: list[float], stop: threading.Event) -> None:
    """Read one page after another, as somebody who is logged in, a short while apart."""
    with city.client() as client:
        page = client.get("/log-in").text
        token = page.partition('name="_csrf_token" value="')[2].partition('"')[0]
        form = {"name": "wang", "password": PASSWORD, "_csrf_token": token}
        assert client.post("/log-in", data=form).status_code == 303
        while not stop.is_set() or not times:
            for path in PAGES:
                began = time.perf_counter()
                assert client.get(path).status_code == 200
                times.append(time.perf_counter() - began)
            stop.wait(0.1)


def one_by_one(city: Running, requests: int, seed: int) -> Counter[int]:
    """Requests of one client, of all kinds."""
    chance = random.Random(seed)
    host, port = city.url.removeprefix("http://").split(":")
    statuses: Counter[int] = Counter()
    kept: socket.socket | None = None
    for _ in range(requests):
        try:
            if kept is None:
                kept = socket.create_connection((host, int(port)), timeout=5)
            sent = request(chance, f"{host}:{port}")
            kept.sendall(sent)
            status, goes_on = answer(kept, without_body=sent.startswith(b"HEAD"))
        except OSError:
            status, goes_on = 0, False
        statuses[status] += 1
        if not goes_on and kept is not None:
            kept.close()
            kept = None
    if kept is not None:
        kept.close()
    return statuses


def request(chance: random.Random, host: str) -> bytes:
    """One of them as it goes over the wire."""
    path = quote(chance.choice(PATHS), safe="/")
    for _ in range(chance.choice((0, 0, 1, 1, 3))):
        scrap = quote(chance.choice(SCRAPS).encode("utf-8", "replace"), safe="")
        path = chance.choice((f"{path}/{scrap}", f"/{scrap}{path}", f"{path}?{chance.choice(NAMES)}={scrap}"))
    method, body = chance.choice(METHODS), b""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host if chance.random() < 0.9 else chance.choice(HOSTS)}"]
    for _ in range(chance.choice((0, 0, 1, 2))):
        scrap = chance.choice(SCRAPS).replace("\r\n", " ").replace("\x00", "")
        lines.append(f"{chance.choice(HEADERS)}: {quote(scrap) if chance.random() < 0.5 else scrap}")
    if method in ("POST", "PUT", "PATCH"):
        fields = "&".join(
            f"{chance.choice((*NAMES, 'name', 'reason', '_csrf_token'))}={quote(chance.choice(SCRAPS))}"
            for _ in range(4)
        )
        pool = (
            b"a&" * 30_000,
            fields.encode(),
            b"[" * 9_000,
            chance.randbytes(200),
            b'{"type":"disbursement.paid"}',
            b"",
        )
        body = chance.choice(pool)
        kind = chance.choice(
            ("application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data")
        )
        lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + body


def answer(connection: socket.socket, *, without_body: bool) -> tuple[int, bool]:
    """The status, and whether the connection can be used again; the body is not read but where it is short."""
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(65_536)
        if not part:
            return 0, False
        head += part
    head, _, body = head.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = next(
        (int(each.split(b":")[1]) for each in head.lower().split(b"\r\n") if each.startswith(b"content-length")), -1
    )
    if b"connection: close" in head.lower() or without_body or not 0 <= length <= 1_000_000:
        return status, False
    while len(body) < length:
        part = connection.recv(65_536)
        if not part:
            return status, False
        body += part
    return status, len(body) == length


def main() -> None:
    """As the first lines say."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data") as city:
        city.monitor.replica.submit(list(simulated()), "test").result()
        began = time.perf_counter()
        found = attack(city, int(sys.argv[1]))
        sys.stdout.write(
            f"{found.statuses.total():,} requests in {time.perf_counter() - began:.0f} s: {dict(sorted(found.statuses.items()))}\n"
            f"memory {found.memory_before >> 20} → {found.memory_early >> 20} → {found.memory_after >> 20} MiB; an officer's pages: median"
            f" {found.page_median * 1000:.0f} ms, slowest {found.page_slowest * 1000:.0f} ms; audit: {found.differences} differences\n"
        )


if __name__ == "__main__":
    main()
