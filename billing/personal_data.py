"""What billing knows about a person, and what it must keep."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from billing.models import Order
from shared_apps.core.context import platform_url
from shared_apps.core.errors import Conflict

_CUSTOMER = ("customer_name", "customer_email", "customer_phone", "customer_address", "customer_country", "tax_number")


def orders_of(user: Any) -> list[dict[str, Any]]:
    """A person's orders with their payments, amounts as text."""
    orders = Order.objects.filter(user_id=user.pk).prefetch_related("payments__method").order_by("created_at")
    return [
        {
            "number": order.number,
            "status": order.status,
            "organisation": order.organisation_name,
            "total": f"{order.total.as_text()} {order.currency}",
            "created_at": order.created_at,
            "paid_at": order.paid_at,
            "customer": {name: getattr(order, name) for name in _CUSTOMER},
            "payments": [
                {"method": payment.method.name, "status": payment.status, "created_at": payment.created_at}
                for payment in order.payments.all()
            ],
        }
        for order in orders
    ]


def check_nothing_open(user: Any) -> None:
    """Pass when no order of this person is being paid or prepared. Locks none: a payment of an old order is refused
    or honoured by its own customer's details. Raises Conflict."""
    first = Order.objects.filter(kind=Order.Kind.FIRST)  # the others are their organisation's, whoever runs it
    order = first.filter(user_id=user.pk, status__in=Order.HOLDS_NAME).first()
    if order is not None:
        raise Conflict(
            "order_open",
            _("Your order %(number)s is not finished. Cancel it, or wait until your workspace is ready.")
            % {"number": order.number},
            extra={"url": platform_url(f"/orders/{order.pk}/"), "label": str(_("See the order"))},
        )
