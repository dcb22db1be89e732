"""Where an address that a provider's answer holds may lead a payer."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
ORIGIN_PORTS = {"https": 443, "http": 80}


def leads_to(url: str, *, host_suffix: str, base_url: str) -> bool:
    """True for https on a host that ends in `host_suffix` (".paypal.com"), and for the very origin of `base_url`.

    A `base_url` without https is a simulator: then only its origin will do.
    """
    target, base = _split(url), _split(base_url)
    if target is None or base is None or target.username or target.password:
        return False
    if _origin(target) == _origin(base):
        return True
    both_https = target.scheme == base.scheme == "https"
    return both_https and f".{target.hostname}".endswith(host_suffix) and target.port in (None, 443)


def _split(url: str) -> SplitResult | None:
    """A URL's parts; None unless its host is a plain name that every parser reads alike."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if HOST_NAME.fullmatch(parts.hostname or "") else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or ORIGIN_PORTS.get(parts.scheme)
