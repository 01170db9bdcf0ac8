"""系統健康: the monitor itself, for whoever operates it."""

from __future__ import annotations

from typing import Final

from dashboards.boards.board import Board
from ledger.words import Words

ORDER: Final = 5
BOARD: Final = Board(
    name="health",
    title=Words("系統健康", "System health"),
    answers=Words(
        "供維運人員：資料有沒有進來、有沒有積壓、寫入是否正常、哪些機關沒有資料、什麼被拒收、什麼送不出去、各工作行程如何。",
        "For operators: whether data come in and are folded, whether commits are taken, who sends nothing, what is refused, what"
        " cannot be delivered, how each worker is.",
    ),
    since="now-6h",
    refresh="30s",
)
