"""What the peers of the Kafka bench keep is all of the books: taken from their state again it is the same."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from ledger.books import Books
from producers.kafka.wire import where_of
from producers.simulator import registry_csv, simulate
from streams.upkeep.differences import rows_by_key
from tests.bench.peers.core import Core, Hosted, Kept, bundled
from tests.bench.peers.packing import pack_all, unpack_all


def test_books_packed_in_one_piece_are_the_same_books(tmp_path: Path) -> None:
    core = _core(tmp_path)
    core.fold([line.rstrip(b"\n") for line in simulate(114, 3, 4_000)])
    again = core.another()
    unpack_all(again.books, again.seen, core.registry.agencies, pack_all(core.books, core.seen))
    _same(core, again)
    assert len(core.seen) > 1_000 and _standing(core.books)


def test_books_written_through_row_by_row_are_the_same_books(tmp_path: Path) -> None:
    first = _core(tmp_path)
    cores: dict[bytes, Core] = defaultdict(first.another)
    states: dict[bytes, dict[str, bytes]] = defaultdict(dict)
    hosted = Hosted(tmp_path / "agencies.csv")
    for line in simulate(114, 3, 4_000):
        where = where_of(line)
        if "key" in where:
            key, event = where["key"], line.rstrip(b"\n")
            cores[key].fold([event])
            hosted.fold(key, [event], states[key].get, states[key].__setitem__)
    for key, state in states.items():
        again = first.another()
        Kept.load(again, bundled(state.get))
        _same(cores[key], again)
    assert max(len(core.seen) for core in cores.values()) > 100


def _core(folder: Path) -> Core:
    (folder / "agencies.csv").write_text(registry_csv(), encoding="utf-8")
    return Core.of(folder / "agencies.csv")


def _same(core: Core, again: Core) -> None:
    assert core.seen.since(0) == again.seen.since(0)
    one, other = rows_by_key(core.books), rows_by_key(again.books)
    assert one == other
    assert _standing(core.books) == _standing(again.books)


def _standing(books: Books) -> set[tuple[str, str]]:
    years = list(books.agency_years())
    positions = [row for year in years for row in year.positions.values()]
    return {(alert.rule, alert.key) for row in (*years, *positions) for alert in (row.alerts or {}).values()}
