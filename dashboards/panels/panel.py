"""What makes a function a panel: the board it stands on, its number there, and its place on the grid.

To add a panel is to write its function, in any module of this package. Nothing else names it: a board collects the
panels that name the board.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard

from ledger.words import Language

GRID_WIDTH: Final = 24
"""Columns of Grafana's grid."""
StoreKind: TypeAlias = Literal["postgresql", "embedded"]
"""The stores that boards are made for: an embedded one cannot be asked by Grafana, so its boards link to the page."""
Draw: TypeAlias = Callable[[Language], Builder[dashboard.Panel]]


class GridPlace(NamedTuple):
    """Where a panel stands: left edge, upper edge, width and height in units of the grid."""

    x: int
    y: int
    w: int
    h: int


class BoardPanel(msgspec.Struct, frozen=True):
    """A panel of a board."""

    board: str
    number: int
    """Its id on the board, kept for ever: links and annotations point to it."""
    place: GridPlace
    only: StoreKind | None
    """The store that it is for; None: any."""
    draw: Draw


_panels: list[BoardPanel] = []


def panel(
    board: str, number: int, at: tuple[int, int, int, int], only: StoreKind | None = None
) -> Callable[[Draw], Draw]:
    """Put what the function draws on a board.

    Args:
        board: the board's name.
        number: the panel's id there; never given to another panel.
        at: left edge, upper edge, width and height in units of the grid, which has 24 columns.
        only: the store that it is for, where it is not for any.
    """

    def keep(draw: Draw) -> Draw:
        _panels.append(BoardPanel(board, number, GridPlace(*at), only, draw))
        return draw

    return keep


def panels_of(board: str) -> list[BoardPanel]:
    """The panels of a board, from the top left to the bottom right."""
    package = import_module("dashboards.panels")
    for found in pkgutil.iter_modules(package.__path__, "dashboards.panels."):
        import_module(found.name)
    return sorted((each for each in _panels if each.board == board), key=lambda each: (each.place.y, each.place.x))
