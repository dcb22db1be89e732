"""Counting tries per address and per account, over all hosts and processes."""

from __future__ import annotations

import hashlib

import structlog
from django.core.cache import cache
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from shared_apps.core.errors import TooManyAttempts

logger = structlog.get_logger(__name__)


def check_rate(*, action: str, who: str, limit: int, seconds: int) -> None:
    """Count one try; raises TooManyAttempts beyond `limit` tries in a window of `seconds`.

    Without Redis nothing is counted: signing in must work while it is away, and passwords are still checked.
    """
    key = f"shared:rate:{action}:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
    try:
        cache.add(key, 0, timeout=seconds)
        count = cache.incr(key)
        if count == 1:
            # It may have expired between the two calls, and come back without an end.
            cache.touch(key, seconds)
    except ValueError:  # it expired between the two calls
        return
    except RedisError:
        logger.warning("throttle without redis", action=action)
        return
    if count > limit:
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
