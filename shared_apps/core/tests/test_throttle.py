"""Counting tries, in a real Redis and without one."""

from __future__ import annotations

import time

import pytest

from shared_apps.core.errors import TooManyAttempts
from shared_apps.core.throttle import check_rate, count_one, counted, network_of


def test_tries_are_counted_by_action_and_by_who() -> None:
    assert [count_one(action="knock", who="awa", seconds=60) for _ in range(3)] == [1, 2, 3]
    assert count_one(action="knock", who="moussa", seconds=60) == 1
    assert (counted(action="knock", who="awa"), counted(action="ring", who="awa")) == (3, 0)


def test_looking_counts_nothing() -> None:
    assert [counted(action="knock", who="awa") for _ in range(2)] == [0, 0]
    assert count_one(action="knock", who="awa", seconds=60) == 1


def test_a_window_ends_by_itself() -> None:
    count_one(action="knock", who="awa", seconds=1)
    time.sleep(1.1)
    assert counted(action="knock", who="awa") == 0


def test_a_limit_holds_exactly() -> None:
    for _ in range(2):
        check_rate(action="knock", who="awa", limit=2, seconds=60)
    with pytest.raises(TooManyAttempts) as refusal:
        check_rate(action="knock", who="awa", limit=2, seconds=60)
    assert refusal.value.extra == {"retry_after": 60}


def test_without_redis_nothing_is_counted_and_nobody_is_refused(settings, tmp_path) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": f"unix://{tmp_path}/nobody.sock"}}
    assert count_one(action="knock", who="awa", seconds=60) == 0
    assert counted(action="knock", who="awa") == 0
    check_rate(action="knock", who="awa", limit=0, seconds=60)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::6", "2001:db8:1:3::/64"),
        ("", ""),
    ],
)
def test_who_has_a_whole_network_counts_as_one_caller(address: str, network: str) -> None:
    assert network_of(address) == network
