"""An order that is confirmed, and what every step of one needs. `placing` makes orders, `fulfilment` brings them to people,
`cancelling` ends them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import Order, OrderEvent, OrderLine, Shop
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


def set_goods_aside(*, order: Order, by: User) -> list[stock.Shortage]:
    """Sell the goods of a short order; what is still missing of it, and it stays short then.

    In the caller's transaction, which holds the order's row; locks its levels.
    """
    shortages = stock.sell(order=order, by=by)
    if not shortages:
        Order.objects.filter(pk=order.pk).update(is_short=False)
        order.is_short = False
        note_event(order, "settled", by=by)
        record(action="store.order.settled", category=AuditCategory.ORDER, resource=order, actor=by,
               before={"is_short": True}, after={"is_short": False})  # fmt: skip
    return shortages


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


def set_status(order: Order, to: str, kind: str, *, action: str, by: User | None, **data: Any) -> Order:
    """Change the state of an order whose row is locked, with its history and its audit entry."""
    before = order.status
    Order.objects.filter(pk=order.pk).update(status=to)
    order.refresh_from_db()
    note_event(order, kind, by=by, **data)
    record(action=action, category=AuditCategory.ORDER, resource=order, actor=by,
           before={"status": before}, after={"status": to, **data})  # fmt: skip
    return order


def record_change(order: Order, action: str, *, by: User | None, after: dict[str, Any]) -> None:
    """Note in the audit log what an order has now that it had not. In the transaction of the change."""
    record(action=action, category=AuditCategory.ORDER, resource=order, actor=by, after=after)


def check_status(order: Order, *allowed: str) -> None:
    """Raise Conflict (`order_moved_on`) for an order in another state than these. Needs its lock."""
    if order.status not in allowed:
        raise Conflict("order_moved_on", _("This order has moved on meanwhile. Look at it once more."))


def chosen_lines(
    order: Order, pieces: Mapping[int, int], *, left: Callable[[OrderLine], int]
) -> list[tuple[OrderLine, int]]:
    """The lines of an order with how many pieces were asked for, each within what is `left` of it; needs the order's lock.

    Raises DomainError (`pieces_none`, `pieces_too_many`).
    """
    lines = {line.pk: line for line in order.lines.select_related("variant__product")}
    chosen = [(lines[pk], quantity) for pk, quantity in pieces.items() if pk in lines and quantity > 0]
    if not chosen:
        raise DomainError("pieces_none", _("Choose at least one piece."), field="pieces")
    for line, quantity in chosen:
        if quantity > left(line):
            message = _("Of “%(line)s” at most %(left)s can be chosen.") % {
                "line": line.product_name,
                "left": left(line),
            }
            raise DomainError("pieces_too_many", message, field="pieces")
    return sorted(chosen, key=lambda one: one[0].variant_id or 0)


def wanted_of(pieces: Mapping[int, int]) -> dict[int, int]:
    """The lines of which any pieces are asked for, by their ids, and how many."""
    return {line: quantity for line, quantity in pieces.items() if quantity > 0}


def counted_pieces(lines: Iterable[tuple[OrderLine, int]]) -> dict[int, int]:
    """How many pieces these are of each variant (by its id) whose stock is counted."""
    counted: dict[int, int] = {}
    for line, quantity in lines:
        if line.counts_stock and line.variant_id is not None:
            counted[line.variant_id] = counted.get(line.variant_id, 0) + quantity
    return counted


def called(line: OrderLine, number: int) -> str:
    """So many pieces of a line, as people read it."""
    return f"{number} × {line.full_name}"


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
