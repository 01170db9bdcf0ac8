"""What a mapping says (a YAML file): which columns a table has, and which events each row becomes.

title: {zh: 分配預算, en: Allotments by month}
unit: 元                          # or 千元
header_rows: 1                    # merged headers are joined with /
fields:                           # what every event of a row shares
  agency: {column: [機關編碼, 機關代碼], width: 6}
  fiscal_year: 年度               # the same as {column: 年度}; of a title: {given: {zh: 民國年度, en: ROC year}}
  booked_on: {month_end: 月份}
  account: 預算科目編號
  economic_class: {column: 門別, map: {經常門: current, 資本門: capital}}
  object_code: 用途別             # 1 is 1000
events:
  - type: allotment.approved
    fields: {months: {months: "第{month}月分配數"}, revision: {constant: 1}}
identity: [agency, fiscal_year, line]
totals: {column: 科目名稱, words: {合計: all, 小計: above}}
names: {account: {work_plan: 科目名稱}}
english: {Class: 門別, Current: 經常門}  # of the same list made in English
assumed: [{zh: 每列自月初起算, en: A row counts from the month's first day}]
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import yaml

from ledger.events import BY_NAME
from ledger.words import Words, alike
from producers.imported import ImportProblem
from producers.tables.sentences import sentence

UNITS: Final = {"元": 1, "千元": 1_000, "百萬元": 1_000_000, "億元": 100_000_000}
SHARED: Final = ("fiscal_year", "agency", "booked_on")
LINE_PARTS: Final = ("account", "economic_class", "object_code")
BOOKED_MONTH: Final = "booked_month"
"""In `identity`: the month of `booked_on`, where numbers begin anew each month."""
_SOURCES: Final = (
    "column",
    "constant",
    "given",
    "join",
    "months",
    "month_total",
    "month_end",
    "month_begin",
    "derived",
)


class MappedSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a field's value comes from (one of `_SOURCES`), and how it is read."""

    column: str | tuple[str, ...] | None = None
    """A column's name, or the names that it may have."""
    constant: str | int | bool | None = None
    given: Words | str | None = None
    """What the paper says in its title alone, for a person to give (`--set field=value`): what it is."""
    join: tuple[str | MappedSource, ...] | None = None
    """Parts that are put together."""
    by: str = ""
    """What stands between them."""
    months: str | None = None
    """The name of twelve columns, with {month}."""
    month_end: str | None = None
    """The column of a month: the day is its last, in the row's fiscal year."""
    month_begin: str | None = None
    """The same: the day is its first."""
    month_total: str | None = None
    """A column cumulated to the day booked on: twelve months, all of it in that day's."""
    derived: str | None = None
    """A column of names: a code of ten characters is made of each, where the paper has none."""
    width: int | None = None
    """Of a code: leading zeros that a spreadsheet ate are put back."""
    part: tuple[int, int] | None = None
    """Of a code: its characters from … to …, counted from 1."""
    read: Literal["number", "day", "code"] | None = None
    """How it is read, where its field does not say it."""
    optional: bool = False
    """Whether a blank leaves the field out; the table need not have the column."""
    map: dict[str, str] | None = None
    blank: int | str | None = None
    """What stands for a blank or a dash."""


class RowChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows by the words in a column: those that have one of them (`among`), or those that have none (`outside`)."""

    column: str
    among: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    def has(self, text: str) -> bool:
        """Whether a row with this text is one of them."""
        if self.among:
            return any(word in text for word in self.among)
        return not any(word in text for word in self.outside)


class MappedEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event that each row becomes; left out where the amount in `unless_zero` is 0 or blank."""

    type: str
    fields: dict[str, MappedSource | str] = {}
    """A day of its own (`booked_on`) takes the place of the rows'."""
    unless_zero: str | None = None
    where: RowChoice | None = None
    """The rows that it is made of; else all."""
    sign: Literal["plus", "minus"] | None = None
    """Only the rows whose amount is not below 0, or only those below it, whose amount is taken without its sign."""
    identity: tuple[str, ...] = ()
    """Rows that agree in these make one event together; empty: each row makes its own."""


class TotalRows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows that are sums of others: by a word in a column (`all` rows, or those `above` since the last such), or by depth."""

    column: str | None = None
    words: dict[str, Literal["all", "above"]] = {}
    differing: Literal["stop", "kept"] = "stop"
    """Whether a sum that is not that of its rows stops everything, or is left to whoever looks the paper through."""
    depth: tuple[str, ...] = ()
    """Columns from the shallowest to the deepest (款, 項, 目, 節): a row with deeper ones below it is their sum."""


class MappedNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns of names that come in with the table."""

    account: dict[Literal["function", "program", "work_plan"], str] = {}
    agency: dict[Literal["name", "authority", "authority_name"], MappedSource | str] = {}
    object: str | None = None


class MappedReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a monthly report (會計月報): columns that are compared, and become no event."""

    movement: str
    """本月實現數."""
    allotted: str
    """累計分配數."""


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping; see the module."""

    title: Words
    fields: dict[str, MappedSource | str]
    events: tuple[MappedEvent, ...]
    unit: Literal["元", "千元", "百萬元", "億元"] = "元"
    header_rows: int = 1
    sheet: str | None = None
    identity: tuple[str, ...] = ("agency", "fiscal_year", "line", "booked_on")
    totals: TotalRows = TotalRows()
    names: MappedNames = MappedNames()
    report: MappedReport | None = None
    english: dict[str, str] = {}
    """What a list made in English calls its columns and the words in them: each the mapping's own."""
    assumed: tuple[Words | str, ...] = ()
    """What the paper does not say and the mapping decides, for people to read."""


class _StrictLoader(yaml.CSafeLoader):
    """Refuses a key that stands twice: two sources for one field."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise yaml.YAMLError(f"line {line}: {key.value} stands twice: two sources for one")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def shipped() -> list[str]:
    """The names of the mappings that ship."""
    folder = resources.files("producers.tables") / "mappings"
    return sorted(found.name.removesuffix(".yaml") for found in folder.iterdir() if found.name.endswith(".yaml"))


def load_mapping(name: str) -> tuple[str, Mapping]:
    """A mapping that ships, by its name, or a file; its short name, which ids begin with. Raises ImportProblem."""
    if name in shipped():
        text = (resources.files("producers.tables") / "mappings" / f"{name}.yaml").read_text(encoding="utf-8")
        return name, parse_mapping(text, f"{name}.yaml")
    path = Path(name)
    if not path.is_file():
        raise ImportProblem(
            sentence("is no file and none of the mappings that ship: {}", ", ".join(shipped())), file=name
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportProblem(sentence("cannot be read ({})", error), file=name) from None
    return path.stem, parse_mapping(text, path.name)


def parse_mapping(text: str, file: str) -> Mapping:
    """Read a mapping and see that events can be made of it. Raises ImportProblem."""
    try:
        mapping = msgspec.convert(yaml.load(text, _StrictLoader), Mapping)  # noqa: S506  # a SafeLoader
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ImportProblem(alike(" ".join(str(error).split())), file=file) from None
    for place, source in _all_sources(mapping):
        given = [name for name in _SOURCES if getattr(source, name) is not None]
        if len(given) != 1:
            what = "no source" if not given else f"two sources: {', '.join(given)}"
            raise ImportProblem(sentence("has {}; give one of {}", what, ", ".join(_SOURCES)), file=file, column=place)
    for event in mapping.events:
        _check_event(mapping, event, file)
    if not mapping.events:
        raise ImportProblem(sentence("names no event"), file=file, column="events")
    if is_cumulative(mapping) and {"booked_on", BOOKED_MONTH} & {*mapping.identity}:
        raise ImportProblem(
            sentence("is a cumulated figure: take booked_on out of `identity`, or each month's table would count anew"),
            file=file,
            column="identity",
        )
    known = {*mapping.fields, "line", BOOKED_MONTH}
    if unknown := [name for name in mapping.identity if name not in known and not name.startswith("column:")]:
        raise ImportProblem(sentence("names {}, which is no field", ", ".join(unknown)), file=file, column="identity")
    return mapping


def with_given(mapping: Mapping, given: dict[str, str], file: str) -> Mapping:
    """A mapping with what a person gives in the place of what its paper does not say. Raises ImportProblem."""
    fields = dict(mapping.fields)
    for name, text in given.items():
        if name not in fields:
            raise ImportProblem(sentence("is no field of the mapping"), file=file, column=name)
        fields[name] = MappedSource(constant=text)
    for name, each in fields.items():
        source = source_of(each)
        if source.given is not None:
            raise ImportProblem(
                sentence("is not in the table: give it, --set {}=… ({})", name, source.given), file=file, column=name
            )
    return msgspec.structs.replace(mapping, fields=fields)


def asked_of(mapping: Mapping) -> list[tuple[str, Words]]:
    """The fields that a person has to give for each paper, with what they are."""
    found = [(name, source_of(each).given) for name, each in mapping.fields.items()]
    return [(name, words_of(what)) for name, what in found if what is not None]


def words_of(said: Words | str) -> Words:
    """What a mapping says to people; a text alone is the same in both languages."""
    return alike(said) if isinstance(said, str) else said


def source_of(given: MappedSource | str) -> MappedSource:
    """A source; a text alone is a column."""
    return MappedSource(column=given) if isinstance(given, str) else given


def is_cumulative(mapping: Mapping) -> bool:
    """Whether a later table of the year tells the same rows up to a later day."""
    return any(source.month_total is not None for _, source in _all_sources(mapping))


def has_line(mapping: Mapping) -> bool:
    """Whether a budget line is made of the mapping's parts."""
    return all(part in mapping.fields for part in LINE_PARTS)


def _all_sources(mapping: Mapping) -> list[tuple[str, MappedSource]]:
    found = [(name, source_of(given)) for name, given in mapping.fields.items()]
    found += [
        (f"{event.type} {name}", source_of(given)) for event in mapping.events for name, given in event.fields.items()
    ]
    for place, source in list(found):
        found += [(place, source_of(part)) for part in source.join or ()]
    return found


def _check_event(mapping: Mapping, event: MappedEvent, file: str) -> None:
    kind = BY_NAME.get(event.type)
    if kind is None:
        raise ImportProblem(sentence("is no type of event"), file=file, column=event.type)
    if event.where is not None and bool(event.where.among) == bool(event.where.outside):
        raise ImportProblem(sentence("needs either `among` or `outside`"), file=file, column=f"{event.type} where")
    fields = {each.name: each for each in msgspec.structs.fields(kind)}
    given = set(event.fields) | {name for name in mapping.fields if name in fields}
    if "line" in fields and has_line(mapping):
        given.add("line")
    if unknown := sorted(set(event.fields) - fields.keys()):
        raise ImportProblem(sentence("{} has no field of this name", event.type), file=file, column=unknown[0])
    needed = [name for name, each in fields.items() if each.required and name not in ("id", *given)]
    if needed:
        raise ImportProblem(
            sentence("{} needs it, and the mapping has no source for it", event.type), file=file, column=needed[0]
        )
    shared = set(mapping.fields) - {"line", *LINE_PARTS, "month"}
    everywhere = {each.name for one in mapping.events for each in msgspec.structs.fields(BY_NAME[one.type])}
    if lost := sorted(name for name in shared if name not in everywhere and name not in mapping.identity):
        raise ImportProblem(sentence("is in no event"), file=file, column=lost[0])
