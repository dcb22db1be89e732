"""From a cart to an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import Cart, CartLine, DeliveryZone, Order, OrderLine, Shop
from tenant_apps.store.rules.offers import Person
from tenant_apps.store.rules.totals import Totals
from tenant_apps.store.rules.typed_prices import price_text
from tenant_apps.store.selectors.carts import Basket, BasketLine, lines_to_order, priced_basket
from tenant_apps.store.selectors.checkout import CASH, quote
from tenant_apps.store.services import stock
from tenant_apps.store.services.numbers import number_order, provisional_number
from tenant_apps.store.services.order_mail import tell_of_order
from tenant_apps.store.services.orders import note_event, order_facts, renew_hold, set_confirmed, take_on
from tenant_apps.store.services.unpaid import lock_unpaid_orders, replace_unpaid_orders, with_staff


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
    """Make an order of a cart, at the prices of now, instead of those of this cart that were not paid.

    One to be paid on delivery is confirmed at once: its goods are sold. The others keep theirs for 15 minutes and wait for
    their payment; the cart stays until it came.
    The same again under the same `key` returns the order already made; something else under it makes another one, unless
    money came for the first, staff check its payment, or it is confirmed: then that one is returned, whatever is sent.
    One transaction: what is refused leaves the orders there were as they are. Locks the cart, its unpaid orders by id, the
    levels by id, then the day's row. Raises Conflict (`cart_changed`, `total_changed` when the sum is not
    `expected_minor`, which the customer saw) and OutOfStock.
    """
    Cart.objects.select_for_update().filter(pk=cart.pk).first()
    unpaid, lines = lock_unpaid_orders(cart=cart), lines_to_order(cart)
    made, free_key = _made_already(key, details, lines, expected_minor)
    if made:
        return made
    replace_unpaid_orders(orders=unpaid, variants=[line.variant_id for line in lines], by=user)
    basket = _checked_basket(lines, person=person)
    shop = Shop.objects.get()
    totals = quote(basket, zone=details.zone, shop=shop)
    if totals.total != expected_minor:
        raise _total_changed(totals, shop)
    order = _insert(free_key, cart, details, totals, user, shop)
    _insert_lines(order, basket)
    _begin(order, by=user, shop=shop)
    return order


def _begin(order: Order, *, by: User | None, shop: Shop) -> None:
    """Take the goods of an order that was just made, give it its number, and tell of it."""
    is_confirmed_at_once = order.method == CASH or not order.total_minor
    if is_confirmed_at_once:
        _sell_at_once(order, by=by)
    else:
        renew_hold(order=order)
    number_order(order=order, day=timezone.localdate())
    note_event(order, "placed", by=by)
    record(
        action="store.order.placed", category=AuditCategory.ORDER, resource=order, actor=by, after=order_facts(order)
    )
    if is_confirmed_at_once:
        set_confirmed(order)
        take_on(order, by=by, shop=shop)
    else:
        tell_of_order(order, "placed", shop=shop)


def last_made(*, key: UUID) -> Order | None:
    """The last order that a form with this key has made, if it made one. A query for each, and one."""
    made = None
    while found := Order.objects.filter(pk=key).first():
        made, key = found, _next_key(key)
    return made


def _made_already(
    key: UUID, details: CheckoutDetails, lines: Sequence[CartLine], expected_minor: int
) -> tuple[Order | None, UUID]:
    """The order that a form with this key has made and that stands for what it says now; else None and the id for the one
    that it makes. A form may be sent again, changed: from the browser's history, from a page that was restored."""
    while made := Order.objects.filter(pk=key).first():
        if _is_settled(made) or _is_same(made, details, lines, expected_minor):
            return made, key
        key = _next_key(key)
    return None, key


def _is_settled(order: Order) -> bool:
    """Whether a form that made this order makes no other: it is confirmed, money came for it, or staff check its payment."""
    if order.paid_minor or order.status in Order.LIVE:
        return True
    return order.status == Order.Status.PENDING and bool(with_staff([order]))


def _is_same(order: Order, details: CheckoutDetails, lines: Sequence[CartLine], expected_minor: int) -> bool:
    """Whether an order that waits for its payment is what would be ordered now."""
    if order.status != Order.Status.PENDING or order.total_minor != expected_minor:
        return False
    if any(getattr(order, column) != value for column, value in _said(details).items()):
        return False
    ordered = dict(order.lines.order_by().values_list("variant_id", "quantity"))
    return ordered == {line.variant_id: line.quantity for line in lines}


def _next_key(key: UUID) -> UUID:
    """The id of the order that a form makes after the one with this id: always the same, and as secret as the first."""
    return UUID(bytes=salted_hmac("store.order", key.bytes, algorithm="sha256").digest()[:16], version=4)


def _sell_at_once(order: Order, *, by: User | None) -> None:
    """Sell what nobody has to wait for; raises OutOfStock, and sells nothing then."""
    shortages = stock.sell(order=order, by=by)
    if shortages:
        raise stock.OutOfStock(shortages)


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
    return Order.objects.create(
        id=key,
        number=provisional_number(key),
        user=user,
        cart_id=cart.pk,
        zone_name=details.zone.name,
        **_said(details),
        currency=shop.currency,
        items_minor=totals.items,
        discount_minor=totals.discount,
        delivery_minor=totals.delivery,
        total_minor=totals.total,
        tax_rate_bp=shop.tax_rate_bp,
        tax_minor=totals.tax,
    )


def _said(details: CheckoutDetails) -> dict[str, Any]:
    """What a customer says, as an order keeps it."""
    is_pickup = details.zone.pickup_id is not None
    return {
        "name": details.name,
        "phone": details.phone,
        "email": details.email,
        "locale": details.locale,
        "zone_id": details.zone.pk,
        "is_pickup": is_pickup,
        "line1": "" if is_pickup else details.line1,
        "line2": "" if is_pickup else details.line2,
        "city": "" if is_pickup else details.city,
        "note": details.note,
        "method": details.method,
    }


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
