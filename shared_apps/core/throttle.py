"""Counting tries per address and per account, over all hosts and processes."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import cast

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from shared_apps.core.cache import RedisCache
from shared_apps.core.errors import TooManyAttempts
from shared_apps.core.request_info import request_info

logger = structlog.get_logger(__name__)

DEFAULT_RATE = "30/min"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def count_one(*, action: str, who: str, seconds: int) -> int:
    """Count one more; how many that makes in a window of `seconds`. 0 when nothing is counted: Redis is away."""
    try:
        return cast("RedisCache", cache).count(_key(action, who), seconds=seconds)
    except RedisError:
        logger.warning("throttle without redis", action=action)
        return 0


def use_up(*, action: str, who: str, limit: int, seconds: int) -> None:
    """From now on the limit counts as passed, for `seconds`. Nothing happens without Redis."""
    try:
        cache.set(_key(action, who), limit + 1, timeout=seconds)
    except RedisError:
        logger.warning("throttle without redis", action=action)


def check_rate(*, action: str, who: str, limit: int, seconds: int) -> None:
    """Count one try; raises TooManyAttempts beyond `limit` tries in a window of `seconds`.

    Without Redis nothing is counted: signing in must work while it is away, and passwords are still checked.
    """
    if count_one(action=action, who=who, seconds=seconds) > limit:
        minutes = max(1, round(seconds / 60))
        raise TooManyAttempts(
            "too_many_attempts",
            ngettext(
                "Too many tries. Wait %(minutes)d minute, then try again.",
                "Too many tries. Wait %(minutes)d minutes, then try again.",
                minutes,
            )
            % {"minutes": minutes},
            extra={"retry_after": seconds},
        )


def check_address_rate(scope: str) -> None:
    """Count one request of the caller's address against a rate such as "10/min"; raises TooManyAttempts."""
    check_caller_rate(scope, who=caller())


def caller() -> str:
    """Where the current request comes from, for counting; empty outside a request."""
    return network_of(request_info().ip or "")


def network_of(address: str) -> str:
    """What counts as one caller: an IPv4 address, or the /64 that one IPv6 customer gets (RFC 6177)."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv4Address):
        return address
    return str(ip.ipv4_mapped or ip_network((int(ip), 64), strict=False))


def check_caller_rate(scope: str, *, who: str) -> None:
    """Count one request of `who` against the rate of that name in the settings; raises TooManyAttempts."""
    rates = cast("dict[str, str]", settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"])
    limit, period = parse_rate(rates.get(scope, DEFAULT_RATE))
    check_rate(action=f"api:{scope}", who=who, limit=limit, seconds=period)


def parse_rate(rate: str) -> tuple[int, int]:
    """How many in how many seconds: DRF's notation, "10/min"."""
    count, _sep, period = rate.partition("/")
    return int(count), _SECONDS[period[0]]


def locked_until(*, action: str, who: str, limit: int, seconds: int) -> datetime | None:
    """Count one try; from the first beyond `limit` on nobody may try for `seconds`, and this is until when.

    None while tries are left. Counted before the try is made, by one INCR, it is exact however many come at once.
    """
    lock = _key(f"{action}-locked", who)
    try:
        end = cache.get(lock)
        if end is None and count_one(action=action, who=who, seconds=seconds) > limit:
            # The count began before the lock, so it ends before it too: afterwards all tries are there again.
            cache.add(lock, (timezone.now() + timedelta(seconds=seconds)).timestamp(), timeout=seconds)
            end = cache.get(lock)
    except RedisError:
        logger.warning("throttle without redis", action=action)
        return None
    return datetime.fromtimestamp(end, UTC) if end else None


def forget(*, action: str, who: str) -> None:
    """Begin the count anew, and open what `locked_until` has locked."""
    try:
        cache.delete_many([_key(action, who), _key(f"{action}-locked", who)])
    except RedisError:
        logger.warning("throttle without redis", action=action)


def _key(action: str, who: str) -> str:
    return f"shared:rate:{action}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
