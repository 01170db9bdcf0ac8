"""主管機關／機關: one authority and one of its agencies, for their heads and their accountants."""

from __future__ import annotations

from typing import Final

from dashboards.boards.board import Board
from ledger.words import Words

ORDER: Final = 2
BOARD: Final = Board(
    name="unit",
    title=Words("主管機關與機關", "Authority and agency"),
    answers=Words(
        "供主管機關與機關首長及會計人員：本機關執行到哪裡、和計畫差多少、各科目各月有沒有超支、有哪些警示還沒簽收、契約責任拖了多久。",
        "For heads and accountants of an authority and its agencies: how far they are, how that compares with the plan, which"
        " lines exceeded their allotment in which month, which alerts wait, how old commitments are.",
    ),
    variables=("year", "authority", "agency", "class"),
)
