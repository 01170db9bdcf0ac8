"""The sources of data that pushed boards ask: Prometheus, and the views of the database, each by a uid of its own.

Every city has its own pair, told apart by the prefix of their uids; its boards choose them first. So two cities on one
Grafana never see each other's figures, whose labels are alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from dashboards.grafana import Grafana, GrafanaProblem

KINDS: Final[Mapping[str, str]] = {"prometheus": "prometheus", "postgres": "grafana-postgresql-datasource"}
"""Types of sources by the variable of a board that chooses one; the end of the source's uid too."""
_NAMES: Final[Mapping[str, str]] = {"prometheus": "Prometheus", "postgres": "PostgreSQL"}
_POSTGRES_PORT: Final = 5432
_SSL_MODES: Final = ("disable", "require", "verify-ca", "verify-full")


class SourcePushed(msgspec.Struct, frozen=True):
    """What became, or would become, of a source of data."""

    uid: str
    title: str
    state: str


class UnusableSource(ValueError):
    """An address that no source of data can have; the message says how to write it."""


def uid_of(prefix: str, variable: str) -> str:
    """The uid of a city's source of data."""
    return f"{prefix}-{variable}"


def name_of(prefix: str, variable: str) -> str:
    """What it is called in Grafana."""
    return f"{prefix} {_NAMES[variable]}"


def prometheus_source(prefix: str, url: str) -> dict[str, Any]:
    """A Prometheus as Grafana's server reaches it. Raises UnusableSource."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise UnusableSource("write http://HOST:9090, without a user, as Grafana's server reaches it")
    return _source(prefix, "prometheus", url, {"timeInterval": "15s"})


def postgres_source(prefix: str, url: str, password: str) -> dict[str, Any]:
    """A database as Grafana's server reaches it, asked by the role in the address. Raises UnusableSource."""
    parts = urlsplit(url)
    name, mode = parts.path.strip("/"), "require"
    if parts.query:
        mode = parts.query.removeprefix("sslmode=")
    if parts.scheme != "postgresql" or not (parts.hostname and parts.username and name) or mode not in _SSL_MODES:
        raise UnusableSource(
            f"write postgresql://ROLE@HOST:5432/DATABASE, and ?sslmode={'|'.join(_SSL_MODES)} after it"
        )
    if parts.password:
        raise UnusableSource("the password belongs into a file: --postgres-password-file")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    settings = {"database": unquote(name), "sslmode": mode, "maxOpenConns": 5, "connMaxLifetime": 3600}
    made = _source(prefix, "postgres", f"{host}:{parts.port or _POSTGRES_PORT}", settings)
    return made | {"user": unquote(parts.username), "secureJsonData": {"password": password}}


def _source(prefix: str, variable: str, url: str, settings: dict[str, Any]) -> dict[str, Any]:
    name, uid = name_of(prefix, variable), uid_of(prefix, variable)
    return {"name": name, "uid": uid, "type": KINDS[variable], "access": "proxy", "url": url, "jsonData": settings}


def push_sources(grafana: Grafana, wanted: list[dict[str, Any]], *, dry_run: bool = False) -> Iterator[SourcePushed]:
    """Bring sources of data, comparing first; what somebody set beside our settings stays.

    A password cannot be compared: it is sent when anything is, and when the server has none.
    """
    for source in wanted:
        uid, name = source["uid"], source["name"]
        found = grafana.get(f"/datasources/uid/{uid}")
        if found is None:
            if not dry_run:
                grafana.post("/datasources", source)
            yield SourcePushed(uid, name, "create")
        elif _is_as(source, found):
            yield SourcePushed(uid, name, "up to date")
        else:
            if found.get("readOnly"):
                raise GrafanaProblem(f"{uid}: a file of the server provides it; change it there")
            if not dry_run:
                settings = found.get("jsonData", {}) | source["jsonData"]
                changed = {"version": found.get("version", 0), "jsonData": settings}
                grafana.put(f"/datasources/uid/{uid}", source | changed)
            yield SourcePushed(uid, name, "update")


def _is_as(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether everything that we set is so."""
    settings = found.get("jsonData") or {}
    return (
        all(found.get(key) == wanted[key] for key in ("name", "type", "access", "url"))
        and (found.get("user") or "") == wanted.get("user", "")
        and all(settings.get(key) == value for key, value in wanted["jsonData"].items())
        and all((found.get("secureJsonFields") or {}).get(key) for key in wanted.get("secureJsonData", ()))
    )


def bound(board: dict[str, Any], prefix: str) -> dict[str, Any]:
    """A board that chooses the city's own sources first; where the server has none of them, its default ones."""
    for variable in board["templating"]["list"]:
        if variable["type"] == "datasource":
            chosen = {"text": name_of(prefix, variable["name"]), "value": uid_of(prefix, variable["name"])}
            variable["current"] = chosen | {"selected": True}
    return board
