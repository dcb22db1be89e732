"""Cache keys that carry the tenant's immutable id, so that no tenant can read another's entry."""

from __future__ import annotations

from shared_apps.core.tenancy import connection


def make_key(key: str, key_prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION.

    Keys that start with `shared:` are the same on every host (throttles per address, the tenant version key), and
    so are allauth's limits per IP address: otherwise each host would give an attacker a fresh set of tries.
    """
    if key.startswith("shared:") or (key.startswith("allauth:rl:") and ":ip:" in key):
        return f"{key_prefix}:shared:{version}:{key}"
    return f"{key_prefix}:{connection.schema_name}:{version}:{key}"
