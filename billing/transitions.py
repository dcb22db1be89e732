"""How a subscription may move, and where time alone takes it. Pure.

incomplete -> trialing | active -> past_due -> suspended -> cancelled -> deleted. Money leads back to active from every
state but deleted, unless an admin or a dispute holds the access back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from billing.models.subscriptions import Subscription

Status = Subscription.Status

ALLOWED: dict[str, frozenset[str]] = {
    Status.INCOMPLETE: frozenset({Status.TRIALING, Status.ACTIVE}),
    Status.TRIALING: frozenset({Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.CANCELLED}),
    Status.ACTIVE: frozenset({Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.CANCELLED}),
    Status.PAST_DUE: frozenset({Status.ACTIVE, Status.SUSPENDED, Status.CANCELLED}),
    Status.SUSPENDED: frozenset({Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.CANCELLED}),
    Status.CANCELLED: frozenset({Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.DELETED}),
    Status.DELETED: frozenset(),
}

# After so long unpaid a suspended subscription is given up, and so long after that its data is deleted.
CANCELLED_AFTER = timedelta(days=30)
DELETED_AFTER = timedelta(days=60)
# An owner who asks for it has the data deleted after this: time to think better of it.
DELETED_ON_REQUEST_AFTER = timedelta(days=30)
# Access goes on so long beyond the grace while money for the renewal is on its way.
PROVISIONAL = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Clock:
    """What time needs to know of a subscription; `ends`: the customer wants no further period."""

    status: str
    hold: str = ""
    paid_until: datetime | None = None
    grace_days: int = 0
    ends: bool = False
    suspended_at: datetime | None = None
    delete_after: datetime | None = None

    @property
    def grace_ends_at(self) -> datetime | None:
        """Until when there is access without payment."""
        return self.paid_until and self.paid_until + timedelta(days=self.grace_days)


@dataclass(frozen=True, slots=True)
class Step:
    """A state that time alone leads to, and since when."""

    to: str
    due: datetime


def clock_of(subscription: Subscription) -> Clock:
    """A subscription as time sees it; reads its plan version."""
    return Clock(
        status=subscription.status,
        hold=subscription.hold,
        paid_until=subscription.paid_until,
        grace_days=subscription.plan_version.grace_days,
        ends=subscription.cancel_at_period_end,
        suspended_at=subscription.suspended_at,
        delete_after=subscription.delete_after,
    )


def next_step(clock: Clock, *, waits: bool = False) -> Step | None:
    """What comes next if nobody does anything; `waits`: money for the next period is on its way."""
    found: tuple[str, datetime | None] | None = None
    if clock.status in (Status.TRIALING, Status.ACTIVE):
        found = (Status.CANCELLED if clock.ends else Status.PAST_DUE, clock.paid_until)
    elif clock.status == Status.PAST_DUE and clock.grace_ends_at:
        found = (Status.SUSPENDED, clock.grace_ends_at + (PROVISIONAL if waits else timedelta(0)))
    elif clock.status == Status.SUSPENDED and clock.hold == Subscription.Hold.UNPAID and clock.suspended_at:
        found = (Status.CANCELLED, clock.suspended_at + CANCELLED_AFTER)
    elif clock.status == Status.CANCELLED:
        found = (Status.DELETED, clock.delete_after)
    return Step(found[0], found[1]) if found and found[1] else None


def steps_by_time(clock: Clock, *, now: datetime, waits: bool = False) -> list[Step]:
    """Every state that time has led through until now, the first first; the same ones however often it is asked.

    It never passes through the cancelled state: from there on days are counted to the deletion, and people are told first.
    """
    steps: list[Step] = []
    while (step := next_step(clock, waits=waits)) and step.due <= now:
        steps.append(step)
        if step.to in (Status.CANCELLED, Status.DELETED):
            break
        clock = replace(clock, status=step.to)
        if step.to == Status.SUSPENDED:
            clock = replace(clock, hold=Subscription.Hold.UNPAID, suspended_at=step.due)
    return steps


def status_by_time(clock: Clock, *, now: datetime, waits: bool = False) -> str:
    """The status that a subscription has by now if nobody did anything."""
    steps = steps_by_time(clock, now=now, waits=waits)
    return steps[-1].to if steps else clock.status


def status_without_hold(subscription: Subscription, *, now: datetime) -> str:
    """The status that a subscription has once nobody holds its access back: what time alone makes of it by now."""
    to = status_by_time(replace(clock_of(subscription), status=Status.ACTIVE, hold=""), now=now)
    if to in Subscription.HAS_ACCESS:
        return to
    return Status.CANCELLED if subscription.cancel_at_period_end else Status.SUSPENDED


def start_of_renewal(*, status: str, paid_until: datetime, now: datetime) -> datetime:
    """When a period that is paid now begins: where the last one ended, as long as the customer could go on working;
    with the payment when access had ended, for nobody pays for time without."""
    return paid_until if status in Subscription.HAS_ACCESS else max(now, paid_until)
