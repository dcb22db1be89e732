"""Ordering the same cart once more: what happens to the order there was, and what a form that is sent again makes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from billing.money import Money
from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict
from shared_apps.organisations.current import Tenant
from tenant_apps.payments import selectors as payments
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.services.by_hand import record_cash
from tenant_apps.payments.services.starting import start_payment
from tenant_apps.payments.services.transfers import decide_transfer, send_receipt
from tenant_apps.store.models import Cart, Order, OrderDay, StockLevel, Variant
from tenant_apps.store.payee import PURPOSE
from tenant_apps.store.rules.offers import VISITOR
from tenant_apps.store.selectors.orders import OrderFilter, list_orders, owed_of
from tenant_apps.store.services import cancelling
from tenant_apps.store.services.holds import OutOfStock
from tenant_apps.store.services.placing import place_order
from tenant_apps.store.tests.selling import cart_with, details, ordered, stocked
from tenant_apps.team.tests.support import photo_bytes
from tests.support.tenants import Browser

Status = Order.Status


def stock_of(variant: Variant) -> tuple[int, int]:
    level = StockLevel.objects.get(variant=variant)
    return level.quantity, level.reserved


def by_transfer(order: Order, *, proven: bool = True) -> Payment:
    """The order's transfer, with a proof that waits for staff."""
    settings = {"bank_name": "Afriland", "account_name": "Boutique", "account_number": "10005 00001 0123"}
    Method.objects.get_or_create(name="bank_transfer", defaults={"is_active": True, "settings": settings})
    payment = start_payment(purpose=PURPOSE, subject=order.pk, method="bank_transfer")
    if proven:
        proof = SimpleUploadedFile("proof.jpg", photo_bytes(), content_type="image/jpeg")
        send_receipt(payment=payment, upload=proof)
    payment.refresh_from_db()
    return payment


def staff() -> User:
    return User.objects.get(is_staff=True)


def in_cash(order: Order, minor: int) -> None:
    amount = Money(minor, order.currency)
    record_cash(purpose=PURPOSE, subject=order.pk, amount=amount, by=staff(), key=uuid.uuid4())


def test_ordering_anew_gives_the_goods_of_the_unpaid_order_to_the_new_one(tenant: Tenant) -> None:
    variant = stocked(pieces=2)
    cart = cart_with((variant, 2))
    first = ordered(cart, method="wave")
    by_transfer(first, proven=False)
    second = ordered(cart, method="orange_money")
    first.refresh_from_db()
    assert (first.status, second.status, stock_of(variant)) == (Status.CANCELLED, Status.PENDING, (2, 2))
    assert first.events.last().kind == "replaced"


@pytest.mark.parametrize("status", ["under_review", "needs_review"])
def test_an_order_whose_payment_staff_look_at_is_not_replaced(tenant: Tenant, status: str) -> None:
    variant = stocked(pieces=5)
    cart = cart_with((variant, 2))
    first = ordered(cart, method="bank_transfer")
    by_transfer(first)
    Payment.objects.update(status=status)
    second = ordered(cart, method="wave")
    third = ordered(cart, method="cash")
    assert dict(Order.objects.values_list("pk", "status")) == {
        first.pk: "pending", second.pk: "cancelled", third.pk: "confirmed",
    }  # fmt: skip
    assert stock_of(variant) == (3, 2)


def test_an_order_that_got_money_is_not_replaced(tenant: Tenant) -> None:
    cart = cart_with((stocked(price_minor=5_000), 1))
    order = ordered(cart, method="bank_transfer")
    in_cash(order, 100)
    ordered(cart, method="wave")
    order.refresh_from_db()
    assert order.status == Status.PENDING


def test_an_order_that_is_refused_leaves_the_one_there_was(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    variant = stocked(pieces=3)
    cart = cart_with((variant, 2))
    order = ordered(cart, method="wave")

    def sold_out(**_order: Any) -> None:
        raise OutOfStock([])

    def refused(error: type[Exception], **changes: Any) -> None:
        sent: dict[str, Any] = {"key": uuid.uuid4(), "expected_minor": order.total_minor, **changes}
        with pytest.raises(error):
            place_order(cart=cart, details=details(method="wave"), person=VISITOR, user=None, **sent)
        order.refresh_from_db()
        assert (order.status, stock_of(variant), order.events.count()) == (Status.PENDING, (3, 2), 1)

    refused(Conflict, expected_minor=1)
    monkeypatch.setattr("tenant_apps.store.services.placing.renew_hold", sold_out)
    refused(OutOfStock)
    assert OrderDay.objects.get().last == 1


def changed_cart(cart: Cart) -> dict[str, Any]:
    """Other goods at the same price."""
    cart.lines.update(variant=stocked("Robe"))
    return {}


CHANGES: dict[str, Callable[[Cart], dict[str, Any]]] = {
    "address": lambda _cart: {"line1": "Rue 13"},
    "phone": lambda _cart: {"phone": "+237671234568"},
    "method": lambda _cart: {"method": "orange_money"},
    "goods": changed_cart,
    "quantity": lambda cart: {"note": ""} if cart.lines.update(quantity=3) else {},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_form_that_is_sent_again_changed_makes_another_order_once(tenant: Tenant, what: str) -> None:
    cart, key = cart_with((stocked(), 2)), uuid.uuid4()
    first = ordered(cart, key=key, method="wave")
    assert ordered(cart, key=key, method="wave").pk == first.pk == key
    changes = {"method": "wave", **CHANGES[what](cart)}
    second = ordered(cart, key=key, **changes)
    assert second.pk != first.pk
    assert ordered(cart, key=key, **changes).pk == second.pk
    first.refresh_from_db()
    assert (first.status, second.status, Order.objects.count()) == (Status.CANCELLED, Status.PENDING, 2)


def test_whoever_goes_back_to_what_they_chose_first_gets_an_order_that_can_be_paid(tenant: Tenant) -> None:
    cart, key = cart_with((stocked(pieces=2), 2)), uuid.uuid4()
    made = [ordered(cart, key=key, method=method) for method in ("wave", "orange_money", "wave", "wave")]
    assert len({order.pk for order in made}) == 3
    assert [order.status for order in Order.objects.order_by("number")] == ["cancelled", "cancelled", "pending"]
    assert Order.objects.get(status="pending").method == "wave"


def test_a_form_whose_order_is_confirmed_or_has_money_makes_no_other(tenant: Tenant) -> None:
    variant = stocked(pieces=9, price_minor=5_000)
    for settle in (lambda order: in_cash(order, 6_500), lambda order: in_cash(order, 100), by_transfer):
        cart, key = cart_with((variant, 1)), uuid.uuid4()
        first = ordered(cart, key=key, method="bank_transfer")
        settle(first)
        again = place_order(
            key=key, cart=cart, details=details(line1="Rue 13"), person=VISITOR, user=None, expected_minor=5
        )
        assert (again.pk, again.line1) == (first.pk, "Rue 12")
    assert Order.objects.count() == 3


def test_money_that_came_for_a_cancelled_order_makes_no_other_of_its_form(tenant: Tenant) -> None:
    cart, key = cart_with((stocked(), 1)), uuid.uuid4()
    order = ordered(cart, key=key, method="wave")
    cancelling.cancel_order(order_id=order.pk, reason="", by=None)
    in_cash(order, 100)
    assert ordered(cart, key=key, method="wave").pk == order.pk


def test_a_transfer_that_came_although_the_order_was_paid_is_to_be_given_back(tenant: Tenant) -> None:
    order = ordered(cart_with((stocked(price_minor=5_000), 1)), method="bank_transfer")
    transfer = by_transfer(order)
    in_cash(order, order.total_minor)
    order.refresh_from_db()
    assert (order.status, payments.waiting_for_staff().transfers) == (Status.CONFIRMED, 1)
    decide_transfer(payment=transfer, by=staff(), approved=True)
    order.refresh_from_db()
    assert (order.status, order.paid_minor, owed_of(order)) == (Status.CONFIRMED, 13_000, 6_500)
    assert list(list_orders(OrderFilter(view="to_refund"), page=1)) == [order]
    assert order.invoices.count() == 1


def test_a_transfer_that_did_not_come_changes_nothing_of_an_order_that_was_paid(tenant: Tenant) -> None:
    order = ordered(cart_with((stocked(price_minor=5_000), 1)), method="bank_transfer")
    transfer = by_transfer(order)
    in_cash(order, order.total_minor)
    rejected = decide_transfer(payment=transfer, by=staff(), approved=False, reason="Rien sur le compte.")
    order.refresh_from_db()
    assert (rejected.status, order.status, order.paid_minor, owed_of(order)) == ("cancelled", "confirmed", 6_500, 0)


def test_the_cart_says_that_the_payment_of_what_it_holds_is_being_checked(tenant: Tenant) -> None:
    visitor = Browser(tenant)
    variant = stocked(pieces=5)
    visitor.post("/cart/add/", {"variant": str(variant.public_id), "quantity": "2"})
    order = ordered(Cart.objects.get(), method="bank_transfer")
    assert f"/orders/{order.pk}/" not in visitor.get("/cart/").content.decode()
    payment = by_transfer(order)
    page = visitor.get("/cart/").content.decode()
    assert f"Le paiement de votre commande {order.number} est en cours de vérification" in page
    assert f"/orders/{order.pk}/" in page
    decide_transfer(payment=payment, by=staff(), approved=False, reason="Rien reçu")
    assert f"/orders/{order.pk}/" not in visitor.get("/cart/").content.decode()
