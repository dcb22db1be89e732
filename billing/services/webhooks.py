"""Webhooks and callbacks: kept as they came, answered at once, and never believed by themselves."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from redis.exceptions import RedisError

from billing import gateways
from billing.models import Payment, PaymentMethod, WebhookEvent
from billing.providers.base import EventKind, EventRef, InvalidSignature, ProviderError
from billing.services.health import note_callback
from billing.services.payments import as_attempt
from billing.services.resolve import ASKED_WITH, resolve_row
from billing.services.reversals import sync_reversals
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import NotAllowed, NotFound
from shared_apps.core.soon import send_soon
from shared_apps.core.throttle import count_one, network_of, use_up

logger = structlog.get_logger(__name__)

# An address with more forgeries than this in a window is not listened to until the window ends. Only what was looked
# at and found forged counts.
MAX_FORGERIES = 60
WINDOW_SECONDS = 600
# Of whatever kind in the same window; more than any provider sends: 200 a second for half a minute are 6,000.
MAX_DELIVERIES = 20_000
_DELIVERY = "webhook"
# How long webhooks are kept that are finished with, or given up; the others are kept until they are.
KEPT_FOR = timedelta(days=90)
REFUSED_KEPT_FOR = timedelta(days=7)
DELETE_BATCH = 1000
MAX_ATTEMPTS = 20
STALE = timedelta(seconds=60)
# So many events are one task: a worker that is asked to stop ends what it is at.
MOST_AT_A_TIME = 50
# Further ones of a task are looked at no faster than this: a flood of webhooks is not handed on to the providers, which
# are asked about each, nor keeps those waiting who want a page.
AT_ONCE = 10
PER_SECOND = 5
_WOKEN = "shared:webhooks-woken"
_WITH_PAYMENT = [f"payment__{name}" for name in ASKED_WITH]
# What proves who sent it is kept with it, so that it can be looked at again.
_SIGNATURES = ("paypal-transmission-sig", "stripe-signature", "wave-signature")
_KEPT_HEADERS = ("paypal-", "content-type", "user-agent", *_SIGNATURES)


# One round trip, whether it is new, a copy, or about a payment that is none of this provider's.
_STORE = """
INSERT INTO billing_webhookevent (provider, dedupe_key, headers, body, remote_ip, payment_id, status, event_type, copies,
                                  attempts, error)
SELECT %(provider)s, %(key)s, %(headers)s::jsonb, %(body)s::bytea, %(ip)s::inet, %(payment)s::uuid, 'received', '', 1, 0, ''
WHERE %(payment)s::uuid IS NULL
   OR EXISTS (SELECT FROM billing_payment AS payment JOIN billing_paymentmethod AS method ON method.id = payment.method_id
              WHERE payment.id = %(payment)s::uuid AND method.name = %(provider)s)
ON CONFLICT (provider, dedupe_key) DO UPDATE SET copies = billing_webhookevent.copies + 1
RETURNING id, status, copies
"""


_CLAIM = """
UPDATE billing_webhookevent SET attempts = 1
WHERE id = (SELECT id FROM billing_webhookevent WHERE status = 'received' AND attempts = 0
            ORDER BY received_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


class Kept(NamedTuple):
    """What became of a delivery: its event, what was made of that so far, and the how many-th copy this was."""

    pk: int
    status: str
    copies: int


def store_webhook(
    *, provider: str, headers: dict[str, str], body: bytes, remote_ip: str | None, payment_id: UUID | None = None
) -> Kept:
    """Keep what came, once, and have it looked at after commit.

    One statement, unique key: providers wait for it. The key covers body and signature: a forged copy of a real event
    must not make the real one look like a duplicate. A copy that comes again is counted, and starts nothing. Raises
    NotFound for a payment that is not one of this provider's.
    """
    wanted = {name.lower(): value for name, value in headers.items() if name.lower().startswith(_KEPT_HEADERS)}
    signature = "".join(wanted.get(name, "") for name in _SIGNATURES)
    key = hashlib.sha256(body + signature.encode() + str(payment_id or "").encode()).hexdigest()
    values = {
        "provider": provider, "key": key, "headers": json.dumps(wanted), "body": body, "ip": remote_ip, "payment": payment_id,
    }  # fmt: skip
    with connection.cursor() as cursor:
        row = cursor.execute(_STORE, values).fetchone()
    if row is None:
        raise NotFound
    kept = Kept(*row)
    if kept.copies == 1:
        wake_after_commit()
    elif kept.status == WebhookEvent.Status.REJECTED:
        _count_forgery(remote_ip)  # once more what was found forged before
    return kept


def sends_too_much(remote_ip: str | None) -> bool:
    """Count one delivery: whether the address has sent so many, or so many forgeries, that nothing of it is kept now.

    False without Redis, and for an address that is not known: the provider might be behind it.
    """
    if remote_ip is None:
        return False
    return count_one(action=_DELIVERY, who=network_of(remote_ip), seconds=WINDOW_SECONDS) > MAX_DELIVERIES


def wake_after_commit() -> None:
    """Have a worker look at what has come, once the transaction is committed.

    One is woken however many come before it begins; without Redis the sweeper does it.
    """
    from billing.tasks import process_new_webhooks

    def wake() -> None:
        try:
            if cache.add(_WOKEN, 1, timeout=STALE.total_seconds()):
                send_soon(process_new_webhooks)
        except RedisError:
            logger.warning("nobody woken for webhooks, left to the sweeper")

    transaction.on_commit(wake)


def process_new_webhooks() -> int:
    """Look at the events that nobody has looked at yet, one after another, until there are none; how many there were.

    Whatever comes from now on wakes another worker, which shares them: each is claimed by a guarded UPDATE.
    """
    try:
        cache.delete(_WOKEN)
    except RedisError:
        logger.warning("webhooks without redis")
    started = time.monotonic()
    for count in range(MOST_AT_A_TIME):
        event = _claim_new()
        if event is None:
            return count
        _look_at(event)
        time.sleep(max(0, started + (count + 1 - AT_ONCE) / PER_SECOND - time.monotonic()))
    wake_after_commit()
    return MOST_AT_A_TIME


def process_webhook(event_id: int) -> WebhookEvent:
    """Check that the provider sent it, find the payment, and ask the provider about that payment.

    No transaction is open while the provider is asked; safe to repeat, as replaying does.
    """
    event = WebhookEvent.objects.select_related(*_WITH_PAYMENT).get(pk=event_id)
    if event.status != WebhookEvent.Status.RECEIVED:
        return event
    WebhookEvent.objects.filter(pk=event_id).update(attempts=F("attempts") + 1)
    return _look_at(event)


def _claim_new() -> WebhookEvent | None:
    """The oldest event that nobody has looked at, counted as looked at. One statement; skips locked rows."""
    with connection.cursor() as cursor:
        claimed = cursor.execute(_CLAIM).fetchone()
    return WebhookEvent.objects.select_related(*_WITH_PAYMENT).get(pk=claimed[0]) if claimed else None


def _verify(event: WebhookEvent) -> EventRef:
    """What it is about. A signature that holds for minutes is judged by when it came, however late it is looked at."""
    return gateways.gateway(event.provider).verify_webhook(
        headers=event.headers,
        body=bytes(event.body),
        attempt=as_attempt(event.payment) if event.payment else None,
        received_at=event.received_at,
    )


def _look_at(event: WebhookEvent) -> WebhookEvent:
    try:
        ref = _verify(event)
    except InvalidSignature as forged:
        logger.warning("forged webhook", provider=event.provider, webhook=event.pk)
        _count_forgery(event.remote_ip)
        return _close(event, WebhookEvent.Status.REJECTED, error=str(forged))
    except ProviderError as trouble:
        # Not known to be forged: the sweeper tries again.
        WebhookEvent.objects.filter(pk=event.pk).update(error=str(trouble)[:500])
        return event
    event.event_type = ref.event_type[:60]
    note_callback(event.provider, at=event.received_at)
    payment = event.payment or _find_payment(event.provider, ref)
    if payment is None:
        return _close(event, WebhookEvent.Status.IGNORED)
    event.payment = payment
    resolve_row(payment)
    if ref.kind is not EventKind.PAYMENT:
        try:
            sync_reversals(payment.pk)
        except ProviderError as trouble:
            WebhookEvent.objects.filter(pk=event.pk).update(error=str(trouble)[:500])
            return event
    return _close(event, WebhookEvent.Status.PROCESSED)


def waiting_webhooks(*, limit: int = 100) -> list[int]:
    """Events that were kept and never finished with, the oldest first."""
    waiting = WebhookEvent.objects.filter(is_stuck(), attempts__lt=MAX_ATTEMPTS)
    return list(waiting.order_by("received_at").values_list("pk", flat=True)[:limit])


def is_stuck() -> Q:
    """Which events should have been finished with by now; sweeping takes them up, until MAX_ATTEMPTS."""
    return Q(status=WebhookEvent.Status.RECEIVED, received_at__lt=timezone.now() - STALE)


def replay_webhook(*, event: WebhookEvent, actor: Any) -> None:
    """Have an event looked at once more, whatever was made of it, as if it had just come. One transaction.

    One guarded UPDATE, which does nothing to an event that waits untouched: a double click replays once. What is done
    again is asking the provider, so that money is not counted again. Raises NotAllowed.
    """
    _check_may_replay(actor)
    untouched = Q(status=WebhookEvent.Status.RECEIVED, attempts=0)
    with transaction.atomic():
        if WebhookEvent.objects.filter(~untouched, pk=event.pk).update(**_AS_NEW):
            record(action="webhook.replayed", category=AuditCategory.PAYMENT, resource=event, actor=actor,
                   before={"status": event.status, "attempts": event.attempts, "error": event.error},
                   after={"status": WebhookEvent.Status.RECEIVED})  # fmt: skip
        wake_after_commit()


def replay_stuck(*, provider: str, actor: Any) -> int:
    """Have every stuck event of a provider looked at once more; how many there are. One transaction, one UPDATE.

    Raises NotAllowed.
    """
    _check_may_replay(actor)
    with transaction.atomic():
        count = WebhookEvent.objects.filter(is_stuck(), provider=provider).update(attempts=0, error="")
        if count:
            method = PaymentMethod.objects.get(name=provider)
            record(action="webhook.replayed", category=AuditCategory.PAYMENT, resource=method, actor=actor,
                   after={"events": count})  # fmt: skip
            wake_after_commit()
    return count


_AS_NEW: dict[str, Any] = {
    "status": WebhookEvent.Status.RECEIVED, "attempts": 0, "error": "", "processed_at": None,
}  # fmt: skip


def _check_may_replay(actor: Any) -> None:
    if not is_platform_admin(actor):
        raise NotAllowed("admins_only", _("Only platform admins may replay webhooks."))


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
    """Too many of them count as too many deliveries, so that one look at the door is enough."""
    if remote_ip is None:
        return
    sender = network_of(remote_ip)
    if count_one(action="webhook-forged", who=sender, seconds=WINDOW_SECONDS) > MAX_FORGERIES:
        use_up(action=_DELIVERY, who=sender, limit=MAX_DELIVERIES, seconds=WINDOW_SECONDS)


def _find_payment(provider: str, ref: EventRef) -> Payment | None:
    payments = Payment.objects.filter(method__name=provider).select_related(*ASKED_WITH)
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
