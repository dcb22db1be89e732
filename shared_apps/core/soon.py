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


def send_soon(task: Any, *args: Any) -> None:
    """Send a task without failing the caller: what it does is in the database, and a sweeper looks there too."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        task.delay(*args)
    except (OperationalError, RedisError, OSError):
        _silent_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("broker away, left to the sweeper", task=task.name)
