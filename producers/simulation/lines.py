"""The state of a simulated year's budget lines, agencies and references: what the simulator knows to be true."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

NEVER: Final = 10**9
"""An ordinal day after every year."""


@dataclass(slots=True, eq=False)
class Opened:
    """A commitment, payable or prepayment.

    Attributes:
      name: Its id within agency and year.
      open: NT$ still open.
      since: Ordinal day it was booked.
      contract: Of a payable or prepayment, the commitment it took the place of: what is cleared goes back to it.

    """

    name: str
    open: int
    since: int
    contract: Opened | None = None


@dataclass(slots=True, eq=False)
class Payment:
    """The last payment of a line, kept so that it can be reversed.

    Attributes:
      voucher: Its voucher number.
      amount: NT$.
      booked_on: Ordinal day.
      reference: The commitment it settled, or None.

    """

    voucher: str
    amount: int
    booked_on: int
    reference: Opened | None


@dataclass(slots=True, eq=False)
class SimulatedAgency:
    """An agency of the year.

    Attributes:
      code: As in the registry.
      authority: Its authority's code.
      account_prefix: Seven digits that begin its accounts (function 2, authority 2, agency 3).
      kind: As `city_registry.CityAgency.kind`.
      capital: NT$ of its capital lines.
      current: NT$ of its current lines and its first reserve.
      first_reserve: NT$.
      numbered: Whether its feed numbers what it sends; `sequence` is the last number sent.
      silent_from: Ordinal day from which it sends nothing.
      last_booked: Ordinal day of its latest booking.
      reports: The number of the last accounting report it filed.
      forecast_permille: What it declares its capital lines will reach; None: what they really will; 0: nothing, ever.
      of_account: Its lines by account.
      of_account: Its lines by account.

    """

    code: str
    authority: str
    account_prefix: str
    kind: str
    capital: int = 0
    current: int = 0
    first_reserve: int = 0
    numbered: bool = False
    sequence: int = 0
    silent_from: int = NEVER
    last_booked: int = 0
    reports: int = 0
    forecast_permille: int | None = None
    lines: list[SimulatedLine] = field(default_factory=list)
    of_account: dict[str, list[SimulatedLine]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class SimulatedLine:
    """A budget line and its true figures, in NT$.

    Attributes:
      key: `<account>/<economic_class>/<object_code>`.
      pattern: Its season, a key of `seasons.ALLOTMENT_PERMILLE`; `is_contract` lines commit before they pay.
      proposed, council_cut: What was proposed and what the council took.
      base: What may be spent under continuing resolution; None where neither plan nor prior year is known.
      execution_permille: The share of its allotment that it will have realised.
      available: What may be obligated now: the base under continuing resolution, B of CONTRACT.md §3 after adoption.
      virement_used: Whether a virement has touched it; one a year keeps the cumulative 20 % of §63.
      allotted: Cumulative allotment by month, thirteen figures from 0; `revision` is the latest one sent.
      cr_month, cr_month_paid: Payments under continuing resolution in the month `cr_month`.
      last_report: Ordinal day of the last balance report; nothing is booked before it any more.

    """

    agency: SimulatedAgency
    key: str
    pattern: str
    is_contract: bool
    proposed: int
    council_cut: int = 0
    prior_year_executed: int | None = None
    authorised_plan: bool = False
    new_capital: bool = False
    new_account: bool = False
    new_program: bool = False
    statutory: bool = False
    execution_permille: int = 950
    adopted: bool = False
    available: int = 0
    held: int = 0
    saving: int = 0
    virement_used: bool = False
    realised: int = 0
    prepaid: int = 0
    payable: int = 0
    committed: int = 0
    allotted: tuple[int, ...] = (0,) * 13
    revision: int = 0
    cr_month: int = 0
    cr_month_paid: int = 0
    last_report: int = 0
    last_payment: Payment | None = None
    commitments: list[Opened] | None = None
    payables: list[Opened] | None = None
    prepayments: list[Opened] | None = None

    @property
    def is_new(self) -> bool:
        """Whether it may not be touched under continuing resolution."""
        return self.new_capital or self.new_account or self.new_program

    @property
    def enacted(self) -> int:
        """What the council left of the proposal."""
        return self.proposed - self.council_cut

    @property
    def base(self) -> int | None:
        """See the class's docstring; LGA §40 III(2): the authorised plan, else what last year executed."""
        return self.proposed if self.authorised_plan else self.prior_year_executed

    @property
    def obligated(self) -> int:
        """O of CONTRACT.md §3."""
        return self.realised + self.prepaid + self.payable + self.committed

    @property
    def room(self) -> int:
        """What may still be obligated without breaking the budget or a declared saving."""
        return self.available - self.obligated - self.saving

    @property
    def account(self) -> str:
        """The work plan (工作計畫)."""
        return self.key.split("/")[0]

    @property
    def is_capital(self) -> bool:
        """Whether it is a capital line."""
        return "/capital/" in self.key

    @property
    def object_digit(self) -> str:
        """The level-1 object's digit."""
        return self.key[-4]


@dataclass(slots=True, eq=False)
class Carried:
    """Money carried over from an earlier year: a position of its own beside the line.

    Attributes:
      line: The line it was appropriated on.
      origin_year: ROC year.
      open: NT$ approved and not yet paid.
      amount: NT$ applied for.
      kind: As in the contract.
      case: The case it was applied for under, or "".

    """

    line: SimulatedLine
    origin_year: int
    open: int
    amount: int
    kind: str
    case: str = ""


@dataclass(slots=True, eq=False)
class SimulatedCase:
    """An application to a reserve.

    Attributes:
      reserve: `first`, `second` or `disaster`.
      name: Its id within agency, year and reserve.
      amount: NT$ applied for and approved.
      ground: Budget Act §70, 1 to 3.
      in_force: NT$ approved, less cancelled and returned.

    """

    reserve: str
    name: str
    line: SimulatedLine
    amount: int
    ground: int
    in_force: int = 0


def remember(opened: list[Opened] | None, item: Opened) -> list[Opened]:
    """Return the list with an item added; made when first needed, because most lines of a large year have none."""
    if opened is None:
        return [item]
    opened.append(item)
    return opened
