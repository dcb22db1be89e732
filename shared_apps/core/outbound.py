"""Connecting to addresses that tenants choose.

A name is resolved once, every address it has is checked, and the connection goes to a checked address: a name that
answers differently the second time (DNS rebinding) gains nothing. Redirects come through here again.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from shared_apps.core.hosts import BadHost, check_address, check_host

MAX_REDIRECTS = 3


def checked_addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    """The addresses of a host, each allowed; one that is not refuses the host. Raises BadHost."""
    name = check_host(host)
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadHost("host_unknown", _("This name leads to no server. Check it, or type the IP address.")) from None
    addresses: list[tuple[socket.AddressFamily, str]] = list(
        dict.fromkeys((family, str(place[0])) for family, _kind, _proto, _name, place in found)
    )
    for _family, address in addresses:
        check_address(ipaddress.ip_address(address))
    return addresses


def connect(host: str, port: int, *, seconds: float) -> socket.socket:
    """A TCP connection to a host a tenant named, within `seconds` for each of its addresses; raises BadHost or OSError."""
    problem: OSError | None = None
    for family, address in checked_addresses(host, port):
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.settimeout(seconds)
        try:
            opened.connect((address, port))
        except OSError as error:
            opened.close()
            problem = error
        else:
            return opened
    raise problem or OSError("no address")


class _Guarded:
    """For urllib3's connections: the socket is ours, TLS still checks the name."""

    def _new_conn(self) -> socket.socket:
        connection: Any = self
        seconds = connection.timeout if isinstance(connection.timeout, int | float) else 10.0
        return connect(connection.host, connection.port, seconds=seconds)


class _GuardedHTTP(_Guarded, HTTPConnection):
    pass


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _GuardedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


class GuardedAdapter(HTTPAdapter):
    """Sends requests over checked connections only."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


def guarded_session() -> requests.Session:
    """A session for addresses that tenants choose; the caller sets a time-out on each request and reads with a limit.

    Requests raise BadHost for an address that is not allowed, at any step of a redirect.
    """
    session = requests.Session()
    session.trust_env = False  # a proxy from the environment would connect unchecked
    session.max_redirects = MAX_REDIRECTS
    for scheme in ("http://", "https://"):
        session.mount(scheme, GuardedAdapter())
    return session
