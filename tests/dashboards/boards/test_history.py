"""History by day: what `replay --as-of` each day says, as OpenMetrics that promtool takes; and how many series there are."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from alerts.catalogue import Catalogue
from dashboards.boards.build import boards, build
from dashboards.history import OF_AGENCIES, write_history
from dashboards.metrics.collector import figures
from dashboards.metrics.snapshot import seconds, snapshot, years_shown
from ledger.books import Books
from ledger.identity import SeenIds
from ledger.process import Context, process
from ledger.registry import Registry
from producers.simulator import registry_csv, simulate
from streams.log.accepted import NoRules, days_booked
from tests.conftest import Replay, read_registry
from tests.dashboards.boards.reading import targets
from tests.house.test_words import ROOT
from tests.real_parts.prometheus import blocks_from
from tests.running import running

LINES = [line.rstrip(b"\n") for line in simulate(114, 9, 3_000)]
CITY = read_registry(registry_csv())
NOON = 12 * 3600
NDJSON = {"Content-Type": "application/x-ndjson"}


def written(lines: list[bytes], registry: Registry, catalogue: Catalogue, first: str, last: str) -> bytes:
    out = io.BytesIO()
    with days_booked([lines[:1_000], lines[1_000:]], registry) as days:
        write_history(days, registry, catalogue, first, last, out)
    return out.getvalue()


def families_of(text: bytes) -> list[Metric]:
    """As a strict reader of OpenMetrics takes it."""
    return list(text_string_to_metric_families(text.decode()))  # type: ignore[no-untyped-call]


def samples(text: bytes, name: str, day: str) -> dict[tuple[str, ...], float]:
    found = {}
    for family in families_of(text):
        for one in family.samples:
            if one.name == name and float(str(one.timestamp)) == seconds(day) + NOON:
                found[tuple(one.labels[label] for label in ("level", "key", "economic_class"))] = one.value
    return found


@pytest.mark.parametrize("day", ["2025-01-20", "2025-03-31", "2025-09-15"])
def test_a_days_figures_are_those_of_replay_as_of_it(catalogue: Catalogue, replay: Replay, day: str) -> None:
    for lines in (LINES, [*LINES[1_500:], *LINES[:1_500]]):
        text = written(lines, CITY, catalogue, day, day)
        expected = replay(b"\n".join(lines), day, CITY)
        for name in ("realised", "allotted", "available"):
            wanted = {
                (one["level"], one["key"], one["economic_class"]): one[name]
                for one in expected["positions"]
                if one["level"] != "line"
            }
            assert samples(text, f"budgetwatch_{name}_twd", day) == wanted, name


def test_it_is_openmetrics_and_promtool_takes_it(catalogue: Catalogue, tmp_path: Path) -> None:
    text = written(LINES, CITY, catalogue, "2025-01-01", "2025-01-10")
    families = families_of(text)
    assert text.endswith(b"# EOF\n") and len({family.name for family in families}) == len(families) > 20
    labels = {label for family in families for one in family.samples for label in one.labels}
    assert labels.isdisjoint({"job", "instance"})
    (tmp_path / "h.om").write_bytes(text)
    blocks_from(tmp_path / "h.om", tmp_path / "data")
    assert list((tmp_path / "data").glob("*/meta.json"))


def test_what_curves_ask_of_agencies_is_kept() -> None:
    asked = {
        expression.split("budgetwatch_")[1].split("{")[0]
        for board in boards()
        for _, target in targets(build(board, "zh", "postgresql"))
        if "last_over_time" in (expression := target.get("expr", "")) and 'level="agency"' in expression
    }
    assert {f"budgetwatch_{name}" for name in asked} == OF_AGENCIES


def test_a_year_without_events_has_no_figures(catalogue: Catalogue) -> None:
    text = written(LINES[:5], CITY, catalogue, "2020-01-01", "2020-01-03")
    assert "budgetwatch_realised_twd" not in text.decode() and text.endswith(b"# EOF\n")


def test_names_with_quotes_and_backslashes_stay_readable(catalogue: Catalogue) -> None:
    register = registry_csv().replace("市議會,", '"甲""乙\\丙",', 1)
    known = read_registry(register)
    books = Books()
    process(0, LINES, books, Context(known.agencies, SeenIds(), NoRules(), LINES.__getitem__))
    names = next(
        f for f in figures(snapshot(books, "2025-06-30", catalogue, known)) if f.name == "budgetwatch_level_info"
    )
    assert any(one.labels["name_zh"] == '甲"乙\\丙' for one in names.samples)
    text = written(LINES, known, catalogue, "2025-02-01", "2025-02-01")
    assert families_of(text)


def city_of_300(years: tuple[int, ...], catalogue: Catalogue, day: str) -> list[Metric]:
    """What is exposed of a city of 300 agencies; the budget of each year but the last is law."""
    rows = ["code,name_zh,name_en,authority_code,authority_name_zh,authority_name_en,email"]
    rows += [f"A{n},機關{n},Agency {n},U{n % 31},主管{n % 31},Authority {n % 31}," for n in range(300)]
    known, lines = read_registry("\n".join(rows)), []
    for year, n in product(years, range(300)):
        common = {"fiscal_year": year, "agency": f"A{n}", "booked_on": f"{year + 1911}-01-02"}
        for at, economic_class in enumerate(("current", "capital")):
            line = f"32020110101/{economic_class}/3000"
            enacted = {"id": f"e{at}", "type": "appropriation.enacted", "line": line, "amount": 100}
            allotted = {"id": f"a{at}", "type": "allotment.approved", "line": line, "months": [5] * 12, "revision": 1}
            lines += [common | enacted, common | allotted]
        lines.append(common | {"id": "r", "type": "reserve.established", "reserve": "first", "amount": 9})
        if year != years[-1]:
            lines.append(common | {"id": "b", "type": "budget.adopted"})
    books = Books()
    encoded = [json.dumps(line).encode() for line in lines]
    effects = process(0, encoded, books, Context(known.agencies, SeenIds(), NoRules(), encoded.__getitem__))
    assert effects.accepted == len(lines), effects.refusals[:3]
    return list(figures(snapshot(books, day, catalogue, known)))


@pytest.mark.parametrize(("years", "day"), [((114,), "2025-06-30"), ((114, 115), "2026-02-15")])
def test_300_agencies_are_no_more_than_25_000_series(years: tuple[int, ...], day: str, catalogue: Catalogue) -> None:
    found = [one for family in city_of_300(years, catalogue, day) for one in family.samples]
    shown = {one.labels["fiscal_year"] for one in found if one.labels.get("level") == "agency" and "rate" in one.labels}
    assert shown == {str(year) for year in years}, "while two years are open both are shown"
    assert 10_000 < len(found) <= 25_000


def test_only_years_whose_books_are_open_are_shown() -> None:
    assert years_shown([112, 113, 114], "2025-02-28") == (113, 114)
    assert years_shown([112, 113, 114], "2025-03-01") == (114,)
    assert years_shown([114, 115], "2025-10-01") == (114,), "next year's proposals are no figures yet"
    assert years_shown([112], "2026-11-27") == (112,) and years_shown([115], "2025-01-01") == (115,)
    assert years_shown([], "2025-01-01") == ()


def test_the_command_reads_a_data_folder_and_a_store_alike(tmp_path: Path) -> None:
    events = tmp_path / "events.ndjson"
    events.write_bytes(b"\n".join(LINES) + b"\n")
    with running(tmp_path / "data") as at, at.client(at.token()) as client:
        sent = client.post("/v1/events", content=events.read_bytes(), headers=NDJSON)
        assert sent.status_code == 200, sent.text
    folder = at.folder
    sources = {
        "data": ["--data", str(folder.path)],
        "store": ["--store", str(folder.store), "--registry", str(folder.registry)],
        "files": ["--replay", str(events), "--registry", str(folder.registry)],
    }
    found = {}
    for name, source in sources.items():
        arguments = [
            sys.executable,
            "-m",
            "budgetwatch",
            "dashboards",
            "history",
            "-o",
            str(tmp_path / f"{name}.om"),
            *source,
        ]
        subprocess.run([*arguments, "--from", "114/02/01", "--to", "114/02/05"], cwd=ROOT, check=True, timeout=120)
        found[name] = (tmp_path / f"{name}.om").read_text()
    assert found["data"] == found["store"] == found["files"] and found["data"].count("\n") > 1_000


def test_the_command_writes_it_and_refuses_what_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "agencies.csv").write_text(registry_csv())
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(LINES))

    def run(*more: str) -> tuple[int, str]:
        arguments = [sys.executable, "-m", "budgetwatch", "dashboards", "history", "-o", str(tmp_path / "h.om")]
        arguments += ["--registry", str(tmp_path / "agencies.csv"), *more]
        done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    events = str(tmp_path / "events.ndjson")
    code, said = run("--from", "114/02/01", "--to", "2025-02-03", "--replay", events)
    assert code == 0 and "2025-02-01 to 2025-02-03" in said
    assert (tmp_path / "h.om").read_bytes().endswith(b"# EOF\n")
    code, said = run("--from", "2025-02-03", "--to", "2025-02-01", "--replay", events)
    assert code == 2 and "lies before" in said
    assert run("--from", "tomorrow", "--replay", events)[0] == 2
