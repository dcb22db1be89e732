"""Counting tries per address and per account, over all hosts and processes."""

from __future__ import annotations

import hashlib

import structlog
from django.core.cache import cache
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from shared_apps.core.errors import TooManyAttempts

logger = structlog.get_logger(__name__)


def count_one(*, action: str, who: str, seconds: int) -> int:
    """Count one more; how many that makes in a window of `seconds`. 0 when nothing is counted: Redis is away."""
    key = _key(action, who)
    try:
        cache.add(key, 0, timeout=seconds)
        count = cache.incr(key)
        if count == 1:
            # It may have expired between the two calls, and come back without an end.
            cache.touch(key, seconds)
    except ValueError:  # it expired between the two calls
        return 0
    except RedisError:
        logger.warning("throttle without redis", action=action)
        return 0
    return count


def counted(*, action: str, who: str) -> int:
    """How many were counted in the window that is open; counts nothing. 0 without Redis."""
    try:
        return cache.get(_key(action, who), 0)
    except RedisError:
        logger.warning("throttle without redis", action=action)
        return 0


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


def _key(action: str, who: str) -> str:
    return f"shared:rate:{action}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
