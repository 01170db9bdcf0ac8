"""Grafana's boards: `dashboards build`, `push`, `check`, `pull`, `history`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from budgetwatch.options import Data, Lang, Language, More, RefusedCommand, Registry, Replay, Settings, Store, Unusable
from budgetwatch.sources import day_of

if TYPE_CHECKING:
    from dashboards.grafana import Grafana

app = typer.Typer(
    help="Grafana's boards: made, brought to a Grafana, checked there; the history behind their curves.",
    no_args_is_help=True,
)
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
    from dashboards.data_sources import BadAddress, postgres_source, prometheus_source

    if (postgres is None) != (password is None):
        raise Unusable("--postgres-url and --postgres-password-file go together")
    found = []
    try:
        if prometheus is not None:
            found.append(prometheus_source(prefix, prometheus))
    except BadAddress as error:
        raise Unusable(f"--prometheus-url: {error}") from None
    try:
        if postgres is not None and password is not None:
            found.append(postgres_source(prefix, postgres, password.read_text(encoding="utf-8").strip()))
    except BadAddress as error:
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
    lang: Lang = Language.ZH,
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
    lang: Lang = Language.ZH,
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
    lang: Lang = Language.ZH,
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


@app.command(
    epilog="Examples: `budgetwatch dashboards history --data data --from 114/01/01 -o history.om`, then"
    " `promtool tsdb create-blocks-from --max-block-duration=512h openmetrics history.om /prometheus`"
)
def history(
    from_day: Annotated[str, typer.Option("--from", metavar="DATE", help="The first day.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where it goes.")],
    more: More = None,
    to_day: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day; else yesterday.")] = None,
    replay: Replay = None,
    data: Data = None,
    store: Store = None,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
) -> None:
    """Write the figures of each day gone by, as OpenMetrics that Prometheus takes: curves are there at once.

    Leave out the last hours: Prometheus takes no blocks beside what it is scraping just now.
    """
    from alerts.catalogue import load
    from budgetwatch.sources import registry_of
    from dashboards.history import NO_ACTS, Acts, write_history
    from streams.files import EventFiles
    from streams.folder import Folder
    from streams.log.accepted import days_booked, lines_of_store
    from streams.people.lagging_acts import presented_lists
    from streams.people.trail import CLOSE, REOPEN, acts_of_kinds
    from streams.store import open_store
    from streams.taipei import today

    yesterday = (date.fromisoformat(today()) - timedelta(days=1)).isoformat()
    first, last = day_of(from_day), yesterday if to_day is None else day_of(to_day)
    if last < first:
        raise Unusable(f"--to {last} lies before --from {first}")
    names = [*(replay or ()), *(more or ())]
    with ExitStack() as stack:
        acts = NO_ACTS
        if names:
            lines: Iterator[list[bytes]] = (batch.lines for batch in stack.enter_context(EventFiles(names)).batches())
            known, catalogue = registry_of(registry), load(settings=settings)
        else:
            folder = Folder(data or Path("data"))
            opened = open_store(folder.store if store is None else store, read_only=True)
            stack.callback(opened.close)
            known = folder.read_registry()[0] if store is None else registry_of(registry)
            catalogue = load(settings=settings or (folder.path if store is None else None))
            acts = Acts(
                list(acts_of_kinds(opened, CLOSE, REOPEN)), [each.presented_on for each in presented_lists(opened)]
            )
            lines = lines_of_store(opened)
        days = stack.enter_context(days_booked(lines, known))
        with output.open("wb") as out:
            points = write_history(days, known, catalogue, first, last, out, acts)
    sys.stderr.write(f"{output}: {points:,} points, {first} to {last}\n")
