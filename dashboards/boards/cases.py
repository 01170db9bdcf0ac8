"""名單與案件: the lists by row, each row leading to its page, for the office and the council's questions."""

from __future__ import annotations

from typing import Final

from dashboards.boards.board import Board
from ledger.words import Words

ORDER: Final = 4
BOARD: Final = Board(
    name="cases",
    title=Words("名單與案件", "Lists and cases"),
    answers=Words(
        "供主計處：誰落後、和上次提報比變好還是變壞；有哪些違規、依據哪一條；預備金、保留案逐案；哪些資料被拒收。每列可連到它的網頁。",
        "For the accounting office: who lags and whether it is better or worse than last time; which breaches, by which article;"
        " reserve and carry-over cases one by one; what was refused. Each row leads to its page.",
    ),
    variables=("year",),
)
