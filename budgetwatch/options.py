"""Options that several commands take, and how a command says that it cannot do what was asked."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

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
Settings = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="DIR",
        envvar="BUDGETWATCH_SETTINGS",
        help="A folder with the city's city.yaml, accounts.csv, objects.csv and rules/; a data folder is its own.",
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
TrustedProxy = Annotated[
    list[str] | None,
    typer.Option(
        "--trusted-proxy",
        metavar="ADDRESS",
        envvar="BUDGETWATCH_TRUSTED_PROXY",
        help="A proxy (address or network) whose X-Forwarded-For and -Proto are believed; may be repeated. Needs users.",
    ),
]
PublicUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar="BUDGETWATCH_PUBLIC_URL",
        help="What browsers call the page, https://NAME: cookies are then for https alone. Needs users.",
    ),
]


def _name_trail_key(path: Path | None) -> Path | None:
    """Whoever opens a store looks there; in the environment, as the file of the store's password is."""
    from streams.trail.keys import KEY_FILE  # `--help` must not wait for it

    if path is not None:
        os.environ[KEY_FILE] = str(path)
    return path


TrailKey = Annotated[
    Path | None,
    typer.Option(
        "--trail-key",
        metavar="FILE",
        envvar="BUDGETWATCH_TRAIL_KEY",
        callback=_name_trail_key,
        help="The key of the audit trail, kept outside the store; of a data folder: its trail.key unless named.",
    ),
]


def _name_head_kept(path: Path | None) -> Path | None:
    from streams.trail.keys import HEAD_KEPT  # `--help` must not wait for it

    if path is not None:
        os.environ[HEAD_KEPT] = str(path)
    return path


TrailHead = Annotated[
    Path | None,
    typer.Option(
        "--trail-head",
        metavar="FILE",
        envvar="BUDGETWATCH_TRAIL_HEAD",
        callback=_name_head_kept,
        help="Keeps the head of the trail that this process saw last, so that its next start finds a trail cut off.",
    ),
]


def _name_head_file(path: Path | None) -> Path | None:
    if path is not None:
        from streams.people.heads import HEAD_FILE

        os.environ[HEAD_FILE] = str(path)
    return path


TrailSink = Annotated[
    Path | None,
    typer.Option(
        "--trail-sink",
        metavar="FILE",
        envvar="BUDGETWATCH_TRAIL_SINK",
        callback=_name_head_file,
        help="The head of the audit trail is added to this file once a day; best on another machine's disk.",
    ),
]


def _name_head_address(address: str | None) -> str | None:
    if address is not None:
        from streams.people.heads import HEAD_ADDRESS

        os.environ[HEAD_ADDRESS] = address
    return address


TrailMail = Annotated[
    str | None,
    typer.Option(
        "--trail-mail",
        metavar="ADDRESS",
        envvar="BUDGETWATCH_TRAIL_MAIL",
        callback=_name_head_address,
        help="The head of the audit trail is mailed there once a day, by the mail server that routing.yaml names.",
    ),
]
ExpectedHeads = Annotated[
    list[str] | None,
    typer.Option(
        "--expect-head",
        metavar="N:HASH",
        help="A head of the trail as a report or the log says it, or a file of heads: act N has this hash; may be repeated.",
    ),
]


def heads_of(texts: list[str] | None) -> list[tuple[int, str]]:
    """Heads that were named; Unusable for what is none."""
    from streams.trail.keys import parse_head

    found = []
    for text in texts or ():
        listed = Path(text).read_text(encoding="utf-8").splitlines() if Path(text).is_file() else [text]
        found += [(one, parse_head(one.split()[-1])) for one in listed if one.strip()]
    wrong = [text for text, head in found if head is None]
    if wrong:
        raise Unusable(f"--expect-head {wrong[0]}: N:HASH, with 16 digits of the hash or more, or a file of such lines")
    return [head for _, head in found if head is not None]


class LanguageOption(StrEnum):
    """The languages of what people read."""

    ZH = "zh"
    EN = "en"


Lang = Annotated[LanguageOption, typer.Option(envvar="BUDGETWATCH_LANG", help="Language of what is read by people.")]
AsJson = Annotated[
    bool, typer.Option("--json", envvar="BUDGETWATCH_JSON", help="Print one JSON object instead of the summary.")
]


class FormatName(StrEnum):
    """The formats of reports."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    ODS = "ods"
    PDF = "pdf"


class UnitOption(StrEnum):
    """What money is printed in, as forms print it."""

    NTD = "ntd"
    THOUSAND = "thousand"
    HUNDRED_MILLION = "hundred-million"


Unit = Annotated[
    UnitOption | None,
    typer.Option(
        "--unit",
        envvar="BUDGETWATCH_UNIT",
        help="As its form prints it, in this unit: title lines, 款項目節, zero as a dash, a row for rounding.",
    ),
]
ReportFormat = Annotated[FormatName, typer.Option("--format", envvar="BUDGETWATCH_FORMAT", help="The format.")]
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


class Unusable(typer.TyperException):
    """What was asked cannot be done; told in one line, exit 2."""


class RefusedCommand(typer.TyperException):
    """The store, log or lock is not as it must be; told in one line, exit 3."""
