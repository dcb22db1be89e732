"""An order that is confirmed, and what every step of one needs. `placing` makes orders, `fulfilment` brings them to people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from tenant_apps.store.models import Order, OrderEvent, Shop
from tenant_apps.store.services import stock
from tenant_apps.store.services.carts import take_out_ordered
from tenant_apps.store.services.order_mail import tell_of_order

HOLD_FOR = timedelta(minutes=15)


def confirm_order(*, order: Order, by: User | None = None) -> None:
    """Take a pending order on: its goods are sold, its cart is emptied, and everybody is told.

    In the caller's transaction, which holds the order's row or has just made it; locks its levels. What is not there any
    more leaves the order `is_short`, for staff to settle: the money has come.
    """
    if not set_confirmed(order):
        return
    shortages = stock.sell(order=order, by=by)
    if shortages:
        Order.objects.filter(pk=order.pk).update(is_short=True)
        note_event(order, "short", lines=[shortage.name for shortage in shortages])
    order.refresh_from_db()
    take_on(order, by=by, shop=Shop.objects.get())


def set_confirmed(order: Order) -> bool:
    """Confirm a pending order; whether it was pending until now. A guarded UPDATE, in the caller's transaction."""
    change = {"status": Order.Status.CONFIRMED, "confirmed_at": timezone.now(), "holds_until": None}
    if not Order.objects.filter(pk=order.pk, status=Order.Status.PENDING).update(**change):
        return False
    for name, value in change.items():
        setattr(order, name, value)
    return True


def take_on(order: Order, *, by: User | None, shop: Shop) -> None:
    """Empty the cart of an order that was just confirmed, and tell everybody. In the transaction that confirms it; locks the
    cart's lines."""
    prefetch_related_objects([order], "lines")
    take_out_ordered(cart_id=order.cart_id, lines=list(order.lines.all()))
    note_event(order, "confirmed", by=by)
    record(action="store.order.confirmed", category=AuditCategory.ORDER, resource=order, actor=by,
           before={"status": "pending"}, after={"status": order.status, "is_short": order.is_short})  # fmt: skip
    tell_of_order(order, "confirmed", shop=shop)


def renew_hold(*, order: Order) -> None:
    """Hold the goods of a pending order for another 15 minutes, for a payment that begins now.

    In the caller's transaction, which holds the order's row; locks its levels. Raises OutOfStock.
    """
    stock.hold(order=order, until=timezone.now() + HOLD_FOR)


def note_event(order: Order, kind: str, *, by: User | None = None, **data: Any) -> None:
    """Add a line to an order's history. In the transaction of what it tells."""
    OrderEvent.objects.create(order=order, kind=kind, actor=by, data=data)


def lock_order(order_id: UUID) -> Order:
    """The order as it is now, its row locked until the end of the transaction; raises Order.DoesNotExist."""
    return Order.objects.select_for_update().get(pk=order_id)


def order_facts(order: Order) -> dict[str, Any]:
    """An order as the audit log keeps it: no names and addresses."""
    return {
        "number": order.number,
        "status": order.status,
        "channel": order.channel,
        "total_minor": order.total_minor,
        "currency": order.currency,
        "method": order.method,
    }
