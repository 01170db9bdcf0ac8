"""A process of its own that sets one document in type, run as a file by `alerts.letters.typesetting`.

python -I typesetter.py TEMPLATE NAME tagged|plain    the data as JSON on standard input, the PDF on standard output
"""

import resource
import sys

import typst

MEMORY_BYTES_MAX = 1280 << 20
"""A list of 5,000 lines with 18 columns takes 1,150 MiB."""


def main() -> None:
    """Set it, or say on standard error what is wrong with it."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    template, name, kind = sys.argv[1:]
    data = sys.stdin.buffer.read().decode()
    made = typst.compile(template, format="pdf", sys_inputs={name: data}, pdf_tags=kind == "tagged")
    assert isinstance(made, bytes), "one file, as no output path is given"
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
