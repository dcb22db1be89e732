"""When people are reminded of the end of what they paid, and what they are told of what follows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.models.subscriptions import Subscription
from billing.transitions import CANCELLED_AFTER, DELETED_AFTER, Clock

Status = Subscription.Status

# Days counted from the end of the paid time, and from the deletion of what was cancelled (facts/payments.md 3.2, 12).
RENEWAL_DAYS = (-15, -7, -3, -1, 0, 1, 3, 7, 15)
DELETION_DAYS = (-30, -7, -1)
# A renewal may be paid so long ahead without anybody asking for it.
PREPARED_BEFORE = timedelta(days=-RENEWAL_DAYS[0])


def day_to_remind(today: date, *, end: date, days: Sequence[int], not_before: date | None = None) -> int | None:
    """Which of the days has come, the latest only: what was missed is not made up for one by one. None before the first.

    Days before `not_before` do not count: a short period does not begin with a reminder of its end.
    """
    come = [day for day in days if end + timedelta(days=day) <= today]
    if not come or (not_before and end + timedelta(days=come[-1]) <= not_before):
        return None
    return come[-1]


@dataclass(frozen=True, slots=True)
class WhatFollows:
    """What happens, and when, if nobody pays. None where there is no date yet."""

    phase: str  # "ahead", "grace", "read_only"
    grace_until: datetime
    deleted_on: datetime


def what_follows(clock: Clock, *, now: datetime) -> WhatFollows:
    """For a subscription with a paid end that is neither cancelled nor deleted."""
    if clock.paid_until is None or clock.grace_ends_at is None:
        raise ValueError("nothing was ever paid")
    read_only_since = clock.suspended_at or clock.grace_ends_at
    phase = "ahead" if now < clock.paid_until else "grace"
    if clock.status == Status.SUSPENDED:
        phase = "read_only"
    return WhatFollows(phase, clock.grace_ends_at, read_only_since + CANCELLED_AFTER + DELETED_AFTER)
