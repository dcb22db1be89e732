"""Webhooks and callbacks: kept as they came, answered at once, and never believed by themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from billing.providers.base import EventKind, EventRef, InvalidSignature, ProviderError
from shared_apps.core.secrets import SecretUnreadable
from shared_apps.core.soon import send_soon
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import count_one, network_of, use_up
from tenant_apps.payments.gateways import gateway
from tenant_apps.payments.models import Method, Notice, Payment
from tenant_apps.payments.services.resolve import resolve_payment
from tenant_apps.payments.services.reversals import sync_reversals
from tenant_apps.payments.services.starting import as_attempt
from tenant_apps.payments.services.watching import MAX_ATTEMPTS

logger = structlog.get_logger(__name__)

Status = Notice.Status
# An address with more forgeries than this in a window is not listened to until the window ends.
MAX_FORGERIES = 60
MAX_DELIVERIES = 5_000
WINDOW_SECONDS = 600
KEPT_FOR = timedelta(days=90)
REFUSED_KEPT_FOR = timedelta(days=7)
_DELIVERY = "tenant-webhook"
# What proves who sent it is kept with it, so that it can be looked at again.
_SIGNATURES = ("paypal-transmission-sig", "stripe-signature", "wave-signature")
_KEPT_HEADERS = ("paypal-", "content-type", "user-agent", "x-reference-id", *_SIGNATURES)


def keep_notice(
    *, method: str, headers: Mapping[str, str], body: bytes, remote_ip: str | None, payment: Payment | None = None
) -> Notice:
    """Keep what came, once, and have it looked at after commit. One short transaction, unique key.

    The key covers body and signature: a forged copy of a real message must not make the real one look like a duplicate. A
    copy that comes again is counted, and starts nothing.
    """
    kept = {name.lower(): value for name, value in headers.items() if name.lower().startswith(_KEPT_HEADERS)}
    signature = "".join(kept.get(name, "") for name in _SIGNATURES)
    about = str(payment.pk) if payment else ""
    key = hashlib.sha256(body + signature.encode() + about.encode()).hexdigest()
    with transaction.atomic():
        notice, is_new = Notice.objects.get_or_create(
            method=method, dedupe_key=key,
            defaults={"headers": kept, "body": body, "remote_ip": remote_ip, "payment": payment},
        )  # fmt: skip
        if is_new:
            _look_after_commit(notice)
        else:
            Notice.objects.filter(pk=notice.pk).update(copies=F("copies") + 1)
    return notice  # type: ignore[no-any-return]  # get_or_create of an untyped manager


def _look_after_commit(notice: Notice) -> None:
    from tenant_apps.payments.tasks import look_at_notice as task

    transaction.on_commit(lambda: send_soon(task, notice.pk))


def sends_too_much(remote_ip: str | None) -> bool:
    """Count one delivery: whether the address has sent so many, or so many forgeries, that nothing of it is kept now."""
    if remote_ip is None:
        return False
    who = here(network_of(remote_ip))
    return count_one(action=_DELIVERY, who=who, seconds=WINDOW_SECONDS) > MAX_DELIVERIES


def look_at_notice(notice_id: int) -> Notice:
    """Check that the provider sent it, find the payment, and ask the provider about that payment.

    Call it outside a transaction: none is open while the provider is asked. Safe to repeat.
    """
    notice: Notice = Notice.objects.select_related("payment").get(pk=notice_id)
    if notice.status != Status.RECEIVED:
        return notice
    Notice.objects.filter(pk=notice_id).update(attempts=F("attempts") + 1)
    try:
        ref = _verify(notice)
    except InvalidSignature as forged:
        logger.warning("forged webhook", method=notice.method, notice=notice.pk)
        _count_forgery(notice.remote_ip)
        return _close(notice, Status.REJECTED, error=forged.detail or forged.reason)
    except (ProviderError, SecretUnreadable, Method.DoesNotExist) as trouble:
        # Not known to be forged: the poller tries again.
        Notice.objects.filter(pk=notice_id).update(error=type(trouble).__name__)
        return notice
    notice.event_type = ref.event_type[:60]
    payment = notice.payment or _find_payment(notice.method, ref)
    if payment is None:
        return _close(notice, Status.IGNORED)
    notice.payment = payment
    resolve_payment(payment.pk)
    if ref.kind is not EventKind.PAYMENT:
        sync_reversals(payment.pk)
    return _close(notice, Status.PROCESSED)


def delete_old_notices() -> int:
    """Delete notices that were finished with, or given up, and have been kept long enough; how many. One statement each.

    One that waits to be looked at is never touched.
    """
    now = timezone.now()
    finished = Q(status__in=[Status.PROCESSED, Status.IGNORED], received_at__lt=now - KEPT_FOR)
    refused = Q(status=Status.REJECTED, received_at__lt=now - REFUSED_KEPT_FOR)
    given_up = Q(status=Status.RECEIVED, attempts__gte=MAX_ATTEMPTS, received_at__lt=now - KEPT_FOR)
    deleted, _by_model = Notice.objects.filter(finished | refused | given_up).delete()
    return deleted


def _verify(notice: Notice) -> EventRef:
    """What it is about. A signature that holds for minutes is judged by when it came, however late it is looked at."""
    return gateway(Method.objects.get(pk=notice.method)).verify_webhook(
        headers=notice.headers,
        body=bytes(notice.body),
        attempt=as_attempt(notice.payment) if notice.payment else None,
        received_at=notice.received_at,
    )


def _find_payment(method: str, ref: EventRef) -> Payment | None:
    payments = Payment.objects.filter(method=method)
    wanted: list[dict[str, object]] = [
        {"provider_ref": ref.provider_ref},
        {"transaction_ref": ref.transaction_ref},
        {"pk": ref.attempt_id},
    ]
    for one in wanted:
        found: Payment | None = payments.filter(**one).first() if all(one.values()) else None
        if found:
            return found
    return None


def _count_forgery(remote_ip: str | None) -> None:
    """Too many of them count as too many deliveries, so that one look at the door is enough."""
    if remote_ip is None:
        return
    sender = here(network_of(remote_ip))
    if count_one(action="tenant-webhook-forged", who=sender, seconds=WINDOW_SECONDS) > MAX_FORGERIES:
        use_up(action=_DELIVERY, who=sender, limit=MAX_DELIVERIES, seconds=WINDOW_SECONDS)


def _close(notice: Notice, status: str, *, error: str = "") -> Notice:
    notice.status, notice.error, notice.processed_at = status, error[:200], timezone.now()
    notice.save(update_fields=["status", "error", "processed_at", "event_type", "payment"])
    return notice
