"""100,000 mutations of valid lines: no exception, and no figure changes beyond what was accepted."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

from ledger.admission import read
from ledger.refusals import Refusal
from tests.conftest import Replay
from tests.machine import naive
from tests.machine.comparison import comparable
from tests.machine.random_events import AGENCIES, REGISTRY, Generator

MUTATIONS = 100_000
BYTES = b'"{}[]:,\\0e.-+ntfu\xff\xc3\xed\x00\x7f \r9'


def mutate(line: bytes, random: Random) -> bytes:
    """One to three small changes: a byte put in, taken out, changed; a piece doubled or cut off."""
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(line) + 1)
        kind = random.randrange(5)
        piece = line[at : at + random.randint(1, 20)]
        if kind == 0:
            line = line[:at] + bytes([random.choice(BYTES)]) + line[at:]
        elif kind == 1:
            line = line[:at] + line[at + 1 :]
        elif kind == 2:
            line = line[:at] + bytes([random.choice(BYTES)]) + line[at + 1 :]
        elif kind == 3:
            line = line[:at] + piece + line[at:]
        else:
            line = line[:at]
    return line.replace(b"\n", b" ")


def test_no_mutation_raises_or_moves_a_figure(replay: Replay) -> None:
    random = Random(20261123)
    generator = Generator(random, (114,), AGENCIES[:1])
    valid = [json.dumps(generator.event(), ensure_ascii=False).encode() for _ in range(400)]
    lines = [mutate(random.choice(valid), random) for _ in range(MUTATIONS)]
    result = replay(b"\n".join(lines))
    blank = sum(1 for line in lines if not line or line.isspace())
    counts = result["counts"]
    assert counts["read"] == MUTATIONS - blank
    assert counts["accepted"] + counts["duplicate"] + counts["refused"] == counts["read"]
    refused = {one["line"] for one in result["refusals"]}
    taken = b"\n".join(line for number, line in enumerate(lines, 1) if number not in refused)
    again = replay(taken)
    for part in ("positions", "reserves", "alerts", "lagging"):
        assert again[part] == result[part]
    assert again["counts"]["refused"] == 0


def naive_reason(line: bytes) -> tuple[str, Any] | None:
    """What the naive model has against a line by itself (reason and id), or None."""
    data = naive.parse_line(line)
    if data is None:
        return "malformed", None
    reason = naive.refusal_of_fields(data, {*AGENCIES})
    if reason in (None, "unknown_agency", "outside_fiscal_year"):
        return None
    assert reason is not None
    return reason, data.get("id") if naive.is_text(data.get("id")) else None


def test_the_naive_model_gives_every_mutation_the_same_reason() -> None:
    """Both ways: what one refuses the other refuses for the same reason, and what one takes the other takes."""
    random = Random(7)
    generator = Generator(random, (114,), AGENCIES)
    valid = [generator.line() for _ in range(600)]
    lines = [
        mutate(random.choice(valid), random) if random.random() < 0.8 else random.choice(valid) for _ in range(20_000)
    ]
    reasons: Counter[str | None] = Counter()
    for line in lines:
        found = read(line)
        if found is None:
            assert not line.strip()
            continue
        expected = naive_reason(line)
        assert ((found.reason, found.id) if isinstance(found, Refusal) else None) == expected, line
        reasons[expected and expected[0]] += 1
    every = {"malformed", "missing_field", "unknown_type", "unknown_field", "invalid_value", None}
    assert reasons.keys() == every and min(reasons.values()) > 20


def test_random_mutated_streams_agree_in_full(replay: Replay) -> None:
    for seed in range(25):
        random = Random(seed)
        generator = Generator(random, (114,), AGENCIES[:2])
        lines = [generator.line() for _ in range(40)]
        data = b"\n".join(mutate(line, random) if random.random() < 0.5 else line for line in lines)
        assert comparable(replay(data)) == naive.replay([("f", data)], REGISTRY, None), seed
