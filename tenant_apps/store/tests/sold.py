"""Orders as reports and reviews need them: confirmed, made through the models."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from tenant_apps.store.models import Order, OrderEvent, OrderLine, Variant


def make_order(*lines: dict[str, Any], **fields: Any) -> Order:
    """An order in the current tenant, made through the models: confirmed now unless `fields` say otherwise.

    A line names its `variant` and may say anything else a line has; amounts of the order follow from its lines.
    """
    kept = [_line(**line) for line in lines]
    items = sum(line.total_minor for line in kept)
    delivery = fields.get("delivery_minor", 0)
    values = {
        "number": uuid.uuid4().hex[:20],
        "status": Order.Status.CONFIRMED,
        "currency": "XAF",
        "items_minor": items,
        "total_minor": items + delivery,
        **fields,
    }
    values.setdefault("confirmed_at", timezone.now() if values["status"] in Order.LIVE else None)
    order = Order.objects.create(**values)
    is_sent = order.status in (Order.Status.SHIPPED, Order.Status.DELIVERED)
    for line in kept:
        line.order = order
        line.shipped = line.quantity if is_sent else line.shipped
    OrderLine.objects.bulk_create(kept)
    if fields.get("paid_minor", 0) >= order.total_minor:
        OrderEvent.objects.create(order=order, kind="paid")
    return order


def _line(*, variant: Variant | None, quantity: int = 1, unit_minor: int | None = None, **fields: Any) -> OrderLine:
    price = (variant.price_minor if variant else 0) if unit_minor is None else unit_minor
    values = {"product_name": variant.product.name if variant else "Parti", "list_minor": price, **fields}
    return OrderLine(variant=variant, quantity=quantity, unit_minor=price, **values)
