"""What people are told of the end of what they paid: by mail, and in short by text message."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import phonenumbers
from django.conf import settings
from django.utils import translation

from billing import gateways
from billing.models import Order, PaymentMethod, Subscription, SubscriptionEvent
from billing.providers.base import ProviderRefused
from billing.reminding import what_follows
from billing.signing import pay_path
from billing.transitions import DELETED_AFTER, clock_of
from shared_apps.core.context import platform_url
from shared_apps.core.templatetags.ui import day as in_words
from shared_apps.core.templatetags.ui import in_fours
from shared_apps.notifications.services import notify_by_email, notify_by_sms, shortened_for_sms
from shared_apps.notifications.sms import sms_provider
from shared_apps.organisations.models import Organisation


def tell_of_renewal(*, order: Order, subscription: Subscription, day: int, now: datetime) -> None:
    """Queue the reminder of a renewal to whoever pays, and to the owner. In the caller's transaction, once a day and period."""
    organisation = _organisation(subscription)
    context = _renewal_context(order, subscription, organisation, now)
    end = subscription.paid_until.date() if subscription.paid_until else ""
    _mail("subscription_reminder", f"renewal:{subscription.pk}:{end}:{day}", organisation, context)
    phone = _number(organisation)
    if phone and sms_provider().offered:
        notify_by_sms(
            key=f"renewal-sms:{subscription.pk}:{end}:{day}",
            template="subscription_reminder",
            recipient=phone,
            locale=organisation.locale,
            context=shortened_for_sms(
                template="subscription_reminder", locale=organisation.locale, shorten="organisation", context={
                    key: context[key] for key in ("organisation", "amount", "paid_until", "is_over", "url")
                },
            ),
        )  # fmt: skip


def tell_of_deletion(*, subscription: Subscription, day: int) -> None:
    """Queue the warning that everything will be deleted. In the caller's transaction, once a day and date."""
    organisation = _organisation(subscription)
    due = subscription.delete_after
    with translation.override(organisation.locale):
        context = {
            "organisation": organisation.name,
            "deleted_on": in_words(due),
            "url": platform_url(f"/organisations/{organisation.pk}/"),
        }
    _mail("deletion_reminder", f"deletion:{subscription.pk}:{due.date() if due else ''}:{day}", organisation, context)


def tell_of_cancellation(*, subscription: Subscription, event: SubscriptionEvent) -> None:
    """Queue what follows a cancellation. In the caller's transaction."""
    organisation = _organisation(subscription)
    ends = subscription.paid_until if subscription.cancel_at_period_end else None
    with translation.override(organisation.locale):
        context = {
            "organisation": organisation.name,
            "ends_on": in_words(ends) if ends else "",
            "deleted_on": in_words(ends + DELETED_AFTER if ends else subscription.delete_after),
            "url": platform_url(f"/organisations/{organisation.pk}/"),
        }
    _mail("subscription_cancelled", f"cancelled:{event.pk}", organisation, context)


def tell_that_it_goes_on(*, subscription: Subscription, event: SubscriptionEvent) -> None:
    """Queue that a cancellation was taken back. In the caller's transaction."""
    organisation = _organisation(subscription)
    with translation.override(organisation.locale):
        context = {
            "organisation": organisation.name,
            "paid_until": in_words(subscription.paid_until),
            "is_over": subscription.status == Subscription.Status.PAST_DUE,
            "url": platform_url(f"/organisations/{organisation.pk}/"),
        }
    _mail("subscription_goes_on", f"goes-on:{event.pk}", organisation, context)


def _renewal_context(
    order: Order, subscription: Subscription, organisation: Organisation, now: datetime
) -> dict[str, Any]:
    follows = what_follows(clock_of(subscription), now=now)
    with translation.override(organisation.locale):
        return {
            "phase": follows.phase,
            "is_over": follows.phase != "ahead",
            "organisation": organisation.name,
            "product": order.plan_version.plan.product,
            "plan": order.plan_version.plan.display_name,
            "number": order.number,
            "amount": order.due.display(organisation.locale),
            "paid_until": in_words(subscription.paid_until),
            "from_day": in_words(order.period_start),
            "to_day": in_words(order.period_end),
            "grace_until": in_words(follows.grace_until) if subscription.plan_version.grace_days else "",
            "deleted_on": in_words(follows.deleted_on),
            "bank": bank_details(),
            "url": platform_url(pay_path(order.pk)),
        }


def bank_details() -> dict[str, str]:
    """Our account, for those who pay by transfer; {} while transfers are not taken."""
    if not PaymentMethod.objects.filter(name=gateways.BANK_TRANSFER, is_active=True).exists():
        return {}
    try:
        gateways.gateway(gateways.BANK_TRANSFER).check_health()
    except ProviderRefused:
        return {}
    told = {name: value for name, value in settings.BANK.items() if value}
    return told | ({"iban": in_fours(told["iban"])} if "iban" in told else {})


def _mail(template: str, key: str, organisation: Organisation, context: dict[str, Any]) -> None:
    """To the address that bills go to, and to the owner where that is somebody else's."""
    people = {organisation.billing_email.lower(): organisation.billing_email}
    if organisation.owner.is_active:
        people.setdefault(organisation.owner.email.lower(), organisation.owner.email)
    for number, address in enumerate(people.values()):
        notify_by_email(
            key=f"{key}:{number}", template=template, recipient=address, locale=organisation.locale, context=context
        )


def _number(organisation: Organisation) -> str:
    """The billing phone as networks dial it (E.164), or "" when it cannot be dialled."""
    try:
        number = phonenumbers.parse(organisation.billing_phone, organisation.billing_country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _organisation(subscription: Subscription) -> Organisation:
    if subscription.organisation is None:
        raise ValueError("nobody to tell")
    return subscription.organisation
