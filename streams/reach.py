"""From where a monitor can be reached: the address it is bound to, the proxies before it, what it is called outside. Pure."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

import msgspec

_LOCALHOST: Final = "localhost"


class ReachProblem(ValueError):
    """An address that was named is none; the message says which and why."""


class Reach(msgspec.Struct, frozen=True):
    """What `--host`, `--trusted-proxy` and `--public-url` say."""

    host: str = "127.0.0.1"
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; nobody else's are."""
    public_url: str | None = None
    """What browsers call it: `https://budget.example.gov.tw`, without a path."""

    @property
    def loopback(self) -> bool:
        """Whether it is bound to this machine alone."""
        return is_loopback(self.host)

    @property
    def public_host(self) -> str | None:
        """The `Host` that browsers send, with the port where it is not the scheme's own."""
        return None if self.public_url is None else urlsplit(self.public_url).netloc.lower()

    @property
    def https(self) -> bool:
        """Whether browsers come by https alone."""
        return self.public_url is not None and self.public_url.startswith("https:")

    @property
    def needs_users(self) -> bool:
        """Whether others come this way, so that nobody may be let in without logging in."""
        public = None if self.public_url is None else urlsplit(self.public_url).hostname
        return not self.loopback or bool(self.trusted_proxies) or (public is not None and not is_loopback(public))


def is_loopback(host: str) -> bool:
    """Whether an address is of this machine alone."""
    if host == _LOCALHOST:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def reach(host: str, trusted_proxies: tuple[str, ...] = (), public_url: str | None = None) -> Reach:
    """The same, looked through; raises ReachProblem."""
    for proxy in trusted_proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError as error:
            raise ReachProblem(
                f"--trusted-proxy {proxy}: an address or network such as 10.0.0.5 or 10.0.0.0/24: {error}"
            ) from None
    return Reach(host, trusted_proxies, None if public_url is None else _public(public_url))


def _public(url: str) -> str:
    try:
        parts = urlsplit(url)
        port, name = parts.port, parts.hostname
    except ValueError as error:
        raise ReachProblem(f"--public-url {url}: {error}") from None
    if parts.scheme not in ("http", "https") or not name or parts.path.strip("/") or parts.query or parts.fragment:
        raise ReachProblem(f"--public-url {url}: write https://NAME, without a path")
    if parts.username is not None or port == 0:
        raise ReachProblem(f"--public-url {url}: no user and no port 0")
    if parts.scheme == "http" and not is_loopback(name):
        raise ReachProblem(
            f"--public-url {url}: passwords would go by in the clear; put TLS before it and write https://{name}"
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"
