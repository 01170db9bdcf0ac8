"""The city of a simulated year: which agencies there are, which lines each has, and how much stands on each.

Amounts come from the authorities' totals (DOMAIN.md §7) and are spread in thousands of NT$, as budgets are written. Of
an authority's lines and money the bureau itself (its first agency) has the largest share. With a registry of one's own
the city's totals are spread evenly over its authorities and agencies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isqrt
from random import Random
from typing import Final

from producers.city_registry import RegistryRow, authorities, city_agencies
from producers.simulation.lines import SimulatedAgency, SimulatedLine
from producers.simulation.mix import Mix

_MILLION: Final = 1_000_000
_THOUSAND: Final = 1_000
_BUREAU_WEIGHT: Final = 4
_CAPITAL_LINE_MIN: Final = 500_000
"""NT$; a small capital budget is not cut into more lines than this allows."""

# Level-2 objects by account, in the order in which an agency's lines are made: (running number of the account, object).
_GENERAL: Final = ("1015", "2054", "2051")
_PROGRAM: Final = ("2054", "4085", "2018", "2063", "4000")
_PROGRAM_CAPITAL: Final = ("3000", "3030")
_BUSINESS_PLANS: Final = tuple(number for number in range(30, 98))
_WORK_PLANS: Final = 99

_RESERVE_HOLDER: Final = "020021"
"""The accounting office (主計處); a holder that books nothing else would look like a feed gone silent."""

_WEIGHTS: Final = {"personnel": 60, "operations": 8, "grants": 14, "capital": 10, "debt": 10}
_PATTERN_OF_DIGIT: Final = {"1": "personnel", "2": "operations", "3": "capital", "4": "grants", "5": "debt"}
_CONTRACT_OF_DIGIT: Final = {"1": 0, "2": 600, "3": 1000, "4": 300, "5": 0}
"""Permille of lines by object that commit before they pay."""


@dataclass(frozen=True, slots=True)
class SimulatedCity:
    """The agencies of a year.

    Attributes:
      agencies: All of them, in the registry's order.
      lines: All lines, agency by agency.
      reserve_holder: Who holds the city's second and disaster reserves.

    """

    agencies: list[SimulatedAgency]
    lines: list[SimulatedLine]
    reserve_holder: SimulatedAgency


def build_city(registry: Sequence[RegistryRow] | None, line_count: int, mix: Mix, rng: Random) -> SimulatedCity:
    """Make the agencies and lines of a year.

    Args:
      registry: Rows of `agencies.csv`, or None for the synthetic city.
      line_count: How many lines to make; the result has as many where the accounts allow it.
      mix: The rates.
      rng: The year's only source of chance.

    Raises:
      ValueError: the registry is empty, or has too few agencies for so many lines.

    """
    agencies = _synthetic_agencies() if registry is None else _registered_agencies(registry)
    spending = [agency for agency in agencies if agency.capital + agency.current > 0]
    for agency, (current_lines, capital_lines) in zip(spending, _line_counts(spending, line_count), strict=True):
        _add_lines(agency, current_lines, capital_lines, mix, rng)
    _choose_execution(spending, mix, rng)
    for agency in agencies:
        agency.numbered = rng.randrange(1000) < mix.numbered_feeds_permille
    return SimulatedCity(
        agencies=agencies,
        lines=[line for agency in agencies for line in agency.lines],
        reserve_holder=next((agency for agency in agencies if agency.code == _RESERVE_HOLDER), agencies[0]),
    )


def _synthetic_agencies() -> list[SimulatedAgency]:
    """Return the synthetic city's agencies with their money: the bureau gets four parts, each other agency one."""
    members = {authority.code: [] for authority in authorities()}  # type: dict[str, list[SimulatedAgency]]
    for row in city_agencies():
        prefix = f"{row.function_code}{row.authority_code}{row.code[2:5]}"
        members[row.authority_code].append(SimulatedAgency(row.code, row.authority_code, prefix, row.kind))
    for authority in authorities():
        of_authority = members[authority.code]
        if of_authority[0].kind.endswith("_reserve"):
            continue  # A reserve is established, not enacted as lines (CONTRACT.md §2).
        capital = authority.capital_ntd_million * _MILLION
        current = authority.total_ntd_million * _MILLION - capital
        weights = [_BUREAU_WEIGHT if agency is of_authority[0] else 1 for agency in of_authority]
        for agency, own_capital, own_current in zip(
            of_authority, spread(capital, weights), spread(current, weights), strict=True
        ):
            agency.capital, agency.current = own_capital, own_current
    return [agency for of_authority in members.values() for agency in of_authority]


def _registered_agencies(registry: Sequence[RegistryRow]) -> list[SimulatedAgency]:
    """Return the agencies of a registry, with the city's money spread evenly over authorities, then agencies."""
    if not registry:
        raise ValueError("the registry has no agency; give at least one row")
    members: dict[str, list[SimulatedAgency]] = {}
    for number, row in enumerate(registry):
        codes = list(members)
        authority = row["authority_code"]
        place = codes.index(authority) if authority in members else len(codes)
        prefix = f"32{place % 100:02d}{number % 1000:03d}"
        members.setdefault(authority, []).append(SimulatedAgency(row["code"], authority, prefix, "ordinary"))
    reserves = {agency.authority_code for agency in city_agencies() if agency.kind.endswith("_reserve")}
    spending = [authority for authority in authorities() if authority.code not in reserves]
    capital = sum(authority.capital_ntd_million for authority in spending) * _MILLION
    current = sum(authority.total_ntd_million for authority in spending) * _MILLION - capital
    even = [1] * len(members)
    for of_authority, its_capital, its_current in zip(
        members.values(), spread(capital, even), spread(current, even), strict=True
    ):
        weights = [1] * len(of_authority)
        for agency, own_capital, own_current in zip(
            of_authority, spread(its_capital, weights), spread(its_current, weights), strict=True
        ):
            agency.capital, agency.current = own_capital, own_current
    by_code = {agency.code: agency for of_authority in members.values() for agency in of_authority}
    return [by_code[row["code"]] for row in registry]


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Spread an amount in NT$ over weights, in thousands; what rounding leaves goes to the first of the heaviest."""
    total = sum(weights)
    parts = [amount * weight // total // _THOUSAND * _THOUSAND for weight in weights]
    parts[max(range(len(parts)), key=lambda place: weights[place])] += amount - sum(parts)
    return parts


def _line_counts(spending: Sequence[SimulatedAgency], line_count: int) -> list[tuple[int, int]]:
    """How many current and capital lines each agency gets; the sum is `line_count`, or as near as small years allow.

    First each authority's bureau gets a current line, then a capital line, then the other agencies a current and a
    capital line, as far as the lines go; the rest follow the square root of the agency's money, so that small agencies
    are seen beside large ones.
    """
    bureaus = {agency.authority: agency for agency in reversed(spending)}
    wanted: list[tuple[SimulatedAgency, bool]] = []
    for group in (
        [a for a in spending if bureaus[a.authority] is a],
        [a for a in spending if bureaus[a.authority] is not a],
    ):
        wanted += [(agency, False) for agency in group if agency.current > 0]
        wanted += [(agency, True) for agency in group if agency.capital > 0]
    counts = {agency.code: [0, 0] for agency in spending}
    for agency, is_capital in wanted[:line_count]:
        counts[agency.code][is_capital] += 1
    rest = line_count - len(wanted)
    if rest > 0:
        weights = [isqrt((agency.capital + agency.current) // _THOUSAND) for agency in spending]
        total, before = sum(weights), 0
        running = 0
        for agency, weight in zip(spending, weights, strict=True):
            running += weight
            more = rest * running // total - before
            before += more
            capital_max = max(0, agency.capital // _CAPITAL_LINE_MIN - counts[agency.code][1])
            capital_more = min(capital_max, more * 2 * agency.capital // (2 * agency.capital + agency.current))
            counts[agency.code][0] += more - capital_more
            counts[agency.code][1] += capital_more
    return [(counts[agency.code][0], counts[agency.code][1]) for agency in spending]


def _add_lines(agency: SimulatedAgency, current_lines: int, capital_lines: int, mix: Mix, rng: Random) -> None:
    """Give an agency its lines and spread its money over them; a class without lines keeps none of its money."""
    if current_lines and agency.kind == "ordinary":
        low, high = mix.first_reserve_permille
        agency.first_reserve = agency.current * rng.randrange(low, high) // 1000 // _THOUSAND * _THOUSAND
    for keys, amount in (
        (_take(_current_keys(agency), current_lines, agency), agency.current - agency.first_reserve),
        (_take(_capital_keys(agency), capital_lines, agency), agency.capital),
    ):
        if not keys:
            continue
        weights = [_WEIGHTS[_pattern(key, agency)] * rng.randrange(50, 151) for key in keys]
        for key, proposed in zip(keys, spread(amount, weights), strict=True):
            line = _line(agency, key, max(proposed, _THOUSAND), mix, rng)
            agency.lines.append(line)
            agency.of_account.setdefault(line.account, []).append(line)


def _take(keys: Iterator[str], wanted: int, agency: SimulatedAgency) -> list[str]:
    """Take the first keys of an agency's; ValueError when its accounts cannot hold as many."""
    taken = [key for key, _ in zip(keys, range(wanted), strict=False)]
    if len(taken) < wanted:
        raise ValueError(
            f"{wanted} lines are more than agency {agency.code} can have; give fewer lines or more agencies"
        )
    return taken


def _accounts(agency: SimulatedAgency) -> Iterator[str]:
    """Its program accounts: business plans 30 to 97, each with work plans 01 to 99."""
    for work_plan in range(1, _WORK_PLANS + 1):
        for business_plan in _BUSINESS_PLANS:
            yield f"{agency.account_prefix}{business_plan}{work_plan:02d}"


def _current_keys(agency: SimulatedAgency) -> Iterator[str]:
    """Yield current lines in the order in which an agency gets them: staff, general costs, then programs."""
    general = f"{agency.account_prefix}0101"
    if agency.kind == "debt":
        yield from (f"{account}/current/5000" for account in _accounts(agency))
    elif agency.kind == "unified":
        yield from (f"{account}/current/4000" for account in _accounts(agency))
    else:
        accounts = _accounts(agency)
        first = next(accounts)
        opening = ((general, _GENERAL[0]), (general, _GENERAL[1]), (first, _PROGRAM[0]), (first, _PROGRAM[1]))
        yield from (f"{account}/current/{code}" for account, code in opening)
        yield f"{general}/current/{_GENERAL[2]}"
        yield from (f"{first}/current/{code}" for code in _PROGRAM[2:])
        yield from (f"{account}/current/{code}" for account in accounts for code in _PROGRAM)


def _capital_keys(agency: SimulatedAgency) -> Iterator[str]:
    """Capital lines: the first program's, the office equipment, then the further programs'."""
    accounts = _accounts(agency)
    first = next(accounts)
    yield f"{first}/capital/{_PROGRAM_CAPITAL[0]}"
    yield f"{agency.account_prefix}0101/capital/3035"
    yield f"{first}/capital/{_PROGRAM_CAPITAL[1]}"
    yield from (f"{account}/capital/{code}" for account in accounts for code in _PROGRAM_CAPITAL)


def _pattern(key: str, agency: SimulatedAgency) -> str:
    """Return a line's season: by its object, except that centrally disbursed benefits run like salaries."""
    return "personnel" if agency.kind == "unified" else _PATTERN_OF_DIGIT[key[-4]]


def _line(agency: SimulatedAgency, key: str, proposed: int, mix: Mix, rng: Random) -> SimulatedLine:
    """One line with its flags, its past and the council's cut."""
    chance = _chance(rng)
    pattern, is_capital, digit = _pattern(key, agency), "/capital/" in key, key[-4]
    line = SimulatedLine(agency, key, pattern, is_contract=chance(_CONTRACT_OF_DIGIT[digit]), proposed=proposed)
    if agency.kind == "unified":
        line.is_contract = False
    line.new_capital = is_capital and chance(mix.new_capital_permille)
    if digit in "24" and not is_capital:
        line.new_account = chance(mix.new_account_permille)
        line.new_program = not line.new_account and chance(mix.new_program_permille)
    line.statutory = digit == "4" and not line.is_new and chance(mix.statutory_permille)
    line.authorised_plan = is_capital and not line.is_new and chance(mix.authorised_plan_permille)
    if not line.is_new and not chance(mix.prior_year_unknown_permille):
        line.prior_year_executed = proposed * rng.randrange(880, 1060) // 1000
    if line.new_capital and chance(mix.council_deleted_permille):
        line.council_cut = proposed
    elif digit in "234" and proposed >= 100 * _THOUSAND and chance(mix.council_cut_permille):
        line.council_cut = proposed * rng.randrange(10, 80) // 1000 // _THOUSAND * _THOUSAND
    return line


def _choose_execution(spending: Sequence[SimulatedAgency], mix: Mix, rng: Random) -> None:
    """Decide how far each line will come by the end of the year, and what agencies will say about it."""
    with_capital = list(dict.fromkeys(a.authority for a in spending if any(line.is_capital for line in a.lines)))
    rng.shuffle(with_capital)
    lagging_count = len(with_capital) * mix.lagging_authorities_permille // 1000
    lagging = with_capital[:lagging_count]
    level = {code: rng.randrange(*mix.lagging_capital_permille) for code in lagging}
    optimistic = set(lagging[: mix.optimistic_authorities])
    undeclared = set(with_capital[lagging_count : lagging_count + mix.undeclared_authorities])
    for agency in spending:
        if agency.authority in optimistic:
            agency.forecast_permille = 970
        elif agency.authority in undeclared:
            agency.forecast_permille = 0
            undeclared.discard(agency.authority)
        for line in agency.lines:
            if not line.is_capital:
                line.execution_permille = rng.randrange(*mix.current_permille)
            elif agency.authority in level:
                line.execution_permille = min(990, level[agency.authority] + rng.randrange(-40, 41))
            else:
                line.execution_permille = rng.randrange(*mix.healthy_capital_permille)


def _chance(rng: Random) -> Callable[[int], bool]:
    """Return a draw that comes true for `permille` of 1,000."""
    return lambda permille: rng.randrange(1000) < permille
