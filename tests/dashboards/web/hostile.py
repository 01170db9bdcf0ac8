"""Hostile requests: fuzzed paths, headers, forms and bodies against a monitor, and what they leave behind.

    python -m tests.dashboards.web.hostile 100000

prints the memory before, after a fifth of them and in the end, the slowest and the median of an officer's pages meanwhile,
the statuses answered, and whether the audit is equal. The suite sends
1,500, or as many as BUDGETWATCH_HOSTILE says.
"""

from __future__ import annotations

import random
import re
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec
import psutil

from streams.people import accounts
from streams.upkeep.audit import audit
from tests.dashboards.web.test_scope import routes
from tests.e2e.serving import simulated
from tests.running import Running, running

PASSWORD = "correct horse battery"  # noqa: S105
PAGES = ("/", "/alerts", "/agencies/020011?year=114", "/reserves", "/refusals", "/check")
FILLED = {
    *("x", "nothing", "A" * 43, "020011", "02", "114", "5", "1", "payments.xlsx", "page.css", "letter.pdf"),
    *("spending-over-appropriation", "openapi.json", "32020110199/current/2000", "retry"),
}
"""What stands in the place of a path's parameter: what there is, of any kind, and what there is not."""
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
FIELDS = (
    *("name", "reason", "text", "due_on", "fiscal_year", "line", "amount", "type", "mapping", "own_mapping", "seed"),
    *("size", "remark", "months", "position", "recovery_on", "kept", "kept_for", "password", "person", "n"),
)
STAYING = "/events"
METHODS = ("PUT", "DELETE", "HEAD", "OPTIONS", "PATCH")
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
    sent = Requests(city)
    sent.one_by_one(max(200, requests // 10), seed)  # what is made once for all is made before memory is looked at
    before = process.memory_info().rss
    reading = threading.Thread(target=officer, args=(city, times, stop))
    reading.start()
    try:
        statuses = sent.one_by_one(requests // 5, seed + 1)
        early = process.memory_info().rss
        statuses += sent.one_by_one(requests - requests // 5, seed + 2)
    finally:
        stop.set()
        reading.join()
    after = process.memory_info().rss
    differences = len(list(audit(city.monitor.store, city.monitor.registry, city.monitor.catalogue)))
    return Outcome(statuses, before, early, after, statistics.median(times), max(times), differences)


def officer(city: Running, times: list[float], stop: threading.Event) -> None:
    """Read one page after another, as somebody who is logged in, a short while apart."""
    with city.client() as client:
        log_in(client, "wang")
        while not stop.is_set() or not times:
            for path in PAGES:
                began = time.perf_counter()
                assert client.get(path).status_code == 200
                times.append(time.perf_counter() - began)
            stop.wait(0.1)


def log_in(client: httpx.Client, name: str) -> str:
    """Log in; the token of the session's forms."""
    tokens = []
    for path in ("/log-in", "/rules"):
        tokens.append(client.get(path).text.partition('name="_csrf_token" value="')[2].partition('"')[0])
        if path == "/log-in":
            form = {"name": name, "password": PASSWORD, "_csrf_token": tokens[0]}
            assert client.post("/log-in", data=form).status_code == 303
    return tokens[1]


class Requests:
    """Requests of all kinds to every route of the application, of strangers and of those who may do everything."""

    def __init__(self, city: Running) -> None:
        self.host = city.url.removeprefix("http://")
        self._city, self.routes = city, routes(city)
        roles = ("officer", "feeder", "administrator")
        accounts.add_user(city.monitor.store, "li", "李", PASSWORD, roles)
        self.token = city.token(*roles)
        self.log_in()

    def log_in(self) -> None:
        """Anew: among the requests are those that end the session."""
        with self._city.client() as client:
            self.form_token = log_in(client, "li")
            session = f"Cookie: bw_session={client.cookies['bw_session']}"
        self.credentials = ("", session, f"Authorization: Bearer {self.token}")

    def one_by_one(self, requests: int, seed: int) -> Counter[int]:
        """So many of one client; how often each status was answered."""
        chance = random.Random(seed)
        host, _, port = self.host.partition(":")
        statuses: Counter[int] = Counter()
        kept: socket.socket | None = None
        for number in range(requests):
            if number % 500 == 0:
                self.log_in()
            try:
                if kept is None:
                    kept = socket.create_connection((host, int(port)), timeout=5)
                sent = self.request(chance)
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

    def request(self, chance: random.Random) -> bytes:
        """One of them as it goes over the wire."""
        method, path = chance.choice(self.routes)
        path = quote(re.sub(r"\{[^}]+\}", lambda _: chance.choice(sorted(FILLED)), path), safe="/")
        for _ in range(chance.choice((0, 0, 1, 1, 3))):
            scrap = quote(chance.choice(SCRAPS).encode("utf-8", "replace"), safe="")
            path = chance.choice((f"{path}/{scrap}", f"/{scrap}{path}", f"{path}?{chance.choice(NAMES)}={scrap}"))
        if path.startswith(STAYING):
            method = "POST"  # its stream would stay open
        elif chance.random() < 0.2:
            method = chance.choice(METHODS)
        host = self.host if chance.random() < 0.9 else chance.choice(HOSTS)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
        lines += [each for each in (chance.choice(self.credentials),) if each]
        for _ in range(chance.choice((0, 0, 1, 2))):
            scrap = chance.choice(SCRAPS).replace("\r\n", " ").replace("\x00", "")
            lines.append(f"{chance.choice(HEADERS)}: {quote(scrap) if chance.random() < 0.5 else scrap}")
        body = b""
        if method in ("POST", "PUT", "PATCH"):
            kind, body = self.body(chance)
            lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + body

    def body(self, chance: random.Random) -> tuple[str, bytes]:
        """What a request brings along, and what it says that this is."""
        fields = {chance.choice((*NAMES, *FIELDS)): chance.choice(SCRAPS) for _ in range(4)}
        if chance.random() < 0.5:
            fields["_csrf_token"] = self.form_token
        form = "&".join(f"{name}={quote(text)}" for name, text in fields.items()).encode()
        parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}' for name, text in fields.items()]
        file = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        content = chance.choice((b"a,b\n1,2\n", b"PK\x03\x04" + chance.randbytes(50), b"\n" * 900, b""))
        sent = "\r\n".join([*parts, file]).encode("utf-8", "replace") + content + b"\r\n--x--\r\n"
        kinds = (
            "application/x-www-form-urlencoded",
            "application/json",
            "text/plain",
            "multipart/form-data; boundary=x",
        )
        said = msgspec.json.encode({name: text.replace("\ud7ff", "") for name, text in fields.items()})
        event = b'{"type":"disbursement.paid"}'
        fitting = ((kinds[0], form), (kinds[1], said), (kinds[1], event), (kinds[3], sent), (kinds[3], sent))
        if chance.random() < 0.6:
            return chance.choice(fitting)
        bodies = (b"a&" * 30_000, form, b"[" * 9_000, chance.randbytes(200), event, sent, b"")
        return chance.choice(kinds), chance.choice(bodies)


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
