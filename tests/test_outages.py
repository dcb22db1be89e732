"""Redis stopped and back, PostgreSQL restarted, web and worker killed: nothing is lost, nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.live import keep_state  # noqa: F401 — fixtures
from tests.support.stack import Stack, eventually, running_stack

pytestmark = pytest.mark.slow
LIVE = {"status": "fulfilled", "tenants": 1, "mails": 1}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(own_postgres=True) as stack:
        yield stack


def live(stack: Stack, order_id: str) -> None:
    eventually(lambda: stack.run("order", order_id)["status"] == "fulfilled", seconds=60, what="the order is fulfilled")
    assert stack.run("order", order_id) == LIVE


def test_a_paid_order_becomes_a_workspace(stack: Stack) -> None:
    live(stack, stack.run("pay"))


def test_without_redis_pages_are_served_and_money_is_taken_and_later_the_workspace_is_made(stack: Stack) -> None:
    stack.redis.stop()
    assert stack.status("/healthz") == 200
    assert stack.status("/pricing/") == 200
    order_id = stack.run("pay")
    assert stack.run("order", order_id)["status"] == "paid"
    stack.redis.start()
    live(stack, order_id)


def test_after_postgresql_restarts_everything_goes_on(stack: Stack) -> None:
    first = stack.run("pay")
    stack.postgres.restart(mode="immediate")
    eventually(lambda: stack.status("/pricing/") == 200, seconds=30, what="pages are served again")
    live(stack, first)
    live(stack, stack.run("pay"))


def test_a_killed_worker_and_a_killed_web_process_lose_nothing(stack: Stack) -> None:
    order_id = stack.run("pay")
    stack.kill("worker")
    stack.kill("web")
    assert stack.status("/healthz") == 0
    stack.start("worker")
    stack.start("web")
    eventually(lambda: stack.status("/pricing/") == 200, seconds=30, what="the web process is up")
    live(stack, order_id)
