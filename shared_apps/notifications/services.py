"""Queueing and sending e-mail and text messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation

from shared_apps.core.context import own_sender, platform_url
from shared_apps.core.soon import send_soon
from shared_apps.core.tenancy import connection
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.sms import LONGEST, gsm_safe, sms_provider

logger = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
FIRST_RETRY = timedelta(seconds=60)


def notify_by_email(*, key: str, template: str, recipient: str, locale: str, context: dict[str, Any]) -> None:
    """Queue an e-mail in the current transaction, once per key; it leaves after commit.

    `template` names templates/emails/<template>.txt (its first line is the subject). Takes no lock.
    """
    _queue(Delivery(key=key, template=template, recipient=recipient, locale=locale, context=context))


def notify_by_sms(*, key: str, template: str, recipient: str, locale: str, context: dict[str, Any]) -> None:
    """Queue a text message to a number (E.164), as `notify_by_email` does; `template` names templates/sms/<template>.txt."""
    sms = Delivery.Channel.SMS
    _queue(Delivery(key=key, channel=sms, template=template, recipient=recipient, locale=locale, context=context))


def _queue(delivery: Delivery) -> None:
    Delivery.objects.bulk_create([delivery], ignore_conflicts=True)

    from shared_apps.notifications.tasks import send_due

    transaction.on_commit(lambda: send_soon(send_due))


# What still leaves a workspace that can only be read: what people need to come in, and what warns them.
ACCOUNT_SECURITY = (
    "account_erased", "choose_password", "email_change", "email_code", "impersonation", "one_time_code", "password_reset",
    "provider_changed", "reopen", "security_notice",
)  # fmt: skip


def sendable() -> QuerySet[Delivery]:
    """The messages of this schema that are due now. In a workspace that can only be read the others wait until it is open."""
    due = Delivery.objects.filter(status=Delivery.Status.QUEUED, next_attempt_at__lte=timezone.now())
    if getattr(connection.tenant, "is_suspended", False):
        return due.filter(template__in=ACCOUNT_SECURITY)
    return due


def send_due_emails(*, limit: int = 50) -> int:
    """Send the e-mails and text messages that are due; returns how many left.

    Each delivery is claimed in a short transaction (row lock, SKIP LOCKED) that puts its next attempt off, and sent
    outside any transaction: a crash after the server's answer can send one message twice, never lose one (neither
    e-mail nor SMS has an idempotency key).
    """
    sent = 0
    for _ in range(limit):
        delivery = _claim_one()
        if delivery is None:
            break
        sent += _send(delivery)
    return sent


def _claim_one() -> Delivery | None:
    with transaction.atomic():
        delivery = sendable().select_for_update(skip_locked=True).order_by("next_attempt_at", "pk").first()
        if delivery is None:
            return None
        delivery.attempts += 1
        delivery.next_attempt_at = timezone.now() + FIRST_RETRY * 2 ** (delivery.attempts - 1)
        delivery.save(update_fields=["attempts", "next_attempt_at"])
        return delivery


def _send(delivery: Delivery) -> bool:
    try:
        _hand_over(delivery)
    except Exception as error:  # one message that cannot be built or sent must not hold up the others
        logger.warning(
            "message not sent", template=delivery.template, attempt=delivery.attempts, error=str(error)[:200]
        )
        given_up = delivery.attempts >= MAX_ATTEMPTS
        Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.QUEUED).update(
            error=f"{type(error).__name__}: {error}"[:500],
            **({"status": Delivery.Status.FAILED, "context": {}} if given_up else {}),
        )
        return False
    Delivery.objects.filter(pk=delivery.pk).update(
        status=Delivery.Status.SENT, sent_at=timezone.now(), context={}, error=""
    )
    return True


def _hand_over(delivery: Delivery) -> None:
    content = {"template": delivery.template, "locale": delivery.locale, "context": delivery.context}
    if delivery.channel == Delivery.Channel.SMS:
        sms_provider().send(to=delivery.recipient, text=render_sms(**content))
    else:
        render_email(recipient=delivery.recipient, **content).send()


def render_sms(*, template: str, locale: str, context: dict[str, Any]) -> str:
    """The text of a message in the reader's language, on one line, in the alphabet of text messages."""
    with translation.override(locale):
        text = render_to_string(f"sms/{template}.txt", {**context, "platform_name": settings.PLATFORM_NAME})
    return gsm_safe(text)


def shortened_for_sms(*, template: str, locale: str, context: dict[str, Any], shorten: str) -> dict[str, Any]:
    """The context with one of its texts cut to what fits into a single message; never below its first ten characters."""
    whole = gsm_safe(str(context[shorten]))
    others = len(render_sms(template=template, locale=locale, context={**context, shorten: "x"})) - 1
    return {**context, shorten: whole[: max(10, LONGEST - others)].rstrip()}


def render_email(*, template: str, recipient: str, locale: str, context: dict[str, Any]) -> EmailMultiAlternatives:
    """Build the message in the reader's language: a text part, and the same text as simple HTML."""
    with translation.override(locale):
        shown = {**context, "platform_url": platform_url("/")}
        subject, _, body = render_to_string(f"emails/{template}.txt", shown).strip().partition("\n")
        body = body.strip() + "\n"
        html = render_to_string("emails/layout.html", {"subject": subject, "body": body, "locale": locale})
    # A line break in a name must not become a header of its own.
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()), body=body, from_email=own_sender(), to=[recipient]
    )
    message.attach_alternative(html, "text/html")
    return message
