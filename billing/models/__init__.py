"""Plans, orders, payments and what providers sent us. All of it lives in the public schema."""

from __future__ import annotations

from billing.models.catalogue import Coupon, Cycle, PaymentMethod, Plan, PlanVersion, Price
from billing.models.orders import CouponUse, Order
from billing.models.payments import Payment, TransferReceipt
from billing.models.webhooks import WebhookEvent

__all__ = [
    "Coupon",
    "CouponUse",
    "Cycle",
    "Order",
    "Payment",
    "PaymentMethod",
    "Plan",
    "PlanVersion",
    "Price",
    "TransferReceipt",
    "WebhookEvent",
]
