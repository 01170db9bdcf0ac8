"""The published JSON schemas of events and output, made from the structs that are decoded and encoded.

`python -m streams.schema` writes docs/schema/; with `--check` it exits 1 where a file is stale.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final, Union

import msgspec

from ledger.events import EVENTS
from ledger.output import Output

FOLDER: Final = Path(__file__).parent.parent / "docs" / "schema"


def event_schema() -> dict[str, Any]:
    """One event, as a line of a file or an element of a record."""
    return _schema(Union[EVENTS], "budgetwatch event, version 1")


def output_schema() -> dict[str, Any]:
    """What `replay --json` prints."""
    return _schema(Output, "budgetwatch replay --json, version 1")


def _schema(kind: Any, title: str) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title} | msgspec.json.schema(kind)


SCHEMAS: Final = {"event.schema.json": event_schema, "replay.schema.json": output_schema}


def main(arguments: list[str]) -> int:
    """Write the schemas, or check them."""
    stale = []
    for name, make in SCHEMAS.items():
        text = json.dumps(make(), ensure_ascii=False, indent=2) + "\n"
        path = FOLDER / name
        if "--check" in arguments:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.stderr.write(f"stale: {', '.join(stale)}; run `make docs`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
