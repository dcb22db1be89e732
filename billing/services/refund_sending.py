"""Sending refunds to providers, and asking what became of them. No transaction is open while a provider is called."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing import gateways
from billing.models import Refund
from billing.providers import reasons
from billing.providers.base import Outcome, Provider, ProviderRefused, ProviderUnavailable, RefundState
from billing.providers.polling import next_look
from billing.services import refund_steps as steps
from billing.services.health import watched
from billing.services.locks import lock_order_of
from billing.services.payments import as_attempt

logger = structlog.get_logger(__name__)

Status = Refund.Status
SENDABLE = (Status.CREATED, Status.PENDING)
# While one worker asks, no other is sent to ask the same.
CLAIM = timedelta(seconds=60)


def send_refund(refund_id: UUID | str) -> Refund:
    """Have a provider give the money back, or ask what became of that; safe to call any number of times, at once too.

    That it was begun is committed before the first call; every try carries the same key, which makes them one refund. The
    answer is applied in one transaction that locks the order's row. Without a clear answer the refund stays as it is.
    """
    refund = _load(refund_id)
    if refund.status not in SENDABLE or refund.is_manual or refund.to_credit:
        return refund
    now = timezone.now()
    first = bool(
        Refund.objects.filter(pk=refund.pk, started_at__isnull=True, status=Status.CREATED).update(
            started_at=now, next_check_at=now + CLAIM
        )
    )
    try:
        with watched(refund.payment.method):
            state = _ask(refund, first=first)
    except ProviderUnavailable as trouble:
        logger.warning("provider away", refund=str(refund.pk), reason=trouble.reason, detail=trouble.detail[:200])
        _note_look(refund_id)
    except ProviderRefused as refusal:
        logger.error("refund refused", refund=str(refund.pk), reason=refusal.reason, detail=refusal.detail[:200])
        # Being refused for our keys says nothing of an earlier try.
        if first or refusal.reason != reasons.MISCONFIGURED:
            _fail(refund_id, refusal.reason)
        else:
            _note_look(refund_id)
    else:
        _apply(refund_id, state)
    return _load(refund_id)


def claim_due_refunds(*, limit: int = 50) -> list[UUID]:
    """Refunds whose time to be sent or asked about has come, put off so that nobody else takes them meanwhile.

    One short transaction; locks the rows it takes and skips those that are taken.
    """
    now = timezone.now()
    with transaction.atomic():
        due = list(
            Refund.objects.select_for_update(skip_locked=True)
            .filter(next_check_at__lte=now, status__in=SENDABLE)
            .order_by("next_check_at")
            .values_list("pk", flat=True)[:limit]
        )
        Refund.objects.filter(pk__in=due).update(next_check_at=now + CLAIM)
    return due


def _load(refund_id: UUID | str) -> Refund:
    return Refund.objects.select_related(
        "payment__order__plan_version__plan", "payment__order__user", "payment__method"
    ).get(pk=refund_id)


def _ask(refund: Refund, *, first: bool) -> RefundState:
    payment = refund.payment
    provider: Provider = gateways.gateway(payment.method.name, payment.provider_base_url)
    attempt = as_attempt(payment)
    if not first:
        state = provider.fetch_refund(attempt, refund_ref=refund.provider_ref, key=refund.idempotency_key)
        # It may never have landed: the same key makes at most one refund. One that was known is not sent again.
        if state.outcome is not Outcome.NOT_FOUND or refund.provider_ref:
            return state
    return provider.refund(
        attempt, transaction_ref=payment.transaction_ref, amount=refund.amount, key=refund.idempotency_key
    )


def _apply(refund_id: UUID | str, state: RefundState) -> None:
    with transaction.atomic():
        refund = _load(refund_id)
        order = lock_order_of(refund.payment_id)
        refund.refresh_from_db(fields=["status", "provider_ref"])
        ref = state.refund_ref[:100] or refund.provider_ref
        if state.outcome is Outcome.SUCCEEDED and state.amount not in (None, refund.amount):
            # Not what we asked for: the difference is found by `sync_reversals`, and a person looks at it.
            logger.error("another amount was refunded", refund=str(refund.pk), amount=str(state.amount))
        if state.outcome is Outcome.SUCCEEDED:
            steps.finish(refund=refund, order=order, provider_ref=ref)
            return
        if state.outcome is Outcome.FAILED:
            Refund.objects.filter(pk=refund.pk).update(provider_ref=ref)
            steps.let_go(refund=refund, order=order, to=Status.FAILED, failure=state.reason or reasons.UNKNOWN)
            return
        moved = Refund.objects.filter(pk=refund.pk, status=Status.CREATED).update(
            status=Status.PENDING, provider_ref=ref
        )
        if moved:
            steps.note(refund, "refund.pending", actor=None, before=Status.CREATED, after=Status.PENDING)
    _note_look(refund_id)


def _fail(refund_id: UUID | str, reason: str) -> None:
    with transaction.atomic():
        refund = _load(refund_id)
        order = lock_order_of(refund.payment_id)
        refund.refresh_from_db(fields=["status"])
        steps.let_go(refund=refund, order=order, to=Status.FAILED, failure=reason)


def _note_look(refund_id: UUID | str) -> None:
    """Nothing final: when to ask again. Guarded UPDATE, no lock."""
    refund, now = _load(refund_id), timezone.now()
    due = next_look(started_at=refund.started_at or refund.created_at, now=now)
    if due is None:
        logger.error("refund without an answer", refund=str(refund.pk))
    Refund.objects.filter(pk=refund.pk, status__in=SENDABLE).update(check_count=F("check_count") + 1, next_check_at=due)
