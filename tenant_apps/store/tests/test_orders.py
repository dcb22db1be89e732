"""From a cart to an order, and what becomes of it."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from billing.money import Money
from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.current import Tenant
from tenant_apps.payments.models import Payment
from tenant_apps.store.models import Cart, Hold, Location, Movement, Order, Shop, StockLevel, Variant
from tenant_apps.store.payee import OrderPayee
from tenant_apps.store.rules.offers import VISITOR, Person
from tenant_apps.store.services import cancelling, fulfilment, orders
from tenant_apps.store.services.holds import OutOfStock, end_expired_holds
from tenant_apps.store.services.numbers import next_order_number
from tenant_apps.store.services.placing import place_order
from tenant_apps.store.services.stock import receive
from tenant_apps.store.services.unpaid import cancel_unpaid_orders
from tenant_apps.store.tests.selling import cart_with, details, ordered, stocked, zone

Status = Order.Status


class Paid:
    """A payment as the payee needs it."""

    def __init__(self, order: Order) -> None:
        self.subject = order.pk
        self.method, self.decided_by = "orange_money", None


def pay(order: Order, minor: int | None = None) -> Order:
    """Money for an order is believed."""
    amount = Money(order.total_minor if minor is None else minor, order.currency)
    payee: Any = OrderPayee()
    with transaction.atomic():
        payee.lock(order.pk)
        payee.paid(Paid(order), amount=amount)
    order.refresh_from_db()
    return order


def stock_of(variant: Variant) -> tuple[int, int]:
    """Pieces there are, and pieces that are kept for somebody."""
    level = StockLevel.objects.get(variant=variant)
    return level.quantity, level.reserved


def staff() -> User:
    return User.objects.get(is_staff=True)


def test_cash_on_delivery_is_confirmed_at_once_and_empties_the_cart(tenant: Tenant) -> None:
    variant = stocked(pieces=5, price_minor=9_000)
    cart = cart_with((variant, 2))
    order = ordered(cart)
    assert (order.status, order.items_minor, order.delivery_minor, order.total_minor) == (
        "confirmed",
        18_000,
        1_500,
        19_500,
    )
    assert stock_of(variant) == (3, 0)
    assert not cart.lines.exists()
    assert list(order.events.values_list("kind", flat=True)) == ["placed", "confirmed"]
    sold = Movement.objects.get(action="sold")
    assert (sold.quantity, sold.before, sold.after, sold.reference) == (-2, 5, 3, order.number)


def test_an_order_to_be_paid_keeps_its_goods_and_its_cart(tenant: Tenant) -> None:
    variant = stocked(pieces=5)
    cart = cart_with((variant, 2))
    order = ordered(cart, method="orange_money", email="awa@example.com")
    assert order.status == Status.PENDING
    assert stock_of(variant) == (5, 2)
    assert cart.lines.get().quantity == 2
    assert order.holds_until is not None
    assert timedelta(minutes=14) < order.holds_until - timezone.now() <= timedelta(minutes=15)
    assert Delivery.objects.filter(template="store_order_placed").count() == 1


def test_paying_confirms_sells_and_empties_the_cart_of_what_was_ordered(tenant: Tenant) -> None:
    variant = stocked(pieces=9)
    cart = cart_with((variant, 2))
    order = ordered(cart, method="wave")
    cart_with_more = cart_with((variant, 1)) and cart
    cart_with_more.lines.update(quantity=3)
    pay(order)
    assert (order.status, order.paid_minor) == (Status.CONFIRMED, order.total_minor)
    assert stock_of(variant) == (7, 0)
    assert cart.lines.get().quantity == 1


def test_nobody_pays_another_amount_than_they_saw(tenant: Tenant) -> None:
    variant = stocked(price_minor=5_000)
    cart = cart_with((variant, 1))
    with pytest.raises(Conflict) as refused:
        place_order(key=uuid.uuid4(), cart=cart, details=details(), person=VISITOR, user=None, expected_minor=6_000)
    assert (refused.value.code, refused.value.extra) == ("total_changed", {"total_minor": 6_500})
    assert not Order.objects.exists()
    assert stock_of(variant) == (10, 0)


def test_discounts_of_a_person_are_copied_with_their_reasons(tenant: Tenant) -> None:
    person = Person(
        partner_name="Université", partner_bp=2_000, segment_key="student", segment_name="Étudiants", segment_bp=1_000
    )
    order = ordered(cart_with((stocked(price_minor=10_000), 2)), person=person)
    line = order.lines.get()
    assert (line.list_minor, line.unit_minor, line.total_minor) == (10_000, 7_200, 14_400)
    assert [(one["name"], one["minor"]) for one in line.discounts] == [("Université", 2_000), ("Étudiants", 800)]
    assert (order.discount_minor, order.total_minor) == (5_600, 15_900)


def test_tax_is_told_within_the_total(tenant: Tenant) -> None:
    Shop.objects.update(tax_rate_bp=1_800, tax_name="TVA")
    order = ordered(cart_with((stocked(price_minor=10_300), 1)))
    assert (order.total_minor, order.tax_minor) == (11_800, 1_800)


def test_what_is_sold_out_between_cart_and_checkout_is_refused_and_nothing_is_lost(tenant: Tenant) -> None:
    variant = stocked(pieces=2)
    first, second = cart_with((variant, 2)), cart_with((variant, 2))
    ordered(first, method="wave")
    with pytest.raises(Conflict) as refused:
        ordered(second)
    assert refused.value.code == "cart_changed"
    assert second.lines.get().quantity == 2
    assert Order.objects.count() == 1


def test_numbers_have_no_gap_and_begin_again_each_day(tenant: Tenant) -> None:
    made = [ordered(cart_with((stocked(f"P{n}"), 1))).number for n in range(3)]
    today = timezone.localdate().strftime("%Y%m%d")
    assert made == [f"{today}0001", f"{today}0002", f"{today}0003"]
    assert next_order_number(day=date(2027, 1, 1)) == "202701010001"


def test_a_payment_that_comes_after_the_hold_takes_what_is_there(tenant: Tenant) -> None:
    variant = stocked(pieces=2)
    order = ordered(cart_with((variant, 2)), method="mtn_momo")
    Order.objects.update(holds_until=timezone.now() - timedelta(seconds=1))
    assert end_expired_holds() == 1
    assert stock_of(variant) == (2, 0)
    pay(order)
    assert (order.status, order.is_short) == (Status.CONFIRMED, False)
    assert stock_of(variant) == (0, 0)


def test_a_payment_that_comes_too_late_for_the_goods_is_kept_and_settled_by_staff(tenant: Tenant) -> None:
    variant = stocked(pieces=2)
    late = ordered(cart_with((variant, 2)), method="mtn_momo")
    Order.objects.update(holds_until=timezone.now() - timedelta(seconds=1))
    ordered(cart_with((variant, 1)))
    pay(late)
    assert (late.status, late.is_short, late.paid_minor) == (Status.CONFIRMED, True, late.total_minor)
    assert stock_of(variant) == (1, 0)
    with pytest.raises(OutOfStock):
        fulfilment.settle_shortage(order_id=late.pk, by=staff())
    with pytest.raises(Conflict) as refused:
        fulfilment.ship_order(order_id=late.pk, key=uuid.uuid4(), pieces={late.lines.get().pk: 1}, by=staff())
    assert refused.value.code == "order_short"
    receive(variant=variant, location=Location.objects.get(), quantity=1)
    assert not fulfilment.settle_shortage(order_id=late.pk, by=staff()).is_short
    assert stock_of(variant) == (0, 0)


def test_part_of_the_money_does_not_confirm(tenant: Tenant) -> None:
    order = ordered(cart_with((stocked(price_minor=10_000), 1)), method="bank_transfer")
    assert pay(order, 4_000).status == Status.PENDING
    assert OrderPayee().bill_of(order.pk).due == Money(7_500, order.currency)
    assert pay(order, 7_500).status == Status.CONFIRMED


def test_money_for_a_cancelled_order_is_kept_in_sight(tenant: Tenant) -> None:
    variant = stocked(pieces=4)
    order = ordered(cart_with((variant, 2)), method="wave")
    cancelling.cancel_order(order_id=order.pk, reason="Changed my mind", by=None)
    assert stock_of(variant) == (4, 0)
    pay(order)
    assert (order.status, order.paid_minor) == (Status.CANCELLED, order.total_minor)
    assert order.events.last().kind == "paid_late"
    assert not OrderPayee().bill_of(order.pk).payable


def test_cancelling_a_confirmed_order_puts_its_goods_on_sale_again(tenant: Tenant) -> None:
    variant = stocked(pieces=4)
    order = ordered(cart_with((variant, 3)), email="awa@example.com")
    cancelling.cancel_order(order_id=order.pk, reason="Not reachable", by=staff())
    cancelling.cancel_order(order_id=order.pk, reason="Again", by=staff())
    order.refresh_from_db()
    assert (order.status, order.cancel_reason) == (Status.CANCELLED, "Not reachable")
    assert stock_of(variant) == (4, 0)
    assert sum(Movement.objects.values_list("quantity", flat=True)) == 4
    assert Delivery.objects.filter(template="store_order_cancelled").count() == 1


def test_an_order_leaves_in_parts_and_a_shipment_is_made_once(tenant: Tenant) -> None:
    order = ordered(cart_with((stocked("A"), 2), (stocked("B"), 1)))
    first, second = order.lines.all()
    key = uuid.uuid4()
    fulfilment.prepare_order(order_id=order.pk, by=staff())
    for _again in range(2):
        fulfilment.ship_order(order_id=order.pk, key=key, pieces={first.pk: 2}, carrier="Yango", by=staff())
    order.refresh_from_db()
    assert (order.status, order.shipments.count()) == (Status.PREPARING, 1)
    with pytest.raises(DomainError) as refused:
        fulfilment.ship_order(order_id=order.pk, key=uuid.uuid4(), pieces={first.pk: 1}, by=staff())
    assert refused.value.code == "pieces_too_many"
    fulfilment.ship_order(order_id=order.pk, key=uuid.uuid4(), pieces={second.pk: 1}, by=staff())
    order.refresh_from_db()
    assert order.status == Status.SHIPPED
    assert fulfilment.deliver_order(order_id=order.pk, by=staff()).delivered_at is not None


def test_an_order_that_left_cannot_be_cancelled(tenant: Tenant) -> None:
    order = ordered(cart_with((stocked(), 1)))
    fulfilment.ship_order(order_id=order.pk, key=uuid.uuid4(), pieces={order.lines.get().pk: 1}, by=staff())
    with pytest.raises(Conflict):
        cancelling.cancel_order(order_id=order.pk, reason="Late", by=staff())
    order.refresh_from_db()
    assert order.status == Status.SHIPPED


def test_goods_that_come_back_are_sold_again_only_where_they_are_put(tenant: Tenant) -> None:
    variant = stocked(pieces=5)
    order = ordered(cart_with((variant, 3)))
    line = order.lines.get()
    fulfilment.ship_order(order_id=order.pk, key=uuid.uuid4(), pieces={line.pk: 3}, by=staff())
    key = uuid.uuid4()
    for _again in range(2):
        fulfilment.take_back(
            order_id=order.pk,
            key=key,
            pieces={line.pk: 1},
            reason="Too small",
            location=Location.objects.get(),
            by=staff(),
        )
    assert stock_of(variant) == (3, 0)
    fulfilment.take_back(
        order_id=order.pk, key=uuid.uuid4(), pieces={line.pk: 1}, reason="Torn", location=None, by=staff()
    )
    assert stock_of(variant) == (3, 0)
    with pytest.raises(DomainError) as refused:
        fulfilment.take_back(
            order_id=order.pk, key=uuid.uuid4(), pieces={line.pk: 2}, reason="All", location=None, by=staff()
        )
    assert refused.value.code == "pieces_too_many"


def test_a_place_to_collect_needs_no_address(tenant: Tenant) -> None:
    pickup = zone("Boutique", fee_minor=0, pickup=Location.objects.get())
    order = ordered(cart_with((stocked(), 1)), zone=pickup, line1="Rue 12", city="Douala")
    assert (order.is_pickup, order.delivery_minor, order.line1, order.city) == (True, 0, "", "")


def test_an_empty_cart_is_no_order(tenant: Tenant) -> None:
    with pytest.raises(Conflict) as refused:
        place_order(
            key=uuid.uuid4(), cart=Cart.objects.create(), details=details(), person=VISITOR, user=None, expected_minor=0
        )
    assert refused.value.code == "cart_empty"
    assert not Hold.objects.exists()


def test_orders_that_nobody_pays_are_cancelled_after_three_days_unless_a_payment_is_on_its_way(tenant: Tenant) -> None:
    old, young, on_its_way = (ordered(cart_with((stocked(name), 1)), method="wave") for name in "ABC")
    Order.objects.exclude(pk=young.pk).update(created_at=timezone.now() - timedelta(days=3, seconds=1))
    Payment.objects.create(
        purpose="store.order", subject=on_its_way.pk, subject_number=on_its_way.number, method="bank_transfer",
        status="under_review", amount_minor=1, currency="XAF", charge_minor=1, charge_currency="XAF",
        expires_at=timezone.now(),
    )  # fmt: skip
    assert cancel_unpaid_orders() == 1
    assert dict(Order.objects.values_list("pk", "status")) == {
        old.pk: "cancelled", young.pk: "pending", on_its_way.pk: "pending",
    }  # fmt: skip
    assert old.events.last().kind == "expired"


def test_confirming_twice_sells_once(tenant: Tenant) -> None:
    variant = stocked(pieces=5)
    order = ordered(cart_with((variant, 2)))
    orders.confirm_order(order=order)
    assert stock_of(variant) == (3, 0)
    assert order.events.filter(kind="confirmed").count() == 1
