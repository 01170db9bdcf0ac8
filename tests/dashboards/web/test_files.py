"""Files loaded on the page: looked through, tried on a copy, taken in once, kept as they came; each sees their own alone."""

from __future__ import annotations

import contextlib
import html
import re
import threading
import time
import tracemalloc
import unittest.mock
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

import httpx
import msgspec
import pytest

from dashboards.web import forms, loading
from dashboards.web.drafts import DRAFTS_MAX, OWN_DRAFTS_MAX, DraftProblem, Drafts, FileDraft
from producers.tables.apart import TableChoice
from streams.people import accounts, sessions, trail
from streams.people.accounts import Domain
from streams.people.files import keep_file, loaded_files
from streams.people.monthly_reports import reports_of
from streams.people.person import Person
from streams.scope import EVERYTHING, Scope
from tests.dashboards.web.test_forms import PASSWORD, token
from tests.dashboards.web.test_scope import LINE, OTHER, OWN, event, paid
from tests.producers.tables.test_mappings import SAMPLES
from tests.producers.tables.workbooks import csv_of
from tests.running import Running, running

HEADER = [
    "年度",
    "機關編號",
    "工作計畫編號",
    "門別",
    "用途別",
    "傳票號碼",
    "項次",
    "付款日期",
    "金額",
    "契約編號",
    "摘要",
]
REPORT_HEADER = [*HEADER[:5], "工作計畫名稱", "經費年度", "月份", "月報編號", "版次", "收件日期"]
REPORT_HEADER += ["累計分配數", "本月實現數", "累計實現數", "摘要"]
SECONDS = 30


def rows(*amounts: int, agency: str = OWN) -> list[list[str]]:
    made = [
        [
            "114",
            agency,
            LINE.partition("/")[0],
            "經常門",
            "2000",
            f"V{number}",
            "1",
            "114/03/05",
            f"{amount:,}",
            "",
            "紙",
        ]
        for number, amount in enumerate(amounts)
    ]
    return [HEADER, *made]


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "data") as found:
        lines = [
            event("a", OWN, "appropriation.enacted", line=LINE, amount=10_000),
            event("b", OWN, "budget.adopted"),
            paid("p", OWN, amount=1_000),
        ]
        found.monitor.replica.submit(lines, "test").result()
        accounts.add_user(found.monitor.store, "whole", "王", PASSWORD, ["officer", "feeder"])
        yield found


class Officer:
    """Somebody at a browser without scripts."""

    def __init__(self, client: httpx.Client, name: str) -> None:
        self.client = client
        form = {"name": name, "password": PASSWORD, "_csrf_token": token(client)}
        assert client.post("/log-in", data=form).status_code == 303
        self.csrf = token(client, "/files" if name != "reader" else "/rules")

    def upload(self, path: Path, **fields: str) -> str:
        """Upload a file; where it is looked at."""
        with path.open("rb") as file:
            answer = self.client.post("/files", data={"_csrf_token": self.csrf} | fields, files={"file": file})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    def look(self, at: str) -> str:
        """The file's page once nothing is done with it any more."""
        until = time.monotonic() + SECONDS
        while "refresh" in (answer := self.client.get(at, params={"lang": "en"})).headers:
            assert time.monotonic() < until, answer.text
            time.sleep(0.05)
        assert answer.status_code == 200, answer.text
        return re.sub(r"\s+", " ", answer.text)

    def send(self, at: str, **fields: str) -> httpx.Response:
        return self.client.post(at, data={"_csrf_token": self.csrf} | fields)


@pytest.fixture
def officer(city: Running) -> Iterator[Officer]:
    with city.client() as client:
        yield Officer(client, "whole")


def realised(city: Running) -> int:
    with city.monitor.replica.reading() as books:
        year = books.find(114, OWN)
        assert year is not None
        return year.positions[LINE].realised


def test_a_table_is_looked_through_taken_in_once_and_kept(city: Running, officer: Officer, tmp_path: Path) -> None:
    path = csv_of(tmp_path / "支付.csv", rows(2_000, 8_500), "cp950")
    at = officer.upload(path)
    page = officer.look(at)
    assert "disbursement.paid: NT$ 10,500" in page, "sums before and after"
    assert "spending-over-appropriation" in page, "which alert it would open"
    assert realised(city) == 1_000, "nothing is recorded yet"
    assert 'name="person"' not in page
    assert officer.send(f"{at}/take").status_code == 303
    page = officer.look(at)
    assert "2 accepted, 0 duplicates, 0 refused" in page
    assert realised(city) == 11_500
    (kept,) = re.findall(r'href="(/files/kept/\d+)"', officer.client.get("/files").text)
    assert officer.client.get(kept).content == path.read_bytes()
    begun, done = trail.acts_of_kinds(city.monitor.store, "file-loaded", "file-taken")
    assert begun.person == done.person == "whole"
    assert begun.after["digest"] in officer.client.get("/files").text
    assert done.after["counts"]["accepted"] == 2

    page = officer.look(again := officer.upload(path))
    assert "Everything in this file was taken before" in page
    assert officer.send(f"{again}/take").status_code == 422
    assert realised(city) == 11_500


def test_what_differs_is_told_and_corrected_when_asked(city: Running, officer: Officer, tmp_path: Path) -> None:
    def bring(*amounts: int, **fields: str) -> str:
        at = officer.upload(csv_of(tmp_path / "p.csv", rows(*amounts)), mapping="payments")
        officer.look(at)
        officer.send(f"{at}/read", mapping="payments", **fields)
        page = officer.look(at)
        if fields:
            assert officer.send(f"{at}/take").status_code == 303
            officer.look(at)
        return page

    bring(2_000, take="yes")
    assert "amount 2000 → 2500" in bring(2_500)
    bring(2_500, corrections="yes")
    assert realised(city) == 3_500
    assert "Everything in this file was taken before" in bring(2_500)
    bring(2_100, corrections="yes")
    assert realised(city) == 3_100, "less than before is reversed, by what it was corrected to"


def test_rows_that_differ_are_corrected_or_passed_over_knowingly(
    city: Running, officer: Officer, tmp_path: Path
) -> None:
    at = officer.upload(csv_of(tmp_path / "p.csv", rows(2_000)), mapping="payments")
    officer.look(at)
    assert officer.send(f"{at}/take").status_code == 303
    officer.look(at)
    page = officer.look(at := officer.upload(csv_of(tmp_path / "p.csv", rows(2_500, 30)), mapping="payments"))
    assert "Pass over the 1 that differ" in page
    assert officer.send(f"{at}/take").status_code == 422 and realised(city) == 3_000, "half a file is not taken unasked"
    assert officer.send(f"{at}/take", leave_out="yes").status_code == 303
    officer.look(at)
    assert realised(city) == 3_030
    page = officer.look(officer.upload(csv_of(tmp_path / "p.csv", rows(2_500, 30)), mapping="payments"))
    assert "Everything in this file was taken before" not in page
    for amount in (1_500, 2_000, 1_500):
        at = officer.upload(csv_of(tmp_path / "p.csv", rows(amount, 30)), mapping="payments")
        officer.look(at)
        officer.send(f"{at}/read", mapping="payments", corrections="yes")
        officer.look(at)
        assert officer.send(f"{at}/take").status_code == 303
        officer.look(at)
        assert realised(city) == 1_030 + amount, "back to what it was, and again"


def test_the_next_months_execution_adds_to_the_last(city: Running, officer: Officer, tmp_path: Path) -> None:
    header = [
        "年度",
        "機關編號",
        "截至日",
        "agency",
        "program",
        "annual_budget_ntd",
        "cum_allotment_ntd",
        "cum_execution_ntd",
    ]

    def bring(day: str, executed: str) -> tuple[str, int]:
        row = ["114", OWN, day, "甲", "道路工程", "1,000", "500", executed]
        at = officer.upload(csv_of(tmp_path / "e.csv", [header, row]), mapping="execution-by-program")
        officer.look(at)
        officer.send(f"{at}/read", mapping="execution-by-program", corrections="yes")
        page = officer.look(at)
        code = officer.send(f"{at}/take").status_code
        officer.look(at)
        return page, code

    assert bring("114/05/31", "300")[1] == 303
    assert bring("114/06/30", "450")[1] == 303
    with city.monitor.replica.reading() as books:
        year = books.find(114, OWN)
        assert year is not None
        assert [each.realised for key, each in year.positions.items() if key.startswith("N")] == [450]
    assert "Everything in this file was taken before" in bring("114/06/30", "450")[0]


def test_a_monthly_report_comes_in_whole_and_is_kept_as_it_was_taken(
    city: Running, officer: Officer, tmp_path: Path
) -> None:
    def bring(amount: str, received: str, **fields: str) -> tuple[str, int]:
        header, row = SAMPLES["monthly-report"][0][2:4]
        line = ["114", OWN, *row[2:10], received, "150", "30", amount]
        at = officer.upload(csv_of(tmp_path / "m.csv", [header, line]), mapping="monthly-report")
        officer.look(at)
        if fields:
            officer.send(f"{at}/read", mapping="monthly-report", **fields)
        page = officer.look(at)
        code = officer.send(f"{at}/take", leave_out="yes").status_code
        officer.look(at)
        return page, code

    assert bring("130", "114/06/10")[1] == 303
    page, code = bring("140", "114/06/10")
    assert "A monthly report is taken whole" in page and code == 422
    assert bring("140", "114/06/11", corrections="yes")[1] == 422, "the day of a filing is no correction's"
    (report,) = reports_of(city.monitor.store, 114).values()
    assert report.lines[0].realised == 130
    assert bring("140", "114/06/10", corrections="yes")[1] == 303
    (report,) = reports_of(city.monitor.store, 114).values()
    assert report.lines[0].realised == 140


def test_events_are_tried_and_taken_with_what_is_refused(city: Running, officer: Officer, tmp_path: Path) -> None:
    path = tmp_path / "114.ndjson"
    wrong = event("w", OWN, "commitment.cancelled", commitment="none", amount=5)
    lines = [paid("p", OWN, amount=1_000), paid("q", OWN, amount=500), wrong, b"not json", paid("p", OWN, amount=3)]
    path.write_bytes(b"\n".join(lines))
    page = officer.look(at := officer.upload(path))
    for said in ("unknown reference", "malformed", "conflicting duplicate"):
        assert said in page, said
    officer.send(f"{at}/take")
    assert "1 accepted, 1 duplicates, 3 refused" in officer.look(at)
    assert realised(city) == 1_500


def test_nobody_loads_what_is_anothers_nor_sees_anothers_files(city: Running, officer: Officer, tmp_path: Path) -> None:
    at = officer.upload(csv_of(tmp_path / "own.csv", rows(2_000)))
    officer.look(at)
    store = city.monitor.store
    accounts.add_user(store, "other", "陳", PASSWORD, ["officer", "feeder"], Domain(frozenset([OTHER])))
    accounts.add_user(store, "reader", "林", PASSWORD, ["officer"])
    with city.client() as client:
        other = Officer(client, "other")
        assert client.get(at).status_code == 404
        assert other.send(f"{at}/take").status_code == 404
        theirs = other.upload(csv_of(tmp_path / "own2.csv", rows(2_000)))
        page = other.look(theirs)
        assert "are not yours to send" in page
        assert other.send(f"{theirs}/take").status_code == 422
        officer.send(f"{at}/take")
        officer.look(at)
        (kept,) = re.findall(r'href="(/files/kept/\d+)"', officer.client.get("/files").text)
        assert client.get(kept).status_code == 404
        assert "own.csv" not in client.get("/files").text
    with city.client() as client:
        reader = Officer(client, "reader")
        assert 'type="file"' not in client.get("/files").text
        with (tmp_path / "own.csv").open("rb") as file:
            answer = client.post("/files", data={"_csrf_token": reader.csrf}, files={"file": file})
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "Choose a file"), (b"PK\x03\x04rubbish", "is damaged"), (b"a,b\n1,2\n", "Nothing looks like")],
)
def test_what_is_no_table_is_one_clear_line(officer: Officer, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    if not content:
        with path.open("rb") as file:
            form = {"_csrf_token": officer.csrf}
            answer = officer.client.post("/files", params={"lang": "en"}, data=form, files={"file": file})
        assert (answer.status_code, said in answer.text) == (422, True)
        return
    assert said in officer.look(officer.upload(path))


def test_a_form_without_its_token_takes_no_file(officer: Officer, tmp_path: Path) -> None:
    with csv_of(tmp_path / "p.csv", rows(1)).open("rb") as file:
        answer = officer.client.post("/files", data={"_csrf_token": "x"}, files={"file": file})
    assert answer.status_code == 403


def test_a_long_file_that_stops_goes_on_where_it_was(
    city: Running, officer: Officer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streams.monitor import Unavailable

    monkeypatch.setattr(loading, "CHUNK_LINES", 2)
    path = csv_of(tmp_path / "p.csv", rows(1, 2, 3, 4, 5))
    at = officer.upload(path)
    officer.look(at)
    submit, sent = type(city.monitor.replica).submit, []

    def failing(self: object, lines: list[bytes], origin: str, first_line: int = 1) -> object:
        sent.append(first_line)
        if len(sent) == 2:
            raise Unavailable("the disk is full")
        return submit(self, lines, origin, first_line)  # type: ignore[arg-type]

    monkeypatch.setattr(type(city.monitor.replica), "submit", failing)
    officer.send(f"{at}/take")
    page = officer.look(at)
    assert "It stopped after event 2: the disk is full" in page
    officer.send(f"{at}/take")
    assert "5 accepted, 0 duplicates, 0 refused" in officer.look(at)
    assert sent == [1, 3, 3, 5]
    assert realised(city) == 1_015
    assert len(trail.acts_of_kinds(city.monitor.store, "file-loaded")) == 1


def test_names_come_in_with_a_table_once_they_are_shown(city: Running, officer: Officer, tmp_path: Path) -> None:
    names = city.folder.path / "accounts.csv"
    header = ["年度", "機關編號", "月份", "工作計畫編號", "工作計畫名稱", "門別", "用途別", "累計實現數"]
    table = [header, ["114", OWN, "3", LINE.partition("/")[0], "行政管理", "經常門", "2000", "1,000"]]
    at = officer.upload(csv_of(tmp_path / "月報.csv", table))
    assert "1 new names (accounts.csv)" in officer.look(at)
    assert not names.exists()
    officer.send(f"{at}/take", names="yes")
    assert "1 names were added (accounts.csv)" in officer.look(at)
    assert "行政管理" in names.read_text(encoding="utf-8")
    (act,) = trail.acts_of_kinds(city.monitor.store, "names-taken")
    assert act.after == {"file": "月報.csv", "added": {"accounts": 1}}


def test_templates_can_be_filled_in_and_come_back(officer: Officer) -> None:
    page = officer.client.get("/files").text
    for address in re.findall(r'href="(/files/templates/[^"]+)"', page):
        answer = officer.client.get(address)
        assert answer.content.startswith(b"PK"), address
    assert officer.client.get("/files/templates/none.xlsx").status_code == 404


def test_kept_files_survive_and_are_within_a_scope(city: Running, officer: Officer, tmp_path: Path) -> None:
    from streams.people.files import kept_content

    at = officer.upload(csv_of(tmp_path / "p.csv", rows(7)))
    officer.look(at)
    officer.send(f"{at}/take")
    officer.look(at)
    found = kept_content(city.monitor.store, 1, EVERYTHING)
    assert found is not None
    assert found[0].agencies == [OWN]
    assert msgspec.json.encode(found[0].choice).startswith(b'{"name":"payments"')


def test_a_report_of_another_agency_is_refused_even_where_the_mapping_hides_its_events(
    city: Running, tmp_path: Path
) -> None:
    """Its own row is all that a confined feeder's file may hold: a higher version of another's report would count."""
    hiding = (
        (resources.files("producers.tables") / "mappings" / "monthly-report.yaml")
        .read_text(encoding="utf-8")
        .replace("- type: balance.reported", "- type: balance.reported\n    unless_zero: realised")
        .replace("- type: report.filed", "- type: report.filed\n    unless_zero: note")
        .replace("version: 版次}", "version: 版次, note: {column: 摘要, blank: 0}}")
    )
    store = city.monitor.store
    accounts.add_user(store, "own", "林", PASSWORD, ["officer", "feeder"], domain=Domain(frozenset([OWN])))
    report = [*LINE.split("/")[:1], "經常門", "2000", "行政管理", "114", "2", "2", "99", "114/03/10", "9", "7"]
    mine, others = ["114", OWN, *report, "5", "x"], ["114", OTHER, *report, "0", ""]
    with city.client() as client:
        own = Officer(client, "own")
        at = own.upload(csv_of(tmp_path / "月報.csv", [REPORT_HEADER, mine, others]), own_mapping=hiding)
        assert f"reports of {OTHER}, which are not yours" in own.look(at)
        own.send(f"{at}/take")
    assert reports_of(store, 114) == {}


def test_lines_without_end_are_told_before_they_are_split(
    officer: Officer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "LINES_MAX", 1_000)
    (tmp_path / "x.ndjson").write_bytes(b"\n" * 1_001)
    assert "has more than 1,000 lines" in officer.look(officer.upload(tmp_path / "x.ndjson"))


def test_a_disk_that_is_full_takes_no_place_and_nobody_takes_all_of_them(tmp_path: Path) -> None:
    drafts, choice = Drafts(), TableChoice()
    try:
        with unittest.mock.patch.object(Path, "write_bytes", side_effect=OSError(28, "No space left on device")):
            for _ in range(DRAFTS_MAX + 1):
                with pytest.raises(DraftProblem, match="No space left"):
                    drafts.begin("a", "x.csv", b"a", choice)
        for _ in range(OWN_DRAFTS_MAX):
            drafts.begin("a", "x.csv", b"a", choice)
        with pytest.raises(DraftProblem, match="too many"):
            drafts.begin("a", "x.csv", b"a", choice)
        assert drafts.begin("b", "x.csv", b"a", choice).owner == "b"
    finally:
        drafts.close()


def test_a_field_is_no_file_and_who_may_not_is_told_before_it_is_read(city: Running, officer: Officer) -> None:
    long = {"_csrf_token": officer.csrf, "own_mapping": "x" * (3 << 20)}
    file = {"file": ("a.csv", b"a")}
    assert officer.client.post("/files", data=long, files=file).status_code == 413
    accounts.add_user(city.monitor.store, "reader", "林", PASSWORD, ["officer"])
    with city.client() as client:
        reader = Officer(client, "reader")
        with unittest.mock.patch.object(forms, "form_with_file", side_effect=AssertionError("it was read")):
            answer = client.post("/files", data={"_csrf_token": reader.csrf}, files=file)
        assert answer.status_code == 403


def test_an_agencys_own_files_are_found_behind_others(city: Running) -> None:
    store, person = city.monitor.store, Person("王", ("feeder",))
    own = keep_file(store, person, "own.csv", b"a", [OWN], {})
    for _ in range(3):
        keep_file(store, person, "other.csv", b"b", [OTHER], {})
    assert [each.n for each in loaded_files(store, Scope(frozenset([OWN])), limit=2)] == [own]


@pytest.mark.parametrize(
    "path", ["/files/kept/{}", "/monthly/{}/3", "/monthly/114/{}", "/monthly/{}/3/" + OWN, "/half-year/{}"]
)
def test_a_number_that_no_database_could_look_for_names_nothing(officer: Officer, path: str) -> None:
    for number in ("1" * 20, "9" * 5_000, str(2**63)):
        assert officer.client.get(path.format(number)).status_code in (400, 404, 405)


def test_what_was_anyones_to_send_is_asked_again_when_it_is_taken(city: Running, tmp_path: Path) -> None:
    store = city.monitor.store
    accounts.add_user(store, "own", "林", PASSWORD, ["officer", "feeder"], domain=Domain(frozenset([OWN])))
    with city.client() as client:
        own = Officer(client, "own")
        at = own.upload(csv_of(tmp_path / "付款.csv", rows(500)), mapping="payments")
        own.look(at)
        accounts.change_user(store, "own", domain=Domain(frozenset([OTHER])))
        own.send(f"{at}/take")
    assert loaded_files(store, EVERYTHING) == []


MAPPING = "columns: {agency: 機關編號}  # <my own>"


def sends(client: httpx.Client, at: str, csrf: str, **fields: str) -> httpx.Response:
    """Send the form of a page that asks for a file, with one."""
    return client.post(at, data={"_csrf_token": csrf} | fields, files={"file": ("付款.csv", b"a,b")})


def check_it_comes_back(page: str, *, named: bool = True) -> str:
    """Whether a page holds what was typed, and asks for the file again; the token of its form."""
    form = page.partition("<main")[2]
    assert 'enctype="multipart/form-data"' in form and 'action="/files"' in form and 'type="file" required' in form
    assert (
        "# &lt;my own&gt;" in form
        and "（YAML）" in form.replace(" (YAML)", "（YAML）")
        and '<option value="payments" selected>' in form
    )
    assert ("付款.csv" in form) is named and ("請重新選擇檔案" in form or "Choose the file again" in form)
    found = re.search(r'name="_csrf_token" value="([^"]+)"', form)
    assert found is not None
    return found[1]


def test_a_mapping_typed_outlives_the_session_and_the_form(city: Running, officer: Officer) -> None:
    typed = {"mapping": "payments", "own_mapping": MAPPING}
    expired = sends(officer.client, "/files", "old", **typed)
    assert expired.status_code == 403
    check_it_comes_back(expired.text)
    sessions.begin_generation(city.monitor.store, Person("whole", ("officer",)))
    asked = sends(officer.client, "/files", officer.csrf, **typed)
    assert asked.status_code == 401
    kept = {
        name: html.unescape(found[1])
        for name in ("kept", "kept_for", "_csrf_token")
        if (found := re.search(f'name="{name}" value="([^"]*)"', asked.text)) is not None
    }
    assert MAPPING in msgspec.json.decode(kept["kept"])["own_mapping"]
    resumed = officer.client.post("/log-in", data={"name": "whole", "password": PASSWORD} | kept)
    assert resumed.status_code == 200
    again = sends(officer.client, "/files", check_it_comes_back(resumed.text), **typed)
    assert again.status_code == 303 and again.headers["location"].startswith("/files/")


def test_of_a_session_that_ended_the_file_itself_is_not_kept(city: Running, officer: Officer) -> None:
    sessions.begin_generation(city.monitor.store, Person("whole", ("officer",)))
    tracemalloc.start()
    try:
        large = {"file": ("a.csv", b"x" * (32 << 20))}
        fields = {"_csrf_token": officer.csrf, "own_mapping": MAPPING}
        request = officer.client.build_request("POST", "/files", data=fields, files=large)
        body = request.read()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        answer = officer.client.post(
            "/files",
            content=(body[at : at + 65_536] for at in range(0, len(body), 65_536)),
            headers={"Content-Type": request.headers["content-type"]},
        )
        assert answer.status_code == 401 and "my own" in answer.text
        assert tracemalloc.get_traced_memory()[1] - before < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_mapping_typed_outlives_what_is_refused_of_its_file(officer: Officer, tmp_path: Path) -> None:
    typed = {"mapping": "payments", "own_mapping": MAPPING}
    csrf = {"_csrf_token": officer.csrf}
    empty = officer.client.post("/files", data=csrf | typed, files={"file": ("a.csv", b"")})
    assert empty.status_code == 422 and "# &lt;my own&gt;" in empty.text and 'value="payments" selected' in empty.text
    at = officer.upload(csv_of(tmp_path / "p.csv", rows(1)))
    officer.look(at)
    officer.send(f"{at}/drop")
    lapsed = officer.send(f"{at}/read", **typed, **{"given-fiscal_year": "114"})
    assert lapsed.status_code == 404 and 'value="114"' in lapsed.text
    check_it_comes_back(lapsed.text, named=False)


def test_of_several_who_take_a_file_at_once_one_does(
    city: Running, officer: Officer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = officer.upload(csv_of(tmp_path / "p.csv", rows(2_000, 500)), mapping="payments")
    officer.look(at)
    looked, ready = threading.Barrier(4), vars(FileDraft)["is_ready"].fget

    def slowly(draft: FileDraft) -> bool:
        found = ready(draft)
        with contextlib.suppress(threading.BrokenBarrierError):
            looked.wait(0.5)  # where several may look before one of them begins, all of them do
        return bool(found)

    monkeypatch.setattr(FileDraft, "is_ready", property(slowly))

    def take(_: int) -> str:
        with city.client() as client:
            client.cookies.update(officer.client.cookies)
            answer = client.post(f"{at}/take", data={"_csrf_token": officer.csrf})
            assert answer.status_code == 303, answer.text
            return answer.headers["location"]

    with ThreadPoolExecutor(4) as four:
        led = sorted(four.map(take, range(4)))
    assert led == [at, *[f"{at}?done=taken_once"] * 3]
    assert "taken once" in officer.client.get(f"{at}?done=taken_once&lang=en").text
    officer.look(at)
    assert realised(city) == 3_500
    acts = trail.acts_of_kinds(city.monitor.store, "file-loaded", "file-taken")
    assert [act.kind for act in acts] == ["file-loaded", "file-taken"]
