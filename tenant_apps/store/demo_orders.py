"""Orders of the demonstration shop: of today, in every state, by guests on their phones."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.utils import timezone

from billing.money import Money
from shared_apps.accounts.models import User
from tenant_apps.payments.services.by_hand import record_cash
from tenant_apps.store.models import Cart, DeliveryZone, Order, Variant
from tenant_apps.store.payee import PURPOSE
from tenant_apps.store.rules.offers import VISITOR
from tenant_apps.store.selectors.carts import basket_of
from tenant_apps.store.selectors.checkout import CASH, quote
from tenant_apps.store.services import fulfilment
from tenant_apps.store.services.cancelling import cancel_order
from tenant_apps.store.services.carts import add_to_cart
from tenant_apps.store.services.placing import CheckoutDetails, place_order

STEPS = ("confirmed", "preparing", "shipped", "delivered")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order: who, what (names of goods, with pieces), and how far it has come."""

    name: str
    phone: str
    street: str
    goods: tuple[tuple[str, int], ...]
    status: str


ORDERS = (
    Wanted("Aminata", "+237671000001", "Rue Joffre, Akwa", (("Miel d’Oku, 350 g", 2), ("Poivre de Penja, 100 g", 1)), "delivered"),
    Wanted("Moussa", "+237671000002", "Boulevard de la Liberté", (("Café arabica de l’Ouest", 1),), "delivered"),
    Wanted("Clarisse", "+237671000003", "Rue Drouot, Bali", (("Gingembre moulu, 150 g", 2), ("Djansang, 200 g", 1)), "shipped"),
    Wanted("Ibrahim", "+237671000004", "Carrefour Ndokoti", (("Thé de Djuttitsa, 100 g", 1),), "preparing"),
    Wanted("Estelle", "+237671000005", "Bonapriso, rue Njo-Njo", (("Miel de l’Adamaoua, 500 g", 1),), "confirmed"),
    Wanted("Salif", "+237671000006", "Deïdo, rue des Écoles", (("Piment oiseau séché, 80 g", 1),), "cancelled"),
)  # fmt: skip


def load(*, owner: User) -> None:
    """Order what the shop has and bring each order as far as it says; each step in a transaction of its own."""
    zone = DeliveryZone.objects.filter(takes_cash=True, pickup=None).earliest("position", "pk")
    for wanted in ORDERS:
        _bring(_order(wanted, zone), wanted.status, owner)


def _order(wanted: Wanted, zone: DeliveryZone) -> Order:
    cart: Cart | None = None
    for name, pieces in wanted.goods:
        variant = Variant.objects.filter(product__name=name).order_by("-position")[0]
        cart = add_to_cart(cart_id=cart.pk if cart else None, user=None, variant=variant, quantity=pieces)
    assert cart is not None, "an order has goods"
    total = quote(basket_of(cart, person=VISITOR, at=timezone.now()), zone=zone).total
    details = CheckoutDetails(wanted.name, wanted.phone, zone, CASH, line1=wanted.street, city=zone.name)
    return place_order(key=uuid.uuid4(), cart=cart, details=details, person=VISITOR, user=None, expected_minor=total)


def _bring(order: Order, status: str, owner: User) -> None:
    if status == Order.Status.CANCELLED:
        cancel_order(order_id=order.pk, reason="Le client a changé d’avis.", by=owner)
        return
    steps = STEPS[: STEPS.index(status) + 1]
    if Order.Status.PREPARING in steps:
        fulfilment.prepare_order(order_id=order.pk, by=owner)
    if Order.Status.SHIPPED in steps:
        pieces = {line.pk: line.quantity for line in order.lines.all()}
        fulfilment.ship_order(order_id=order.pk, key=uuid.uuid4(), pieces=pieces, carrier="Coursier", by=owner)
    if Order.Status.DELIVERED in steps:
        due = Money(order.total_minor, order.currency)
        record_cash(purpose=PURPOSE, subject=order.pk, amount=due, by=owner, key=uuid.uuid4())
        fulfilment.deliver_order(order_id=order.pk, by=owner)
