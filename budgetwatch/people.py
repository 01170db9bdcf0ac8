"""Who may log in: `user`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from budgetwatch.options import DataFolder, LanguageOption, Store, TrailKey, Unusable

if TYPE_CHECKING:
    from streams.people.accounts import Domain
    from streams.store import Store as OpenStore

OfAgencies = Annotated[
    list[str] | None,
    typer.Option("--agency", metavar="CODE", help="Confined to these agencies; may be repeated; else the whole city."),
]
OfAuthority = Annotated[
    str | None,
    typer.Option("--authority", metavar="CODE", help="Confined to this authority, its agencies and its sums."),
]
WithRights = Annotated[
    list[str] | None,
    typer.Option(
        "--right",
        metavar="RIGHT",
        help="Besides: city (sums, lists and funds of the city), reserves (events about the city's reserves).",
    ),
]
Email = Annotated[str | None, typer.Option(help="The mail address that notices go to.")]
OwnLanguage = Annotated[
    LanguageOption | None, typer.Option("--language", help="The language of mails and pages; else the city's.")
]


app = typer.Typer()
users = typer.Typer(no_args_is_help=True, help="Who may log in to the page.")
app.add_typer(users, name="user")


@users.command("add", epilog="Example: `budgetwatch user add wang --shown-as 王小明 --role officer`")
def user_add(
    name: Annotated[str, typer.Argument(help="The name to log in with.")],
    shown_as: Annotated[str | None, typer.Option(help="The name beside what the person does; else the same.")] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="officer (unless named), reviewer or administrator; may be repeated.")
    ] = None,
    agency: OfAgencies = None,
    authority: OfAuthority = None,
    right: WithRights = None,
    email: Email = None,
    own_language: OwnLanguage = None,
    data: DataFolder = Path("data"),
    store: Store = None,
    trail_key: TrailKey = None,
) -> None:
    """Let somebody log in. The password is asked for, or read from standard input where that is no terminal."""
    from streams.people import accounts

    password = _password()
    with people_of(data, store) as opened:
        domain = domain_of(data, store, agency, authority, right)
        roles, language = role or ["officer"], _code(own_language)
        accounts.add_user(opened, name, shown_as or name, password, roles, domain, email or "", language)


@users.command("change", epilog="Example: `budgetwatch user change wang --agency 020011 --right city`")
def user_change(
    name: Annotated[str, typer.Argument()],
    role: Annotated[list[str] | None, typer.Option(help="In place of all roles there are.")] = None,
    agency: OfAgencies = None,
    authority: OfAuthority = None,
    right: WithRights = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="Confined to nothing any more.")] = False,
    email: Email = None,
    own_language: OwnLanguage = None,
    data: DataFolder = Path("data"),
    store: Store = None,
    trail_key: TrailKey = None,
) -> None:
    """Give a user other roles or another scope: agencies, authority and rights named take the place of those there are."""
    from streams.people import accounts

    confined = agency or authority or right
    if everywhere and confined:
        raise Unusable("--everywhere: without --agency, --authority and --right")
    with people_of(data, store) as opened:
        domain = domain_of(data, store, agency, authority, right) if confined or everywhere else None
        accounts.change_user(opened, name, role, domain, email, _code(own_language))


@users.command("password")
def user_password(
    name: Annotated[str, typer.Argument()],
    data: DataFolder = Path("data"),
    store: Store = None,
    trail_key: TrailKey = None,
) -> None:
    """Give a user another password, asked for as by `user add`; the user's sessions end."""
    from streams.people import accounts

    password = _password()
    with people_of(data, store) as opened:
        accounts.change_password(opened, name, password)


@users.command("list")
def user_list(data: DataFolder = Path("data"), store: Store = None, trail_key: TrailKey = None) -> None:
    """Everybody who may log in, or might."""
    from streams.people import accounts
    from streams.taipei import taipei_time

    with people_of(data, store) as opened:
        for user in accounts.users(opened):
            ended = f" disabled {user.disabled_at}" if user.disabled_at else ""
            sys.stdout.write(
                f"{user.name} ({user.shown_as}) | {' '.join(user.roles)} | {said_domain(user.domain)} |"
                f" {taipei_time(user.created_at)}{ended}\n"
            )


@users.command("disable")
def user_disable(
    name: Annotated[str, typer.Argument()],
    data: DataFolder = Path("data"),
    store: Store = None,
    trail_key: TrailKey = None,
) -> None:
    """The user can no longer log in; what the user did stays on the trail."""
    from streams.people import accounts

    with people_of(data, store) as opened:
        accounts.disable_user(opened, name)


def _code(chosen: LanguageOption | None) -> Literal["zh", "en"] | None:
    """A language as users have it."""
    return None if chosen is None else ("en" if chosen is LanguageOption.EN else "zh")


def _password() -> str:
    """Asked for twice at a terminal, else a line of standard input."""
    if sys.stdin.isatty():
        typed: str = typer.prompt("password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\n")


def domain_of(
    data: Path, url: str | None, agencies: list[str] | None, authority: str | None, rights: list[str] | None
) -> Domain:
    """What somebody is confined to; where the folder has a register, a code that it lacks is Unusable."""
    from streams.folder import Folder
    from streams.people.accounts import Domain

    if url is None and Folder(data).registry.exists():
        registry, _ = Folder(data).read_registry()
        wrong = [code for code in agencies or () if code not in registry.agencies]
        if wrong:
            raise Unusable(f"--agency {wrong[0]}: not in {Folder(data).registry}")
        if authority is not None and authority not in registry.authorities:
            raise Unusable(f"--authority {authority}: not in {Folder(data).registry}")
    return Domain(None if agencies is None else frozenset(agencies), authority, frozenset(rights or ()))


def said_domain(domain: Domain) -> str:
    """A scope in words."""
    if domain.agencies is None and domain.authority is None:
        return "every agency"
    parts = [*sorted(domain.agencies or ()), *([] if domain.authority is None else [f"authority {domain.authority}"])]
    return " ".join(parts) + (f" + {' '.join(sorted(domain.rights))}" if domain.rights else "")


@contextlib.contextmanager
def people_of(data: Path, url: str | None) -> Iterator[OpenStore]:
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
