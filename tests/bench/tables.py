"""How fast a table comes in: `python -m tests.bench.tables [ROWS]`, payments as CSV and as a workbook, first and again.

Each is read by a process of its own, so that its memory is its own. Rows a second count from the file to the events.
"""

from __future__ import annotations

import csv
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from openpyxl import Workbook

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


def write(folder: Path, rows: int) -> dict[str, Path]:
    """The table as CSV in Big5, and as a workbook."""
    text, book = folder / "payments.csv", folder / "payments.xlsx"
    with text.open("w", encoding="cp950", newline="") as out:
        csv.writer(out).writerows([HEADER, *map(row, range(rows))])
    made = Workbook(write_only=True)
    sheet = made.create_sheet("支付")
    for cells in (HEADER, *map(row, range(rows))):
        sheet.append(cells)
    made.save(book)
    return {"csv": text, "xlsx": book}


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
        for path in write(Path(folder), rows).values():
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
