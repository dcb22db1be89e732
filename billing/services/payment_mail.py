"""What is told of money that came, each in the transaction that makes it true."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from billing.messages import explain
from billing.method_names import method_name
from billing.models import Invoice, Order, Payment, Subscription, SubscriptionEvent
from billing.money import Money, with_worth
from billing.services.letters import write_to_payer, write_to_team
from billing.signing import pay_path
from shared_apps.core.context import platform_url
from shared_apps.core.templatetags.ui import day

_CLOSED = (Subscription.Status.SUSPENDED, Subscription.Status.CANCELLED)


def tell_of_money(payment: Payment, order: Order) -> None:
    """What came, and what became of it: what is left to pay, what it opened and until when, what is credit."""
    credited = Money(payment.credited_minor, payment.currency)
    if credited and not payment.applied_minor:
        tell_credited(payment)
    elif order.due:
        write_to_payer(order, key=f"payment-part:{payment.pk}", template="payment_part_received", amount=_came(payment),
                  missing=order.due.display(order.locale), url=platform_url(pay_path(order.pk)))  # fmt: skip
    else:
        write_to_payer(order, key=f"payment-received:{payment.pk}", template="payment_received", amount=_came(payment),
                  credited=credited.display(order.locale) if credited else "", **_what_it_paid(order))  # fmt: skip


def tell_paid_by_credit(order: Order) -> None:
    """Credit paid all of an order; nothing is told of one that costs nothing."""
    if order.credit:
        write_to_payer(order, key=f"paid-by-credit:{order.pk}", template="payment_received", by_credit=True,
                       amount=order.credit.display(order.locale), **_what_it_paid(order))  # fmt: skip


def tell_in_review(payment: Payment, reason: str) -> None:
    """Money that does not fit opens nothing yet: the payer must not pay again, and a person has to decide."""
    order = payment.order
    write_to_payer(order, key=f"payment-in-review:{payment.pk}", template="payment_in_review", amount=_came(payment))
    with translation.override(settings.LANGUAGE_CODE):
        why = str(explain(reason).what)
    amount = (payment.received or payment.charge).display(settings.LANGUAGE_CODE)
    write_to_team(order, key=f"payment-needs-review:{payment.pk}", template="payment_needs_review", reason=why,
                  amount=amount, method=_method(payment), path=f"/backoffice/payments/{payment.pk}/decide/")  # fmt: skip


def tell_credited(payment: Payment) -> None:
    """Money that did not fit is credit for orders to come."""
    write_to_payer(
        payment.order, key=f"payment-credited:{payment.pk}", template="payment_credited", amount=_came(payment)
    )


def tell_part_credited(order: Order, part: Money) -> None:
    """What came for an order that was not paid whole in time is credit."""
    write_to_payer(order, key=f"part-credited:{order.pk}", template="payment_credited",
              amount=part.display(order.locale), is_part=True)  # fmt: skip


def tell_dismissed(payment: Payment, comment: str) -> None:
    """Money that was announced never came."""
    order = payment.order
    key = f"payment-dismissed:{payment.pk}:{payment.check_count}"
    write_to_payer(order, key=key, template="payment_dismissed", amount=payment.charge.display(order.locale),
              comment=comment, support=settings.SUPPORT_EMAIL)  # fmt: skip


def tell_team_of_unclear_answer(payment: Payment) -> None:
    """A status nobody knew of is looked up once: one mail a day and method, however many payments have it."""
    write_to_team(payment.order, key=f"unclear-answer:{payment.method.name}:{timezone.now().date()}",
                  template="unclear_answer", method=_method(payment), path="/backoffice/providers/")  # fmt: skip


def _method(payment: Payment) -> str:
    return method_name(payment.method.name, locale=settings.LANGUAGE_CODE)


def _came(payment: Payment) -> str:
    """What the payer sent, with its worth where the order is in another currency and it was what was asked for."""
    came, locale = payment.received or payment.charge, payment.order.locale
    return with_worth(came, payment.amount, locale) if came == payment.charge else came.display(locale)


def _what_it_paid(order: Order) -> dict[str, Any]:
    """What a paid order opened, and its invoice. Four queries at most."""
    invoice = order.invoices.filter(kind=Invoice.Kind.INVOICE).first()
    events = SubscriptionEvent.objects.filter(order=order, from_status__in=_CLOSED)
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
