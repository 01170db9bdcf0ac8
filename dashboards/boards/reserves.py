"""預備金與臨時預算: the reserves, and spending before adoption, for the accounting office."""

from __future__ import annotations

from typing import Final

from dashboards.boards.board import Board
from ledger.words import Words

ORDER: Final = 3
BOARD: Final = Board(
    name="reserves",
    title=Words("預備金與審議完成前之支用", "Reserves and spending before adoption"),
    answers=Words(
        "供主計處：預備金還有多少、照目前速度可用幾個月、哪些動支案還沒送議會備查；總預算案審議完成前，各機關對基準與當月支用了多少。",
        "For the accounting office: what is left of the reserves and how long it lasts, which cases the council has not been"
        " notified of; before the budget is adopted, what agencies spent of their base and of the month.",
    ),
    variables=("year",),
)
