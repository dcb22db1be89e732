"""Orders that were sold, made through the models: for what follows a sale."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tenant_apps.payments.models import Payment
from tenant_apps.store.models import Order, OrderLine, Shop

SOLD_AT = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
# name, variant, reference, pieces, list price, price paid, why it is less
WAX = ("Pagne wax, 6 yards", "Bleu", "WAX-B", 2, 9_000, 8_000, [{"kind": "promo", "name": "Fêtes", "minor": 1_000}])
HONEY = ("Miel d’Oku, 350 g", "", "", 1, 4_000, 4_000, [])


def make_sale(number: str = "202611210001", *, lines: Any = (WAX, HONEY), paid: bool = True, **values: Any) -> Order:
    """A confirmed order of two cloths and a honey, 20 000, delivered for 1 500, with 18 % of tax in it; paid by default."""
    currency = values.pop("currency", None) or Shop.objects.values_list("currency", flat=True).get()
    delivery, rate = values.pop("delivery_minor", 1_500), values.pop("tax_rate_bp", 1_800)
    items = values.pop("items_minor", sum(line[3] * line[5] for line in lines))
    total = items + delivery
    order = Order.objects.create(
        **{
            "number": number, "status": "confirmed", "confirmed_at": SOLD_AT, "name": "Awa Diop",
            "phone": "+221771234567", "zone_name": "Dakar Plateau", "line1": "12 rue Carnot", "city": "Dakar",
            "currency": currency, "items_minor": items, "delivery_minor": delivery, "total_minor": total,
            "discount_minor": sum(line[3] * (line[4] - line[5]) for line in lines), "tax_rate_bp": rate,
            "tax_minor": total - (total * 20_000 + 10_000 + rate) // (2 * (10_000 + rate)),
            "paid_minor": total if paid else 0, "method": "cash",
            **values,
        }
    )  # fmt: skip
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order, product_name=name, variant_name=variant, sku=sku, quantity=pieces, list_minor=before,
            unit_minor=price, discounts=why, position=place,
        )
        for place, (name, variant, sku, pieces, before, price, why) in enumerate(lines)
    )  # fmt: skip
    if paid:
        Payment.objects.create(
            purpose="store.order", subject=order.pk, subject_number=number, method="cash", status="succeeded",
            amount_minor=total, currency=currency, charge_minor=total, charge_currency=currency, received_minor=total,
            received_currency=currency, succeeded_at=SOLD_AT, expires_at=SOLD_AT,
        )  # fmt: skip
    return order
