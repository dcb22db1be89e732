"""What is told of money that came, each in the transaction that makes it true."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from billing.messages import explain
from billing.method_names import method_name
from billing.models import Invoice, Order, Payment, Subscription
from billing.money import Money, with_worth
from billing.signing import pay_path
from shared_apps.core.context import platform_url
from shared_apps.core.templatetags.ui import day
from shared_apps.notifications.services import notify_by_email

_CLOSED = (Subscription.Status.SUSPENDED, Subscription.Status.CANCELLED)


def tell_of_money(payment: Payment, order: Order) -> None:
    """What came, and what became of it: what is left to pay, what it opened and until when, what is credit."""
    credited = Money(payment.credited_minor, payment.currency)
    if credited and not payment.applied_minor:
        tell_credited(payment)
    elif order.due:
        _to_payer(order, key=f"payment-part:{payment.pk}", template="payment_part_received", amount=_came(payment),
                  missing=order.due.display(order.locale), url=platform_url(pay_path(order.pk)))  # fmt: skip
    else:
        _to_payer(order, key=f"payment-received:{payment.pk}", template="payment_received", amount=_came(payment),
                  credited=credited.display(order.locale) if credited else "", **_what_it_paid(order))  # fmt: skip


def tell_in_review(payment: Payment, reason: str) -> None:
    """Money that does not fit opens nothing yet: the payer must not pay again, and a person has to decide."""
    order = payment.order
    _to_payer(order, key=f"payment-in-review:{payment.pk}", template="payment_in_review", amount=_came(payment))
    with translation.override(settings.LANGUAGE_CODE):
        why = str(explain(reason).what)
    _to_team(payment, key=f"payment-needs-review:{payment.pk}", template="payment_needs_review", reason=why,
             amount=(payment.received or payment.charge).display(settings.LANGUAGE_CODE),
             url=platform_url(f"/backoffice/payments/{payment.pk}/decide/"))  # fmt: skip


def tell_credited(payment: Payment) -> None:
    """Money that did not fit is credit for orders to come."""
    _to_payer(payment.order, key=f"payment-credited:{payment.pk}", template="payment_credited", amount=_came(payment))


def tell_part_credited(order: Order, part: Money) -> None:
    """What came for an order that was not paid whole in time is credit."""
    _to_payer(order, key=f"part-credited:{order.pk}", template="payment_credited",
              amount=part.display(order.locale), is_part=True)  # fmt: skip


def tell_dismissed(payment: Payment, comment: str) -> None:
    """Money that was announced never came."""
    order = payment.order
    key = f"payment-dismissed:{payment.pk}:{payment.check_count}"
    _to_payer(order, key=key, template="payment_dismissed", amount=payment.charge.display(order.locale),
              comment=comment, support=settings.SUPPORT_EMAIL)  # fmt: skip


def tell_team_of_unclear_answer(payment: Payment) -> None:
    """A status nobody knew of is looked up once: one mail a day and method, however many payments have it."""
    _to_team(payment, key=f"unclear-answer:{payment.method.name}:{timezone.now().date()}", template="unclear_answer",
             url=platform_url("/backoffice/providers/"))  # fmt: skip


def _came(payment: Payment) -> str:
    """What the payer sent, with its worth where the order is in another currency and it was what was asked for."""
    came, locale = payment.received or payment.charge, payment.order.locale
    return with_worth(came, payment.amount, locale) if came == payment.charge else came.display(locale)


def _what_it_paid(order: Order) -> dict[str, Any]:
    """What a paid order opened, and its invoice. Two queries."""
    invoice = order.invoices.filter(kind=Invoice.Kind.INVOICE).first()
    events = order.subscription.events.filter(order=order, from_status__in=_CLOSED)
    with translation.override(order.locale):
        until = day(order.period_end) if order.kind == Order.Kind.RENEWAL else ""
    return {
        "is_first": order.kind == Order.Kind.FIRST,
        "until": until,
        "reopened": bool(until) and events.filter(to_status__in=Subscription.HAS_ACCESS).exists(),
        "plan": order.plan_version.plan.display_name,
        "invoice": invoice.number if invoice else "",
        "invoice_url": platform_url(f"/invoices/{invoice.pk}/") if invoice else "",
    }


def _to_payer(order: Order, *, key: str, template: str, **context: Any) -> None:
    told = {"name": order.payer.get_short_name(), "number": order.number, "url": platform_url(f"/orders/{order.pk}/")}
    notify_by_email(
        key=key, template=template, recipient=order.payer.email, locale=order.locale, context={**told, **context}
    )


def _to_team(payment: Payment, *, key: str, template: str, **context: Any) -> None:
    method = method_name(payment.method.name, locale=settings.LANGUAGE_CODE)
    notify_by_email(
        key=key,
        template=template,
        recipient=settings.SUPPORT_EMAIL,
        locale=settings.LANGUAGE_CODE,
        context={"number": payment.order.number, "method": method, **context},
    )
