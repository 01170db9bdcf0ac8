"""總覽: the city on one screen, for the mayor and the office, and for a wall."""

from __future__ import annotations

from typing import Final

from dashboards.boards.board import Board
from ledger.words import Words

ORDER: Final = 1
BOARD: Final = Board(
    name="overview",
    title=Words("預算執行總覽", "Budget execution: overview"),
    answers=Words(
        "供市長、主計處與各主管機關首長：全市執行到哪裡、資本門年底會不會達標、預備金還能用多久、誰落後、有多少違規，"
        "以及哪些還不知道。數字與網頁相同，每格可連到說明的頁面。",
        "For the mayor, the accounting office and the heads of authorities: how far the city is, whether capital money will be"
        " executed, how long the reserves last, who lags, how many breaches there are, and what is not known. Figures are those"
        " of the page; each panel leads to the page that explains it.",
    ),
    variables=("year",),
)
