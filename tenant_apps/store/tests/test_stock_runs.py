"""Whatever is done with stock, in whatever order: the ledger adds up, and nothing is promised twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Hold, Location, Movement, Order, OrderLine, Product, StockLevel, Variant
from tenant_apps.store.services import places, stock
from tenant_apps.store.services.places import PlaceDetails
from tenant_apps.store.tests.support import make_order, make_place, make_variants
from tests.support.random_runs import random_runs, undone

Step = tuple[str, int, int, int]


def variant(number: int) -> Variant:
    return Variant.objects.order_by("pk")[number % 3]


def place(number: int) -> Location:
    return Location.objects.order_by("pk")[number % 2]


def order(number: int) -> Order:
    orders = list(Order.objects.order_by("number"))
    return orders[number % len(orders)]


def new_order(a: int, b: int, pieces: int) -> None:
    lines = [(variant(a), pieces + 1), (variant(b), 1)]
    hold(make_order(*lines))


def hold(one: Order) -> None:
    if one.status == "pending":
        stock.hold(order=one, until=timezone.now() + timedelta(minutes=15))


def sell(one: Order) -> None:
    if one.status == "pending" and not stock.sell(order=one):
        Order.objects.filter(pk=one.pk).update(status="confirmed", confirmed_at=timezone.now())


def cancel(one: Order) -> None:
    if one.status == "pending":
        stock.release(order=one)
        Order.objects.filter(pk=one.pk).update(status="cancelled")


def let_time_pass(one: Order) -> None:
    Order.objects.filter(pk=one.pk, holds_until__isnull=False).update(holds_until=timezone.now() - timedelta(1))


def turn_online(number: int) -> None:
    here = place(number)
    details = PlaceDetails(name=here.name, sells_online=not here.sells_online)
    places.change_place(place=here, details=details)


OPERATIONS: dict[str, Callable[[int, int, int], object]] = {
    "receive": lambda a, b, n: stock.receive(variant=variant(a), location=place(b), quantity=n + 1),
    "receive a delivery": lambda a, b, n: stock.receive_all(
        location=place(b), pieces={variant(a).pk: n, variant(a + 1).pk: 2}
    ),
    "lose": lambda a, b, n: stock.adjust(variant=variant(a), location=place(b), difference=-n, reason="Perdu"),
    "transfer": lambda a, b, n: stock.transfer(variant=variant(a), source=place(b), target=place(b + 1), quantity=n),
    "count": lambda a, b, n: stock.count(location=place(b), counted={variant(a).pk: n, variant(a + 1).pk: 1}),
    "count what was": lambda a, b, n: stock.count(
        location=place(b), counted={variant(a).pk: n}, expected={variant(a).pk: 3}
    ),
    "order": new_order,
    "hold again": lambda a, b, n: hold(order(a)),
    "time is over": lambda a, b, n: let_time_pass(order(a)),
    "beat": lambda a, b, n: stock.end_expired_holds(),
    "pay": lambda a, b, n: sell(order(a)),
    "cancel": lambda a, b, n: cancel(order(a)),
    "till": lambda a, b, n: stock.sell_at(
        location=place(b), lines=[(variant(a), n), (variant(a + 1), 1)], reference="T"
    ),
    "till offline": lambda a, b, n: stock.sell_at(
        location=place(b), lines=[(variant(a), n)], reference="T", offline=True
    ),
    "take back": lambda a, b, n: stock.take_back(variant=variant(a), location=place(b), quantity=n, reference="T"),
    "online or not": lambda a, b, n: turn_online(a),
    "close": lambda a, b, n: places.close_place(place=place(a)),
    "open": lambda a, b, n: places.open_place(place=place(a)),
}
MAY_OVERDRAW = {"count", "count what was", "till offline"}
steps = st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 5), st.integers(0, 1), st.integers(0, 4))


@pytest.fixture
def _stocked_shop(tenant: Tenant) -> None:
    """What every run begins with: three products in two places, and an order."""
    variants = make_variants(3, "Pagne", "Robe", "Jupe")
    make_place()
    make_order((variants[0], 2), (variants[1], 1))


@pytest.mark.usefixtures("_stocked_shop")
@random_runs
@given(run=st.lists(steps, min_size=5, max_size=25))
def test_the_stock_is_the_sum_of_its_ledger_after_every_step(run: list[Step]) -> None:
    with undone():
        for name, a, b, pieces in run:
            overdrawn = overdrawn_now()
            with suppress(DomainError), transaction.atomic():
                OPERATIONS[name](a, b, pieces)
            check_levels()
            check_holds()
            check_products()
            assert name in MAY_OVERDRAW or overdrawn_now() <= overdrawn, name


def overdrawn_now() -> int:
    return sum(StockLevel.objects.values_list("overdrawn", flat=True))


def check_levels() -> None:
    for level in StockLevel.objects.all():
        lines = list(Movement.objects.filter(level=level).order_by("pk").values_list("before", "quantity", "after"))
        assert level.quantity == sum(quantity for _before, quantity, _after in lines)
        assert [line[0] for line in lines] == [0, *(line[2] for line in lines)][:-1]
        assert level.reserved == sum(Hold.objects.filter(level=level).values_list("quantity", flat=True))
        assert level.overdrawn == max(0, level.reserved - level.quantity)


def check_holds() -> None:
    """No line holds more than it wants, nor anything of another variant; only orders that wait for their money hold."""
    for line in OrderLine.objects.prefetch_related("holds"):
        assert sum(one.quantity for one in line.holds.all()) <= line.quantity
    assert not Hold.objects.exclude(level__variant=F("line__variant")).exists()
    assert not Hold.objects.exclude(line__order__status="pending").exists()
    assert not Hold.objects.filter(line__order__holds_until=None).exists()


def check_products() -> None:
    for product in Product.objects.all():
        levels = StockLevel.objects.filter(variant__product=product, location__is_active=True)
        free = levels.filter(location__sells_online=True, quantity__gt=F("reserved"))
        assert product.is_available == free.exists()
