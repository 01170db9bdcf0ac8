"""`make boards-look`: draw the boards with Grafana's own components from npm, with what their queries really bring.

A development tool: no Grafana server can be had as a package. A simulated year stands on a real PostgreSQL and a real
Prometheus; each panel's queries are asked there, and Chromium draws the answers. The pictures go to docs/images/boards/.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.sync_api import Browser, sync_playwright

from dashboards.boards.build import GENERATED
from ledger.vocabulary import ECONOMIC_CLASS
from streams.trail.keys import KEY_FILE
from tests.dashboards.boards.city import City, city
from tests.dashboards.boards.reading import BOARDS, panels
from tests.dashboards.boards.test_figures import UNDER_CR, YEAR, answer

_HERE: Final = Path(__file__).parent
_PICTURES: Final = Path(__file__).parents[2] / "docs" / "images" / "boards"
_WIDTH: Final = 1600
_COLOURS: Final = "64"
"""A picture of flat fills needs no more, and is a tenth of the size."""


def main(build: Path, wanted: list[str]) -> None:
    """Draw the boards named, or all in both languages, into docs/images/boards/."""
    names = wanted or [name for name in BOARDS if not name.startswith("embedded/")]
    script = _bundled(build)
    _PICTURES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as playwright:
        Path(folder).chmod(0o755)
        os.environ[KEY_FILE] = str(Path(folder) / "trail.key")
        with city(Path(folder)) as made:
            _await_scrapes(made)
            flags = ["--no-sandbox", "--allow-file-access-from-files"]
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
            for name in names:
                chosen = _chosen(made)
                answers = {panel["id"]: list(_frames(made, chosen, panel)) for panel in panels(BOARDS[name])}
                board = _with_names(made, BOARDS[name], chosen)
                picture = _PICTURES / f"{name.removesuffix('.json').replace('/', '-')}.png"
                _draw(browser, script, {"board": board, "frames": answers, "width": _WIDTH}, picture)
                sys.stderr.write(f"{picture.relative_to(Path.cwd())}\n")


def _bundled(build: Path) -> Path:
    """The drawing program as one script; the packages it is made of are fetched once."""
    build.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "draw.tsx"):
        shutil.copy(_HERE / name, build / name)
    if not (build / "node_modules" / "@grafana" / "ui").exists():
        sys.stderr.write("fetching Grafana's components from npm (400 MB, once)\n")
        install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--legacy-peer-deps", "--silent"]
        subprocess.run(install, cwd=build, check=True)
    script = build / "draw.js"
    flags = [
        "--bundle",
        "--format=iife",
        "--jsx=automatic",
        "--define:process.env.NODE_ENV='production'",
        "--log-level=error",
    ]
    kinds = [f"--loader:.{kind}=dataurl" for kind in ("svg", "png", "gif", "ttf", "woff", "woff2")]
    subprocess.run(
        ["node_modules/.bin/esbuild", "draw.tsx", *flags, *kinds, f"--outfile={script}"], cwd=build, check=True
    )
    return script


def _await_scrapes(made: City) -> None:
    deadline = time.monotonic() + 60
    while len(made.query("up == 1")) < 3:
        if time.monotonic() > deadline:
            raise TimeoutError("Prometheus scrapes nothing")
        time.sleep(0.5)
    time.sleep(12)  # rates want two scrapes


def _chosen(made: City) -> dict[str, str]:
    """What is chosen at the head of the boards: the agency with most to show."""
    (row,) = made.rows(
        "SELECT c.agency, c.authority FROM board_commitments c JOIN board_alerts a USING (fiscal_year, agency)"
        " WHERE a.state = 'open' GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1"
    )
    return {"year": str(YEAR), "class": "capital", "page": "http://page.example", **row}


def _with_names(made: City, board: dict[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """The board with the names of what is chosen in its titles."""
    text = json.dumps(board, ensure_ascii=False)
    for name, value in chosen.items():
        shown = value
        if name == "class":
            shown = ECONOMIC_CLASS[value].text("zh" if "主管" in text else "en")
        elif name in ("agency", "authority"):
            language = "zh" if "主管" in text else "en"
            (found,) = made.query(f'max by (name_{language}) (budgetwatch_level_info{{level="{name}",key="{value}"}})')
            shown = found["metric"].get(f"name_{language}", value)
        text = text.replace("${" + name + ":text}", shown)
    found_board: dict[str, Any] = json.loads(text)
    return found_board


def _frames(made: City, chosen: dict[str, str], panel: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What each query of a panel brings, as data frames in the form in which Grafana's sources hand them on."""
    asked = panel.get("targets", ())
    for target in asked:
        is_early = "provisional_" in target.get("expr", "") and target.get("instant")
        if is_early and "level_info" in target["expr"]:
            expression = re.sub(r" \* on \(level, key\).*?\(budgetwatch_level_info\)\)", "", target["expr"])
            target = target | {"expr": expression}
        found = answer(made, chosen, target, UNDER_CR if is_early else None)
        if is_early:
            _name_agencies(made, found)
        if "rawSql" in target:
            yield from _rows(found, target)
        elif target.get("format") == "table":
            yield _cells(found, target, "Value" if len(asked) == 1 else f"Value #{target['refId']}")
        else:
            yield from (_series(one, target) for one in found)


def _name_agencies(made: City, found: list[dict[str, Any]]) -> None:
    """Give series of a day in history the names that only today's metrics have."""
    for one in found:
        if key := one["metric"].get("key"):
            info = f'max by (name_zh, name_en) (budgetwatch_level_info{{level="agency",key="{key}"}})'
            one["metric"] |= next((named["metric"] for named in made.query(info)), {})


def _rows(found: list[dict[str, Any]], target: dict[str, Any]) -> Iterator[dict[str, Any]]:
    names = list(found[0]) if found else []
    if target["format"] == "time_series":
        by_name: dict[str, list[dict[str, Any]]] = {}
        for row in found:
            by_name.setdefault(str(next((v for v in row.values() if isinstance(v, str)), "")), []).append(row)
        for metric, rows in by_name.items():
            value = next(name for name in names if name not in ("time", "metric"))
            yield {
                "refId": target["refId"],
                "fields": [
                    _field("time", [_plain(row["time"]) for row in rows], "time"),
                    _field(value, [_plain(row[value]) for row in rows], "number", {"displayNameFromDS": metric}),
                ],
            }
        return
    yield {"refId": target["refId"], "fields": [_column(name, [row[name] for row in found]) for name in names]}


def _column(name: str, values: list[Any]) -> dict[str, Any]:
    known = next((value for value in values if value is not None), "")
    if isinstance(known, dt.date):
        return _field(name, [None if value is None else _plain(value) for value in values], "time")
    is_number = not isinstance(known, str | bool)
    return _field(
        name, [None if v is None else float(v) if is_number else v for v in values], "number" if is_number else "string"
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.timestamp() * 1000
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC).timestamp() * 1000
    return float(value) if value is not None and not isinstance(value, str) else value


def _cells(found: list[dict[str, Any]], target: dict[str, Any], value: str) -> dict[str, Any]:
    labels = sorted({name for one in found for name in one["metric"] if name != "__name__"})
    fields = [_field("Time", [one["value"][0] * 1000 for one in found], "time")]
    fields += [_field(name, [one["metric"].get(name, "") for one in found], "string") for name in labels]
    fields.append(_field(value, [float(one["value"][1]) for one in found], "number"))
    return {"refId": target["refId"], "fields": fields}


def _series(one: dict[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    labels = {name: value for name, value in one["metric"].items() if name != "__name__"}
    legend = target["legendFormat"]
    name = re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), legend)
    if legend == "__auto":
        name = "Value" if not labels else ", ".join(f"{key}={value}" for key, value in labels.items())
    points = one.get("values") or [one["value"]]
    fields = [
        _field("Time", [at * 1000 for at, _ in points], "time"),
        _field("Value", [float(value) for _, value in points], "number", {"displayNameFromDS": name}),
    ]
    return {"refId": target["refId"], "fields": fields}


def _field(name: str, values: list[Any], kind: str, config: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "values": values, "config": config or {}}


def _draw(browser: Browser, script: Path, look: dict[str, Any], picture: Path) -> None:
    """Take the picture of one board; what goes wrong in the page is raised."""
    page = browser.new_page(viewport={"width": _WIDTH, "height": 900})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    given = json.dumps(look, ensure_ascii=False).replace("</", "<\\/")
    html = script.with_name("board.html")
    html.write_text(
        f'<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="{script.with_suffix(".css").name}">'
        '<body style="margin:0"><div id="board"></div>'
        f"<script>window.look={given};window.__grafana_public_path__='node_modules/@grafana/ui/dist/public/';"
        "window.grafanaBootData={settings:{},user:{},navTree:[]};</script>"
        f'<script src="{script.name}"></script>',
        encoding="utf-8",
    )
    page.goto(html.as_uri())
    try:
        page.wait_for_selector("#drawn", timeout=30_000)
        page.wait_for_timeout(1_500)
    except Exception as error:
        raise RuntimeError("\n".join(wrong) or str(error)) from error
    page.locator("#drawn").screenshot(path=picture)
    page.close()
    if wrong:
        raise RuntimeError("\n".join(wrong))
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--ext", ".png", _COLOURS, str(picture)], check=True)


if __name__ == "__main__":
    assert GENERATED.exists()
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
