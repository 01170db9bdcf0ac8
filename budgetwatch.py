"""The front door: the `budgetwatch` command line, nothing else.

Exit codes: 0 done; 1 a check failed; 2 bad usage or unreadable input, told in one line; 3 refused to go on.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ledger.registry import Registry as Register

if TYPE_CHECKING:
    from dashboards.reports.table import Table
    from producers.imported import Imported
    from producers.kafka.connection import Connection
    from streams.audit import Difference
    from streams.folder import Folder
    from streams.sources import Opened
    from streams.store import Store as OpenStore

app = typer.Typer(
    name="budgetwatch",
    help="Watch how a city's budget is executed: exact positions, dated rules of law, and the list of those who lag.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
)

Registry = Annotated[
    Path,
    typer.Option(
        "--registry", envvar="BUDGETWATCH_REGISTRY", help="The register of agencies, agencies.csv.", show_default=True
    ),
]


Replay = Annotated[
    list[str] | None,
    typer.Option("--replay", metavar="FILE...", help="The books are these event files, folded in order; - is stdin."),
]
More = Annotated[list[str] | None, typer.Argument(metavar="FILE...", hidden=True)]
"""Further files after `--replay FILE`: an option takes one, the rest come as arguments."""
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar="BUDGETWATCH_DATA",
        help="The books are those of this data folder; data, if there is one.",
    ),
]
Store = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", envvar="BUDGETWATCH_STORE", help="The store, by its URL."),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        metavar="DATE",
        envvar="BUDGETWATCH_AS_OF",
        help="Judge as of this day (2025-06-30 or 114/06/30); else the latest booked, or today in Taipei.",
    ),
]
Out = Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Where it goes; else it is printed.")]
FiscalYear = Annotated[int | None, typer.Option(envvar="BUDGETWATCH_FISCAL_YEAR", help="ROC year; 114 is 2025.")]


DataFolder = Annotated[
    Path, typer.Option("--data", metavar="DIR", envvar="BUDGETWATCH_DATA", help="The monitor's data folder.")
]
Port = Annotated[int, typer.Option(min=1, max=65535, envvar="BUDGETWATCH_PORT", help="The port to listen on.")]
Host = Annotated[
    str, typer.Option(envvar="BUDGETWATCH_HOST", help="The address to listen on; any but this machine's needs users.")
]


SESSION_KEY_BYTES_MIN = 32
METRICS_TOKEN_MIN = 16


class Language(StrEnum):
    """The languages of what people read."""

    ZH = "zh"
    EN = "en"


Lang = Annotated[Language, typer.Option(envvar="BUDGETWATCH_LANG", help="Language of what is read by people.")]


class Format(StrEnum):
    """The formats of reports."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    ODS = "ods"
    PDF = "pdf"


ReportFormat = Annotated[Format, typer.Option("--format", envvar="BUDGETWATCH_FORMAT", help="The format.")]


class Unusable(typer.TyperException):
    """What was asked cannot be done; told in one line, exit 2."""


class Refused(typer.TyperException):
    """The store, log or lock is not as it must be; told in one line, exit 3."""


@app.command(
    epilog="Examples: `budgetwatch replay events.ndjson --registry agencies.csv` ·"
    " `budgetwatch replay 113.ndjson 114.ndjson --as-of 2025-06-30 --json` · `zcat year.gz | budgetwatch replay -`"
)
def replay(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Event files (NDJSON), in order; - is stdin.")],
    registry: Registry = Path("agencies.csv"),
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", envvar="BUDGETWATCH_AS_OF", help="Judge as of this day (2025-06-30 or 114/06/30)."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", envvar="BUDGETWATCH_JSON", help="Print one JSON object instead of the summary.")
    ] = False,
    lang: Annotated[Language, typer.Option(envvar="BUDGETWATCH_LANG", help="Language of the summary.")] = Language.ZH,
) -> None:
    """Fold event files and print every position, reserve, alert and the list of lagging authorities. Writes nothing."""
    import msgspec

    from alerts.catalogue import load
    from dashboards.reports.progress import reading
    from dashboards.reports.replay_summary import print_summary
    from producers.output_file import replacing
    from streams.files import EventFiles
    from streams.replay import fold, output

    day = None if as_of is None else _day(as_of)
    known = _registry(registry)
    catalogue = load()
    with EventFiles(files) as opened, reading(opened.size) as progress:
        replayed = fold(opened, known, catalogue, day, progress)
    if replayed.counts.read == 0:
        raise Unusable(f"{', '.join(files)}: no event in it; a file holds one JSON event a line")
    with replacing("-") as target:
        if as_json:
            target.write(msgspec.json.encode(output(replayed, known, catalogue)) + b"\n")
        else:
            print_summary(replayed, known, catalogue, lang.value)


@app.command(
    epilog="Example: `budgetwatch simulate --fiscal-year 114 --seed 1 --events 20000 -o events.ndjson --registry agencies.csv`"
)
def simulate(
    out: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Where the events go; - is stdout.")],
    fiscal_year: Annotated[int, typer.Option(envvar="BUDGETWATCH_FISCAL_YEAR", help="ROC year; 114 is 2025.")] = 114,
    seed: Annotated[int, typer.Option(envvar="BUDGETWATCH_SEED", help="Same seed, same bytes.")] = 1,
    events: Annotated[int, typer.Option(envvar="BUDGETWATCH_EVENTS", help="How many events.")] = 20_000,
    lines: Annotated[int | None, typer.Option(help="How many budget lines; by default they follow the events.")] = None,
    registry: Registry = Path("agencies.csv"),
) -> None:
    """Make a plausible year of events, mistakes included, for the synthetic city of 31 authorities.

    The agencies of the registry are used where the file exists; else the synthetic city's are written there.
    """
    from producers.simulator import registry_csv
    from producers.simulator import simulate as simulated

    if events < 1:
        raise Unusable(f"--events: {events}; give 1 or more")
    _check_apart((out, "the output"), (registry, "the registry"))
    is_new = not registry.exists()
    is_synthetic = is_new or registry.read_text(encoding="utf-8-sig", errors="replace") == registry_csv()
    rows = None if is_synthetic else _registry_rows(registry)
    try:
        made = simulated(fiscal_year, seed, events, rows, lines)
        written = _write(out, made, registry, registry_csv().encode() if is_new else None)
    except ValueError as error:
        raise Unusable(str(error)) from None
    sys.stderr.write(f"{written:,} events for fiscal year {fiscal_year} -> {out}; agencies in {registry}\n")
    if is_new:
        sys.stderr.write(f"{registry}: there was no such file; the synthetic city's agencies were written to it\n")


@app.command(
    "import",
    epilog="Example: `budgetwatch import g0v-budget tw2019ap.csv -o events.ndjson --registry agencies.csv`",
)
def import_source(
    source_format: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT", help="g0v-budget, municipal-money-capital, municipal-money-operating or peer-scenarios."
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The source file (UTF-8 or Big5).")],
    out: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Where the events go; - is stdout.")],
    registry: Registry = Path("agencies.csv"),
) -> None:
    """Turn a real budget file into events, and say what could not be mapped.

    The agencies it names are written to the registry; where the file exists, those it lacks are added to it. The
    registry is written after the events, and neither if anything is wrong.
    """
    from producers.formats import FORMATS
    from producers.imported import ImportProblem
    from producers.registry_file import with_agencies

    read = FORMATS.get(source_format)
    if read is None:
        raise Unusable(f"unknown format {source_format}; one of {', '.join(FORMATS)}")
    _check_apart((out, "the output"), (file, "the source"), (registry, "the registry"))
    try:
        imported = read(file)
    except ImportProblem as error:
        raise Unusable(str(error)) from None
    before = registry.read_bytes() if registry.exists() else None
    register, added = with_agencies(before, imported.registry, str(registry))
    written = _write(out, iter(imported.events), registry, register if register != before else None)
    sys.stderr.writelines(f"{sentence}\n" for sentence in _import_report(imported, str(file), written, out))
    sys.stderr.write(f"{registry}: {added:,} agencies added\n")


def _import_report(imported: Imported, file: str, written: int, out: str) -> Iterator[str]:
    """What became of a source, a sentence each: what was mapped, what was assumed, what was left out."""
    yield (
        f"{file}: {imported.encoding}, {imported.rows_mapped:,} of {imported.rows_read:,} rows mapped,"
        f" {len(imported.registry):,} of {imported.agencies_read:,} agencies -> {written:,} events in {out}"
    )
    for sentence in imported.assumptions:
        yield f"assumed: {sentence}"
    for left_out in imported.left_out():
        amount = "" if left_out.amount is None else f", NT$ {left_out.amount:,} in all"
        first = "; ".join(f"row {item.row} ({item.what})" for item in left_out.first)
        more = "" if left_out.count == len(left_out.first) else "; ..."
        yield f"not mapped: {left_out.count:,} x {left_out.reason}{amount}: {first}{more}"


def _write(out: str, lines: Iterator[bytes], registry: Path, register: bytes | None) -> int:
    """Write events, then the register where it is new or longer; returns how many events."""
    from producers.output_file import replacing

    with contextlib.ExitStack() as stack:
        if register is not None:
            stack.enter_context(replacing(str(registry))).write(register)  # in its place once the events are in theirs
        written = 0
        with replacing(out) as target:
            for line in lines:
                target.write(line)
                written += 1
    return written


def _check_apart(*named: tuple[str | Path, str]) -> None:
    """Refuse to write over what is read, or two things into one file."""
    from itertools import combinations

    from producers.output_file import same_file

    for (one, what), (other, also) in combinations(named, 2):
        if "-" not in (one, other) and same_file(one, other):
            raise Unusable(f"{one}: {what} and {also} are one file; name another")


@app.command(
    epilog="Examples: `budgetwatch check payment.json --data DIR` · `budgetwatch check - --replay 114.ndjson --json`"
)
def check(
    event: Annotated[str, typer.Argument(metavar="EVENT.json", help="One event; its id may be left out. - is stdin.")],
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    as_of: AsOf = None,
    as_json: Annotated[
        bool, typer.Option("--json", envvar="BUDGETWATCH_JSON", help="Print one JSON object instead of the summary.")
    ] = False,
    lang: Lang = Language.ZH,
) -> int:
    """Ask "may I spend this?": what would come of an event, what is left, and what would free it. Records nothing.

    Exit 0: allowed, or warned; 1: blocked.
    """
    import msgspec

    from alerts.check import checked
    from alerts.engine import Engine
    from producers.output_file import replacing

    if event == "-" and "-" in (replay or ()):
        raise Unusable("-: standard input cannot be both the event and its books")
    line = _event(event)
    opened = _books(more, replay, data, store, registry, as_of)
    catalogue = opened.catalogue
    found = checked(line, opened.books, opened.registry.agencies, Engine(catalogue), catalogue, opened.as_of)
    with replacing("-") as target:
        if as_json:
            target.write(msgspec.json.encode(found.verdict) + b"\n")
        else:
            from dashboards.reports.check_summary import print_verdict

            print_verdict(found, catalogue, opened.registry, lang.value)
    return 1 if found.verdict.verdict == "blocked" else 0


@app.command(
    epilog="Examples: `budgetwatch lagging --data DIR` ·"
    " `budgetwatch lagging --replay 114.ndjson --as-of 114/06/30 --format pdf -o lagging.pdf`"
)
def lagging(
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    as_of: AsOf = None,
    format_: ReportFormat = Format.TABLE,
    out: Out = None,
    lang: Lang = Language.ZH,
) -> None:
    """List the authorities whose predicted capital execution lags, as for the mayor's meeting. Writes nothing."""
    from dashboards.reports.lagging_list import earlier_lists, rows, tables, with_reasons

    opened = _books(more, replay, data, store, registry, as_of)
    day = _judged(opened)
    earlier = earlier_lists(opened.presented, day) or None
    known = (opened.alerts, opened.books, opened.registry, opened.catalogue, day, earlier)
    made = tables(*known)
    if opened.reasons:
        made = with_reasons(made, rows(*known), opened.reasons)
    _report(opened, made, format_, out, lang)


reports = typer.Typer(name="report", help="Report on one agency, or on the reserves.", no_args_is_help=True)
app.add_typer(reports)


@reports.command(
    "agency",
    epilog="Example: `budgetwatch report agency 020011 --data DIR --format xlsx -o 020011.xlsx`",
)
def report_agency(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The agency's code in the register.")],
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    as_of: AsOf = None,
    fiscal_year: FiscalYear = None,
    format_: ReportFormat = Format.TABLE,
    out: Out = None,
    lang: Lang = Language.ZH,
) -> None:
    """Report an agency's figures and rates with their formulas, its lines, and the alerts that stand against it."""
    from dashboards.reports.agency_report import tables
    from dashboards.reports.table import ReportProblem

    opened = _books(more, replay, data, store, registry, as_of)
    day = _judged(opened)
    try:
        made = tables(code, opened.alerts, opened.books, opened.registry, opened.catalogue, day, fiscal_year)
    except ReportProblem as error:
        raise Unusable(str(error)) from None
    _report(opened, made, format_, out, lang)


@reports.command("reserve", epilog="Example: `budgetwatch report reserve --data DIR --lang en`")
def report_reserve(
    more: More = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    as_of: AsOf = None,
    fiscal_year: FiscalYear = None,
    format_: ReportFormat = Format.TABLE,
    out: Out = None,
    lang: Lang = Language.ZH,
) -> None:
    """Report what each reserve holds and has given, and every case that drew on it."""
    from dashboards.reports.reserve_report import tables

    opened = _books(more, replay, data, store, registry, as_of)
    made = tables(opened.books, opened.registry, opened.catalogue, _judged(opened), fiscal_year)
    _report(opened, made, format_, out, lang)


def _books(
    more: list[str] | None,
    replay: list[str] | None,
    data: Path | None,
    store: str | None,
    registry: Path,
    as_of: str | None,
) -> Opened:
    """The books that a command names."""
    from dashboards.reports.progress import reading
    from streams.sources import SourceProblem, books_from

    if more and not replay:
        raise Unusable(f"unexpected argument {more[0]}; further files follow --replay FILE")
    day = None if as_of is None else _day(as_of)
    names = [*(replay or ()), *(more or ())]
    if not names and store is None and data is None and Path("data").is_dir():
        data = Path("data")  # where `run` keeps its own unless told otherwise
    try:
        opened = books_from(replay=names, data=data, store=store, registry=registry, as_of=day, reading=reading)
    except SourceProblem as error:
        raise Unusable(str(error)) from None
    if opened.booked_later is not None:
        sys.stderr.write(
            f"note: the books hold what was booked up to {opened.booked_later}; only allotments and time rules are as of"
            f" {opened.as_of}. For that day's figures: --replay FILE... --as-of {opened.as_of}\n"
        )
    return opened


def _judged(opened: Opened) -> str:
    if opened.as_of is None:
        raise Unusable("no event was accepted, so there is no day to report on; name one with --as-of")
    return opened.as_of


def _report(opened: Opened, tables: list[Table], format_: Format, out: str | None, lang: Language) -> None:
    from dashboards.reports.formats import write
    from dashboards.reports.table import ReportProblem, marked

    if opened.demonstration:
        tables = marked(tables)
    try:
        write(tables, format_.value, None if out in (None, "-") else Path(out), lang.value)
    except ReportProblem as error:
        raise Unusable(str(error)) from None


def _event(name: str) -> bytes:
    """The event that is asked about; one that is too long comes cut, but still too long."""
    from ledger.json_text import LINE_BYTES_MAX

    with sys.stdin.buffer if name == "-" else Path(name).open("rb") as source:
        content = source.read(LINE_BYTES_MAX + 4).removeprefix(b"\xef\xbb\xbf").strip()
    if not content:
        raise Unusable(f"{name}: empty; it must hold one JSON event")
    return content


def _registry_rows(path: Path) -> list[dict[str, str]]:
    import msgspec

    return [msgspec.to_builtins(agency) for agency in _registry(path).agencies.values()]


def _day(text: str) -> str:
    from ledger.fiscal import parse_day

    try:
        return parse_day(text)
    except ValueError as error:
        raise Unusable(f"--as-of: {error}") from None


def _registry(path: Path) -> Register:
    from ledger.registry import parse

    return parse(path.read_bytes(), str(path))


@app.command(epilog="Example: `budgetwatch run --data data --registry agencies.csv --port 8080`")
def run(
    data: DataFolder = Path("data"),
    port: Port = 8080,
    host: Host = "127.0.0.1",
    registry: Annotated[
        Path | None, typer.Option(envvar="BUDGETWATCH_REGISTRY", help="Copied into a new data folder.")
    ] = None,
) -> None:
    """Start the monitor on a data folder: page, API, /metrics and inbox in one process, until it is told to stop."""
    from dashboards import embedded
    from dashboards.server import log_to
    from streams.folder import Folder

    log_to(sys.stderr.isatty())
    folder = Folder(data)
    folder.make(registry)
    with embedded.opened(folder, host) as monitor:
        embedded.serve(monitor, folder, host, port)


@app.command(epilog="Examples: `budgetwatch demo` · `budgetwatch demo --speed 2` · `budgetwatch demo --remove`")
def demo(
    data: DataFolder = Path("demo"),
    port: Port = 8080,
    host: Host = "127.0.0.1",
    speed: Annotated[
        float, typer.Option(min=0.001, max=100, envvar="BUDGETWATCH_SPEED", help="Simulated days a second.")
    ] = 0.2,
    seed: Annotated[int, typer.Option(envvar="BUDGETWATCH_SEED", help="Same seed, same year.")] = 1,
    events: Annotated[int, typer.Option(min=2_000, envvar="BUDGETWATCH_EVENTS", help="Events of the year.")] = 20_000,
    remove: Annotated[bool, typer.Option("--remove", help="Delete the demonstration's data folder and end.")] = False,
) -> None:
    """Start the monitor on a simulated year of the synthetic city, marked as demonstration data, and let it run on."""
    from dashboards import demonstration, embedded
    from dashboards.server import log_to
    from streams.folder import Folder

    folder = Folder(data)
    if remove:
        demonstration.remove(folder)
        return
    log_to(sys.stderr.isatty())
    demonstration.make_folder(folder)
    with demonstration.opened(folder, host, seed, events, speed) as (monitor, year):
        sys.stderr.write(f"demonstration data: fiscal year 114 up to {year.day}, then {speed:g} days a second\n")
        embedded.serve(monitor, folder, host, port, beside=(year,), clock=False)


@app.command(
    epilog="Examples: `budgetwatch audit --data data` ·"
    " `budgetwatch audit --bootstrap localhost:9092 --store postgresql://bw@db/budgetwatch`"
)
def audit(
    data: DataFolder = Path("data"),
    bootstrap: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT,...", envvar="BUDGETWATCH_BOOTSTRAP", help="The log is the topic on Kafka."),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="URL", envvar="BUDGETWATCH_STORE", help="With --bootstrap: the workers' store."
        ),
    ] = None,
    registry: Registry = Path("agencies.csv"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the differences as a JSON array.")] = False,
) -> None:
    """Fold the log again, a data folder's or the topic, and compare it with the store.

    Exit 0: equal; 1: the differences are printed.
    """
    import msgspec

    if (bootstrap is None) != (store is None):
        raise Unusable("--bootstrap and --store go together: the topic, and the store that was folded from it")
    differences, lines = (
        _audit_folder(data) if bootstrap is None or store is None else _audit_topic(bootstrap, store, registry)
    )
    if as_json:
        sys.stdout.write(msgspec.json.encode(differences).decode() + "\n")
    else:
        for one in differences:
            sys.stdout.write(f"{one.what} {one.key}\n  the log:   {one.folded}\n  the store: {one.stored}\n")
        sys.stdout.write(f"{lines:,} lines folded again: {len(differences) or 'no'} differences\n")
    if differences:
        raise typer.Exit(1)


def _audit_folder(data: Path) -> tuple[list[Difference], int]:
    from alerts.catalogue import load
    from dashboards.reports.progress import counting
    from streams.audit import audit as compared
    from streams.folder import Folder
    from streams.store import open_store
    from streams.store.store import digest_of

    folder = Folder(data)
    store = open_store(folder.store)
    try:
        registry, content = folder.read_registry()
        catalogue = load()
        if store.manifest():
            store.agree(catalogue.digest, digest_of(content))
        with counting(store.mark().position, "folding again") as progress:
            return list(compared(store, registry, catalogue, progress)), store.mark().position
    finally:
        store.close()


def _audit_topic(bootstrap: str, url: str, registry: Path) -> tuple[list[Difference], int]:
    from alerts.catalogue import load
    from dashboards.reports.progress import counting
    from producers.kafka.wire import EVENTS
    from streams.kafka.audit import audit as compared
    from streams.store import open_store

    store = open_store(url, log=EVENTS)
    try:
        with store.reading() as connection:
            lines = sum(store.positions(connection).values())
        with counting(lines, "folding again") as progress:
            return list(compared(store, _kafka(bootstrap), _registry(registry), load(), progress)), lines
    finally:
        store.close()


@app.command(epilog="Example: `budgetwatch backup --data data -o backup-2025-06-30.db`")
def backup(
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The copy, a new file.")],
    data: DataFolder = Path("data"),
) -> None:
    """Copy a data folder's store, while the monitor runs or not, and prove the copy by an audit."""
    from streams.backup import copy_store
    from streams.folder import Folder
    from streams.store import open_store

    folder = Folder(data)
    copy_store(folder.store, out)
    store = open_store(out)
    try:
        proof = _proof(store, folder)
    except Refused as wrong:
        store.close()
        kept = out.rename(out.with_name(out.name + ".differs"))
        raise Refused(f"{kept}: no backup, {wrong.format_message()}; see `budgetwatch audit`") from None
    finally:
        store.close()
    sys.stdout.write(f"{out}: {proof}\n")


def _proof(store: OpenStore, folder: Folder) -> str:
    """What an audit says of a copy, by a folder's register; raises Refused where the copy is not what its log says."""
    from alerts.catalogue import load
    from dashboards.reports.progress import counting
    from streams.audit import audit as compared
    from streams.store.store import digest_of

    catalogue, position, manifest = load(), store.mark().position, store.manifest()
    content = folder.registry.read_bytes() if folder.registry.exists() else b""
    if (manifest.get("rules_digest"), manifest.get("registry_digest")) != (catalogue.digest, digest_of(content)):
        return f"{position:,} lines, not audited: they were folded by other rules or another register"
    registry, _ = folder.read_registry()
    with counting(position, "folding again") as progress:
        wrong = next(compared(store, registry, catalogue, progress), None)
    if wrong is not None:
        raise Refused(f"it is not what its log says ({wrong.what} {wrong.key})")
    return f"{position:,} lines, audited"


@app.command(epilog="Example: `budgetwatch restore backup-2025-06-30.db --data data`")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A copy made by `backup`.")],
    data: DataFolder = Path("data"),
) -> None:
    """Put a copy in the place of a data folder's store, once an audit has proved it; the old store is kept beside it."""
    from streams.backup import restore_store
    from streams.folder import Folder

    folder = Folder(data)
    told: list[str] = []
    try:
        restore_store(file, folder, lambda copy: told.append(_proof(copy, folder)))
    except Refused as wrong:
        raise Refused(f"{file}: {wrong.format_message()}; nothing was changed") from None
    sys.stdout.write(f"{data}: restored from {file}: {told[0]}\n")


@app.command(
    epilog="Examples: `budgetwatch rebuild --data data` ·"
    " `budgetwatch rebuild --bootstrap localhost:9092 --store postgresql://bw@db/budgetwatch --registry agencies.csv`"
)
def rebuild(
    data: DataFolder = Path("data"),
    bootstrap: Annotated[
        str | None, typer.Option(metavar="HOST:PORT,...", envvar="BUDGETWATCH_BOOTSTRAP", help="Kafka's brokers.")
    ] = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
) -> None:
    """Fold the log again by today's rules and register, into a new store that takes the old one's place.

    The log is a data folder's, or, with --bootstrap and --store, the topic on Kafka: workers and pages go on meanwhile.
    """
    from alerts.catalogue import load
    from dashboards.reports.progress import counting
    from streams.folder import Folder
    from streams.rebuild import rebuild as fold_again
    from streams.store import open_store
    from streams.store.store import digest_of

    if (bootstrap is None) != (store is None):
        raise Unusable("--bootstrap and --store go together")
    if bootstrap is not None and store is not None:
        sys.stdout.write(
            f"{_rebuild_from_kafka(bootstrap, store, registry):,} lines folded again; the old tables are kept\n"
        )
        return
    folder = Folder(data)
    with folder.locked():
        known, content = folder.read_registry()
        opened = open_store(folder.store)
        total = opened.mark().position
        opened.close()
        with counting(total, "folding again") as progress:
            lines = fold_again(folder, known, load(), digest_of(content), progress)
    sys.stdout.write(f"{data}: {lines:,} lines folded again; the old store is kept beside the new one\n")


def _rebuild_from_kafka(bootstrap: str, url: str, registry: Path) -> int:
    from dashboards.reports.progress import counting
    from producers.kafka.wire import EVENTS
    from streams.kafka.rebuild import rebuild as fold_again
    from streams.store import open_store

    opened = open_store(url, log=EVENTS)
    total = opened.total().position
    opened.close()
    with counting(total, "folding again") as progress:
        return fold_again(url, registry.read_bytes(), str(registry), _kafka(bootstrap), progress)


Bootstrap = Annotated[
    str,
    typer.Option(
        metavar="HOST:PORT,...",
        envvar="BUDGETWATCH_BOOTSTRAP",
        help="Kafka's brokers; TLS and SASL come from BUDGETWATCH_KAFKA_* in the environment.",
    ),
]
Shared = Annotated[
    str, typer.Option("--store", metavar="URL", envvar="BUDGETWATCH_STORE", help="The PostgreSQL the workers share.")
]


@app.command(
    epilog="Examples: `budgetwatch topics --bootstrap localhost:9092 --replicas 3` ·"
    " `budgetwatch topics --bootstrap localhost:9092 --publisher gateway --worker folding --passwords secrets`"
)
def topics(
    bootstrap: Bootstrap,
    replicas: Annotated[int, typer.Option(min=1, envvar="BUDGETWATCH_REPLICAS", help="Copies of each record.")] = 1,
    publisher: Annotated[
        list[str] | None, typer.Option(metavar="USER", help="May write events; may be repeated.")
    ] = None,
    worker: Annotated[
        list[str] | None, typer.Option(metavar="USER", help="May read events, fold and tell; may be repeated.")
    ] = None,
    passwords: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Give these users the passwords in DIR/USER (SCRAM-SHA-512).")
    ] = None,
) -> None:
    """Make the topics on Kafka, with the settings they must have, and say who may write and read them.

    Topics that stand, and rights granted before, are left as they are.
    """
    from streams.kafka.access import grant, set_passwords
    from streams.kafka.topics import make_topics

    connection, named = _kafka(bootstrap), [*(publisher or ()), *(worker or ())]
    secrets = {} if passwords is None else {user: _password(passwords / user) for user in named}
    made = make_topics(connection, replicas)
    sys.stdout.write("".join(f"{name}: made\n" for name in made) or "all topics were there already\n")
    if secrets:
        set_passwords(connection, secrets)
        sys.stdout.write("".join(f"{user}: password set\n" for user in secrets))
    if named:
        grant(connection, publisher or (), worker or ())
        sys.stdout.write("".join(f"{user}: may write events\n" for user in publisher or ()))
        sys.stdout.write("".join(f"{user}: may work\n" for user in worker or ()))


def _password(file: Path) -> str:
    from streams.kafka.access import PASSWORD_MIN

    secret = file.read_text(encoding="utf-8").rstrip("\n")
    if len(secret) < PASSWORD_MIN or not (secret.isascii() and secret.isprintable()):
        raise Unusable(f"{file}: a password of {PASSWORD_MIN} printable ASCII characters or more must be in it")
    return secret


@app.command(epilog="Example: `budgetwatch publish 114.ndjson --bootstrap localhost:9092 --pack 100`")
def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An event file (NDJSON).")],
    bootstrap: Bootstrap,
    pack: Annotated[
        int, typer.Option(min=1, max=1_000, help="Events of one agency and year that may share a record.")
    ] = 1,
    again: Annotated[bool, typer.Option("--again", help="Send all of it, whatever was sent before.")] = False,
) -> None:
    """Send an event file to Kafka. Stopped, it goes on where it was: the place is noted beside the file."""
    from dashboards.reports.progress import reading
    from producers.publisher import PublishProblem
    from producers.publisher import publish as send

    try:
        with reading(file.stat().st_size) as progress:
            sent = send(file, _kafka(bootstrap), pack, again, progress)
    except PublishProblem as error:
        raise Refused(str(error)) from None
    spread = f"partitions {min(sent.partitions)}-{max(sent.partitions)}" if sent.partitions else "nothing new"
    sys.stderr.write(
        f"{file}: bytes {sent.from_byte:,} to {sent.to_byte:,}: {sent.events:,} events in {sent.records:,} records"
        f" taken by Kafka in {sent.seconds:.1f} s ({spread})\n"
    )
    if sent.without_key:
        sys.stderr.write(f"{sent.without_key:,} lines name no fiscal year and agency; they were sent to be refused\n")
    if sent.too_long:
        numbers = ", ".join(map(str, sent.too_long[:10]))
        raise Unusable(f"{file}: {len(sent.too_long)} lines are too long for a record and were not sent: {numbers}")


@app.command(epilog="Example: `budgetwatch worker --bootstrap localhost:9092 --store postgresql://bw@db/budgetwatch`")
def worker(
    bootstrap: Bootstrap,
    store: Shared,
    registry: Registry = Path("agencies.csv"),
    session_timeout: Annotated[
        float, typer.Option(min=6, envvar="BUDGETWATCH_SESSION_TIMEOUT", help="Seconds until a silent worker is gone.")
    ] = 10.0,
    member: Annotated[
        str | None, typer.Option(envvar="BUDGETWATCH_MEMBER", help="A name that this worker keeps over restarts.")
    ] = None,
    patience: Annotated[
        float, typer.Option(min=0, envvar="BUDGETWATCH_PATIENCE", help="Seconds to wait for a database that is away.")
    ] = 60.0,
    health_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, envvar="BUDGETWATCH_HEALTH_PORT", help="Where /healthz and /metrics are told."),
    ] = None,
    health_host: Annotated[
        str, typer.Option(envvar="BUDGETWATCH_HEALTH_HOST", help="The address of that port.")
    ] = "127.0.0.1",
) -> None:
    """Fold the topic into the store, beside any number of other workers, until told to stop."""
    from agents.start import run as start
    from dashboards.server import log_to
    from streams.kafka.app import GroupSettings

    log_to(sys.stderr.isatty())
    group = GroupSettings(session_timeout=session_timeout, member=member)
    health = None if health_port is None else (health_host, health_port)
    start(_kafka(bootstrap), store, registry.read_bytes(), str(registry), group, patience, health)


@app.command(
    epilog="Example: `budgetwatch serve --store postgresql://bw@db/budgetwatch --bootstrap localhost:9092 --registry agencies.csv`"
)
def serve(
    store: Shared,
    registry: Registry = Path("agencies.csv"),
    bootstrap: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT,...",
            envvar="BUDGETWATCH_BOOTSTRAP",
            help="Kafka's brokers, for events that are posted; without them `POST /v1/events` is turned away.",
        ),
    ] = None,
    port: Port = 8080,
    host: Host = "127.0.0.1",
    session_key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar="BUDGETWATCH_SESSION_KEY",
            help="32 bytes or more that keep people logged in over a restart; else they log in again.",
        ),
    ] = None,
    metrics_token: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar="BUDGETWATCH_METRICS_TOKEN",
            help="Holds what Prometheus shows to read /metrics from elsewhere; it opens nothing else.",
        ),
    ] = None,
) -> None:
    """Show the store that workers fold into: page, API and /metrics, beside any number of workers."""
    from dashboards.beside_workers import serve as start
    from dashboards.server import log_to

    log_to(sys.stderr.isatty())
    key = None if session_key is None else session_key.read_bytes()
    if key is not None and len(key) < SESSION_KEY_BYTES_MIN:
        raise Unusable(f"{session_key}: {len(key)} bytes; make one with `openssl rand -out {session_key} 32`")
    token = None if metrics_token is None else metrics_token.read_text(encoding="utf-8").strip()
    if token is not None and len(token) < METRICS_TOKEN_MIN:
        raise Unusable(f"{metrics_token}: fewer than {METRICS_TOKEN_MIN} characters; `openssl rand -hex 24` makes some")
    connection = None if bootstrap is None else _kafka(bootstrap)
    start(store, registry.read_bytes(), str(registry), connection, host, port, key, token)


def _kafka(bootstrap: str) -> Connection:
    from producers.kafka.connection import BadConnection, connection_to

    try:
        return connection_to(bootstrap)
    except BadConnection as error:
        raise Unusable(str(error)) from None


tokens = typer.Typer(no_args_is_help=True, help="What programs show to send events and read figures.")
app.add_typer(tokens, name="token")
users = typer.Typer(no_args_is_help=True, help="Who may log in to the page.")
app.add_typer(users, name="user")


@tokens.command("add", epilog="Example: `budgetwatch token add cba --agency 020010000A --type disbursement.paid`")
def token_add(
    name: Annotated[str, typer.Argument(help="Who shows it, such as the feeding system's name.")],
    role: Annotated[
        list[str] | None,
        typer.Option(help="feeder (unless named), officer, reviewer or administrator; may be repeated."),
    ] = None,
    agency: Annotated[list[str] | None, typer.Option(help="Only these agencies' events; else all.")] = None,
    event_type: Annotated[list[str] | None, typer.Option("--type", help="Only these types; else all.")] = None,
    data: DataFolder = Path("data"),
    store: Store = None,
) -> None:
    """Make a token. It is shown once, and kept only as a hash."""
    from ledger.events import BY_NAME
    from streams.store import people

    unknown = [one for one in event_type or () if one not in BY_NAME]
    if unknown:
        raise Unusable(f"--type {unknown[0]}: no event type; see docs/schema/event.schema.json")
    with _people(data, store) as opened:
        _, secret = people.add_token(opened, name, role or ["feeder"], agency, event_type)
    sys.stderr.write("keep it now, it is not shown again:\n")
    sys.stdout.write(f"{secret}\n")


@tokens.command("list")
def token_list(data: DataFolder = Path("data"), store: Store = None) -> None:
    """Every token, without its secret."""
    from streams.store import people

    with _people(data, store) as opened:
        for token in people.tokens(opened):
            agencies = "every agency" if token.agencies is None else " ".join(sorted(token.agencies))
            types = "every type" if token.event_types is None else " ".join(sorted(token.event_types))
            ended = f" revoked {token.revoked_at}" if token.revoked_at else ""
            roles = " ".join(token.roles)
            sys.stdout.write(f"{token.id} {token.name} | {roles} | {agencies} | {types} | {token.created_at}{ended}\n")


@tokens.command("revoke")
def token_revoke(
    token: Annotated[str, typer.Argument(help="Its id, as `token list` shows it.")],
    data: DataFolder = Path("data"),
    store: Store = None,
) -> None:
    """The token is no longer taken, from now on."""
    from streams.store import people

    with _people(data, store) as opened:
        people.revoke_token(opened, token)


@users.command("add", epilog="Example: `budgetwatch user add wang --shown-as 王小明 --role officer`")
def user_add(
    name: Annotated[str, typer.Argument(help="The name to log in with.")],
    shown_as: Annotated[str | None, typer.Option(help="The name beside what the person does; else the same.")] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="officer (unless named), reviewer or administrator; may be repeated.")
    ] = None,
    data: DataFolder = Path("data"),
    store: Store = None,
) -> None:
    """Let somebody log in. The password is asked for, or read from standard input where that is no terminal."""
    from streams.store import people

    if sys.stdin.isatty():
        password = typer.prompt("password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    with _people(data, store) as opened:
        people.add_user(opened, name, shown_as or name, password, role or ["officer"])


@users.command("list")
def user_list(data: DataFolder = Path("data"), store: Store = None) -> None:
    """Everybody who may log in, or might."""
    from streams.store import people

    with _people(data, store) as opened:
        for user in people.users(opened):
            ended = f" disabled {user.disabled_at}" if user.disabled_at else ""
            sys.stdout.write(f"{user.name} ({user.shown_as}) | {' '.join(user.roles)} | {user.created_at}{ended}\n")


@users.command("disable")
def user_disable(name: Annotated[str, typer.Argument()], data: DataFolder = Path("data"), store: Store = None) -> None:
    """The user can no longer log in; what the user did stays on the trail."""
    from streams.store import people

    with _people(data, store) as opened:
        people.disable_user(opened, name)


@contextlib.contextmanager
def _people(data: Path, url: str | None) -> Iterator[OpenStore]:
    """The store whose people are meant: a named one, else a data folder's, which is begun where it has a register."""
    from streams.folder import Folder
    from streams.store import open_store
    from streams.store.people import PeopleProblem

    if url is not None:
        store = open_store(url)
    else:
        folder = Folder(data)
        store = open_store(folder.store, create=folder.registry.exists())
    try:
        yield store
    except PeopleProblem as error:
        raise Unusable(str(error)) from None
    finally:
        store.close()


def main() -> NoReturn:
    """Run the command line; a user's mistake ends in one line and never in a traceback."""
    from alerts.catalogue import CatalogueProblem
    from ledger.registry import RegistryProblem
    from streams.errors import StoreError
    from streams.files import UnreadableFile

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no Chinese is no reason to stop
    gc.set_threshold(50_000, 50, 50)  # rows are never part of a cycle; looking for one often only costs time
    try:
        code = app(standalone_mode=False)
    except Refused as error:
        _fail(error.format_message(), 3)
    except typer.TyperException as error:
        _fail(error.format_message(), 2)
    except StoreError as error:
        _fail(str(error), 3)
    except (RegistryProblem, UnreadableFile, CatalogueProblem) as error:
        _fail(str(error), 2)
    except BrokenPipeError:
        _give_up_output()
        sys.exit(0)
    except OSError as error:
        if error.filename in (None, "standard output"):
            _give_up_output()
        _fail(f"{error.filename or 'standard output'}: {error.strerror or error}", 2)
    except (KeyboardInterrupt, typer.Abort):
        _fail("stopped", 130)
    sys.exit(code if isinstance(code, int) else 0)


def _give_up_output() -> None:
    """Let go of what standard output still holds: nobody takes it, and writing it at the end would fail again."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int) -> NoReturn:
    if message.strip():  # without a command the help has been printed and there is nothing to add
        sys.stderr.write(f"budgetwatch: {' '.join(message.split())}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
