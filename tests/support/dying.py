"""A flow in a process of its own that is killed at a chosen point: before a statement, around a commit or a provider's call."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from typing import Any

from django.db import connection

from billing.providers.transport import Transport

MOST_POINTS = 400


def killed_at_every_point(act: Callable[[], Any]) -> int:
    """Do `act` again and again, killed at its first point, then at its second, until it comes to its end; how often it died.

    What was committed before a death stays, as it does in life.
    """
    for point in range(1, MOST_POINTS):
        if _ends_before(act, point):
            return point - 1
    raise AssertionError("it never comes to its end")


def _ends_before(act: Callable[[], Any], point: int) -> bool:
    # A connection belongs to one process; the child opens its own.
    connection.close()
    connection.close_pool()
    child = os.fork()
    if child == 0:
        _live_until(act, point)
    _, status = os.waitpid(child, 0)
    connection.set_schema_to_public()
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0, "the flow failed; its traceback is above"
    return True


def _live_until(act: Callable[[], Any], point: int) -> None:
    """In the child: never returns."""
    passed = 0

    def pass_one() -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def do(*args: Any, **kwargs: Any) -> Any:
            pass_one()
            answer = call(*args, **kwargs)
            pass_one()
            return answer

        return do

    def before_statement(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        pass_one()
        return execute(sql, params, many, context)

    try:
        connection.set_schema_to_public()
        connection._commit = around(connection._commit)  # type: ignore[method-assign]  # around every commit
        Transport.send = around(Transport.send)  # type: ignore[method-assign]  # around every provider's call
        with connection.execute_wrapper(before_statement):
            act()
        os._exit(0)
    except BaseException:  # whatever it is, the parent must hear of it and the child must not run its tests
        traceback.print_exc()
        os._exit(3)
