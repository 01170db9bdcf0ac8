"""Lists of names as offices keep them: agencies, objects of expenditure, work plans; merged with the file that is there."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec

from ledger.names import (
    ACCOUNT_COLUMNS,
    ACCOUNT_OPTIONAL,
    OBJECT_COLUMNS,
    OBJECT_OPTIONAL,
    parse_accounts,
    parse_objects,
)
from ledger.registry import HEADER, parse
from ledger.words import Words
from producers.city_names import name_of
from producers.tables import cells
from producers.tables.header import plain
from producers.tables.sentences import sentence

if TYPE_CHECKING:
    from producers.tables.sheet import Sheet

ListKind: TypeAlias = Literal["agencies", "objects", "accounts"]
LIST_PREFIX: Final = "names-"
"""Before a list's kind, where a kind of table is chosen."""
LIST_TITLES: Final[Mapping[ListKind, Words]] = {
    "agencies": Words("機關名冊", "Register of agencies"),
    "accounts": Words("工作計畫名稱", "Names of work plans"),
    "objects": Words("用途別名稱", "Names of objects of expenditure"),
}
_SEARCHED: Final = 40
_YEARS: Final = ("from_year", "to_year")


class NameList(msgspec.Struct, frozen=True):
    """A list: the columns of its file, what offices call them, and what tells its rows apart."""

    columns: tuple[str, ...]
    called: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    key: tuple[str, ...]
    same: Mapping[str, str]
    """Columns that take another's value where the list has none of their own."""
    check: Callable[[bytes, str], Any]


LISTS: Final[Mapping[ListKind, NameList]] = {
    "agencies": NameList(
        (*HEADER, *_YEARS),
        {
            "code": ("機關編號", "機關編碼", "機關代碼", "機關代號"), "name_zh": ("機關名稱", "機關"), "name_en": ("英文名稱",),
            "authority_code": ("主管機關編號", "主管機關代碼", "主管代碼"), "authority_name_zh": ("主管機關名稱", "主管機關"),
            "authority_name_en": ("主管機關英文名稱",), "email": ("電子郵件", "信箱"), "from_year": ("起始年度", "起年度"),
            "to_year": ("終止年度", "迄年度"),
        },
        ("code", "name_zh", "authority_code", "authority_name_zh"),
        ("code",),
        {"name_en": "name_zh", "authority_name_en": "authority_name_zh"},
        parse,
    ),
    "objects": NameList(
        (*OBJECT_COLUMNS, *OBJECT_OPTIONAL),
        {
            "object_code": ("用途別編號", "用途別代碼", "用途別科目編號", "編號", "代碼", "code"),
            "name_zh": ("用途別名稱", "用途別科目", "用途別科目名稱", "名稱", "name"), "name_en": ("英文名稱",),
        },
        OBJECT_COLUMNS,
        ("object_code",),
        {},
        parse_objects,
    ),
    "accounts": NameList(
        (*ACCOUNT_COLUMNS, *ACCOUNT_OPTIONAL),
        {
            "fiscal_year": ("年度", "會計年度"), "account": ("工作計畫編號", "工作計畫代碼", "預算科目編號", "科目編號"),
            "function_zh": ("政事別", "政事別名稱"), "program_zh": ("業務計畫", "業務計畫名稱"),
            "work_plan_zh": ("工作計畫", "工作計畫名稱", "預算科目名稱"),
        },
        ("fiscal_year", "account", "work_plan_zh"),
        ("fiscal_year", "account"),
        {},
        parse_accounts,
    ),
}  # fmt: skip


def list_named(name: str) -> ListKind | None:
    """The kind of list that a kind of table is, `names-<kind>`; None where it is none."""
    return next((kind for kind in LISTS if name == f"{LIST_PREFIX}{kind}"), None)


class MergedNames(msgspec.Struct, frozen=True):
    """What a list brings to a file."""

    content: bytes
    added: list[dict[str, str]]
    changed: list[tuple[dict[str, str], dict[str, str]]]
    """As it stands in the file, and as the list has it."""
    kept: int
    """How many rows are the same in both."""


def rows_in(sheet: Sheet, kind: ListKind) -> list[dict[str, str]]:
    """The rows of a list, by the columns of its file. Raises ImportProblem with the place."""
    wanted = LISTS[kind]
    for row in range(1, min(sheet.rows, _SEARCHED) + 1):
        heads = [plain(cell) for cell in sheet.row(row)]
        at = {
            column: next((heads.index(plain(name)) for name in (column, *names) if plain(name) in heads), None)
            for column, names in wanted.called.items()
        }
        if all(at[column] is not None for column in wanted.needed):
            break
    else:
        said = ", ".join("／".join(wanted.called[column]) for column in wanted.needed)
        raise sheet.problem(sentence("has no header with {}", said))
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for number in range(row + 1, sheet.rows + 1):
        line = sheet.row(number)
        texts = {column: _text(column, line[place]) for column, place in at.items() if place is not None}
        if not any(texts[column] for column in wanted.key):
            continue
        for column in wanted.needed:
            if not texts[column]:
                raise sheet.problem(sentence("is blank, and is needed"), number, heads[at[column] or 0])
        made = {column: texts.get(column) or texts.get(wanted.same.get(column, ""), "") for column in wanted.columns}
        key = tuple(made[column] for column in wanted.key)
        if found.setdefault(key, made) != made:
            raise sheet.problem(sentence("{} stands twice, by different names", " ".join(key)), number)
    if not found:
        raise sheet.problem(sentence("has a header but no rows below it"))
    return list(found.values())


def _text(column: str, cell: Any) -> str:
    if column.endswith(("code", "account", "year")):
        return cells.narrow(cell).replace(" ", "")
    return name_of(cells.name(cell))


def merge(
    before: bytes | None, rows: Sequence[dict[str, str]], kind: ListKind, file: str, *, replace: bool
) -> MergedNames:
    """Put a list's rows into a file: what it lacks is added, what it calls otherwise is changed where `replace` says so.

    Raises what the file's own reader raises (RegistryProblem, NamesProblem) where the file cannot be used, before or after.
    """
    wanted = LISTS[kind]
    known: dict[tuple[str, ...], dict[str, str]] = {}
    columns: list[str] = []
    if before is not None:
        wanted.check(before, file)
        reader = csv.DictReader(io.StringIO(before.decode("utf-8-sig"), newline=""), skipinitialspace=True)
        columns = [column.strip() for column in reader.fieldnames or ()]
        reader.fieldnames = columns
        known = {tuple(each[column].strip() for column in wanted.key): each for each in reader}
    added: list[dict[str, str]] = []
    changed: list[tuple[dict[str, str], dict[str, str]]] = []
    kept = 0
    for row in rows:
        key = tuple(row[column] for column in wanted.key)
        was = known.get(key)
        if was is None:
            added.append(row)
            known[key] = row
            continue
        own = {column: value for column, value in row.items() if value and was.get(column, "") != value}
        own = {column: value for column, value in own.items() if column not in wanted.same or not was.get(column)}
        if not own:
            kept += 1
            continue
        changed.append((dict(was), was | own))
        if replace:
            known[key] = was | own
    used = [column for column in wanted.columns if any(each.get(column) for each in known.values())]
    header = columns + [c for c in (*_base(wanted), *used) if c not in columns]
    content = written(list(dict.fromkeys(header)), known.values())
    wanted.check(content, file)
    return MergedNames(content, added, changed, kept)


def _base(wanted: NameList) -> tuple[str, ...]:
    """The columns that the file must have."""
    return tuple(column for column in wanted.columns if column in (*HEADER, *OBJECT_COLUMNS, *ACCOUNT_COLUMNS))


def written(columns: Sequence[str], rows: Any) -> bytes:
    """Rows as a file of names."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
