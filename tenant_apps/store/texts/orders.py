"""What orders are called, and how their history is told."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tenant_apps.store.models import Order

Status = Order.Status


@dataclass(frozen=True, slots=True)
class Words:
    """A text with its icon and tone."""

    text: str | Promise
    icon: str
    tone: str = "neutral"


STATUSES: dict[str, Words] = {
    Status.PENDING: Words(pgettext_lazy("order", "Waiting for payment"), "hourglass", "warning"),
    Status.CONFIRMED: Words(pgettext_lazy("order", "Confirmed"), "circle-check", "info"),
    Status.PREPARING: Words(pgettext_lazy("order", "In preparation"), "package", "info"),
    Status.SHIPPED: Words(pgettext_lazy("order", "Shipped"), "truck", "info"),
    Status.DELIVERED: Words(pgettext_lazy("order", "Delivered"), "check", "success"),
    Status.CANCELLED: Words(pgettext_lazy("order", "Cancelled"), "ban", "danger"),
}
# For goods that customers come for.
PICKUP_STATUSES = {**STATUSES, Status.SHIPPED: Words(pgettext_lazy("order", "Ready to be collected"), "store", "info")}

EVENTS: dict[str, Words] = {
    "placed": Words(_("Order placed"), "shopping-cart"),
    "confirmed": Words(_("Order confirmed"), "circle-check", "success"),
    "paid": Words(_("Paid"), "wallet", "success"),
    "part_paid": Words(_("Part of the amount received"), "wallet", "warning"),
    "paid_late": Words(_("Paid after the order was cancelled"), "wallet", "warning"),
    "short": Words(_("Paid when not all of it was in stock any more"), "triangle-alert", "danger"),
    "settled": Words(_("All goods are set aside"), "circle-check", "success"),
    "preparing": Words(_("In preparation"), "package"),
    "sent": Words(pgettext_lazy("order", "Sent"), "truck"),
    "delivered": Words(_("Delivered"), "check", "success"),
    "reduced": Words(_("Part of the order cancelled"), "ban", "warning"),
    "not_accepted": Words(_("Goods came back unpaid: they are not to be paid any more"), "undo-2"),
    "returned": Words(_("Goods came back"), "undo-2"),
    "refunded": Words(_("Money given back"), "rotate-ccw"),
    "cancelled": Words(_("Cancelled"), "ban", "danger"),
    "replaced": Words(_("Cancelled: it was ordered anew"), "ban"),
    "expired": Words(_("Cancelled: it was not paid in time"), "ban", "danger"),
}


def status_words(order: Order) -> Words:
    """What an order's state is called."""
    return (PICKUP_STATUSES if order.is_pickup else STATUSES)[order.status]
