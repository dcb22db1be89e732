"""What time does to a subscription, for any clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.transitions import (
    ALLOWED,
    CANCELLED_AFTER,
    PROVISIONAL,
    Clock,
    Status,
    status_by_time,
    steps_by_time,
)

END = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
WEEK = timedelta(days=7)

moments = st.integers(min_value=-40 * 24, max_value=140 * 24).map(lambda hours: END + timedelta(hours=hours))
clocks = st.builds(
    Clock,
    status=st.sampled_from([Status.TRIALING, Status.ACTIVE]),
    paid_until=st.just(END),
    grace_days=st.integers(0, 30),
    ends=st.booleans(),
)


# A machine that is busy with other things draws slowly; that says nothing of the clock.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def paid(**values) -> Clock:
    return Clock(**{"status": Status.ACTIVE, "paid_until": END, "grace_days": 7, **values})


def after(clock: Clock, now: datetime) -> Clock:
    """The clock as the service leaves it."""
    for step in steps_by_time(clock, now=now):
        clock = replace(clock, status=step.to)
        if step.to == Status.SUSPENDED:
            clock = replace(clock, hold="unpaid", suspended_at=step.due)
        if step.to == Status.CANCELLED:
            clock = replace(clock, hold="", delete_after=now + timedelta(days=60))
    return clock


@pytest.mark.parametrize(
    ("since_end", "status"),
    [
        (timedelta(seconds=-1), "active"),
        (timedelta(0), "past_due"),
        (WEEK - timedelta(seconds=1), "past_due"),
        (WEEK, "suspended"),
        (WEEK + CANCELLED_AFTER, "cancelled"),
        (timedelta(days=400), "cancelled"),
    ],
)
def test_each_state_begins_at_its_moment(since_end: timedelta, status: str) -> None:
    assert status_by_time(paid(), now=END + since_end) == status


def test_one_that_is_cancelled_has_no_grace() -> None:
    assert status_by_time(paid(ends=True), now=END) == "cancelled"


def test_money_on_its_way_puts_the_suspension_off_and_not_for_ever() -> None:
    in_grace = paid(status=Status.PAST_DUE)
    assert status_by_time(in_grace, now=END + WEEK, waits=True) == "past_due"
    assert status_by_time(in_grace, now=END + WEEK + PROVISIONAL, waits=True) == "suspended"


@pytest.mark.parametrize("hold", ["admin", "dispute"])
def test_time_does_not_give_up_what_an_admin_or_a_dispute_holds(hold: str) -> None:
    held = paid(status=Status.SUSPENDED, hold=hold, suspended_at=END)
    assert steps_by_time(held, now=END + timedelta(days=900)) == []


def test_who_slept_through_it_all_is_told_of_every_state() -> None:
    steps = steps_by_time(paid(), now=END + timedelta(days=500))
    assert [(step.to, (step.due - END).days) for step in steps] == [
        ("past_due", 0), ("suspended", 7), ("cancelled", 37),
    ]  # fmt: skip


@unhurried
@given(clock=clocks, looks=st.lists(moments, max_size=8), last=moments)
def test_looking_often_or_once_leads_to_the_same_state(clock: Clock, looks: list[datetime], last: datetime) -> None:
    often = clock
    for look in sorted([*(one for one in looks if one <= last), last]):
        if often.status != Status.CANCELLED:  # from there on it is counted from when somebody looked
            often = after(often, look)
    assert often.status == after(clock, last).status


@unhurried
@given(clock=clocks, now=moments)
def test_time_takes_only_ways_that_the_table_has_and_never_back(clock: Clock, now: datetime) -> None:
    status, due = clock.status, END - timedelta(days=1)
    for step in steps_by_time(clock, now=now):
        assert step.to in ALLOWED[status]
        assert due <= step.due <= now
        status, due = step.to, step.due


@unhurried
@given(clock=clocks, now=moments)
def test_there_is_access_if_and_only_if_it_is_paid_or_in_grace(clock: Clock, now: datetime) -> None:
    has_access = status_by_time(clock, now=now) in ("trialing", "active", "past_due")
    grace = timedelta(0) if clock.ends else timedelta(days=clock.grace_days)
    assert has_access == (now < END + grace)
