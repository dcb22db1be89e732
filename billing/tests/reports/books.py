"""Subscriptions with a history made by hand, for figures that are to come out exactly."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from billing.models import Order, PaidPeriod, Payment, PaymentMethod, Subscription, SubscriptionEvent
from tests.support.factories import make_order, price_of

# Whoever was there before: the ready tenants, whose figures are not those of a test.
LONG_AGO = timedelta(days=4000)


def at(text: str) -> datetime:
    """A moment where the platform is: "2026-03-01 00:00"."""
    return timezone.make_aware(datetime.fromisoformat(text), timezone.get_default_timezone())


def nobody() -> None:
    """No subscription has access now, and nothing was ever paid for one."""
    PaidPeriod.objects.all().delete()
    Subscription.objects.update(status="incomplete", paid_until=None, anchor_day=None, started_at=None)
    Payment.objects.update(created_at=timezone.now() - LONG_AGO, succeeded_at=timezone.now() - LONG_AGO)


def subscriber(*moves: tuple[str, str], currency: str = "XAF", paid_until: str = "2026-12-31 00:00") -> Subscription:
    """A subscription that came to each status at a moment: subscriber(("2026-01-10 12:00", "active"), …)."""
    price = price_of(currency=currency)
    subscription = Subscription.objects.create(
        plan_version=price.version, cycle="monthly", currency=currency, status=moves[-1][1] if moves else "incomplete",
        paid_until=at(paid_until), anchor_day=1, started_at=at("2020-01-01 00:00"),
        **({"suspended_at": at(moves[-1][0]), "hold": "unpaid"} if moves and moves[-1][1] == "suspended" else {}),
        **({"cancelled_at": at(moves[-1][0]), "delete_after": at("2030-01-01 00:00")} if moves and moves[-1][1] == "cancelled" else {}),
    )  # fmt: skip
    before = "incomplete"
    for moment, status in moves:
        SubscriptionEvent.objects.create(
            subscription=subscription, action="x", from_status=before, to_status=status, at=at(moment)
        )
        before = status
    return subscription


def paid(subscription: Subscription, start: str, monthly: int, *, end: str = "", **values: Any) -> PaidPeriod:
    """A period that was paid for from a moment on, at so much a month."""
    starts_at = at(start)
    order = order_of(
        subscription, total=monthly, status="fulfilled", paid_at=starts_at, received_minor=monthly, **values
    )
    return PaidPeriod.objects.create(
        subscription=subscription, order=order, plan_version=subscription.plan_version, cycle="monthly", full_days=30,
        starts_at=starts_at, ends_at=at(end) if end else starts_at + timedelta(days=30), value_minor=monthly,
        monthly_minor=monthly, currency=subscription.currency,
    )  # fmt: skip


def order_of(subscription: Subscription, *, total: int, **values: Any) -> Order:
    """An order of a subscription of somebody's who has a workspace."""
    template = Order.objects.filter(organisation__isnull=False).earliest("created_at")
    fields = {field.attname: getattr(template, field.attname) for field in Order._meta.concrete_fields}
    start = values.get("paid_at") or at("2026-01-01 00:00")
    fields |= {
        "id": uuid.uuid4(), "number": f"T{uuid.uuid4().hex[:12]}", "kind": "renewal", "subscription_id": subscription.pk,
        "currency": subscription.currency, "subtotal_minor": total, "total_minor": total, "tax_minor": 0,
        "tax_included": True, "tax_percent": Decimal(0), "credit_minor": 0, "received_minor": 0, "status": "awaiting_payment",
        "idempotency_key": None, "period_start": start, "period_end": start, "paid_at": None, "fulfilled_at": None,
        "subdomain": "", "subdomain_skeleton": "", "trial_days": 0,
    }  # fmt: skip
    return Order.objects.create(**{**fields, **values})


def attempt(
    method: str, *, began: str, status: str = "failed", reason: str = "", received: int = 0, currency: str = "XAF",
    succeeded: str = "",
) -> Payment:  # fmt: skip
    """An attempt to pay, and what came of it."""
    amount = received or 100
    payment = Payment.objects.create(
        order=make_order(), method=PaymentMethod.objects.get(name=method), status=status, amount_minor=amount,
        currency=currency, charge_minor=amount, charge_currency=currency, reason=reason, expires_at=at("2030-01-01 00:00"),
        succeeded_at=at(succeeded) if succeeded else None, received_minor=received if succeeded else None,
        received_currency=currency if succeeded else "",
    )  # fmt: skip
    Payment.objects.filter(pk=payment.pk).update(created_at=at(began))
    return payment
