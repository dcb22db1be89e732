"""What customers and the shop are told of orders."""

from __future__ import annotations

from typing import Any

from billing.money import Money
from shared_apps.core.context import own_path, own_url
from shared_apps.notifications.services import notify_by_email
from shared_apps.organisations.current import current_tenant
from tenant_apps.store.models import Order, Shop


def order_url(order: Order) -> str:
    """The page where a customer follows an order: whoever has the link may look at it."""
    return own_url(own_path("store:order", order.pk))


def tell_of_order(order: Order, what: str, *, shop: Shop | None = None, **context: Any) -> None:
    """Queue word of `what` (placed, confirmed, sent, delivered, reduced, cancelled, refunded) to the customer, and of new orders
    to the shop; in the caller's transaction. Customers without an address follow the order by its link."""
    shop = shop or Shop.objects.get()
    known = {"shop": shop.name, "number": order.number, "name": order.name, "url": order_url(order), **context}
    if order.email:
        amounts = _amounts(order, order.locale)
        notify_by_email(
            key=f"store-order:{order.pk}:{what}:{context.get('occasion', '')}", template=f"store_order_{what}",
            recipient=order.email, locale=order.locale, context={**known, **amounts, "is_pickup": order.is_pickup},
        )  # fmt: skip
    if what == "confirmed" and shop.email:
        locale = current_tenant().locale
        url = own_url(own_path("store:staff_order", order.number))
        notify_by_email(
            key=f"store-order-news:{order.pk}", template="store_order_news", recipient=shop.email, locale=locale,
            context={**known, **_amounts(order, locale), "url": url, "phone": order.phone, "is_short": order.is_short},
        )  # fmt: skip


def _amounts(order: Order, locale: str) -> dict[str, Any]:
    lines = [
        {
            "text": str(line),
            "detail": line.variant_name,
            "total": Money(line.total_minor, order.currency).display(locale),
        }
        for line in order.lines.all()
        if line.quantity
    ]
    delivery = Money(order.delivery_minor, order.currency).display(locale) if order.delivery_minor else ""
    return {"lines": lines, "delivery": delivery, "total": Money(order.total_minor, order.currency).display(locale)}
