"""Doing the same thing many times at once, with real threads and real connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(times: int, act: Callable[[int], Any]) -> list[Any]:
    """Call `act(0) … act(times - 1)` from as many threads, started together; exceptions are returned, not raised."""
    start = Barrier(times)

    def run(number: int) -> Any:
        try:
            connection.set_schema_to_public()
            start.wait(timeout=30)
            return act(number)
        except Exception as error:  # the caller looks at what each thread met
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=times) as pool:
        return list(pool.map(run, range(times)))
