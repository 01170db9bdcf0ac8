"""月報抽核 from the page in one sitting: reports come in, are compared, sampled, found wanting, answered, verified or repeated."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import msgspec
import pytest

from producers.tables.events import events_of
from producers.tables.mapping import load_mapping
from producers.tables.sheet import read_sheet
from streams.people import accounts, trail
from streams.people.accounts import Domain
from streams.people.monthly_reports import reports_of, samples_of
from streams.people.report_findings import findings_of
from tests.dashboards.web.test_files import Officer
from tests.dashboards.web.test_forms import PASSWORD
from tests.dashboards.web.test_scope import LINE, OTHER, OWN, event, paid
from tests.producers.tables.test_mappings import CODES
from tests.producers.tables.workbooks import csv_of
from tests.running import Running, running

ACCOUNT = LINE.partition("/")[0]
HEAD = [
    *CODES,
    "工作計畫名稱",
    "經費年度",
    "月份",
    "月報編號",
    "版次",
    "收件日期",
    "累計分配數",
    "本月實現數",
    "累計實現數",
]


def report(
    month: int, realised: int, movement: int, *, total: int | None = None, version: int = 1, day: int = 10
) -> list[list[str]]:
    received = f"114/{month + 1:02d}/{day:02d}"
    numbers = [str(month), str(month + version - 1), str(version)]
    amounts = ["9,000", f"{movement:,}", f"{realised:,}"]
    row = ["114", OWN, ACCOUNT, "經常門", "2000", "行政管理", "", *numbers, received, *amounts]
    return [HEAD, row, [*[""] * 5, "合計", *[""] * 7, f"{realised if total is None else total:,}"]]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Running]:
    """An agency that paid 1,000 in January, 2,000 in February and 500 in March."""
    with running(tmp_path / "data") as found:
        lines = [
            event("a", OWN, "appropriation.enacted", line=LINE, amount=10_000),
            event("b", OWN, "budget.adopted", booked_on="2025-01-01"),
        ]
        lines += [
            paid(f"p{month}", OWN, amount=amount, booked_on=f"2025-{month:02d}-05")
            for month, amount in ((1, 1_000), (2, 2_000), (3, 500))
        ]
        outcomes = found.monitor.replica.submit(lines, "test").result()
        assert {each.outcome for each in outcomes} == {"accepted"}
        accounts.add_user(found.monitor.store, "whole", "王", PASSWORD, ["officer", "feeder"])
        yield found


@pytest.fixture
def officer(city: Running) -> Iterator[Officer]:
    with city.client() as client:
        yield Officer(client, "whole")


def file(officer: Officer, folder: Path, rows: list[list[str]]) -> None:
    at = officer.upload(csv_of(folder / "月報.csv", rows), mapping="monthly-report")
    officer.look(at)
    assert officer.send(f"{at}/take").status_code == 303
    assert "refused" in officer.look(at)


def choosing(officer: Officer, at: str, most: int) -> dict[str, str]:
    """The fields of the first differences on a page, ticked."""
    found = re.findall(r'name="(difference-[^"]+)"', officer.client.get(at).text)
    return dict.fromkeys(map(unescape, found[:most]), "yes")


def page(officer: Officer, at: str) -> str:
    answer = officer.client.get(f"{at}{'&' if '?' in at else '?'}lang=en")
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_the_months_work_is_done_from_the_page(city: Running, officer: Officer, tmp_path: Path) -> None:
    store, own = city.monitor.store, f"/monthly/114/2/{OWN}"
    file(officer, tmp_path, report(1, 1_000, 1_000))
    file(officer, tmp_path, report(2, 3_100, 2_000, total=3_200, day=20))
    january, february = reports_of(store, 114)[OWN, 1], reports_of(store, 114)[OWN, 2]
    assert (january.totals, february.totals) == ({"all": 1_000}, {"all": 3_200})
    assert "It agrees: nothing differs" in page(officer, f"/monthly/114/1/{OWN}")

    # Summed by hand: total 3,200 over a line of 3,100; 1,000 + 2,000 = 3,000; the books have 3,000.
    month = officer.client.get("/monthly?year=114&month=2&export=csv&table=monthly&lang=en").text
    (row,) = (line for line in month.splitlines() if line.startswith(OWN))
    assert row.split(",")[2:] == ["late", "2025-03-17", "2025-03-20", "2", "1", "0", "3", "100", "0", "", "0"]
    listed = officer.client.get(f"{own}?export=csv&table=differences&lang=en").text.splitlines()[1:]
    assert [line.split(",")[-3:] for line in listed if line] == [
        ["3200", "3100", "100"],
        ["3100", "3000", "100"],
        ["3100", "3000", "100"],
    ]

    # The sample: one agency, drawn for its differences; again with the same seed the same.
    for _ in range(2):
        assert officer.send("/monthly/114/2/sample", size="1", seed="7").status_code == 303
    drawn = samples_of(store, 114)[2]
    assert [(one.agency, one.why) for one in drawn.drawn] == [(OWN, "difference")]
    assert officer.send("/monthly/114/2/sample", size="0", seed="7").status_code == 422

    # Two findings; the third difference is left.
    form = choosing(officer, own, 2) | {"due_on": "2099-03-31", "text": "請查明"}
    assert officer.send(f"{own}/findings", **form).status_code == 303
    assert officer.send(f"{own}/findings", **form).status_code == 422, "each is noted once"
    assert officer.send(f"{own}/findings", due_on="2099-03-31").status_code == 422
    assert [(one.kind, one.amount, one.state) for one in findings_of(store, 114)] == [
        ("sum", 100, "open"),
        ("movement", 100, "open"),
    ]
    letter = officer.client.get(f"{own}/letter.odt").content
    with zipfile.ZipFile(io.BytesIO(letter)) as odt:
        said = odt.read("content.xml").decode()
    assert "計有應更正事項2項" in said
    assert "月報數3,200元，應為3,100元。請查明" in said
    assert officer.client.get(f"{own}/letter.pdf").content.startswith(b"%PDF")

    # Nothing to verify by yet; the agency answers about one; March's report repeats the other.
    assert officer.send(f"{own}/verify").status_code == 422
    subject = findings_of(store, 114)[0].subject
    assert officer.send(f"{own}/reply", finding=subject, text="合計已更正", corrected="yes").status_code == 303
    assert officer.send(f"{own}/reply", finding="114:x", text="?").status_code == 422
    assert [one.state for one in findings_of(store, 114)] == ["corrected", "open"]
    # 3,100 + 500 is not 3,500: it differs from the month before once more.
    file(officer, tmp_path, report(3, 3_500, 500))
    assert officer.send(f"{own}/verify").status_code == 303
    assert [(one.kind, one.state) for one in findings_of(store, 114)] == [("sum", "verified"), ("movement", "repeated")]
    half = officer.client.get("/monthly?year=114&export=csv&table=half1&lang=en").text.splitlines()
    assert half[2].split(",") == ["2", "144", "0", "1", "143", "1", "2", "1", "1", "1"], (
        "what is repeated is not done with"
    )
    shown = page(officer, "/monthly?year=114&month=2")
    for said in ("total is not the sum", "does not follow the month before", "verified", "repeated", "drew 1 agencies"):
        assert said in shown, said
    asked = ["report", "monthly", "--fiscal-year", "114", "--half", "1", "--format", "csv", "--lang", "en"]
    command = [sys.executable, "-m", "budgetwatch", *asked, "--data", str(city.folder.path)]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert printed.splitlines() == half, "the command prints what the page shows"
    folder = city.folder
    named = ["--store", str(folder.store), "--registry", str(folder.registry), "--data", str(tmp_path / "elsewhere")]
    command = [sys.executable, "-m", "budgetwatch", *asked, *named]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert printed.splitlines() == half, "a store that is named goes before a data folder, for samples and findings too"
    kinds = [act.kind for act in trail.newest_acts(store, limit=30) if act.kind.startswith(("finding", "report"))]
    assert sorted(kinds) == [
        "finding-corrected", "finding-opened", "finding-opened", "finding-repeated", "finding-replied", "finding-verified",
        "report-sampled", "report-sampled",
    ]  # fmt: skip


def test_what_came_before_a_finding_does_not_decide_it(city: Running, officer: Officer, tmp_path: Path) -> None:
    """March's report is here before February's is looked into; April's repeats, a settled finding is done with."""
    store, own = city.monitor.store, f"/monthly/114/2/{OWN}"
    file(officer, tmp_path, report(2, 3_100, 2_100, total=3_200))
    file(officer, tmp_path, report(3, 3_500, 500))
    form = choosing(officer, own, 1) | {"due_on": "2099-03-31"}
    assert officer.send(f"{own}/findings", **form).status_code == 303
    assert officer.send(f"{own}/verify").status_code == 422, "March's came before it was noted"
    file(officer, tmp_path, report(4, 3_500, 0, total=3_600))
    for code in (303, 422):
        assert officer.send(f"{own}/verify").status_code == code, "one report decides once"
    (one,) = findings_of(store, 114)
    assert (one.kind, one.state, one.is_unfinished) == ("sum", "repeated", True)
    assert (
        officer.send(f"{own}/reply", finding=one.subject, text="已改", letter_number="北市字第9號").status_code == 303
    )
    file(officer, tmp_path, report(5, 3_500, 0))
    assert officer.send(f"{own}/verify").status_code == 303
    (one,) = findings_of(store, 114)
    assert (one.state, one.letter_number) == ("verified", "北市字第9號")
    assert officer.send(f"{own}/settle", finding=one.subject, text="?").status_code == 422, "it is done with already"


def test_the_agency_answers_for_itself(city: Running, officer: Officer, tmp_path: Path) -> None:
    """Its officer sees its own reports and findings alone, and replies; to decide is the office's."""
    store, own = city.monitor.store, f"/monthly/114/2/{OWN}"
    for name, code in (("own", OWN), ("other", OTHER)):
        accounts.add_user(store, name, name, PASSWORD, ["officer"], Domain(frozenset([code])))
    file(officer, tmp_path, report(2, 3_100, 2_100, total=3_200))
    officer.send(f"{own}/findings", **choosing(officer, own, 1), due_on="2099-03-31")
    (one,) = findings_of(store, 114)
    with city.client() as client:
        mine = Officer(client, "own")
        month, shown = page(mine, "/monthly?year=114&month=2"), page(mine, own)
        assert "total is not the sum" in month and OTHER not in month and "Half-year summary" not in month
        assert "The agency&#39;s reply" in shown and "Verify by" not in shown and "Settle" not in shown
        for act in ("verify", "settle", "findings"):
            assert mine.send(f"{own}/{act}", finding=one.subject, text="x").status_code == 403, act
        assert mine.send(f"{own}/reply", finding=one.subject, text="已查明", corrected="yes").status_code == 303
        assert client.get(f"{own}/letter.odt").status_code == 200
    with city.client() as client:
        others = Officer(client, "other")
        assert "total is not the sum" not in page(others, "/monthly?year=114&month=2")
        assert others.send(f"/monthly/114/2/{OTHER}/reply", finding=one.subject, text="x").status_code == 403
    (one,) = findings_of(store, 114)
    assert (one.state, one.reply, one.acts[-1].person) == ("corrected", "已查明", "own")
    assert officer.send(f"{own}/settle", finding=one.subject, text="調閱憑證核對").status_code == 303
    assert [each.state for each in findings_of(store, 114)] == ["verified"]


def test_a_report_that_came_as_events_is_compared_and_its_paper_kept_later(
    city: Running, officer: Officer, tmp_path: Path
) -> None:
    store, own = city.monitor.store, f"/monthly/114/2/{OWN}"
    path = csv_of(tmp_path / "月報.csv", report(2, 3_100, 2_000, total=3_200))
    made = subprocess.run(
        [
            *(sys.executable, "-m", "budgetwatch", "import", "table", str(path), "--mapping", "monthly-report", "--yes"),
            *("-o", str(tmp_path / "2.ndjson"), "--registry", str(tmp_path / "agencies.csv")),
        ],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    outcomes = city.monitor.replica.submit((tmp_path / "2.ndjson").read_bytes().splitlines(), "inbox").result()
    assert {each.outcome for each in outcomes} == {"accepted"}
    assert reports_of(store, 114) == {}
    listed = officer.client.get(f"{own}?export=csv&table=differences&lang=en").text.splitlines()[1:]
    assert [line.split(",")[-3:] for line in listed if line] == [["3100", "3000", "100"]], "with the books"
    assert "It came as events alone" in page(officer, own)
    at = officer.upload(path, mapping="monthly-report")
    assert "the paper is not kept" in officer.look(at)
    assert officer.send(f"{at}/take").status_code == 303
    officer.look(at)
    assert reports_of(store, 114)[OWN, 2].totals == {"all": 3_200}
    assert "It came as events alone" not in page(officer, own)
    at = officer.upload(path, mapping="monthly-report")
    assert "there is nothing to take in" in officer.look(at)


def test_a_report_of_which_something_was_refused_says_so_and_verifies_nothing(
    city: Running, officer: Officer, tmp_path: Path
) -> None:
    """Between the look and the taking another event takes the id of its line."""
    store, own = city.monitor.store, f"/monthly/114/2/{OWN}"
    path = csv_of(tmp_path / "月報.csv", report(2, 3_000, 2_000))
    at = officer.upload(path, mapping="monthly-report")
    officer.look(at)
    short, mapping = load_mapping("monthly-report")
    events = events_of(read_sheet(path), mapping, short).events
    line = next(line for line in events if b"balance.reported" in line)
    taken = msgspec.json.decode(line) | {"realised": 7}
    assert city.monitor.replica.submit([msgspec.json.encode(taken)], "x").result()[0].outcome == "accepted"
    assert officer.send(f"{at}/take").status_code == 303
    officer.look(at)
    (kept,) = reports_of(store, 114).values()
    assert [(part.what, bool(part.why.zh)) for part in kept.refused] == [(LINE, True)]
    shown = page(officer, own)
    assert "1 events of this report were not taken" in shown
    month = officer.client.get("/monthly?year=114&month=2&export=csv&table=monthly&lang=en").text
    (row,) = (line for line in month.splitlines() if line.startswith(OWN))
    assert row.split(",")[-3] == "1"


def test_a_higher_version_of_the_same_month_verifies_too(city: Running, officer: Officer, tmp_path: Path) -> None:
    own = f"/monthly/114/2/{OWN}"
    file(officer, tmp_path, report(2, 3_100, 2_100))
    form = choosing(officer, own, 1) | {"due_on": "2099-03-31"}
    stale = form | {"difference-sum|all|1|2": "yes"}
    assert officer.send(f"{own}/findings", **stale).status_code == 422, "one that the report has no more"
    officer.send(f"{own}/findings", **form)
    assert [one.kind for one in findings_of(city.monitor.store, 114)] == ["books"]
    file(officer, tmp_path, report(2, 3_000, 2_000, version=2))
    assert reports_of(city.monitor.store, 114)[OWN, 2].version == 2
    officer.send(f"{own}/verify")
    assert [one.state for one in findings_of(city.monitor.store, 114)] == ["verified"]


def test_what_is_not_there_is_not_found(officer: Officer) -> None:
    for at in ("/monthly/114/13/020011", "/monthly/114/2/nothing", "/monthly/114/2/nothing/letter.odt"):
        assert officer.client.get(at).status_code == 404, at
    assert officer.client.get(f"/monthly/114/2/{OWN}/letter.odt").status_code == 422, "nothing was found"
    assert officer.send(f"/monthly/114/2/{OWN}/findings", **{"difference-0": "yes"}).status_code == 422
