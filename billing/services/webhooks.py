"""Webhooks and callbacks: kept as they came, answered at once, and never believed by themselves."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from billing import gateways
from billing.models import Payment, WebhookEvent
from billing.providers.base import EventKind, EventRef, InvalidSignature, ProviderError
from billing.services.resolve import resolve_payment
from billing.services.reversals import sync_reversals
from shared_apps.core.soon import send_soon
from shared_apps.core.throttle import count_one, counted, network_of

logger = structlog.get_logger(__name__)

# An address with more forgeries than this in a window is not listened to until the window ends. Only what was looked
# at and found forged counts.
MAX_FORGERIES = 60
FORGERY_WINDOW_SECONDS = 600
_FORGERY = "webhook-forged"
# Of whatever kind in the same window; more than any provider sends: 200 a second for half a minute are 6,000.
MAX_DELIVERIES = 20_000
# How long webhooks are kept that are finished with, or given up; the others are kept until they are.
KEPT_FOR = timedelta(days=90)
REFUSED_KEPT_FOR = timedelta(days=7)
DELETE_BATCH = 1000
MAX_ATTEMPTS = 20
STALE = timedelta(seconds=60)
_KEPT_HEADERS = ("paypal-", "content-type", "user-agent")


def store_webhook(
    *, provider: str, headers: dict[str, str], body: bytes, remote_ip: str | None, payment_id: UUID | None = None
) -> WebhookEvent:
    """Keep what came, once, and have it looked at after commit.

    One transaction, unique key. The key covers body and signature: a forged copy of a real event must not make the
    real one look like a duplicate. A copy that comes again is counted, and starts nothing.
    """
    kept = {name.lower(): value for name, value in headers.items() if name.lower().startswith(_KEPT_HEADERS)}
    signature = kept.get("paypal-transmission-sig", "")
    key = hashlib.sha256(body + signature.encode() + str(payment_id or "").encode()).hexdigest()
    with transaction.atomic():
        event, is_new = WebhookEvent.objects.get_or_create(
            provider=provider,
            dedupe_key=key,
            defaults={"headers": kept, "body": body, "remote_ip": remote_ip, "payment_id": payment_id},
        )
        if is_new:
            _process_after_commit(event)
        else:
            WebhookEvent.objects.filter(pk=event.pk).update(copies=F("copies") + 1)
    if event.status == WebhookEvent.Status.REJECTED:
        _count_forgery(remote_ip)  # once more what was found forged before
    return event


def sends_too_much(remote_ip: str | None) -> bool:
    """Count one delivery: whether the address has sent so many, or so many forgeries, that nothing of it is kept now.

    False without Redis, and for an address that is not known: the provider might be behind it.
    """
    if remote_ip is None:
        return False
    sender = network_of(remote_ip)
    if counted(action=_FORGERY, who=sender) > MAX_FORGERIES:
        return True
    return count_one(action="webhook", who=sender, seconds=FORGERY_WINDOW_SECONDS) > MAX_DELIVERIES


def process_webhook(event_id: int) -> WebhookEvent:
    """Check that the provider sent it, find the payment, and ask the provider about that payment.

    No transaction is open while the provider is asked; safe to repeat (the inbox's replay is this function).
    """
    event = WebhookEvent.objects.select_related("payment").get(pk=event_id)
    if event.status != WebhookEvent.Status.RECEIVED:
        return event
    WebhookEvent.objects.filter(pk=event_id).update(attempts=F("attempts") + 1)
    try:
        ref = gateways.gateway(event.provider).verify_webhook(headers=event.headers, body=bytes(event.body))
    except InvalidSignature as forged:
        logger.warning("forged webhook", provider=event.provider, webhook=event_id)
        _count_forgery(event.remote_ip)
        return _close(event, WebhookEvent.Status.REJECTED, error=str(forged))
    except ProviderError as trouble:
        # Not known to be forged: the sweeper tries again.
        WebhookEvent.objects.filter(pk=event_id).update(error=str(trouble)[:500])
        return event
    event.event_type = ref.event_type[:60]
    payment = event.payment or _find_payment(event.provider, ref)
    if payment is None:
        return _close(event, WebhookEvent.Status.IGNORED)
    event.payment = payment
    resolve_payment(payment.pk)
    if ref.kind is not EventKind.PAYMENT:
        try:
            sync_reversals(payment.pk)
        except ProviderError as trouble:
            WebhookEvent.objects.filter(pk=event_id).update(error=str(trouble)[:500])
            return event
    return _close(event, WebhookEvent.Status.PROCESSED)


def waiting_webhooks(*, limit: int = 100) -> list[int]:
    """Events that were kept and never finished with."""
    return list(
        WebhookEvent.objects.filter(
            status=WebhookEvent.Status.RECEIVED,
            received_at__lt=timezone.now() - STALE,
            attempts__lt=MAX_ATTEMPTS,
        ).values_list("pk", flat=True)[:limit]
    )


def delete_old_webhooks(*, now: datetime | None = None) -> int:
    """Delete webhooks that were finished with and have been kept long enough; how many.

    A statement, and a transaction, for each batch of DELETE_BATCH. One that waits to be processed is never touched;
    one that could not be judged in MAX_ATTEMPTS goes with what is finished.
    """
    now = now or timezone.now()
    finished = Q(
        status__in=[WebhookEvent.Status.PROCESSED, WebhookEvent.Status.IGNORED], received_at__lt=now - KEPT_FOR
    )
    refused = Q(status=WebhookEvent.Status.REJECTED, received_at__lt=now - REFUSED_KEPT_FOR)
    given_up = Q(status=WebhookEvent.Status.RECEIVED, attempts__gte=MAX_ATTEMPTS, received_at__lt=now - KEPT_FOR)
    old = WebhookEvent.objects.filter(finished | refused | given_up)
    deleted = 0
    # Not `delete()`: it would read every row first, body and all, for the signals that django-tenants listens to.
    while batch := old.filter(pk__in=old.order_by("pk").values("pk")[:DELETE_BATCH])._raw_delete(old.db):
        deleted += batch
    if deleted:
        logger.info("old webhooks deleted", count=deleted)
    return deleted


def _count_forgery(remote_ip: str | None) -> None:
    if remote_ip is not None:
        count_one(action=_FORGERY, who=network_of(remote_ip), seconds=FORGERY_WINDOW_SECONDS)


def _process_after_commit(event: WebhookEvent) -> None:
    from billing.tasks import process_webhook as task

    transaction.on_commit(lambda: send_soon(task, event.pk))


def _find_payment(provider: str, ref: EventRef) -> Payment | None:
    payments = Payment.objects.filter(method__name=provider)
    if ref.provider_ref:
        found = payments.filter(provider_ref=ref.provider_ref).first()
        if found:
            return found
    if ref.transaction_ref:
        found = payments.filter(transaction_ref=ref.transaction_ref).first()
        if found:
            return found
    return payments.filter(pk=ref.attempt_id).first() if ref.attempt_id else None


def _close(event: WebhookEvent, status: str, *, error: str = "") -> WebhookEvent:
    event.status = status
    event.error = error[:500]
    event.processed_at = timezone.now()
    event.save(update_fields=["status", "error", "processed_at", "event_type", "payment"])
    return event
