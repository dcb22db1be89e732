"""Keeping the counters. `billing.quotas` is what products call."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.services import record
from shared_apps.core.tenancy import connection
from shared_apps.usage.counted import Counted, counted_here
from shared_apps.usage.models import UsageCounter

logger = structlog.get_logger(__name__)

# The limit is part of the statement that counts: PostgreSQL asks it again when it had to wait for the row.
_TAKE = """
    UPDATE usage_usagecounter SET used = used + %(amount)s
    WHERE name = %(name)s AND period = %(period)s
      AND (%(at_most)s::bigint IS NULL OR used + %(amount)s <= %(at_most)s)
    RETURNING id, name, period, used, warned
"""
_GIVE_BACK = """
    UPDATE usage_usagecounter SET used = used - %(amount)s
    WHERE name = %(name)s AND period = %(period)s AND used >= %(amount)s
    RETURNING id, name, period, used, warned
"""


def take(*, name: str, amount: int, at_most: int | None, at: datetime) -> UsageCounter | None:
    """Count `amount` more, up to `at_most` in all (None: without a limit); None when there is no room, and nothing is changed.

    In the caller's transaction, before what is counted is made: locks the counter until its end, and a roll-back gives
    back. Raises KeyError for what the product does not count.
    """
    return _change(_TAKE, name=name, at=at, amount=amount, at_most=at_most)


def give_back(*, name: str, amount: int, at: datetime) -> None:
    """Count `amount` less, never below nothing. As `take`: before what is counted is deleted."""
    if _change(_GIVE_BACK, name=name, at=at, amount=amount):
        return
    # More goes than was counted. Refusing would keep people from deleting; the next recount says what is true.
    period = counted_here()[name].period(at)
    UsageCounter.objects.filter(name=name, period=period, used__lt=amount).update(used=0)
    logger.error("usage below nothing", quota=name, period=period, amount=amount)


def count_anew(*, name: str) -> None:
    """Forget every count of this, because how it is counted has changed: the next use of each starts from the truth.

    In the caller's transaction, which holds a lock that everybody who counts this takes first.
    """
    UsageCounter.objects.filter(name=name).delete()


def recount(*, now: datetime | None = None) -> int:
    """Compare every counter of this tenant with the truth and mend those that differ; returns how many did.

    One transaction a counter, which holds its row: nobody makes or deletes what it counts meanwhile. Counters that are not
    there yet are started. What differs is logged as an error, and audited.
    """
    at = now or timezone.now()
    return sum(_mend(name, counted, at) for name, counted in counted_here().items())


@transaction.atomic
def _mend(name: str, counted: Counted, at: datetime) -> bool:
    period = counted.period(at)
    counter = UsageCounter.objects.select_for_update().filter(name=name, period=period).first()
    if counter is None:
        _start(counted, name=name, period=period, at=at)
        return False
    truth, wrong = counted.truth(at), counter.used
    if truth == wrong:
        return False
    counter.used = truth
    counter.save(update_fields=["used"])
    logger.error("usage mended", quota=name, period=period, counted=wrong, truth=truth)
    record(
        action="usage.mended", category=AuditCategory.ERROR, level=AuditLog.Level.ERROR, resource=counter,
        before={"quota": name, "used": wrong}, after={"quota": name, "used": truth},
    )  # fmt: skip
    return True


def _change(sql: str, *, name: str, at: datetime, amount: int, at_most: int | None = None) -> UsageCounter | None:
    """Do the statement; when it meets no counter with room, once more after there surely is a counter."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{name} must be counted in the transaction that changes it")
    if amount < 1:
        raise ValueError(f"{amount} of {name}")
    counted = counted_here()[name]
    period = counted.period(at)
    values = {"name": name, "period": period, "amount": amount, "at_most": at_most}
    found = list(UsageCounter.objects.raw(sql, values))
    if not found:
        _start(counted, name=name, period=period, at=at)
        found = list(UsageCounter.objects.raw(sql, values))
    return found[0] if found else None


def _start(counted: Counted, *, name: str, period: str, at: datetime) -> None:
    """Make the counter from the truth unless there is one.

    Two who start it at once: the second waits at the unique index until the first is committed, and leaves the first one's
    row; or until it is rolled back, and then its own count still holds, for nobody changes what is counted without a
    counter there.
    """
    UsageCounter.objects.bulk_create(
        [UsageCounter(name=name, period=period, used=counted.truth(at))], ignore_conflicts=True
    )
