"""Which addresses the platform may be asked to connect to. Nothing is looked up here; `outbound` connects.

A server's address is typed by a tenant and used from inside the platform's network. Without this guard it would be
a way to reach what only the platform may reach (server-side request forgery, OWASP A10:2021). `outbound.connect` asks
`check_address` again about every address a name resolves to, at the moment of connecting.
"""

from __future__ import annotations

import ipaddress
import re
from ipaddress import IPv4Address, IPv6Address

from django.conf import settings
from django.utils.translation import gettext as _

from shared_apps.core.errors import DomainError

MAX_NAME = 253
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# What some resolvers read as an address: 2130706433, 0x7f.1, 127.1.
NUMBER_LIKE = re.compile(r"(?:\d+|0x[0-9a-f]*)")
# Names that only mean something inside one machine, one cloud or one cluster: the platform's own.
LOCAL_SUFFIXES = ("localhost", "localdomain", "internal", "svc", "cluster.local")
# Where clouds answer questions about the machine itself, beyond the link-local ones.
METADATA = frozenset(
    ipaddress.ip_address(text) for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16")
)
# Prefixes that carry an IPv4 address inside an IPv6 one: NAT64 (RFC 6052, 8215) and IPv4-compatible (RFC 4291).
NAT64 = tuple(ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))


class BadHost(DomainError):
    """This host cannot be used as a server's address."""


def check_host(text: str, *, field: str = "host") -> str:
    """A host name or an IP address as it is stored: lower case, shortest form, no final dot. Raises BadHost."""
    host = text.strip().lower().rstrip(".")
    if not host:
        raise BadHost("host_missing", _("Type the host name or the IP address of the server."), field=field)
    if "://" in host or "/" in host or "@" in host or " " in host:
        message = _("Type only the host name or the IP address, without https:// and without a path.")
        raise BadHost("host_is_url", message, field=field)
    address = _as_address(host)
    if address is not None:
        return str(check_address(address, field=field))
    return _check_name(host, field=field)


def check_address(address: IPv4Address | IPv6Address, *, field: str = "host") -> IPv4Address | IPv6Address:
    """An address that may be connected to: the internet, and the private networks in OUTBOUND_PRIVATE_NETWORKS.

    Raises BadHost.
    """
    inner = _inner_ipv4(address)
    for candidate in (address, inner) if inner else (address,):
        reason = _refusal(candidate)
        if reason:
            raise BadHost("host_refused", reason, field=field)
    return address


def _as_address(host: str) -> IPv4Address | IPv6Address | None:
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.scope_id:
        return None
    return address


def _inner_ipv4(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address an IPv6 one leads to, if it is a wrapping of one."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _refusal(address: IPv4Address | IPv6Address) -> str:
    if address in METADATA or address.is_link_local:
        return _("This address belongs to the network's own equipment and cannot be a server.")
    if address.is_loopback or address.is_unspecified:
        return _("This address means “this machine”. Type the server's address on your network.")
    if address.is_multicast:
        return _("This address means a group of machines. Type the address of one server.")
    if address.is_reserved or address == IPv4Address("255.255.255.255") or _is_this_network(address):
        return _("This address is reserved and cannot be a server.")
    if not address.is_global and not _is_open_private(address):
        return _("This address is private: the platform cannot reach it. Type a public address, or write to us.")
    return ""


def _is_open_private(address: IPv4Address | IPv6Address) -> bool:
    return any(address in ipaddress.ip_network(text) for text in settings.OUTBOUND_PRIVATE_NETWORKS)


def _is_this_network(address: IPv4Address | IPv6Address) -> bool:
    """0.0.0.0/8 leads to the own machine on several systems (RFC 1122, 3.2.1.3)."""
    return isinstance(address, IPv4Address) and int(address) >> 24 == 0


def _check_name(host: str, *, field: str) -> str:
    try:
        name = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        raise BadHost("host_malformed", _malformed(), field=field) from None
    labels = name.split(".")
    if len(name) > MAX_NAME or not all(LABEL.fullmatch(label) for label in labels):
        raise BadHost("host_malformed", _malformed(), field=field)
    if NUMBER_LIKE.fullmatch(labels[-1]):
        message = _("This IP address is not complete. Type all four numbers, for example 192.168.1.20.")
        raise BadHost("host_number", message, field=field)
    if name.startswith("metadata.") or any(f".{name}".endswith(f".{suffix}") for suffix in LOCAL_SUFFIXES):
        message = _("This name only exists inside another network. Type the server's own name or address.")
        raise BadHost("host_refused", message, field=field)
    if len(labels) == 1:
        message = _("Type the full name, for example esxi1.example.com, or the IP address.")
        raise BadHost("host_incomplete", message, field=field)
    return name


def _malformed() -> str:
    return _("This is not a valid host name. Use letters, digits, hyphens and dots, for example esxi1.example.com.")
