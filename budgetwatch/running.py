"""What runs until it is told to stop: `run`, `demo`, `worker`, `serve`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from budgetwatch.options import (
    Bootstrap,
    DataFolder,
    Host,
    Port,
    PublicUrl,
    Registry,
    Settings,
    Shared,
    TrailHead,
    TrailKey,
    TrailMail,
    TrailSink,
    TrustedProxy,
    Unusable,
)
from budgetwatch.sources import kafka_at

if TYPE_CHECKING:
    from streams.folder import Folder
    from streams.reach import Reach

app = typer.Typer()
SESSION_KEY_BYTES_MIN = 32
METRICS_TOKEN_MIN = 16


@app.command(epilog="Example: `budgetwatch run --data data --registry agencies.csv --port 8080`")
def run(
    data: DataFolder = Path("data"),
    port: Port = 8080,
    host: Host = "127.0.0.1",
    trusted_proxy: TrustedProxy = None,
    public_url: PublicUrl = None,
    trail_key: TrailKey = None,
    trail_sink: TrailSink = None,
    trail_mail: TrailMail = None,
    registry: Annotated[
        Path | None, typer.Option(envvar="BUDGETWATCH_REGISTRY", help="Copied into a new data folder.")
    ] = None,
) -> None:
    """Start the monitor on a data folder: page, API, /metrics and inbox, until it is told to stop."""
    from agents.supervisor import part_of_environment
    from streams.folder import Folder

    _begin()
    folder, reach, part = Folder(data), _reach(host, trusted_proxy, public_url), part_of_environment()
    if part is None:
        folder.make(registry)
        _supervise(folder, host, port)
    from agents import embedded

    if part.name == "page":
        embedded.run_page(folder, reach, part)
        return
    with embedded.opened(folder, reach, opening=part.say_ready, is_locked=True) as monitor:
        embedded.run_fold(monitor, folder, part)


@app.command(epilog="Examples: `budgetwatch demo` · `budgetwatch demo --speed 2` · `budgetwatch demo --remove`")
def demo(
    data: DataFolder = Path("demo"),
    port: Port = 8080,
    host: Host = "127.0.0.1",
    trusted_proxy: TrustedProxy = None,
    public_url: PublicUrl = None,
    trail_key: TrailKey = None,
    speed: Annotated[
        float, typer.Option(min=0.001, max=100, envvar="BUDGETWATCH_SPEED", help="Simulated days a second.")
    ] = 0.2,
    seed: Annotated[int, typer.Option(envvar="BUDGETWATCH_SEED", help="Same seed, same year.")] = 1,
    events: Annotated[int, typer.Option(min=2_000, envvar="BUDGETWATCH_EVENTS", help="Events of the year.")] = 20_000,
    remove: Annotated[bool, typer.Option("--remove", help="Delete the demonstration's data folder and end.")] = False,
) -> None:
    """Start the monitor on a simulated year of the synthetic city, marked as demonstration data, and let it run on."""
    from agents import demonstration, embedded
    from agents.supervisor import part_of_environment
    from streams.folder import Folder

    folder = Folder(data)
    if remove:
        demonstration.remove(folder)
        return
    _begin()
    reach, part = _reach(host, trusted_proxy, public_url), part_of_environment()
    if part is None:
        demonstration.make_folder(folder)
        _supervise(folder, host, port)
    if part.name == "page":
        embedded.run_page(folder, reach, part)
        return
    with demonstration.opened(folder, reach, seed, events, speed, is_locked=True) as (monitor, year):
        sys.stderr.write(f"demonstration data: fiscal year 114 up to {year.day}, then {speed:g} days a second\n")
        sys.stderr.write(f"notices to its agencies: a mail each in {folder.path / demonstration.MAILS}\n")
        part.say_ready()
        embedded.run_fold(monitor, folder, part, (year,), clock=False)


@app.command(epilog="Example: `budgetwatch worker --bootstrap localhost:9092 --store postgresql://bw@db/budgetwatch`")
def worker(
    bootstrap: Bootstrap,
    store: Shared,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
    trail_key: TrailKey = None,
    trail_head: TrailHead = None,
    trail_sink: TrailSink = None,
    trail_mail: TrailMail = None,
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
    public_url: PublicUrl = None,
) -> None:
    """Fold the topic into the store, beside any number of other workers, until told to stop."""
    from agents.temporary import write_apart
    from agents.worker import run as start
    from streams.kafka.app import GroupSettings

    _begin()
    write_apart()
    group = GroupSettings(session_timeout=session_timeout, member=member)
    health = None if health_port is None else (health_host, health_port)
    called = _reach("127.0.0.1", None, public_url).public_url
    start(kafka_at(bootstrap), store, registry.read_bytes(), str(registry), group, patience, health, settings, called)


@app.command(
    epilog="Example: `budgetwatch serve --store postgresql://bw@db/budgetwatch --bootstrap localhost:9092 --registry agencies.csv`"
)
def serve(
    store: Shared,
    registry: Registry = Path("agencies.csv"),
    settings: Settings = None,
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
    trusted_proxy: TrustedProxy = None,
    public_url: PublicUrl = None,
    trail_key: TrailKey = None,
    trail_head: TrailHead = None,
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
    from agents.serve import serve as start
    from agents.temporary import write_apart

    _begin()
    write_apart()
    key = None if session_key is None else session_key.read_bytes()
    if key is not None and len(key) < SESSION_KEY_BYTES_MIN:
        raise Unusable(f"{session_key}: {len(key)} bytes; make one with `openssl rand -out {session_key} 32`")
    token = None if metrics_token is None else metrics_token.read_text(encoding="utf-8").strip()
    if token is not None and len(token) < METRICS_TOKEN_MIN:
        raise Unusable(f"{metrics_token}: fewer than {METRICS_TOKEN_MIN} characters; `openssl rand -hex 24` makes some")
    connection = None if bootstrap is None else kafka_at(bootstrap)
    reach = _reach(host, trusted_proxy, public_url)
    start(store, registry.read_bytes(), str(registry), connection, reach, port, key, token, settings)


def _begin() -> None:
    """What is written is its owner's alone, whatever writes it; what is to be said is said on standard error."""
    from agents.logs import log_to

    os.umask(0o077)
    log_to(sys.stderr.isatty())


def _supervise(folder: Folder, host: str, port: int) -> NoReturn:
    """Start this command's parts on a folder that is held for all of them, and end with them."""
    from agents.listener import listener_at
    from agents.supervisor import supervise
    from agents.temporary import write_within

    listener = listener_at(host, port)
    with folder.locked() as held:
        write_within(folder.path)
        raise typer.Exit(supervise(listener, folder.path, held))


def _reach(host: str, trusted_proxy: list[str] | None, public_url: str | None) -> Reach:
    """From where it will be reached; Unusable for an address that is none."""
    from streams.reach import ReachProblem, reach

    try:
        return reach(host, tuple(trusted_proxy or ()), public_url)
    except ReachProblem as problem:
        raise Unusable(str(problem)) from None
