"""Doing the same thing many times at once, with real threads and real connections."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
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


def interrupted(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, *, first: Callable[[], Any], then: Callable[[], Any]
) -> list[Any]:
    """Run `first` to the end of its call of `module.name`, then `then` until it waits for a lock or is done; then both finish.

    Returns what each gave or raised.
    """
    original, reached, done = getattr(module, name), Event(), Event()

    def call(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **kwargs)
        if not reached.is_set():
            reached.set()
            _wait_for_a_waiter(done)
        return answer

    def act(number: int) -> Any:
        if number == 0:
            return first()
        assert reached.wait(timeout=20), f"{name} was not called"
        try:
            return then()
        finally:
            done.set()

    monkeypatch.setattr(module, name, call)
    return at_once(2, act)


def _wait_for_a_waiter(done: Event) -> None:
    """Wait until another connection of this database waits for a lock, or has no need to."""
    waits = "SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"
    for _ in range(400):
        with connection.cursor() as cursor:
            # A transaction keeps its first look at who is connected; the other may connect after it.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waits)
            if cursor.rowcount or done.is_set():
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits, and nobody is done")
