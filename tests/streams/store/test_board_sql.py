"""What the boards' SQL works out is what the program does, to the dollar and to the letter, on random data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from alerts.catalogue import Catalogue
from alerts.continuing_resolution import base, counted
from alerts.messages import message
from ledger.fiscal import allotted_months
from ledger.money import percent
from ledger.registry import Registry
from ledger.sums import Sums
from ledger.words import Words
from streams.store import Store, open_store
from streams.store.rows import pack_months
from tests.machine.random_events import AGENCIES, Generator
from tests.streams.conftest import of_its_own
from tests.streams.store.folding import Folding

EDGES = (-1, 0, 1, 3, 9_999, 12_345_678, 2**31, 2**63 - 1, 10**15, -(10**15))


@pytest.fixture
def made(postgres_url: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    store = open_store(of_its_own(postgres_url, request.node.nodeid), create=True)
    yield store
    store.close()


def rows(store: Store, sql: str, **values: Any) -> list[dict[str, Any]]:
    with store.reading() as connection:
        return [dict(row) for row in connection.execute(sa.text(sql), values).mappings()]


@pytest.mark.parametrize("seed", range(3))
def test_figures_of_lines_and_cases(made: Store, registry: Registry, catalogue: Catalogue, seed: int) -> None:
    random = Random(seed)
    generator = Generator(random, (113, 114, 115), AGENCIES)
    folding = Folding(made, registry, catalogue)
    lines_of_years = [generator.line() for _ in range(3_000)]
    folding.feed([line for line in lines_of_years if not (b"budget.adopted" in line and b"115" in line)])
    (today,) = rows(made, "SELECT to_char(now() AT TIME ZONE 'Asia/Taipei', 'YYYY-MM-DD') AS day")
    lines = {(row["fiscal_year"], row["agency"], row["name"]): row for row in rows(made, "SELECT * FROM board_lines")}
    cases = {(r["fiscal_year"], r["agency"], r["id"]): r for r in rows(made, "SELECT * FROM board_carryover_cases")}
    under = {(r["fiscal_year"], r["agency"], r["name"]): r for r in rows(made, "SELECT * FROM board_provisional_lines")}
    compared = cut = asked = 0
    for fiscal_year, agencies in folding.books.years.items():
        for agency, year in agencies.items():
            for name, position in year.positions.items():
                row, sums = lines.pop((fiscal_year, agency, name)), Sums()
                sums.add(position, allotted_months(fiscal_year, today["day"]))
                for key in ("available", "allotted", "realised", "prepaid", "payable", "committed", "saving"):
                    assert row[key] == getattr(sums, key), (name, key)
                assert (row["executed"], row["obligated"]) == (position.executed, position.obligated)
                compared += 1
                provisional = under.pop((fiscal_year, agency, name), None)
                if provisional is not None:
                    limit, paid = base(position), counted(position)
                    left = None if limit is None else limit - paid
                    found = (provisional["base"], provisional["counted"], provisional["headroom"])
                    assert found == (limit, paid, left), name
                    asked += 1
            for case in year.carryover_cases.values():
                row = cases.pop((fiscal_year, agency, case.id))
                for key in ("applied", "approved", "declined", "cancelled", "awaiting"):
                    assert row[key] == getattr(case, key), (case.id, key)
                cut += case.cancelled > 0
    assert lines == cases == under == {}
    assert compared > 50 and cut > 0 and asked > 0


@pytest.mark.parametrize("seed", range(3))
def test_a_message_and_its_percentages(made: Store, catalogue: Catalogue, seed: int) -> None:
    random = Random(seed)

    def amount() -> int:
        return random.choice((random.choice(EDGES), random.randint(-(10**6), 10**6), random.randint(0, 10**15)))

    for rule in catalogue.rules.values():
        names = re.findall(r"[a-z_]+", " ".join(re.findall(r"\{([^}]*)\}", rule.message.zh + rule.message.en)))
        evidence: dict[str, Any] = {name: amount() for name in names if name != "subject" and random.random() < 0.95}
        said = message(rule, Words("某局", "A bureau"), evidence)
        for template, subject, whole in (
            (rule.message.zh, "某局", said.zh),
            (rule.message.en, "A bureau", said.en),
        ):
            (row,) = rows(
                made,
                "SELECT board_message(:template, cast(:evidence AS jsonb), :subject) AS said",
                template=template,
                evidence=json.dumps(evidence),
                subject=subject,
            )
            assert whole.startswith(row["said"]), (rule.slug, evidence)
            assert re.fullmatch(r"(（.*）)?。|( \(.*\))?\.", whole.removeprefix(row["said"]))


@pytest.mark.parametrize("seed", range(3))
def test_a_percentage_is_rounded_alike(made: Store, seed: int) -> None:
    """Halves away from zero, no `-0.00`, and a dash where nothing can be divided by."""
    random = Random(seed)
    pairs = [(random.choice((n, random.randint(-400, 400))), random.choice((0, 1, 800, 10**9))) for n in EDGES * 20]
    sql = (
        "SELECT board_message('{a/b}', jsonb_build_object('a', (p ->> 0)::numeric, 'b', (p ->> 1)::numeric), '') AS said"
        " FROM jsonb_array_elements(cast(:pairs AS jsonb)) WITH ORDINALITY AS x(p, n) ORDER BY n"
    )
    found = [row["said"] for row in rows(made, sql, pairs=json.dumps(pairs))]
    assert found == [percent(*pair) or "—" for pair in pairs]


@pytest.mark.parametrize("beyond", [False, True])
def test_months_are_unpacked_as_they_are_packed(made: Store, beyond: bool) -> None:
    random = Random(0)
    for _ in range(50):
        months = [random.choice((random.choice(EDGES), random.randint(0, 10**15))) for _ in range(14)]
        if beyond:
            months[3] = 2**70
        (row,) = rows(made, "SELECT board_months(:packed) AS months", packed=bytes(pack_months(months)))
        assert [int(each) for each in row["months"]] == months
