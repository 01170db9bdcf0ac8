"""Options that several commands take, and how a command says that it cannot do what was asked."""

from __future__ import annotations

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


class Language(StrEnum):
    """The languages of what people read."""

    ZH = "zh"
    EN = "en"


Lang = Annotated[Language, typer.Option(envvar="BUDGETWATCH_LANG", help="Language of what is read by people.")]
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
