"""The register of agencies after an import: what stood in the file stays byte for byte, what it lacks is added below."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ledger.registry import HEADER, Registry, RegistryProblem, parse
from producers.city_registry import RegistryRow, as_registry_csv


def with_agencies(content: bytes | None, rows: Sequence[RegistryRow], name: str) -> tuple[bytes, int]:
    """Add the agencies that a register lacks.

    Args:
      content: The bytes of `agencies.csv`; None where there is no such file yet.
      rows: The agencies a source names.
      name: The file's name, for messages.

    Returns:
      The bytes to write (the same object where nothing is added), and how many agencies were added. Further columns
      of the register stay, empty for the agencies added.

    Raises:
      RegistryProblem: the register cannot be used, would not be usable with these rows, or knows an agency or authority
        of one of their codes by another name.

    """
    if content is None:
        made = as_registry_csv(list(rows)).encode()
        parse(made, name)
        return made, len(rows)
    known = parse(content, name)
    for row in rows:
        _check_names(row, known, name)
    lacking = [row for row in rows if row["code"] not in known.agencies]
    if not lacking:
        return content, 0
    whole = content + _lines(content, lacking)
    parse(whole, name)
    return whole, len(lacking)


def _check_names(row: RegistryRow, known: Registry, name: str) -> None:
    """One code, one name: else the events of one agency would be told as another's. An empty name contradicts none."""
    agency = known.agencies.get(row["code"])
    if agency is not None:
        _check_one("agency", row["code"], agency.name_zh, row["name_zh"], name)
    elif row["authority_code"] in known.authorities:
        authority = known.authorities[row["authority_code"]]
        _check_one("authority", row["authority_code"], authority.zh, row["authority_name_zh"], name)


def _check_one(kind: str, code: str, known: str, found: str, name: str) -> None:
    if known and found and known != found:
        raise RegistryProblem(
            f"{name}: {kind} {code} is 「{known}」 in the register and 「{found}」 in the source; name another --registry,"
            " or correct one of the two"
        )


def _lines(content: bytes, rows: Sequence[RegistryRow]) -> bytes:
    """Rows in the columns and with the line ends of a register, to stand below its last line."""
    text = content.decode("utf-8-sig")
    header = next(row for row in csv.reader(io.StringIO(text, newline="")) if any(cell.strip() for cell in row))
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = io.StringIO(newline="")
    if not text.endswith("\n"):
        lines.write(ending)
    writer = csv.writer(lines, lineterminator=ending)
    columns = [cell.strip() for cell in header]
    writer.writerows([row[column] if column in HEADER else "" for column in columns] for row in rows)
    return lines.getvalue().encode()
