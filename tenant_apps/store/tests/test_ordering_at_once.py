"""Ordering at the same moment: a form makes one order, and orders that give goods to each other do not wait in a circle."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction

from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Cart, Order, StockLevel, Variant
from tenant_apps.store.rules.offers import VISITOR
from tenant_apps.store.services import orders, placing, unpaid
from tenant_apps.store.services.carts import merge_cart
from tenant_apps.store.services.orders import confirm_order, lock_order
from tenant_apps.store.services.placing import CheckoutDetails, place_order
from tenant_apps.store.tests.selling import cart_with, details, ordered, stocked
from tenant_apps.store.tests.test_carts import pieces, someone
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once, interrupted

pytestmark = pytest.mark.usefixtures("committed_db", "wide_pool")
TOTAL = 15_000 + 1_500


@pytest.fixture
def tenant(committed_db: None, wide_pool: None) -> Tenant:
    chosen = ready_tenant("store-a")
    connection.set_tenant(chosen)
    return chosen


def place(tenant: Tenant, cart: Cart, said: CheckoutDetails, key: uuid.UUID) -> uuid.UUID:
    connection.set_tenant(tenant)
    return place_order(key=key, cart=cart, details=said, person=VISITOR, user=None, expected_minor=TOTAL).pk


def test_a_changed_form_sent_many_times_at_once_makes_one_order(tenant: Tenant) -> None:
    variant = stocked(pieces=1)
    cart, key = cart_with((variant, 1)), uuid.uuid4()
    first = ordered(cart, key=key, method="wave")
    said = details(method="wave", line1="Rue 13")
    made = at_once(6, lambda _number: place(tenant, cart, said, key))
    connection.set_tenant(tenant)
    [second] = set(made)
    assert dict(Order.objects.values_list("pk", "status")) == {first.pk: "cancelled", second: "pending"}
    assert StockLevel.objects.get().reserved == 1


def test_without_the_carts_lock_they_meet(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of two sees no order yet, and both make one."""
    cart, key = cart_with((stocked(), 1)), uuid.uuid4()
    said, both_looked = details(method="wave"), threading.Barrier(2)
    original = placing._made_already

    def look(*args: Any) -> Any:
        answer = original(*args)
        both_looked.wait(timeout=20)
        return answer

    class Unlocked:
        objects = Cart.objects.none()

    monkeypatch.setattr(placing, "_made_already", look)
    monkeypatch.setattr(placing, "Cart", Unlocked)
    made = at_once(2, lambda _number: place(tenant, cart, said, key))
    assert sorted(type(one).__name__ for one in made) == ["IntegrityError", "UUID"]


def exchanging(tenant: Tenant, monkeypatch: pytest.MonkeyPatch, *, patience: float) -> list[Any]:
    """Two customers who have ordered one thing each order what the other had, each with the own goods given back first."""
    wax, robe = stocked("Pagne"), stocked("Robe")
    crossed = [_changing(wax, robe), _changing(robe, wax)]
    said, both_gave_back = details(method="wave"), threading.Barrier(2)
    original = unpaid.cancel_order

    def give_back(**order: Any) -> Any:
        answer = original(**order)
        with suppress(threading.BrokenBarrierError):  # the other waits for the levels
            both_gave_back.wait(timeout=patience)
        return answer

    monkeypatch.setattr(unpaid, "cancel_order", give_back)
    return at_once(2, lambda number: place(tenant, crossed[number], said, uuid.uuid4()))


def _changing(first: Variant, then: Variant) -> Cart:
    cart = cart_with((first, 1))
    ordered(cart, method="wave")
    cart.lines.update(variant=then)
    return cart


def test_customers_who_order_what_the_other_had_do_not_wait_in_a_circle(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = exchanging(tenant, monkeypatch, patience=1)
    connection.set_tenant(tenant)
    assert set(made) == set(Order.objects.filter(status="pending").values_list("pk", flat=True))
    assert list(StockLevel.objects.values_list("reserved", flat=True)) == [1, 1]


def test_without_locking_all_levels_first_they_would(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpaid, "lock_levels_to_exchange", lambda **_what: None)
    made = exchanging(tenant, monkeypatch, patience=20)
    assert [str(one).split("\n")[0] for one in made].count("deadlock detected") == 1


def being_paid(tenant: Tenant, order: Order) -> Callable[[], None]:
    """All the money for an order is believed."""

    def pay() -> None:
        connection.set_tenant(tenant)
        with transaction.atomic():
            locked = lock_order(order.pk)
            Order.objects.filter(pk=order.pk).update(paid_minor=TOTAL)
            confirm_order(order=locked)

    return pay


def test_an_order_that_is_paid_while_its_cart_is_ordered_anew_is_not_replaced(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    cart = cart_with((stocked(), 1))
    first, said = ordered(cart, method="wave"), details(method="wave")
    answers = interrupted(
        monkeypatch, orders, "take_on", first=being_paid(tenant, first),
        then=lambda: place(tenant, cart, said, uuid.uuid4()),
    )  # fmt: skip
    connection.set_tenant(tenant)
    assert answers[0] is None
    assert answers[1].code == "cart_empty"
    assert Order.objects.get().status == "confirmed"


def test_goods_that_are_paid_while_their_owner_logs_in_are_in_no_cart(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = someone()
    mine, visitors = cart_with((stocked("Riz"), 1), user=user), cart_with((stocked("Wax"), 1))
    order = ordered(visitors, method="wave")

    def log_in() -> None:
        connection.set_tenant(tenant)
        merge_cart(cart_id=visitors.pk, user=user)

    assert interrupted(monkeypatch, orders, "take_on", first=being_paid(tenant, order), then=log_in) == [None, None]
    connection.set_tenant(tenant)
    assert pieces(mine) == {"Riz": 1}
