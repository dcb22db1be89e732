"""What people are told about transfers, each in the transaction that makes it true."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from billing.models import Order, Payment, TransferDecision
from billing.money import Money
from billing.signing import pay_path
from shared_apps.core.context import platform_url
from shared_apps.notifications.services import notify_by_email


def tell_rejected(decision: TransferDecision) -> None:
    """The payer learns why, and sends something better."""
    payment = decision.payment
    order = payment.order
    _to_payer(order, key=f"transfer-rejected:{decision.pk}", template="transfer_rejected",
              amount=payment.amount.display(order.locale), comment=decision.comment,
              url=platform_url(f"/orders/{order.pk}/"), support=settings.SUPPORT_EMAIL)  # fmt: skip


def tell_part(payment: Payment, *, received: Money, missing: Money) -> None:
    """Part of the money is there: what is missing, and where to pay it by whatever way."""
    order = payment.order
    _to_payer(order, key=f"payment-part:{payment.pk}", template="payment_part_received",
              amount=received.display(order.locale), missing=missing.display(order.locale),
              url=platform_url(pay_path(order.pk)))  # fmt: skip


def tell_over(payment: Payment, *, received: Money, credited: Money) -> None:
    """More came than was due: the order is paid, the rest is kept."""
    order = payment.order
    _to_payer(order, key=f"payment-over:{payment.pk}", template="payment_over_received",
              amount=received.display(order.locale), credited=credited.display(order.locale),
              url=platform_url(f"/orders/{order.pk}/"))  # fmt: skip


def tell_team_second(decision: TransferDecision, *, admin: Any) -> None:
    """A transfer waits for a second person."""
    received = decision.received
    notify_by_email(
        key=f"transfer-second:{decision.pk}",
        template="transfer_second",
        recipient=settings.SUPPORT_EMAIL,
        locale=settings.LANGUAGE_CODE,
        context={
            "number": decision.payment.order.number,
            "amount": received.display(settings.LANGUAGE_CODE) if received else "",
            "admin": admin.email,
            "url": platform_url(f"/backoffice/transfers/{decision.payment_id}/"),
        },
    )


def _to_payer(order: Order, *, key: str, template: str, **context: Any) -> None:
    notify_by_email(
        key=key,
        template=template,
        recipient=order.payer.email,
        locale=order.locale,
        context={"name": order.payer.get_short_name(), "number": order.number, **context},
    )
