"""Builds the boards' JSON (Grafana's classic model) into `dashboards/generated/`; `--check` compares instead.

The foundation SDK makes it, which is a dependency of development alone: what it made is committed, and that is what is
provisioned and pushed.
"""

from __future__ import annotations

import json
import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType, GridPos

from dashboards.boards.board import Board
from dashboards.boards.marked_events import marked_events
from dashboards.boards.variables import VARIABLES, sources
from dashboards.panels.panel import BoardPanel, StoreKind, panels_of
from ledger.words import Language, Words

GENERATED: Final = Path(__file__).parents[1] / "generated"
PAGE: Final = GENERATED.parents[1] / "docs" / "panels.md"
STORES: Final[tuple[StoreKind, ...]] = ("postgresql", "embedded")
READERS: Final[tuple[Language, ...]] = ("zh", "en")
SCHEMA_VERSION: Final = 42
TAG: Final = "budgetwatch"
_OTHERS: Final = Words("其他看板", "Other boards")
_PAGE: Final = Words("網頁", "The page")


def boards() -> list[Board]:
    """Every board, by the order of its file's `ORDER`."""
    package = import_module("dashboards.boards")
    found = [import_module(each.name) for each in pkgutil.iter_modules(package.__path__, "dashboards.boards.")]
    ordered = sorted((module for module in found if hasattr(module, "BOARD")), key=lambda module: module.ORDER)
    return [module.BOARD for module in ordered]


def asks(target: dict[str, Any]) -> StoreKind | None:
    """The store that a query needs: SQL is asked of PostgreSQL alone."""
    return "postgresql" if "rawSql" in target else None


def build(board: Board, reader: Language, store: StoreKind) -> dict[str, Any]:
    """A board's JSON, in a language and for a store."""
    made = (
        dashboard.Dashboard(board.title.text(reader))
        .uid(board.uid(reader))
        .description(board.answers.text(reader))
        .tags([TAG])
        .timezone("Asia/Taipei")
        .week_start("monday")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time(board.since, "now")
        .refresh(board.refresh)
        .readonly()
        .link(
            dashboard.DashboardLink(_OTHERS.text(reader)).type(DashboardLinkType.DASHBOARDS).tags([TAG]).keep_time(True)
        )
        .link(
            dashboard.DashboardLink(_PAGE.text(reader)).type(DashboardLinkType.LINK).url("${page}/").target_blank(True)
        )
    )
    for variable in [*sources(reader, store), *(VARIABLES[name](reader) for name in board.variables)]:
        made = made.with_variable(variable)
    for annotation in marked_events(reader):
        made = made.annotation(annotation)
    plain: dict[str, Any] = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    plain["panels"] = _compact(list(_panels(board, reader, store)))
    plain["schemaVersion"] = SCHEMA_VERSION
    for link in plain["links"]:
        link.pop("placement", None)  # it would hide the link in a menu
    return plain


def _panels(board: Board, reader: Language, store: StoreKind) -> Iterator[dict[str, Any]]:
    for each in panels_of(board.name):
        drawn = _drawn(each, reader)
        needs = {asks(target) for target in drawn.get("targets", ())} - {None} or {each.only}
        if needs <= {None, store}:
            yield drawn


def _drawn(each: BoardPanel, reader: Language) -> dict[str, Any]:
    built = each.draw(reader).build()
    place = each.place
    built.id_val, built.grid_pos = each.number, GridPos(x=place.x, y=place.y, w=place.w, h=place.h)
    plain: dict[str, Any] = json.loads(json.dumps(built, cls=JSONEncoder))
    if "datasource" not in plain and plain.get("targets"):
        kinds = [target["datasource"] for target in plain["targets"]]
        same = all(kind == kinds[0] for kind in kinds)
        plain["datasource"] = kinds[0] if same else {"type": "datasource", "uid": "-- Mixed --"}
    for link in plain.get("links", ()):
        link.pop("placement", None)
    return plain


def _compact(panels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Let panels move up into the room of those that this store has not, as Grafana does when it loads a board."""
    heights = [0] * 24
    for each in panels:
        place = each["gridPos"]
        columns = range(place["x"], place["x"] + place["w"])
        place["y"] = max(heights[column] for column in columns)
        for column in columns:
            heights[column] = place["y"] + place["h"]
    return panels


def text_of(plain: dict[str, Any]) -> str:
    """A board as its file has it."""
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


def files() -> Iterator[tuple[Path, str]]:
    """Every generated file and what must be in it."""
    for store in STORES:
        folder = GENERATED if store == "postgresql" else GENERATED / store
        for reader in READERS:
            for board in boards():
                yield folder / reader / f"{board.name}.json", text_of(build(board, reader, store))
    if PAGE.parent.is_dir():  # a program without its documents has no page of them
        yield PAGE, panels_page()


def panels_page() -> str:
    """Every panel and what it shows, for docs/panels.md."""
    lines = ["# Panels", "", "Generated by `make docs`; [boards.md](boards.md) tells what the boards are for.", ""]
    for board in boards():
        lines += [
            f"## {board.title.zh}　{board.title.en}",
            "",
            board.answers.en,
            "",
            "| panel | 面板 | what it shows |",
            "|---|---|---|",
        ]
        for each in panels_of(board.name):
            zh, en = (_drawn(each, reader) for reader in READERS)
            lines.append(
                "| " + " | ".join(_cell(text) for text in (en["title"], zh["title"], en["description"])) + " |"
            )
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("${", "‹").replace(":text}", "›")


def write() -> int:
    """Write them; returns how many changed. What no board makes any more is removed."""
    changed, wanted = 0, dict(files())
    for path in set(GENERATED.rglob("*.json")) - wanted.keys():
        path.unlink()
        changed += 1
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed += 1
    return changed


def differing() -> list[str]:
    """The files that are not what the boards make, by their path in the project."""
    wanted = dict(files())
    found = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    found += set(GENERATED.rglob("*.json")) - wanted.keys()
    return sorted(path.relative_to(GENERATED.parents[1]).as_posix() for path in found)


if __name__ == "__main__":
    if "--check" in sys.argv:
        if wrong := differing():
            sys.exit(f"{', '.join(wrong)}: run `make docs`")
    else:
        write()
