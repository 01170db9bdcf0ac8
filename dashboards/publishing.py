"""Boards on a Grafana that is there already: pushed, checked by asking every query, pulled to see what was changed by hand."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import msgspec

from dashboards.data_sources import KINDS, bound, uid_of
from dashboards.grafana import STALE, Grafana, GrafanaProblem
from ledger.words import Language, Words

GENERATED: Final = Path(__file__).parent / "generated"
UID_PREFIX: Final = "budgetwatch"
FOLDER: Final = Words("預算執行監測", "Budget execution")
SAID: Final = "budgetwatch push "
"""What the message of a pushed version begins with; a version without it was saved by hand."""
BoardState: TypeAlias = Literal["create", "update", "up to date", "edited by hand"]


class Pushed(msgspec.Struct, frozen=True):
    """What became, or would become, of a board."""

    uid: str
    title: str
    state: BoardState


def boards(reader: Language, *, embedded: bool, prefix: str = UID_PREFIX) -> list[dict[str, Any]]:
    """The generated boards as they are sent; another prefix keeps two cities apart on one Grafana."""
    folder = (GENERATED / "embedded" if embedded else GENERATED) / reader
    found = []
    for path in sorted(folder.glob("*.json")):
        board = json.loads(path.read_text(encoding="utf-8"))
        board["uid"] = prefix + board["uid"].removeprefix(UID_PREFIX)
        board["tags"] = [prefix]
        for link in board["links"]:
            link["tags"] = [prefix] if link["tags"] else []
        found.append(bound(board, prefix))
    return found


def digest(board: Mapping[str, Any]) -> str:
    """A board's content in twelve hex digits."""
    return hashlib.sha256(json.dumps(board, sort_keys=True).encode()).hexdigest()[:12]


def push(
    grafana: Grafana,
    wanted: list[dict[str, Any]],
    folder: str,
    title: str,
    *,
    dry_run: bool = False,
    overwrite: bool = False,
) -> Iterator[Pushed]:
    """Bring boards to a folder, comparing first; one that was edited by hand is left alone unless `overwrite`."""
    if grafana.get(f"/folders/{folder}") is None and not dry_run:
        grafana.post("/folders", {"uid": folder, "title": title})
    for board in wanted:
        state, version = _compared(grafana, board)
        if not dry_run and (state in ("create", "update") or (state == "edited by hand" and overwrite)):
            _save(grafana, board, folder, version)
        yield Pushed(board["uid"], board["title"], state)


def _compared(grafana: Grafana, board: dict[str, Any]) -> tuple[BoardState, int]:
    """What is to be done about a board, and the version that stands."""
    found = grafana.get(f"/dashboards/uid/{board['uid']}")
    if found is None:
        return "create", 0
    version = int(found["dashboard"].get("version", 0))
    said = _message(grafana, board["uid"])
    if said is None or not said.startswith(SAID):
        return "edited by hand", version
    return ("up to date" if said == SAID + digest(board) else "update"), version


def _message(grafana: Grafana, uid: str) -> str | None:
    """What was said of the version that stands."""
    found = grafana.get(f"/dashboards/uid/{uid}/versions?limit=1")
    versions = found.get("versions", []) if isinstance(found, dict) else found or []
    newest = max(versions, key=lambda each: int(each.get("version", 0)), default=None)
    return None if newest is None else str(newest.get("message", ""))


def _save(grafana: Grafana, board: dict[str, Any], folder: str, version: int) -> None:
    body = {
        "dashboard": board | {"id": None, "version": version},
        "folderUid": folder,
        "message": SAID + digest(board),
        "overwrite": False,
    }
    try:
        grafana.post("/dashboards/db", body)
    except GrafanaProblem as problem:
        if problem.status != STALE or _message(grafana, board["uid"]) != body["message"]:
            raise  # else a try before this one had come through, and its answer was lost


def pull(grafana: Grafana, wanted: list[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Of each board what differs on the server, as a diff of its JSON; no lines where nothing does."""
    for board in wanted:
        found = grafana.get(f"/dashboards/uid/{board['uid']}")
        if found is None:
            yield board["uid"], ["not there"]
            continue
        ours, theirs = (_plain(each) for each in (board, found["dashboard"]))
        yield board["uid"], list(difflib.unified_diff(ours, theirs, "generated", "on the server", lineterm="", n=1))


def _plain(board: Mapping[str, Any]) -> list[str]:
    kept = {key: value for key, value in board.items() if key not in ("id", "version")}
    return json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True).splitlines()


# ---------------------------------------------------------------- check


class QueryAnswer(msgspec.Struct, frozen=True):
    """What a query of a panel brought: rows, or the reason why it failed."""

    board: str
    panel: str
    rows: int
    failure: str | None = None


def sources(grafana: Grafana, prefix: str = UID_PREFIX) -> dict[str, str]:
    """The uid of the source of data of each type: of several the city's own, else the default one, else the first."""
    own = {uid_of(prefix, variable) for variable in KINDS}
    found: dict[str, str] = {}
    listed = grafana.get("/datasources") or []
    for each in sorted(listed, key=lambda one: (one["uid"] not in own, not one.get("isDefault"))):
        found.setdefault(str(each["type"]), str(each["uid"]))
    return found


def check(grafana: Grafana, wanted: list[dict[str, Any]], prefix: str = UID_PREFIX) -> Iterator[QueryAnswer]:
    """Ask every query of every board through the server, with what is chosen first at its head."""
    uids = sources(grafana, prefix)
    if "prometheus" not in uids:
        raise GrafanaProblem("the server has no source of data of the type prometheus")
    chosen = _chosen(grafana, uids["prometheus"])
    for board in wanted:
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                kind = target["datasource"]["type"]
                if kind not in uids:
                    yield QueryAnswer(
                        board["title"], panel["title"], 0, f"the server has no source of data of the type {kind}"
                    )
                    continue
                query = target | {"datasource": {"type": kind, "uid": uids[kind]}}
                for key in ("expr", "rawSql"):
                    if key in query:
                        query[key] = _filled(query[key], chosen)
                yield _asked(grafana, board["title"], panel["title"], query)


def _asked(grafana: Grafana, board: str, panel: str, query: dict[str, Any]) -> QueryAnswer:
    try:
        return QueryAnswer(board, panel, sum(rows for _, rows in _frames(grafana, query)))
    except GrafanaProblem as problem:
        if problem.status in (0, 401, 403):
            raise
        return QueryAnswer(board, panel, 0, str(problem))


def _frames(grafana: Grafana, query: dict[str, Any]) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """The fields of each frame that has values, and how many rows it has."""
    asked = query | {"intervalMs": 60_000, "maxDataPoints": 500}
    answer = grafana.post("/ds/query", {"queries": [asked], "from": "now-1d", "to": "now"}) or {}
    result = answer.get("results", {}).get(query["refId"], {})
    if result.get("error"):
        raise GrafanaProblem(" ".join(str(result["error"]).split())[:300], 400)
    for frame in result.get("frames", ()):
        values = frame.get("data", {}).get("values", [])
        if values and values[0]:
            yield frame.get("schema", {}).get("fields", []), len(values[0])


def _chosen(grafana: Grafana, uid: str) -> dict[str, str]:
    """The newest year, and an agency with its authority."""

    def labels(expression: str) -> list[dict[str, str]]:
        query = {"refId": "A", "datasource": {"type": "prometheus", "uid": uid}, "expr": expression, "instant": True}
        return [field["labels"] for fields, _ in _frames(grafana, query) for field in fields if field.get("labels")]

    years = labels('group by (fiscal_year) (budgetwatch_available_twd{level="city"})')
    agencies = labels('group by (key, authority) (budgetwatch_level_info{level="agency"})')
    year = max((each["fiscal_year"] for each in years), key=int, default="0")
    first = min(agencies, key=lambda each: each["key"], default={"key": "", "authority": ""})
    return {"year": year, "class": "all", "agency": first["key"], "authority": first["authority"]}


def _filled(query: str, chosen: Mapping[str, str]) -> str:
    for name, value in chosen.items():
        quoted = "'" + value.replace("'", "''") + "'"
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        query = query.replace("${" + name + ":sqlstring}", quoted)
        for pattern in (rf"\$\{{{name}(:\w+)?\}}", rf"\${name}\b"):
            query = escaped.join(re.split(pattern.replace("(:", "(?::"), query))
    return query
