"""From a cart to an order that is confirmed. What happens to it afterwards is in `fulfilment`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import Cart, CartLine, DeliveryZone, Order, OrderEvent, OrderLine, Shop
from tenant_apps.store.rules.offers import Person
from tenant_apps.store.rules.totals import Totals
from tenant_apps.store.rules.typed_prices import price_text
from tenant_apps.store.selectors.carts import Basket, BasketLine, lines_to_order, priced_basket
from tenant_apps.store.selectors.checkout import CASH, quote
from tenant_apps.store.services import stock
from tenant_apps.store.services.carts import take_out_ordered
from tenant_apps.store.services.numbers import number_order
from tenant_apps.store.services.order_mail import tell_of_order

HOLD_FOR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class CheckoutDetails:
    """What a customer says at the checkout. The phone is E.164; the address is empty where goods are collected."""

    name: str
    phone: str
    zone: DeliveryZone
    method: str
    email: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    note: str = ""
    locale: str = "fr"


@transaction.atomic
def place_order(
    *, key: UUID, cart: Cart, details: CheckoutDetails, person: Person, user: User | None, expected_minor: int
) -> Order:
    """Make an order of a cart, at the prices of now.

    One to be paid on delivery is confirmed at once: its goods are sold. The others keep theirs for 15 minutes and wait for
    their payment; the cart stays until it came.
    The same `key` again returns the order already made. Locks the cart, the levels by id, then the day's row; one
    transaction. Raises Conflict (`cart_changed`, `total_changed` when the sum is not `expected_minor`, which the customer
    saw) and OutOfStock.
    """
    now = timezone.now()
    Cart.objects.select_for_update().filter(pk=cart.pk).first()
    made = Order.objects.filter(pk=key).first()
    if made:
        return made
    basket = _checked_basket(lines_to_order(cart), person=person)
    shop = Shop.objects.get()
    totals = quote(basket, zone=details.zone, shop=shop)
    if totals.total != expected_minor:
        raise _total_changed(totals, shop)
    order = _insert(key, cart, details, totals, user, shop)
    _insert_lines(order, basket)
    is_confirmed_at_once = details.method == CASH or not order.total_minor
    if is_confirmed_at_once:
        _sell_at_once(order, by=user)
    else:
        stock.hold(order=order, until=now + HOLD_FOR)
    number_order(order=order, day=timezone.localdate(now))
    note_event(order, "placed", by=user)
    record(
        action="store.order.placed", category=AuditCategory.ORDER, resource=order, actor=user, after=order_facts(order)
    )
    if is_confirmed_at_once:
        _set_confirmed(order)
        _take_on(order, by=user, shop=shop)
    else:
        tell_of_order(order, "placed", shop=shop)
    return order


def _sell_at_once(order: Order, *, by: User | None) -> None:
    """Sell what nobody has to wait for; raises OutOfStock, and sells nothing then."""
    shortages = stock.sell(order=order, by=by)
    if shortages:
        raise stock.OutOfStock(shortages)


def confirm_order(*, order: Order, by: User | None = None) -> None:
    """Take a pending order on: its goods are sold, its cart is emptied, and everybody is told.

    In the caller's transaction, which holds the order's row or has just made it; locks its levels. What is not there any
    more leaves the order `is_short`, for staff to settle: the money has come.
    """
    if not _set_confirmed(order):
        return
    shortages = stock.sell(order=order, by=by)
    if shortages:
        Order.objects.filter(pk=order.pk).update(is_short=True)
        note_event(order, "short", lines=[shortage.name for shortage in shortages])
    order.refresh_from_db()
    _take_on(order, by=by, shop=Shop.objects.get())


def _set_confirmed(order: Order) -> bool:
    """Whether it was pending until now: a guarded UPDATE."""
    change = {"status": Order.Status.CONFIRMED, "confirmed_at": timezone.now(), "holds_until": None}
    if not Order.objects.filter(pk=order.pk, status=Order.Status.PENDING).update(**change):
        return False
    for name, value in change.items():
        setattr(order, name, value)
    return True


def _take_on(order: Order, *, by: User | None, shop: Shop) -> None:
    """Empty the cart of an order that was just confirmed, and tell everybody."""
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


def _checked_basket(lines: Sequence[CartLine], *, person: Person) -> Basket:
    basket = priced_basket(lines, person=person, at=timezone.now())
    if not basket.lines:
        raise Conflict("cart_empty", _("Your cart is empty."))
    if not basket.can_be_ordered:
        message = _("Something in your cart is no longer available as you chose it. Look at it once more.")
        raise Conflict("cart_changed", message)
    return basket


def _total_changed(totals: Totals, shop: Shop) -> DomainError:
    message = _("The amount to pay is now %(total)s. Nothing was ordered yet: look at it, and confirm if it suits you.")
    shown = price_text(totals.total, currency=shop.currency)
    return Conflict("total_changed", message % {"total": shown}, extra={"total_minor": totals.total})


def _insert(key: UUID, cart: Cart, details: CheckoutDetails, totals: Totals, user: User | None, shop: Shop) -> Order:
    is_pickup = details.zone.pickup_id is not None
    return Order.objects.create(
        id=key,
        number=f"~{key.hex[:19]}",  # numbered last, so that the day's row is locked as short as can be
        user=user,
        cart_id=cart.pk,
        name=details.name,
        phone=details.phone,
        email=details.email,
        locale=details.locale,
        zone=details.zone,
        zone_name=details.zone.name,
        is_pickup=is_pickup,
        line1="" if is_pickup else details.line1,
        line2="" if is_pickup else details.line2,
        city="" if is_pickup else details.city,
        note=details.note,
        method=details.method,
        currency=shop.currency,
        items_minor=totals.items,
        discount_minor=totals.discount,
        delivery_minor=totals.delivery,
        total_minor=totals.total,
        tax_rate_bp=shop.tax_rate_bp,
        tax_minor=totals.tax,
    )


def _insert_lines(order: Order, basket: Basket) -> None:
    OrderLine.objects.bulk_create(_line(order, line, position) for position, line in enumerate(basket.lines))


def _line(order: Order, line: BasketLine, position: int) -> OrderLine:
    variant, product = line.variant, line.variant.product
    return OrderLine(
        order=order,
        variant=variant,
        product_name=product.name,
        variant_name=variant.name,
        sku=variant.sku or "",
        quantity=line.quantity,
        list_minor=line.price.list_minor,
        unit_minor=line.price.final_minor,
        discounts=[{"kind": r.kind, "name": r.name, "minor": r.minor} for r in line.price.rebates],
        cost_minor=variant.cost_minor,
        counts_stock=product.counts_stock,
        position=position,
    )
