"""Which tenants have something to ask providers about, and when: so that no schema is read for nothing.

Each moment is noted in Redis, shared by all tenants, and read by beat every few seconds. What Redis loses is found by the
sweep that goes through every tenant now and then (`sweep_here`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone
from redis.exceptions import RedisError

from shared_apps.core.cache import RedisCache
from shared_apps.core.querysets import SchemaBoundQuerySet
from shared_apps.core.soon import send_soon
from shared_apps.core.tenancy import connection
from tenant_apps.payments.models import Method, Notice, Payment, Refund

logger = structlog.get_logger(__name__)

_DUE = "shared:payments-due"
# While one worker asks, no other is sent to ask the same.
CLAIM = timedelta(seconds=60)
BATCH = 50
MAX_ATTEMPTS = 20
# A notice that nobody has looked at by then was forgotten by a worker.
STALE = timedelta(seconds=60)


def watch_after_commit(thing: Payment | Refund | Method) -> None:
    """Have the poller come by when a payment, refund or way to pay is due. Nothing happens without Redis: the sweep finds it."""
    _note_after_commit(thing.next_check_at)


def watch_reversals_after_commit(payment: Payment) -> None:
    """The same for the question whether money that came was taken back."""
    _note_after_commit(payment.reversals_check_at)


def _note_after_commit(at: datetime | None) -> None:
    if at is not None:
        transaction.on_commit(lambda: _note(at))


def _note(at: datetime) -> None:
    try:
        cast("RedisCache", cache).note_moment(_DUE, str(connection.tenant.pk), int(at.timestamp()))
    except RedisError:
        logger.warning("nothing noted for the poller, left to the sweep")


def due_tenants(*, limit: int = 200) -> list[str]:
    """The ids of tenants that have something due now, taken off the list."""
    try:
        return cast("RedisCache", cache).take_due(_DUE, until=int(timezone.now().timestamp()), limit=limit)
    except RedisError:
        return []


def poll_here() -> int:
    """Have workers ask about everything of this tenant whose time has come; how many. Notes when to come again."""
    from tenant_apps.payments import tasks

    payments, refunds, notices = claim_due_payments(), claim_due_refunds(), stuck_notices()
    checks, reversals = claim_due_checks(), claim_due_reversals()
    for payment in payments:
        send_soon(tasks.resolve_payment, str(payment), expires=CLAIM.total_seconds())
    for refund in refunds:
        send_soon(tasks.send_refund, str(refund), expires=CLAIM.total_seconds())
    for notice in notices:
        send_soon(tasks.look_at_notice, notice, expires=CLAIM.total_seconds())
    for name in checks:
        send_soon(tasks.check_method, name, expires=CLAIM.total_seconds())
    for payment in reversals:
        send_soon(tasks.sync_reversals, str(payment), expires=CLAIM.total_seconds())
    sweep_here()
    return len(payments) + len(refunds) + len(notices) + len(checks) + len(reversals)


def sweep_here() -> int:
    """Note when something of this tenant is due next: 1 if there is something. Five reads, of indexes or few rows."""
    moments = [
        _watched_payments().aggregate(at=Min("next_check_at"))["at"],
        _watched_refunds().aggregate(at=Min("next_check_at"))["at"],
        _watched_methods().aggregate(at=Min("next_check_at"))["at"],
        _paid_payments().aggregate(at=Min("reversals_check_at"))["at"],
        timezone.now() if stuck_notices() else None,
    ]
    known = [moment for moment in moments if moment]
    if known:
        _note(min(known))
    return bool(known)


def _watched_payments() -> SchemaBoundQuerySet:
    return Payment.objects.filter(next_check_at__isnull=False, status__in=Payment.MAY_SUCCEED)


def _watched_refunds() -> SchemaBoundQuerySet:
    return Refund.objects.filter(next_check_at__isnull=False, status__in=Refund.OPEN)


def _watched_methods() -> SchemaBoundQuerySet:
    return Method.objects.filter(next_check_at__isnull=False, is_active=True)


def _paid_payments() -> SchemaBoundQuerySet:
    return Payment.objects.filter(reversals_check_at__isnull=False, status=Payment.Status.SUCCEEDED)


def claim_due_payments(*, limit: int = BATCH) -> list[UUID]:
    """Payments whose time to be asked about has come, put off so that nobody else takes them meanwhile.

    One short transaction; locks the rows it takes and skips those that are taken.
    """
    return _claim(_watched_payments(), limit)


def claim_due_refunds(*, limit: int = BATCH) -> list[UUID]:
    """Refunds whose time to be sent or asked about has come. One short transaction, as above."""
    return _claim(_watched_refunds(), limit)


def claim_due_checks(*, limit: int = BATCH) -> list[str]:
    """Ways to pay whose provider is to be checked: hidden ones, and those of which a call has failed. As above."""
    return _claim(_watched_methods(), limit)


def claim_due_reversals(*, limit: int = BATCH) -> list[UUID]:
    """Payments to ask about whether their money was taken back. As above."""
    return _claim(_paid_payments(), limit, moment="reversals_check_at")


def _claim(watched: SchemaBoundQuerySet, limit: int, *, moment: str = "next_check_at") -> list[Any]:
    now = timezone.now()
    with transaction.atomic():
        due = list(
            watched.select_for_update(skip_locked=True)
            .filter(**{f"{moment}__lte": now})
            .order_by(moment)
            .values_list("pk", flat=True)[:limit]
        )
        watched.filter(pk__in=due).update(**{moment: now + CLAIM})
    return due


def stuck_notices(*, limit: int = BATCH) -> list[int]:
    """Notices that were kept and never finished with, the oldest first."""
    stuck = Q(status=Notice.Status.RECEIVED, received_at__lt=timezone.now() - STALE, attempts__lt=MAX_ATTEMPTS)
    return list(Notice.objects.filter(stuck).order_by("received_at").values_list("pk", flat=True)[:limit])


def sweep_taking_money() -> int:
    """The same in a tenant whose product takes money; 0 in the others, which have no such tables."""
    return sweep_here() if takes_money() else 0


def takes_money() -> bool:
    """Whether the current tenant's product sells something."""
    return "tenant_apps.payments" in settings.TENANT_TYPES[connection.tenant.product]["APPS"]
