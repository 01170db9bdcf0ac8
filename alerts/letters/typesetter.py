"""A process of its own that sets one document in type, run as a file by `alerts.letters.typesetting`.

python -I typesetter.py TEMPLATE NAME tagged|plain    the data as JSON on standard input, the PDF on standard output
"""

import contextlib
import resource
import sys
from pathlib import Path

import typst

MEMORY_BYTES_MAX = 2 << 30
"""Reserved; the report on an agency of 5,000 lines and as many alerts uses 1,200 MB."""


def main() -> None:
    """Set it, or say on standard error what is wrong with it."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    with contextlib.suppress(OSError), Path("/proc/self/oom_score_adj").open("w") as file:
        file.write("1000")  # where the machine's memory is out this process ends, not the monitor
    template, name, kind = sys.argv[1:]
    data = sys.stdin.buffer.read().decode()
    made = typst.compile(template, format="pdf", sys_inputs={name: data}, pdf_tags=kind == "tagged")
    assert isinstance(made, bytes), "one file, as no output path is given"
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
