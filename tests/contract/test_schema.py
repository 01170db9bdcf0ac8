"""The published schemas beside the program: what a schema can say it says, and the program agrees with it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.admission import read
from ledger.events import BY_NAME, EVENTS, Event
from ledger.fiscal import DAY_PATTERN, INSTANT_PATTERN, MONTH_END_PATTERN, is_day, is_instant, month_end
from ledger.refusals import Refusal
from producers.simulator import simulate
from streams import schema
from tests.conftest import Replay
from tests.ledger.hand_made_lines import BAD, GOOD, PAID, line, of, raw
from tests.machine.random_events import Generator

EVENT_SCHEMA = schema.event_schema()
EVENT = jsonschema.Draft202012Validator(EVENT_SCHEMA)
BY_TYPE = {
    name: jsonschema.Draft202012Validator({"$defs": EVENT_SCHEMA["$defs"], "$ref": f"#/$defs/{kind.__name__}"})
    for name, kind in BY_NAME.items()
}
OUTPUT = jsonschema.Draft202012Validator(schema.output_schema())

BEYOND_A_SCHEMA = (
    line(amount=1.0),
    raw("").replace(b'"amount": 5', b'"amount": 1e3'),
    line(origin_year=115),
    raw("").replace(b'"p1"', b'"\\ud800"'),
    of("virement.approved", from_line=PAID["line"], to_line=PAID["line"], amount=1),
    of(
        "reclassification.booked",
        from_line=PAID["line"],
        to_line="32020110101/current/4000",
        amount=1,
        origin_year=115,
    ),
    of("carryover.approved", line=PAID["line"], amount=1, origin_year=114, kind="payable"),
    of("carryover.applied", case="k", line=PAID["line"], amount=1, origin_year=114, kind="payable"),
    of("allotment.approved", line=PAID["line"], months=[1] * 12, revision=1, origin_year=115),
    of("saving.withdrawn", line=PAID["line"], amount=1, origin_year=115),
    of("disbursement.recovered", line=PAID["line"], amount=1, original_year=115),
)
"""A whole number with a fraction, a lone surrogate, and fields compared with one another: the schema says so in words."""


def decoded(data: bytes) -> Any:
    """A line's JSON value, or None where it is none (which a schema never meets)."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def is_valid(value: Any) -> bool:
    """By its type's definition where it has one: thirty times quicker than by the union, and the same."""
    kind = value.get("type") if isinstance(value, dict) else None
    return bool((BY_TYPE[kind] if isinstance(kind, str) and kind in BY_TYPE else EVENT).is_valid(value))


def test_the_schemas_are_current() -> None:
    assert schema.main(["--check"]) == 0


@pytest.mark.parametrize("made", [EVENT_SCHEMA, schema.output_schema()])
def test_the_schemas_are_schemas(made: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(made)


@pytest.mark.parametrize("data", [data for data, reason in BAD if reason != "malformed"])
def test_a_line_written_wrong_is_refused_by_both(data: bytes) -> None:
    assert isinstance(read(data), Refusal)
    assert EVENT.is_valid(decoded(data)) == (data in BEYOND_A_SCHEMA)


def test_what_is_beyond_a_schema_is_among_the_lines_written_wrong() -> None:
    assert {data for data, _ in BAD} >= {*BEYOND_A_SCHEMA}


@pytest.mark.parametrize("data", GOOD)
def test_a_line_written_right_is_taken_by_both(data: bytes) -> None:
    assert isinstance(read(data), Event)
    EVENT.validate(decoded(data))


@pytest.mark.parametrize("kind", EVENTS)
def test_the_definition_of_a_type_judges_as_the_union_does(kind: type[Event]) -> None:
    name = str(kind.__struct_config__.tag)
    random = Generator(Random(name))
    for _ in range(5):
        event = random.event() | {"type": name}
        assert is_valid(event) == EVENT.is_valid(event)


def test_random_events_are_valid_where_they_are_admitted() -> None:
    """And where they are not, the schema agrees but for what it cannot say."""
    random = Generator(Random(3), (113, 114))
    beyond = 0
    for _ in range(4_000):
        data = random.line()
        admitted, valid = isinstance(read(data), Event), is_valid(decoded(data))
        assert valid or not admitted, data
        beyond += valid and not admitted
    assert beyond < 60


@pytest.mark.parametrize("fiscal_year", [114, 115])
def test_every_accepted_event_of_a_simulated_year_is_valid(fiscal_year: int) -> None:
    for data in simulate(fiscal_year, 5, 4_000):
        if isinstance(read(data), Event):
            assert is_valid(json.loads(data)), data


DAYS = st.one_of(
    st.dates().map(date.isoformat),
    st.builds("{:04d}-{:02d}-{:02d}".format, st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32)),
    st.text("0123456789-\n", min_size=9, max_size=11),
)


@given(DAYS)
def test_the_pattern_of_a_day_is_is_day(text: str) -> None:
    assert matches(DAY_PATTERN, text) == is_day(text)


@pytest.mark.parametrize("year", [4, 100, 400, 1900, 2000, 2023, 2024, 2100, 9996, 9999])
def test_the_pattern_of_a_months_end_is_month_end(year: int) -> None:
    for at in range(365):
        day = (date(year, 1, 1) + timedelta(days=at)).isoformat()
        assert matches(DAY_PATTERN, day)
        assert matches(MONTH_END_PATTERN, day) == month_end(day)


@given(
    DAYS,
    st.sampled_from("Tt "),
    st.tuples(*[st.integers(0, 61)] * 3),
    st.sampled_from(("", ".5", ".", ".000000001")),
    st.sampled_from(("Z", "z", "", "+08:00", "-23:59", "+24:00", "+0800")),
)
def test_the_pattern_of_an_instant_is_is_instant(
    day: str, separator: str, clock: tuple[int, int, int], fraction: str, offset: str
) -> None:
    text = f"{day}{separator}{':'.join(f'{part:02d}' for part in clock)}{fraction}{offset}"
    assert matches(INSTANT_PATTERN, text) == is_instant(text)


def matches(pattern: str, text: str) -> bool:
    return jsonschema.Draft202012Validator({"pattern": pattern}).is_valid(text)


# --------------------------------------------------------------------------------------------------------- the output


@pytest.fixture(scope="module")
def result(replay: Replay) -> dict[str, Any]:
    generator = Generator(Random(2), (113, 114))
    found = replay(b"\n".join(generator.line() for _ in range(700)))
    assert found["refusals"] and found["reserves"] and any("last" in alert["evidence"] for alert in found["alerts"])
    return found


def test_output_is_valid(result: dict[str, Any]) -> None:
    OUTPUT.validate(result)


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("refusals", {"reason": "because"}),
        ("refusals", {"line": 0}),
        ("refusals", {"colour": "red"}),
        ("positions", {"colour": "red"}),
        ("positions", {"rates": {"cash": "1"}}),
        ("positions", {"fiscal_year": 0}),
        ("reserves", {"cases": -1}),
        ("alerts", {"evidence": {"last": 5}}),
        ("alerts", {"evidence": {"excess": "5"}}),
        ("alerts", {"id": "A"}),
        ("alerts", {"opened_on": "2025-02-30"}),
        ("alerts", {"basis_status": "law"}),
        ("alerts", {"citations": [{"law": "預算法", "article": "25", "effective_from": "now"}]}),
    ],
)
def test_output_of_another_shape_is_not(result: dict[str, Any], part: str, changes: dict[str, Any]) -> None:
    first = result[part][0]
    assert not OUTPUT.is_valid(result | {part: [first | changes]})


@pytest.mark.parametrize("text", ["93.91", "-5.20", "0.00", "10000.00"])
def test_a_rate_is_percent_text(result: dict[str, Any], text: str) -> None:
    first = result["positions"][0]
    assert OUTPUT.is_valid(result | {"positions": [first | {"rates": first["rates"] | {"cash": text}}]})
    for wrong in (f"{text}%", text[:-1], f"{text}\n", f" {text}"):
        assert not OUTPUT.is_valid(result | {"positions": [first | {"rates": first["rates"] | {"cash": wrong}}]})
