"""Carts of visitors and accounts."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Cart, Order, Product
from tenant_apps.store.rules.offers import VISITOR
from tenant_apps.store.selectors.carts import Problem, basket_of
from tenant_apps.store.selectors.stock import available
from tenant_apps.store.services.carts import add_to_cart, merge_cart, set_quantity
from tenant_apps.store.services.orders import confirm_order, lock_order
from tenant_apps.store.tests.selling import cart_with, ordered, stocked


def pieces(cart: Cart) -> dict[str, int]:
    return {line.variant.product.name: line.quantity for line in cart.lines.select_related("variant__product")}


def someone(email: str = "client@example.com") -> User:
    return User.objects.create_user(email=email, password=None)


def test_what_is_added_twice_is_one_line(tenant: Tenant) -> None:
    variant = stocked(pieces=5)
    cart = cart_with((variant, 2), (variant, 3))
    assert pieces(cart) == {"Pagne wax": 5}


def test_no_more_than_there_is_goes_into_a_cart(tenant: Tenant) -> None:
    variant = stocked(pieces=3)
    cart = cart_with((variant, 2))
    with pytest.raises(DomainError) as refused:
        add_to_cart(cart_id=cart.pk, user=None, variant=variant, quantity=2)
    assert (refused.value.code, refused.value.field) == ("not_enough", "quantity")
    assert pieces(cart) == {"Pagne wax": 2}


def test_what_is_sold_out_or_hidden_cannot_be_chosen(tenant: Tenant) -> None:
    with pytest.raises(DomainError) as refused:
        cart_with((stocked(pieces=0), 1))
    assert refused.value.code == "sold_out"
    hidden = stocked("Caché", publish=False)
    with pytest.raises(Conflict) as refused_too:
        cart_with((hidden, 1))
    assert refused_too.value.code == "not_for_sale"


def test_what_is_made_to_order_has_no_limit(tenant: Tenant) -> None:
    variant = stocked(pieces=0)
    Product.objects.update(supply=Product.Supply.ALWAYS)
    variant.product.refresh_from_db()
    assert pieces(cart_with((variant, 40))) == {"Pagne wax": 40}


def test_what_is_held_for_an_order_that_was_not_paid_in_time_can_be_had(tenant: Tenant) -> None:
    variant = stocked(pieces=2)
    ordered(cart_with((variant, 2)), method="wave")
    assert available([variant]) == {variant.pk: 0}
    Order.objects.update(holds_until=timezone.now() - timedelta(seconds=1))
    assert available([variant]) == {variant.pk: 2}
    assert ordered(cart_with((variant, 1))).status == "confirmed"


def test_a_quantity_is_changed_and_none_takes_it_out(tenant: Tenant) -> None:
    variant = stocked(pieces=9)
    cart = cart_with((variant, 2))
    set_quantity(cart=cart, variant_id=variant.public_id, quantity=7)
    assert pieces(cart) == {"Pagne wax": 7}
    set_quantity(cart=cart, variant_id=uuid.uuid4(), quantity=3)
    set_quantity(cart=cart, variant_id=variant.public_id, quantity=0)
    assert pieces(cart) == {}


def test_a_basket_says_what_can_no_longer_be_had(tenant: Tenant) -> None:
    gone, fewer, fine = stocked("A", pieces=2), stocked("B", pieces=4), stocked("C", pieces=1, price_minor=700)
    cart = cart_with((gone, 1), (fewer, 4), (fine, 1))
    Product.objects.filter(pk=gone.product_id).update(status=Product.Status.DRAFT)
    fewer.levels.update(reserved=3)
    basket = basket_of(cart, person=VISITOR, at=timezone.now())
    assert [line.problem for line in basket.lines] == [Problem.GONE, Problem.TOO_MANY, None]
    assert not basket.can_be_ordered
    fewer.levels.update(reserved=4)
    assert basket_of(cart, person=VISITOR, at=timezone.now()).lines[1].problem == Problem.SOLD_OUT


def test_a_cart_costs_the_same_queries_whatever_it_holds(tenant: Tenant) -> None:
    def queries(number: int) -> int:
        cart = cart_with(*((stocked(f"Produit {number} {n}"), 1) for n in range(number)))
        with CaptureQueriesContext(connection) as seen:
            basket_of(cart, person=VISITOR, at=timezone.now())
        return len(seen)

    assert queries(1) == queries(8) <= 8


def test_a_visitors_cart_becomes_the_accounts(tenant: Tenant) -> None:
    user, variant = someone(), stocked()
    visitors = cart_with((variant, 2))
    merge_cart(cart_id=visitors.pk, user=user)
    assert pieces(Cart.objects.get(user=user)) == {"Pagne wax": 2}


def test_two_carts_are_merged_by_the_larger_number(tenant: Tenant) -> None:
    user, wax, rice = someone(), stocked("Wax"), stocked("Riz")
    mine = cart_with((wax, 1), user=user)
    visitors = cart_with((wax, 3), (rice, 2))
    merge_cart(cart_id=visitors.pk, user=user)
    merge_cart(cart_id=visitors.pk, user=user)
    assert pieces(mine) == {"Wax": 3, "Riz": 2}
    assert Cart.objects.count() == 1


def test_goods_ordered_before_logging_in_leave_the_accounts_cart_once_they_are_paid(tenant: Tenant) -> None:
    user, wax, rice = someone(), stocked("Wax"), stocked("Riz")
    mine = cart_with((rice, 1), user=user)
    visitors = cart_with((wax, 2))
    order, confirmed = ordered(visitors, method="wave"), ordered(cart_with((wax, 1)))
    Order.objects.filter(pk=confirmed.pk).update(cart_id=visitors.pk)
    merge_cart(cart_id=visitors.pk, user=user)
    assert pieces(mine) == {"Riz": 1, "Wax": 2}
    assert set(Order.objects.values_list("pk", "cart_id")) == {(order.pk, mine.pk), (confirmed.pk, visitors.pk)}
    with transaction.atomic():
        confirm_order(order=lock_order(order.pk))
    assert pieces(mine) == {"Riz": 1}


def test_what_was_ordered_before_logging_in_is_ordered_anew_after_it(tenant: Tenant) -> None:
    user, wax = someone(), stocked("Wax", pieces=2)
    mine = cart_with((stocked("Riz"), 1), user=user)
    visitors = cart_with((wax, 2))
    before = ordered(visitors, method="wave")
    merge_cart(cart_id=visitors.pk, user=user)
    after = ordered(mine, user=user, method="wave")
    before.refresh_from_db()
    assert (before.status, after.status, after.lines.count()) == ("cancelled", "pending", 2)


def test_what_a_cart_has_ordered_and_not_paid_may_be_ordered_anew(tenant: Tenant) -> None:
    wax = stocked(pieces=3)
    cart, other = cart_with((wax, 3)), cart_with((wax, 1))
    ordered(cart, method="wave")
    assert basket_of(cart, person=VISITOR, at=timezone.now()).can_be_ordered
    assert basket_of(other, person=VISITOR, at=timezone.now()).lines[0].problem == Problem.SOLD_OUT
    set_quantity(cart=cart, variant_id=wax.public_id, quantity=2)
    with pytest.raises(DomainError) as refused:
        set_quantity(cart=cart, variant_id=wax.public_id, quantity=4)
    assert (refused.value.code, str(refused.value)) == ("not_enough", "Il n’en reste que 3.")
    Order.objects.update(paid_minor=1)  # part of the money has come: these pieces are not the cart's any more
    assert not basket_of(cart, person=VISITOR, at=timezone.now()).can_be_ordered


def test_nobody_takes_the_cart_of_another_account(tenant: Tenant) -> None:
    theirs = cart_with((stocked(), 1), user=someone())
    other = someone("autre@example.com")
    merge_cart(cart_id=theirs.pk, user=other)
    assert not Cart.objects.filter(user=other).exists()
