"""What every importer promises, whatever its source: shapes, repeatable ids, encodings, and one clear problem."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from producers.city_registry import REGISTRY_HEADER
from producers.imported import FIRST_SHOWN, Imported, ImportProblem
from producers.importers import format_names, reader_of
from tests.producers.event_shapes import problems

DATA = Path(__file__).parent / "data"
REAL = {
    "g0v-budget": DATA / "g0v-twbudget-tw2019ap.csv",
    "municipal-money-capital": DATA / "municipal-money-capital_facts_v1.csv",
    "municipal-money-operating": DATA / "municipal-money-income_expenditure_facts_v1.csv",
    "peer-scenarios": DATA / "peer-scenarios.csv",
}


def import_file(name: str, path: Path) -> Imported:
    read = reader_of(name)
    assert read is not None
    return read(path)


def imported(name: str) -> Imported:
    return import_file(name, REAL[name])


every_format = pytest.mark.parametrize("name", format_names())


def copy(name: str, folder: Path, *, encoding: str = "utf-8", lines: int | None = None) -> Path:
    """The first lines of a format's real file, in another encoding."""
    text = "".join(REAL[name].read_text(encoding="utf-8-sig").splitlines(keepends=True)[:lines])
    path = folder / f"{name}-{encoding}.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_every_format_has_a_real_file_here() -> None:
    assert set(REAL) == set(format_names())


@every_format
def test_every_event_keeps_the_contracts_shape(name: str) -> None:
    assert [(line, found) for line in imported(name).events if (found := problems(line))] == []


@every_format
def test_a_second_import_repeats_the_first(name: str) -> None:
    first, second = imported(name), imported(name)
    assert list(first.events) == list(second.events)
    assert first == second


@every_format
def test_ids_are_unique_within_agency_and_year(name: str) -> None:
    events = [json.loads(line) for line in imported(name).events]
    assert len({(event["agency"], event["fiscal_year"], event["id"]) for event in events}) == len(events)


@every_format
def test_the_registry_has_the_agencies_of_the_events_and_no_other(name: str) -> None:
    found = imported(name)
    assert {row["code"] for row in found.registry} == {json.loads(line)["agency"] for line in found.events}
    assert all(tuple(row) == REGISTRY_HEADER for row in found.registry)
    assert all(row["email"] == "" for row in found.registry), "no source has an address, and none is made up"


@every_format
def test_an_agency_is_enacted_before_it_is_adopted(name: str) -> None:
    adopted = set()
    for event in map(json.loads, imported(name).events):
        key = (event["agency"], event["fiscal_year"])
        if event["type"] in ("appropriation.enacted", "appropriation.corrected"):
            assert key not in adopted
        elif event["type"] == "budget.adopted":
            adopted.add(key)
    assert adopted


@every_format
def test_no_row_is_lost(name: str) -> None:
    found = imported(name)
    whole_rows = {item.row for item in found.unmapped if "(a part)" not in item.what}
    assert found.rows_mapped + len(whole_rows) == found.rows_read
    assert sum(left_out.count for left_out in found.left_out()) == len(found.unmapped)
    assert found.assumptions


@every_format
def test_what_is_left_out_is_told_with_its_amount_and_its_first_rows(name: str) -> None:
    found = imported(name)
    amounts = [item.amount for item in found.unmapped if item.amount is not None]
    assert sum(left_out.amount or 0 for left_out in found.left_out()) == sum(amounts)
    assert [left_out.count for left_out in found.left_out()] == sorted(
        (left_out.count for left_out in found.left_out()), reverse=True
    )
    for left_out in found.left_out():
        rows = [item for item in found.unmapped if item.reason == left_out.reason]
        assert left_out.first == tuple(rows[:FIRST_SHOWN])
        assert (left_out.amount is None) == all(item.amount is None for item in rows)


@every_format
def test_the_agencies_read_are_at_least_those_registered(name: str) -> None:
    found = imported(name)
    assert 1 <= len(found.registry) <= found.agencies_read


@every_format
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950", "big5hkscs"])
def test_encodings_are_found_out_and_make_no_difference(name: str, encoding: str, tmp_path: Path) -> None:
    found = import_file(name, copy(name, tmp_path, encoding=encoding, lines=25))
    plain = import_file(name, copy(name, tmp_path, lines=25))
    assert found.events == plain.events
    assert found.registry == plain.registry
    is_ascii = copy(name, tmp_path, lines=25).read_bytes().isascii()
    expected = {"utf-8": {"utf-8"}, "utf-8-sig": {"utf-8-sig"}}.get(encoding, {"cp950", "big5hkscs"})
    assert found.encoding in (expected | {"utf-8"} if is_ascii else expected)


@every_format
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty; expected a header"),
        (b"\r\n\r\n", "is empty; expected a header"),
        (b"a,b\n1,2\n", "row 1, column .*: is missing; the header has a, b"),
        (b"\xff\xff\xff\n", "is neither UTF-8 nor Big5; save it as CSV UTF-8"),
        (b'a,b\n"1,2\n', "row 1"),
    ],
)
def test_a_file_of_another_kind_is_one_problem(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    with pytest.raises(ImportProblem, match=f"broken.csv.*{words}"):
        import_file(name, path)


@every_format
def test_a_header_alone_is_a_problem(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImportProblem, match="has a header but no rows"):
        import_file(name, copy(name, tmp_path, lines=1))


@every_format
def test_a_file_that_is_not_there_is_a_problem(name: str, tmp_path: Path) -> None:
    with pytest.raises(ImportProblem, match="cannot be read"):
        import_file(name, tmp_path / "nowhere.csv")


@every_format
def test_a_row_of_another_width_is_a_problem(name: str, tmp_path: Path) -> None:
    path = copy(name, tmp_path, lines=3)
    path.write_bytes(path.read_bytes() + b"1,2\n")
    with pytest.raises(ImportProblem, match="row 4: has 2 cells where the header has") as caught:
        import_file(name, path)
    assert (caught.value.row, caught.value.column) == (4, None)


@every_format
def test_blank_lines_at_the_end_are_no_rows(name: str, tmp_path: Path) -> None:
    path = copy(name, tmp_path, lines=6)
    plain = import_file(name, path)
    path.write_bytes(path.read_bytes() + b"\r\n,,,\r\n\r\n")
    assert import_file(name, path) == plain


def test_a_dos_end_of_file_byte_is_no_error(tmp_path: Path) -> None:
    source = Path(__file__).parent / "data" / "g0v-twbudget-tw2019ap.csv"
    copy = tmp_path / "copy.csv"
    copy.write_bytes(source.read_bytes() + b"\x1a")
    assert import_file("g0v-budget", copy).events == import_file("g0v-budget", source).events


def test_a_note_is_cleaned_so_that_the_event_is_taken(tmp_path: Path) -> None:
    """A control character becomes a space; what passes 2,000 characters is cut, and says so by an ellipsis."""
    copy = tmp_path / "copy.csv"
    head = "year,code,amount,name,topname,depname,depcat,cat,ref\n"
    copy.write_text(f"{head}108,3202010101,5,a\vb{'長' * 2000},甲,乙,一般行政,丙,1\n", encoding="utf-8")
    note = json.loads(import_file("g0v-budget", copy).events[0])["note"]
    assert "a b" in note and len(note) == 2_000 and note.endswith("…")
