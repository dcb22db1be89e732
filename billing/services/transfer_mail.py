"""What people are told about transfers, each in the transaction that makes it true."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from billing.models import Order, TransferDecision
from shared_apps.core.context import platform_url
from shared_apps.notifications.services import notify_by_email


def tell_rejected(decision: TransferDecision) -> None:
    """The payer learns why, and sends something better."""
    payment = decision.payment
    order = payment.order
    _to_payer(order, key=f"transfer-rejected:{decision.pk}", template="transfer_rejected",
              amount=payment.amount.display(order.locale), comment=decision.comment,
              url=platform_url(f"/orders/{order.pk}/"), support=settings.SUPPORT_EMAIL)  # fmt: skip


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
