"""What templates ask of carts and orders."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.phones import show_phone
from tenant_apps.store.models import Order
from tenant_apps.store.texts.addresses import address_lines
from tenant_apps.store.texts.orders import Words, status_words
from tenant_apps.store.texts.reports import method_text

register = template.Library()
register.filter(address_lines)
register.filter("phone", show_phone)
register.filter("till_method", method_text)

UNPAID = Words(_("Unpaid"), "hourglass", "warning")
ON_DELIVERY = Words(_("On delivery"), "wallet", "neutral")
PART_PAID = Words(_("Paid in part"), "hourglass", "warning")
PAID = Words(_("Paid"), "check", "success")
REFUNDED = Words(_("Given back"), "rotate-ccw", "neutral")
PART_REFUNDED = Words(_("Given back in part"), "rotate-ccw", "neutral")
NOTHING = Words(_("Nothing was paid"), "minus", "neutral")


@register.filter
def order_words(order: Order) -> Words:
    """What an order's state is called."""
    return status_words(order)


@register.filter
def paid_words(order: Order) -> Words:
    """What became of an order's payment."""
    kept = order.paid_minor - order.refunded_minor
    if order.refunded_minor and kept < order.total_minor:
        return PART_REFUNDED if kept else REFUNDED
    if order.paid_minor:
        return PAID if kept >= order.total_minor else PART_PAID
    if not order.total_minor:
        return PAID
    if order.status == Order.Status.CANCELLED:
        return NOTHING
    return UNPAID if order.status == Order.Status.PENDING else ON_DELIVERY


@register.filter
def line_image(line: Any) -> Any:
    """The photo of a line of a cart or an order: its variant's own, else the product's cover. No query where they were
    fetched with the line."""
    variant = line.variant
    if variant is None:
        return None
    return next(iter(variant.product.images.all()), None)
