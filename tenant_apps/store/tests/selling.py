"""Carts and orders for tests."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from shared_apps.accounts.models import User
from tenant_apps.store.models import Cart, DeliveryZone, Location, Order, Product, Variant
from tenant_apps.store.rules.offers import VISITOR, Person
from tenant_apps.store.selectors.carts import basket_of
from tenant_apps.store.selectors.checkout import quote
from tenant_apps.store.services.carts import add_to_cart
from tenant_apps.store.services.placing import CheckoutDetails, place_order
from tenant_apps.store.services.stock import receive
from tenant_apps.store.tests.support import make_product

PHONE = "+237671234567"


def stocked(name: str = "Pagne wax", *, pieces: int = 10, **details: Any) -> Variant:
    """The variant of a published product with so many pieces in the shop."""
    return with_stock(make_product(name, **details), pieces=pieces)


def with_stock(product: Product, *, pieces: int) -> Variant:
    """Put pieces of a product's first variant into the shop."""
    variant = Variant.objects.select_related("product").filter(product=product).order_by("position")[0]
    if pieces:
        receive(variant=variant, location=Location.objects.order_by("position", "pk")[0], quantity=pieces)
    return variant


def zone(name: str = "Douala centre", **details: Any) -> DeliveryZone:
    """A zone to deliver to, for 1 500 unless said otherwise."""
    return DeliveryZone.objects.get_or_create(name=name, defaults={"fee_minor": 1_500, **details})[0]


def cart_with(*wanted: tuple[Variant, int], user: User | None = None) -> Cart:
    """A cart that holds these pieces."""
    cart: Cart | None = None
    for variant, quantity in wanted:
        cart = add_to_cart(cart_id=cart.pk if cart else None, user=user, variant=variant, quantity=quantity)
    assert cart is not None
    return cart


def details(**changes: Any) -> CheckoutDetails:
    """What a customer says at the checkout: cash on delivery unless said otherwise."""
    said = {"name": "Awa Ndiaye", "phone": PHONE, "zone": zone(), "method": "cash", "city": "Douala", "line1": "Rue 12"}
    return CheckoutDetails(**{**said, **changes})


def ordered(
    cart: Cart, *, user: User | None = None, person: Person = VISITOR, key: uuid.UUID | None = None, **changes: Any
) -> Order:
    """An order of a cart, by somebody who saw the right total."""
    said = details(**changes)
    now = timezone.now()
    total = quote(basket_of(cart, person=person, at=now), zone=said.zone).total
    return place_order(key=key or uuid.uuid4(), cart=cart, details=said, person=person, user=user, expected_minor=total)
