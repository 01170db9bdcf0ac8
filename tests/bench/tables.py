"""How fast a table comes in: `python -m tests.bench.tables [ROWS]`, payments as CSV and as a workbook, first and again.

A bar shows the writing of each file, which takes longer than its reading; a line is printed as soon as it is measured.
Each is read by a process of its own, so that its memory is its own. Rows a second count from the file to the events.
"""

from __future__ import annotations

import csv
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from openpyxl import Workbook

from dashboards.reports.progress import counting

HEADER: Final = [
    "年度", "機關編號", "工作計畫編號", "門別", "用途別", "傳票號碼", "項次", "付款日期", "金額", "契約編號", "摘要",
]  # fmt: skip


def row(number: int) -> list[str]:
    """A payment."""
    day = f"114/{number % 12 + 1:02d}/{number % 28 + 1:02d}"
    line = [f"3202{number % 900:03d}0101", "經常門" if number % 3 else "資本門", "2000"]
    return [
        "114",
        f"{number % 300:06d}",
        *line,
        f"V{number}",
        "1",
        day,
        f"{number % 99_999 + 1:,}",
        "",
        f"說明{number % 50}",
    ]


def table(rows: int, what: str) -> Iterator[list[str]]:
    """The header and so many payments, with a bar."""
    yield HEADER
    with counting(rows, what) as progress:
        for number in range(rows):
            yield row(number)
            if number % 1_000 == 0:
                progress(number)


def write_csv(path: Path, rows: int) -> None:
    """The table in Big5."""
    with path.open("w", encoding="cp950", newline="") as out:
        csv.writer(out).writerows(table(rows, "writing CSV"))


def write_workbook(path: Path, rows: int) -> None:
    """The table as a workbook."""
    made = Workbook(write_only=True)
    sheet = made.create_sheet("支付")
    for cells in table(rows, "writing a workbook"):
        sheet.append(cells)
    made.save(path)


def measure(path: Path, earlier: Path | None) -> None:
    """Read one file in this process and say how long it took."""
    from producers.tables.corrections import compare
    from producers.tables.events import events_of
    from producers.tables.mapping import load_mapping
    from producers.tables.sheet import read_sheet

    begun = time.perf_counter()
    name, mapping = load_mapping("payments")
    imported = events_of(read_sheet(path), mapping, name)
    lines = imported.events
    if earlier is not None:
        with earlier.open("rb") as before:
            lines = compare(lines, before).new
    else:
        path.with_suffix(".ndjson").write_bytes(b"".join(lines))
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rate = imported.rows_mapped / seconds
    again = "first" if earlier is None else f"again, {len(lines)} new"
    sys.stdout.write(f"{path.suffix[1:]:5} {again:14} {rate:10,.0f} rows/s {peak:8,.0f} MiB\n")


def main(rows: int) -> None:
    """Measure both, first and again."""
    with TemporaryDirectory() as folder:
        for name, write in (("payments.csv", write_csv), ("payments.xlsx", write_workbook)):
            path = Path(folder) / name
            write(path, rows)
            for earlier in ([], [str(path.with_suffix(".ndjson"))]):
                subprocess.run(
                    [sys.executable, "-m", "tests.bench.tables", "--measure", str(path), *earlier], check=True
                )


if __name__ == "__main__":
    if "--measure" in sys.argv:
        at = sys.argv.index("--measure")
        named = [Path(each) for each in sys.argv[at + 1 :]]
        measure(named[0], named[1] if len(named) > 1 else None)
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
