"""Counting tries, in a real Redis and without one."""

from __future__ import annotations

import time

import pytest

from shared_apps.core.errors import TooManyAttempts
from shared_apps.core.throttle import check_rate, count_one, network_of, use_up
from tests.support.threads import at_once


def test_tries_are_counted_by_action_and_by_who() -> None:
    assert [count_one(action="knock", who="awa", seconds=60) for _ in range(3)] == [1, 2, 3]
    assert count_one(action="knock", who="moussa", seconds=60) == 1
    assert count_one(action="ring", who="awa", seconds=60) == 1


def test_many_at_once_are_counted_exactly() -> None:
    counts = at_once(30, lambda _: count_one(action="knock", who="awa", seconds=60))
    assert sorted(counts) == list(range(1, 31))


def test_a_window_ends_by_itself() -> None:
    count_one(action="knock", who="awa", seconds=1)
    time.sleep(0.6)
    count_one(action="knock", who="awa", seconds=1)
    time.sleep(0.6)
    assert count_one(action="knock", who="awa", seconds=1) == 1


def test_what_is_used_up_is_refused_until_its_end() -> None:
    use_up(action="knock", who="awa", limit=5, seconds=1)
    with pytest.raises(TooManyAttempts):
        check_rate(action="knock", who="awa", limit=5, seconds=1)
    time.sleep(1.1)
    check_rate(action="knock", who="awa", limit=5, seconds=1)


def test_a_limit_holds_exactly() -> None:
    for _ in range(2):
        check_rate(action="knock", who="awa", limit=2, seconds=60)
    with pytest.raises(TooManyAttempts) as refusal:
        check_rate(action="knock", who="awa", limit=2, seconds=60)
    assert refusal.value.extra == {"retry_after": 60}


def test_without_redis_nothing_is_counted_and_nobody_is_refused(settings, tmp_path) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": f"unix://{tmp_path}/nobody.sock"}}
    assert count_one(action="knock", who="awa", seconds=60) == 0
    use_up(action="knock", who="awa", limit=0, seconds=60)
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
