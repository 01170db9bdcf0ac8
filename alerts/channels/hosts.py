"""Which hosts may be reached: those that `routing.yaml` lists, and none in a private network unless it says so."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

from alerts.routing.routes import Ways


class ForbiddenHost(Exception):
    """The host is not listed, or stands where it must not."""


def addresses_of(ways: Ways, host: str, port: int) -> Sequence[str]:
    """The addresses of a host that may be connected to.

    The connection is made to one of these and not to the name: what the name stands for may change in between.

    Raises ForbiddenHost, and OSError where the name is not known.
    """
    names = {host.lower(), f"{host.lower()}:{port}"}
    if names.isdisjoint(each.lower() for each in ways.allowed_hosts):
        raise ForbiddenHost(f"{host}:{port} does not stand in allowed_hosts")
    found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if names.isdisjoint(each.lower() for each in ways.private_hosts):
        for address in found:
            if not ipaddress.ip_address(address.partition("%")[0]).is_global:
                raise ForbiddenHost(
                    f"{host} stands for {address}, a private address; list it in private_hosts if it may"
                )
    return found
