"""Asking providers again about payments that are not final."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from billing.models import Payment

# While one worker asks, no other is sent to ask the same.
CLAIM = timedelta(seconds=60)


def claim_due_payments(*, limit: int = 50) -> list[UUID]:
    """Payments whose time to be asked about has come, put off so that nobody else takes them meanwhile.

    One short transaction; locks the rows it takes and skips those that are taken.
    """
    now = timezone.now()
    with transaction.atomic():
        due = list(
            Payment.objects.select_for_update(skip_locked=True)
            .filter(next_check_at__lte=now, status__in=Payment.MAY_SUCCEED)
            .order_by("next_check_at")
            .values_list("pk", flat=True)[:limit]
        )
        Payment.objects.filter(pk__in=due).update(next_check_at=now + CLAIM)
    return due
