"""Kafka: `topics`, `publish`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from budgetwatch.options import Bootstrap, RefusedCommand, Unusable
from budgetwatch.sources import kafka_at

app = typer.Typer()


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

    connection, named = kafka_at(bootstrap), [*(publisher or ()), *(worker or ())]
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
            sent = send(file, kafka_at(bootstrap), pack, again, progress)
    except PublishProblem as error:
        raise RefusedCommand(str(error)) from None
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
