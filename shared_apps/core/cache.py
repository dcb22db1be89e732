"""The cache: keys that carry the tenant's immutable id, so that no tenant can read another's entry; and counting."""

from __future__ import annotations

from typing import Any, cast

from django.core.cache.backends import redis

from shared_apps.core.tenancy import connection


def make_key(key: str, key_prefix: str, version: int) -> str:
    """Django's KEY_FUNCTION.

    Keys that start with `shared:` are the same on every host (throttles per address, the tenant version key), and
    so are allauth's limits per IP address: otherwise each host would give an attacker a fresh set of tries.
    """
    if key.startswith("shared:") or (key.startswith("allauth:rl:") and ":ip:" in key):
        return f"{key_prefix}:shared:{version}:{key}"
    return f"{key_prefix}:{connection.schema_name}:{version}:{key}"


# One command, so that no count is ever left without an end.
_COUNT = """
local number = redis.call('INCR', KEYS[1])
if number == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return number
"""


class KeptClient(redis.RedisCacheClient):
    """Django's, with clients that are kept in place of one a call: making one takes longer than most calls."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: dict[bool, Any] = {}
        self._count = self.get_client(write=True).register_script(_COUNT)

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """The client to write by, or to read by."""
        if write not in self._kept:
            self._kept[write] = super().get_client(key, write=write)
        return self._kept[write]

    def count(self, key: str, seconds: int) -> int:
        """Add one to a number that ends so many seconds after its first; what it is now."""
        return int(self._count(keys=[key], args=[seconds]))


class RedisCache(redis.RedisCache):
    """Django's cache in Redis, which can count."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient

    def count(self, key: str, *, seconds: int) -> int:
        """Count one more; how many that makes in a window of `seconds` that the first one opens.

        Exact however many come at once, in one round trip. Raises RedisError.
        """
        return cast("KeptClient", self._cache).count(self.make_and_validate_key(key), seconds)

    def note_moment(self, key: str, member: str, at: int) -> None:
        """Keep that something of `member` is due at a time (epoch seconds); the earlier one stays. Raises RedisError."""
        self._client().zadd(self.make_and_validate_key(key), {member: at}, lt=True)

    def take_due(self, key: str, *, until: int, limit: int) -> list[str]:
        """The members that are due, taken off the list; noted again they come again. Raises RedisError."""
        name, client = self.make_and_validate_key(key), self._client()
        due = [member.decode() for member in client.zrangebyscore(name, "-inf", until, start=0, num=limit)]
        # Two takers share them: whoever removes one has it.
        return [member for member in due if client.zrem(name, member)]

    def _client(self) -> Any:
        return cast("KeptClient", self._cache).get_client(write=True)
