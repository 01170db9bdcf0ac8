"""What programs show: `token`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from budgetwatch.options import DataFolder, Store, TrailKey, Unusable
from budgetwatch.people import OfAgencies, OfAuthority, WithRights, domain_of, people_of, said_domain

app = typer.Typer()
tokens = typer.Typer(no_args_is_help=True, help="What programs show to send events and read figures.")
app.add_typer(tokens, name="token")


@tokens.command("add", epilog="Example: `budgetwatch token add cba --agency 020010000A --type disbursement.paid`")
def token_add(
    name: Annotated[str, typer.Argument(help="Who shows it, such as the feeding system's name.")],
    role: Annotated[
        list[str] | None,
        typer.Option(help="feeder (unless named), officer, reviewer or administrator; may be repeated."),
    ] = None,
    agency: OfAgencies = None,
    authority: OfAuthority = None,
    right: WithRights = None,
    event_type: Annotated[list[str] | None, typer.Option("--type", help="Only these types; else all.")] = None,
    data: DataFolder = Path("data"),
    store: Store = None,
    trail_key: TrailKey = None,
) -> None:
    """Make a token. It is shown once, and kept only as a hash."""
    from ledger.events import BY_NAME
    from streams.people import accounts

    unknown = [one for one in event_type or () if one not in BY_NAME]
    if unknown:
        raise Unusable(f"--type {unknown[0]}: no event type; see docs/schema/event.schema.json")
    with people_of(data, store) as opened:
        domain = domain_of(data, store, agency, authority, right)
        _, secret = accounts.add_token(opened, name, role or ["feeder"], domain, event_type)
    sys.stderr.write("keep it now, it is not shown again:\n")
    sys.stdout.write(f"{secret}\n")


@tokens.command("list")
def token_list(data: DataFolder = Path("data"), store: Store = None, trail_key: TrailKey = None) -> None:
    """Every token, without its secret."""
    from streams.people import accounts
    from streams.taipei import taipei_time

    with people_of(data, store) as opened:
        for token in accounts.tokens(opened):
            agencies = said_domain(token.domain)
            types = "every type" if token.event_types is None else " ".join(sorted(token.event_types))
            ended = f" revoked {token.revoked_at}" if token.revoked_at else ""
            roles = " ".join(token.roles)
            sys.stdout.write(
                f"{token.id} {token.name} | {roles} | {agencies} | {types} | {taipei_time(token.created_at)}{ended}\n"
            )


@tokens.command("revoke")
def token_revoke(
    token: Annotated[str, typer.Argument(help="Its id, as `token list` shows it.")],
    data: DataFolder = Path("data"),
    store: Store = None,
    trail_key: TrailKey = None,
) -> None:
    """The token is no longer taken, from now on."""
    from streams.people import accounts

    with people_of(data, store) as opened:
        accounts.revoke_token(opened, token)
