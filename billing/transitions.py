"""How a subscription may move. Pure.

incomplete -> trialing | active -> past_due -> suspended -> cancelled -> deleted. Money leads back to active from every
state but deleted, unless an admin or a dispute holds the access back.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from billing.models.subscriptions import Subscription

Status = Subscription.Status

ALLOWED: dict[str, frozenset[str]] = {
    Status.INCOMPLETE: frozenset({Status.TRIALING, Status.ACTIVE}),
    Status.TRIALING: frozenset({Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.CANCELLED}),
    Status.ACTIVE: frozenset({Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.CANCELLED}),
    Status.PAST_DUE: frozenset({Status.ACTIVE, Status.SUSPENDED, Status.CANCELLED}),
    Status.SUSPENDED: frozenset({Status.ACTIVE, Status.PAST_DUE, Status.SUSPENDED, Status.CANCELLED}),
    Status.CANCELLED: frozenset({Status.ACTIVE, Status.SUSPENDED, Status.DELETED}),
    Status.DELETED: frozenset(),
}

# After so long unpaid a suspended subscription is given up, and so long after that its data is deleted.
CANCELLED_AFTER = timedelta(days=30)
DELETED_AFTER = timedelta(days=60)


def status_by_time(*, status: str, paid_until: datetime | None, grace_days: int, ends: bool, now: datetime) -> str:
    """The status that time alone leads to from one that has access; `ends`: the customer wants no further period."""
    if status not in Subscription.HAS_ACCESS or paid_until is None or now < paid_until:
        return status
    if ends:
        return Status.CANCELLED
    if now < paid_until + timedelta(days=grace_days):
        return Status.PAST_DUE
    return Status.SUSPENDED


def start_of_renewal(*, status: str, paid_until: datetime, now: datetime) -> datetime:
    """When a period that is paid now begins: where the last one ended, as long as the customer could go on working;
    with the payment when access had ended, for nobody pays for time without."""
    return paid_until if status in Subscription.HAS_ACCESS else max(now, paid_until)
