"""Telling the platform of the tenant's takings, for its commission.

    with transaction.atomic():
        …  # the ticket's payment is believed
        record_taking(source=f"ticket-payment:{payment.pk}", gross=…, method="mtn_momo", held_by=HeldBy.PLATFORM)

Whoever believes money, or gives it back, says so here in the same transaction: then both are there or neither. What is
told twice under one `source` counts once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.money import Money
from shared_apps.core.errors import Conflict
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import current_tenant
from tenant_apps.payments.models import CommissionEvent

Kind, HeldBy = CommissionEvent.Kind, CommissionEvent.HeldBy
_TOLD = ("event_id", "taken", "gross_minor", "currency", "rate_bp", "method", "held_by", "reference", "occurred_at")


def record_taking(
    *, source: str, gross: Money, method: str, held_by: str, reference: str = "", occurred_at: datetime | None = None
) -> CommissionEvent:
    """Note money that came from a customer, with the commission's rate in the plan of now (none: nothing).

    In the caller's transaction; no lock, once per `source`. `gross` is above zero. Raises ValueError where the source stands
    for another amount, and TransactionManagementError outside a transaction.
    """
    _check_in_transaction()
    rate = current_tenant().quota("commission_bp") or 0
    event = CommissionEvent(
        kind=Kind.COLLECTED, source=source, gross_minor=gross.minor, currency=gross.currency, rate_bp=rate,
        method=method, held_by=held_by, reference=reference, occurred_at=occurred_at or timezone.now(),
    )  # fmt: skip
    # Two at once: the second waits at the unique index until the first is committed or gone.
    CommissionEvent.objects.bulk_create([event], ignore_conflicts=True)
    return _kept(source, gross)


def record_refund(*, source: str, taking: str, amount: Money, occurred_at: datetime | None = None) -> CommissionEvent:
    """Note money that went back to a customer, of the taking with the source `taking`.

    In the caller's transaction; locks the taking, once per `source`. Raises Conflict for more than is left of it,
    CommissionEvent.DoesNotExist where there is no such taking, and as `record_taking`.
    """
    _check_in_transaction()
    taken = CommissionEvent.objects.select_for_update().get(source=taking, kind=Kind.COLLECTED)
    if CommissionEvent.objects.filter(source=source).exists():
        return _kept(source, amount)
    if taken.gross - Money(taken.refunded_minor, taken.currency) < amount:
        raise Conflict("over_refund", _("This is more than is left of the payment. Give back less."), field="amount")
    CommissionEvent.objects.filter(pk=taken.pk).update(refunded_minor=F("refunded_minor") + amount.minor)
    return CommissionEvent.objects.create(
        kind=Kind.REFUNDED, source=source, taking=taken, gross_minor=amount.minor, currency=amount.currency,
        rate_bp=taken.rate_bp, method=taken.method, held_by=taken.held_by, reference=taken.reference,
        occurred_at=occurred_at or timezone.now(),
    )  # fmt: skip


def takings_waiting(*, limit: int) -> list[Any]:
    """What the platform has not collected yet, as plain rows (`billing.commissions.Told`), a taking before its refunds."""
    waiting = CommissionEvent.objects.filter(collected_at__isnull=True).annotate(taken=F("taking__event_id"))
    return list(waiting.order_by("pk").values_list(*_TOLD, named=True)[:limit])


def mark_collected(event_ids: Collection[UUID]) -> int:
    """The platform has these in its books, committed. One guarded UPDATE; may be repeated."""
    waiting = CommissionEvent.objects.filter(event_id__in=event_ids, collected_at__isnull=True)
    return waiting.update(collected_at=timezone.now())


def _check_in_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("takings are noted in the transaction that believes the money")


def _kept(source: str, amount: Money) -> CommissionEvent:
    event: CommissionEvent = CommissionEvent.objects.get(source=source)
    if event.gross != amount:
        raise ValueError(f"{source} is {event.gross}, not {amount}")
    return event
