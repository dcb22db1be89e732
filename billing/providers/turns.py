"""How many requests of one web process may wait for providers at once.

A provider that takes connections and says nothing would otherwise hold every thread, and with them every page.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

AT_ONCE = 3
_turns = BoundedSemaphore(AT_ONCE)


@contextmanager
def turn_to_call(*, patience: float = 0) -> Iterator[bool]:
    """Whether the caller may call a provider now, after waiting for its turn for at most `patience` seconds."""
    mine = _turns.acquire(timeout=patience) if patience else _turns.acquire(blocking=False)
    try:
        yield mine
    finally:
        if mine:
            _turns.release()
