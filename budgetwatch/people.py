"""Who may do what: `user`, `token`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from budgetwatch.options import DataFolder, Store, Unusable

if TYPE_CHECKING:
    from streams.store import Store as OpenStore


app = typer.Typer()
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
    from streams.people import accounts

    unknown = [one for one in event_type or () if one not in BY_NAME]
    if unknown:
        raise Unusable(f"--type {unknown[0]}: no event type; see docs/schema/event.schema.json")
    with _people(data, store) as opened:
        _, secret = accounts.add_token(opened, name, role or ["feeder"], agency, event_type)
    sys.stderr.write("keep it now, it is not shown again:\n")
    sys.stdout.write(f"{secret}\n")


@tokens.command("list")
def token_list(data: DataFolder = Path("data"), store: Store = None) -> None:
    """Every token, without its secret."""
    from streams.people import accounts
    from streams.taipei import taipei_time

    with _people(data, store) as opened:
        for token in accounts.tokens(opened):
            agencies = "every agency" if token.agencies is None else " ".join(sorted(token.agencies))
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
) -> None:
    """The token is no longer taken, from now on."""
    from streams.people import accounts

    with _people(data, store) as opened:
        accounts.revoke_token(opened, token)


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
    from streams.people import accounts

    if sys.stdin.isatty():
        password = typer.prompt("password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    with _people(data, store) as opened:
        accounts.add_user(opened, name, shown_as or name, password, role or ["officer"])


@users.command("list")
def user_list(data: DataFolder = Path("data"), store: Store = None) -> None:
    """Everybody who may log in, or might."""
    from streams.people import accounts
    from streams.taipei import taipei_time

    with _people(data, store) as opened:
        for user in accounts.users(opened):
            ended = f" disabled {user.disabled_at}" if user.disabled_at else ""
            sys.stdout.write(
                f"{user.name} ({user.shown_as}) | {' '.join(user.roles)} | {taipei_time(user.created_at)}{ended}\n"
            )


@users.command("disable")
def user_disable(name: Annotated[str, typer.Argument()], data: DataFolder = Path("data"), store: Store = None) -> None:
    """The user can no longer log in; what the user did stays on the trail."""
    from streams.people import accounts

    with _people(data, store) as opened:
        accounts.disable_user(opened, name)


@contextlib.contextmanager
def _people(data: Path, url: str | None) -> Iterator[OpenStore]:
    """The store whose people are meant: a named one, else a data folder's, which is begun where it has a register."""
    from streams.folder import Folder
    from streams.people.person import PeopleProblem
    from streams.store import open_store

    if url is not None:
        store = open_store(url)
    else:
        folder = Folder(data)
        store = open_store(folder.store, create=folder.registry.exists() and not folder.store.exists())
    try:
        yield store
    except PeopleProblem as error:
        raise Unusable(str(error)) from None
    finally:
        store.close()
