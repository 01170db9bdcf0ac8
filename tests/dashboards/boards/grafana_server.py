"""A server on loopback that answers as Grafana 12 and 13 do to what is asked of it, and its faults."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import msgspec

TOKEN = "glsa_a-token-of-the-test"  # noqa: S105


class Served(msgspec.Struct):
    """What the server holds, and how it behaves."""

    version: Literal[12, 13] = 12
    url: str = ""
    folders: dict[str, Any] = {}
    boards: dict[str, dict[str, Any]] = {}
    versions: dict[str, list[dict[str, Any]]] = {}
    asked: list[str] = []
    queries: list[dict[str, Any]] = []
    sources: dict[str, dict[str, Any]] = {}
    """Sources of data that were made, by uid, as the server gives them: without their passwords."""
    passwords: dict[str, str] = {}
    status: int = 0
    """Answered to everything instead, so many times as `times`."""
    times: int = 0
    html: bool = False
    edited_before_save: bool = False
    lose_answer: bool = False
    empty: bool = False
    failing: str = ""

    def edit(self, uid: str, **changes: Any) -> None:
        """As a person saves a board."""
        board = self.boards[uid] | changes
        self._keep(board, "")

    def _keep(self, board: dict[str, Any], message: str) -> None:
        uid = board["uid"]
        number = self.boards.get(uid, {}).get("version", 0) + 1
        self.boards[uid] = board | {"version": number, "id": 7}
        self.versions.setdefault(uid, []).insert(0, {"version": number, "message": message})

    def answer(self, method: str, path: str, body: Any, token: str) -> tuple[int, Any]:
        """Status and body; a body of None is none at all."""
        self.asked.append(f"{method} {path}")
        if self.times > 0:
            self.times -= 1
            return self.status, {"message": f"fault with {token}"}
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Invalid API key"}
        if self.version == 13 and re.search(r"/datasources/\d+|/dashboards/id/|/datasources/name/", path):
            return 404, {"message": "Not found"}
        if path == "/api/folders" and method == "POST":
            self.folders[body["uid"]] = body
            return 200, body
        if found := re.fullmatch(r"/api/folders/([\w-]+)", path):
            return (200, self.folders[found[1]]) if found[1] in self.folders else (404, {"message": "folder not found"})
        if found := re.fullmatch(r"/api/dashboards/uid/([\w-]+)/versions\?limit=1", path):
            versions = self.versions.get(found[1], [])[:1]
            return 200, versions if self.version == 12 else {"versions": versions, "continueToken": ""}
        if found := re.fullmatch(r"/api/dashboards/uid/([\w-]+)", path):
            board = self.boards.get(found[1])
            return (200, {"dashboard": board, "meta": {}}) if board else (404, {"message": "Dashboard not found"})
        if path == "/api/dashboards/db":
            return self._save(body)
        if path == "/api/datasources" and method == "POST":
            return self._keep_source(body)
        if found := re.fullmatch(r"/api/datasources/uid/([\w-]+)", path):
            held = self.sources.get(found[1])
            if held is None:
                return 404, {"message": "Data source not found"}
            if method == "PUT":
                return self._keep_source(body | {"version": held["version"]})
            return 200, held
        if path == "/api/datasources":
            kinds = ("prometheus", "grafana-postgresql-datasource")
            others = [{"uid": f"own-{kind}", "type": kind, "isDefault": kind == "prometheus"} for kind in kinds]
            return 200, [*others, *self.sources.values()]
        if path == "/api/ds/query":
            return self._query(body)
        return 404, {"message": "Not found"}

    def _save(self, body: dict[str, Any]) -> tuple[int, Any]:
        board = body["dashboard"]
        assert body["folderUid"] in self.folders
        if self.edited_before_save and board["uid"] in self.boards:
            self.edited_before_save = False
            self.edit(board["uid"], title="changed meanwhile")
        if board["uid"] in self.boards and board["version"] != self.boards[board["uid"]]["version"]:
            return 412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
        self._keep(board, body["message"])
        if self.lose_answer:
            self.lose_answer = False
            return 504, {"message": "gateway timeout"}
        return (200, {"status": "success", "uid": board["uid"]}) if self.version == 12 else (204, None)

    def _keep_source(self, body: dict[str, Any]) -> tuple[int, Any]:
        held = {key: value for key, value in body.items() if key != "secureJsonData"}
        secrets: dict[str, str] = body.get("secureJsonData", {})
        if "password" in secrets:
            self.passwords[body["uid"]] = secrets["password"]
        fields = {"secureJsonFields": dict.fromkeys(secrets, True), "readOnly": False, "basicAuth": False, "id": 3}
        self.sources[body["uid"]] = held | fields | {"version": body.get("version", 0) + 1}
        return 200, {"datasource": self.sources[body["uid"]], "message": "Datasource saved"}

    def _query(self, body: dict[str, Any]) -> tuple[int, Any]:
        (query,) = body["queries"]
        self.queries.append(query)
        text = query.get("expr") or query["rawSql"]
        if self.failing and self.failing in text:
            return 400, {"results": {query["refId"]: {"error": "it does not parse"}}, "message": "bad query"}
        labels = {"fiscal_year": "114", "key": 'A"1', "authority": "A"}
        fields = [{"name": "Time"}, {"name": "Value", "labels": labels}]
        values = [] if self.empty else [[1], [1.0]]
        frames = [{"schema": {"fields": fields}, "data": {"values": values}}]
        return 200, {"results": {query["refId"]: {"frames": frames}}}


def _encrypted(listener: socket.socket, folder: Path) -> ssl.SSLSocket:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    # Shaken hands with where a request is answered: one that fails while it is accepted would stay open.
    return context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)


@contextmanager
def served(version: Literal[12, 13] = 12, certificate: Path | None = None) -> Iterator[Served]:
    """One that listens; `url` is where. `certificate`: a folder for one of its own, by which it then answers in TLS."""
    held = Served(version)

    class Answer(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            status, found = held.answer(self.command, self.path, body, self.headers.get("Authorization", ""))
            content = b"" if found is None else json.dumps(found).encode()
            if held.html:
                content = b"<html>Please log in; no message</html>"
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if held.html else "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if status != 204:
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815  # as the library calls them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    if certificate is not None:
        server.socket = _encrypted(server.socket, certificate)
    held.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
