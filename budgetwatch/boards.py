"""Grafana's boards: `dashboards build`, `push`, `check`, `pull`, `history`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from budgetwatch import board_history
from budgetwatch.options import Lang, LanguageOption, RefusedCommand, Unusable

if TYPE_CHECKING:
    from dashboards.grafana import Grafana

app = typer.Typer(
    help="Grafana's boards: made, brought to a Grafana, checked there; the history behind their curves.",
    no_args_is_help=True,
)
app.add_typer(board_history.app)
Url = Annotated[str, typer.Option("--url", metavar="URL", envvar="BUDGETWATCH_GRAFANA_URL", help="Grafana's address.")]
TokenFile = Annotated[
    Path,
    typer.Option(
        "--token-file",
        metavar="FILE",
        envvar="BUDGETWATCH_GRAFANA_TOKEN_FILE",
        help="Holds the token of a service account.",
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option(
        "--ca-file", metavar="FILE", envvar="BUDGETWATCH_GRAFANA_CA_FILE", help="Who signed Grafana's certificate."
    ),
]
Prefix = Annotated[
    str,
    typer.Option(
        "--uid-prefix", envvar="BUDGETWATCH_UID_PREFIX", help="What uids begin with: tells cities on one Grafana apart."
    ),
]
Embedded = Annotated[
    bool,
    typer.Option(
        "--embedded", envvar="BUDGETWATCH_EMBEDDED", help="The boards without tables, for `run` and its embedded store."
    ),
]


@app.command(epilog="Example: `budgetwatch dashboards build`")
def build() -> None:
    """Make the boards' JSON anew from dashboards/panels and dashboards/boards (needs the development requirements)."""
    try:
        from dashboards.boards.build import write
    except ModuleNotFoundError as error:
        raise Unusable(f"{error.name} is missing: pip install -r requirements-dev.txt") from None
    sys.stdout.write(f"{write()} files changed\n")


def _opened(url: str, token_file: Path, ca_file: Path | None) -> Grafana:
    from dashboards.grafana import Grafana, GrafanaProblem

    token = token_file.read_text(encoding="utf-8").strip()
    if not token or not token.isascii() or not token.isprintable():
        raise Unusable(f"{token_file}: it must hold the token and nothing else")
    try:
        return Grafana(url, token, None if ca_file is None else str(ca_file))
    except GrafanaProblem as problem:
        raise Unusable(str(problem)) from None


def _prefix(text: str) -> str:
    if not text.replace("-", "").isalnum() or not text.isascii() or len(text) > 20:
        raise Unusable("--uid-prefix: letters, digits and hyphens, 20 at most")
    return text


def _sources(prefix: str, prometheus: str | None, postgres: str | None, password: Path | None) -> list[dict[str, Any]]:
    """The sources of data that are asked for."""
    from dashboards.data_sources import UnusableSource, postgres_source, prometheus_source

    if (postgres is None) != (password is None):
        raise Unusable("--postgres-url and --postgres-password-file go together")
    found = []
    try:
        if prometheus is not None:
            found.append(prometheus_source(prefix, prometheus))
    except UnusableSource as error:
        raise Unusable(f"--prometheus-url: {error}") from None
    try:
        if postgres is not None and password is not None:
            found.append(postgres_source(prefix, postgres, password.read_text(encoding="utf-8").strip()))
    except UnusableSource as error:
        raise Unusable(f"--postgres-url: {error}") from None
    return found


@app.command(
    epilog="Examples: `budgetwatch dashboards push --url https://grafana.example --token-file token --dry-run` ·"
    " `… push … --prometheus-url http://prometheus:9090` · `… push … --uid-prefix tainan` · `… push … --embedded`"
)
def push(
    url: Url,
    token_file: TokenFile,
    ca_file: CaFile = None,
    lang: Lang = LanguageOption.ZH,
    embedded: Embedded = False,
    uid_prefix: Prefix = "budgetwatch",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Boards that were edited by hand too.")] = False,
    prometheus_url: Annotated[
        str | None,
        typer.Option(
            "--prometheus-url",
            metavar="URL",
            envvar="BUDGETWATCH_GRAFANA_PROMETHEUS_URL",
            help="Make the source of data too: Prometheus, as Grafana's server reaches it (wants the role Admin).",
        ),
    ] = None,
    postgres_url: Annotated[
        str | None,
        typer.Option(
            "--postgres-url",
            metavar="URL",
            envvar="BUDGETWATCH_GRAFANA_POSTGRES_URL",
            help="The database's too: postgresql://budgetwatch_boards@HOST/DATABASE.",
        ),
    ] = None,
    postgres_password_file: Annotated[
        Path | None,
        typer.Option(
            "--postgres-password-file",
            metavar="FILE",
            envvar="BUDGETWATCH_GRAFANA_POSTGRES_PASSWORD_FILE",
            help="Holds that role's password.",
        ),
    ] = None,
) -> None:
    """Bring the boards to a Grafana that is there already, comparing first; exit 1 where one was edited by hand."""
    from dashboards import publishing
    from dashboards.data_sources import push_sources
    from dashboards.grafana import GrafanaProblem

    sources = _sources(_prefix(uid_prefix), prometheus_url, postgres_url, postgres_password_file)
    grafana = _opened(url, token_file, ca_file)
    wanted = publishing.boards(lang.value, embedded=embedded, prefix=uid_prefix)
    left = 0
    try:
        for source in push_sources(grafana, sources, dry_run=dry_run):
            sys.stdout.write(f"{source.uid}  {source.title}: {source.state}\n")
        title = publishing.FOLDER.text(lang.value)
        for each in publishing.push(grafana, wanted, uid_prefix, title, dry_run=dry_run, overwrite=overwrite):
            kept = each.state == "edited by hand" and not overwrite
            left += kept
            said = f"{each.state}; left as it is (--overwrite takes it)" if kept else each.state
            sys.stdout.write(f"{each.uid}  {each.title}: {said}\n")
    except GrafanaProblem as problem:
        raise RefusedCommand(str(problem)) from None
    if left:
        raise typer.Exit(1)


@app.command(epilog="Example: `budgetwatch dashboards check --url https://grafana.example --token-file token`")
def check(
    url: Url,
    token_file: TokenFile,
    ca_file: CaFile = None,
    lang: Lang = LanguageOption.ZH,
    embedded: Embedded = False,
    uid_prefix: Prefix = "budgetwatch",
) -> None:
    """Ask every query of every board through the server, and name those that fail (exit 1) or are empty."""
    from dashboards import publishing
    from dashboards.grafana import GrafanaProblem

    grafana = _opened(url, token_file, ca_file)
    asked = failed = 0
    try:
        wanted = publishing.boards(lang.value, embedded=embedded, prefix=_prefix(uid_prefix))
        for each in publishing.check(grafana, wanted, uid_prefix):
            asked += 1
            if each.failure is not None:
                failed += 1
                sys.stdout.write(f"{each.board} / {each.panel}: {each.failure}\n")
            elif each.rows == 0:
                sys.stdout.write(f"{each.board} / {each.panel}: empty\n")
    except GrafanaProblem as problem:
        raise RefusedCommand(str(problem)) from None
    sys.stdout.write(f"{asked} queries asked, {failed} failed\n")
    if failed:
        raise typer.Exit(1)


@app.command(epilog="Example: `budgetwatch dashboards pull --url https://grafana.example --token-file token`")
def pull(
    url: Url,
    token_file: TokenFile,
    ca_file: CaFile = None,
    lang: Lang = LanguageOption.ZH,
    embedded: Embedded = False,
    uid_prefix: Prefix = "budgetwatch",
) -> None:
    """Show what was changed by hand on the server, as a diff; exit 1 where anything was."""
    from dashboards import publishing
    from dashboards.grafana import GrafanaProblem

    grafana = _opened(url, token_file, ca_file)
    differ = False
    try:
        wanted = publishing.boards(lang.value, embedded=embedded, prefix=_prefix(uid_prefix))
        for uid, lines in publishing.pull(grafana, wanted):
            differ |= bool(lines)
            sys.stdout.write(
                "".join(f"{line}\n" for line in (f"{uid}: {'changed' if lines else 'as generated'}", *lines))
            )
    except GrafanaProblem as problem:
        raise RefusedCommand(str(problem)) from None
    if differ:
        raise typer.Exit(1)
