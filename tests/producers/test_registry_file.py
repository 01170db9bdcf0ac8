"""The register after an import: what stood there stays, what it lacked is added, and one code has one name."""

from __future__ import annotations

import pytest

from ledger.registry import HEADER, RegistryProblem, parse
from producers.registry_file import with_agencies

HEAD = ",".join(HEADER)
KNOWN = "1,甲局,A,9,甲主管,A group,a@b.example"


def row(code: str = "2", name_zh: str = "乙局", authority: str = "9", authority_zh: str = "甲主管") -> dict[str, str]:
    return dict(zip(HEADER, (code, name_zh, "B", authority, authority_zh, "A group", ""), strict=True))


def test_a_register_is_begun() -> None:
    content, added = with_agencies(None, [row()], "r.csv")
    assert added == 1 and content.decode() == f"{HEAD}\n2,乙局,B,9,甲主管,A group,\n"


def test_what_stood_there_stays_byte_for_byte() -> None:
    """A BOM, further columns in an order of their own, line ends, a missing last one, quoted cells."""
    before = f'\ufeffremark,{HEAD}\r\n"一, 二",{KNOWN}'.encode()
    after, added = with_agencies(before, [row()], "r.csv")
    assert added == 1 and after == before + "\r\n,2,乙局,B,9,甲主管,A group,\r\n".encode()
    assert set(parse(after, "r.csv").agencies) == {"1", "2"}


def test_nothing_is_added_twice() -> None:
    before, _ = with_agencies(None, [row(), row("3")], "r.csv")
    assert with_agencies(before, [row("3"), row()], "r.csv") == (before, 0)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (
            row("1", "乙局"),
            "r.csv: agency 1 is 「甲局」 in the register and 「乙局」 in the source; name another --registry",
        ),
        (
            row("2", authority_zh="乙主管"),
            "r.csv: authority 9 is 「甲主管」 in the register and 「乙主管」 in the source",
        ),
        (row("2", "乙\t局"), "r.csv: line 3: name_zh must be 1 to 128 characters"),
        (row("2", "乙" * 129), "r.csv: line 3: name_zh must be 1 to 128 characters"),
    ],
)
def test_what_would_spoil_the_register_is_refused(source: dict[str, str], says: str) -> None:
    with pytest.raises(RegistryProblem) as caught:
        with_agencies(f"{HEAD}\n{KNOWN}\n".encode(), [source], "r.csv")
    assert str(caught.value).startswith(says) and "\n" not in str(caught.value)


def test_an_empty_name_contradicts_none() -> None:
    before = f"{HEAD}\n1,,,9,,,\n".encode()
    assert with_agencies(before, [row("1"), row("2")], "r.csv")[1] == 1


def test_a_register_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(RegistryProblem, match="not UTF-8"):
        with_agencies(b"\xff", [row()], "r.csv")
