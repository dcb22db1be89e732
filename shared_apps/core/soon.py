"""Starting background work soon, when the broker is there; the sweepers start it otherwise."""

from __future__ import annotations

import time
from typing import Any

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)


# After a failure nothing is sent for this long: a request must not wait for an absent broker again and again.
PAUSE_SECONDS = 5.0
_silent_until = 0.0


def send_soon(task: Any, *args: Any, expires: float | None = None) -> None:
    """Send a task without failing the caller: what it does is in the database, and a sweeper looks there too.

    After `expires` seconds in the queue nobody needs it any more: somebody will have sent it again.
    """
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        task.apply_async(args, expires=expires)
    except (OperationalError, RedisError, OSError):
        _silent_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("broker away, left to the sweeper", task=task.name)
