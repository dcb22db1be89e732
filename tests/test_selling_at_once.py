"""A crowd after the same goods, through the cart, the checkout and the counter at once."""

from __future__ import annotations

import uuid
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q, Sum

from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Hold, Location, Movement, Order, OrderDay, StockLevel, Variant
from tenant_apps.store.services import orders, stock, stock_levels
from tenant_apps.store.tests.selling import cart_with, details, ordered, stocked, zone
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db", "wide_pool")
BUYERS = 200
UNITS = 50


@pytest.fixture
def tenant(committed_db: None, wide_pool: None) -> Tenant:
    chosen = ready_tenant("store-a")
    connection.set_tenant(chosen)
    return chosen


def rush(tenant: Tenant, variant: Variant, *, buyers: int) -> list[Any]:
    """Everybody wants one: two thirds by cart and checkout, the others at the counter."""
    place, delivery = Location.objects.get(), zone()

    def buy(number: int) -> str:
        connection.set_tenant(tenant)
        try:
            if number % 3 == 2:
                stock.sell_at(location=place, lines=[(variant, 1)], reference=f"till-{number}")
            else:
                ordered(cart_with((variant, 1)), zone=delivery)
        except DomainError as error:
            return error.code
        return "sold"

    answers = at_once(buyers, buy)
    connection.set_tenant(tenant)
    strange = [one for one in answers if not isinstance(one, str)]
    assert strange == []
    return answers


def test_two_hundred_buyers_of_fifty_pieces_buy_fifty(tenant: Tenant) -> None:
    variant = stocked(pieces=UNITS)
    answers = rush(tenant, variant, buyers=BUYERS)
    level = StockLevel.objects.get()
    assert answers.count("sold") == UNITS
    assert set(answers) - {"sold"} <= {"sold_out", "out_of_stock", "cart_changed", "not_enough"}
    assert (level.quantity, level.reserved, level.overdrawn) == (0, 0, 0)
    assert Movement.objects.aggregate(all=Sum("quantity"))["all"] == 0
    online = Order.objects.count()
    assert Movement.objects.filter(action="sold").count() == UNITS
    assert sorted(Order.objects.values_list("number", flat=True))[-1][8:] == f"{online:04d}"
    assert OrderDay.objects.get().last == online
    assert not Hold.objects.exists()


def test_without_locks_and_guards_only_the_database_stands_between_a_crowd_and_an_oversell(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race that the test above would miss if it could not happen here: all have read before one writes."""
    variant, place = stocked(pieces=5), Location.objects.get()
    all_have_read = Barrier(8)
    start, end = stock_levels._CHANGE.index("AND ("), stock_levels._CHANGE.index("RETURNING")
    monkeypatch.setattr(stock_levels, "_CHANGE", stock_levels._CHANGE[:start] + stock_levels._CHANGE[end:])

    def unlocked(wanted: Q) -> list[StockLevel]:
        levels = list(StockLevel.objects.filter(wanted).order_by("pk"))
        all_have_read.wait(timeout=60)
        return levels

    monkeypatch.setattr(stock_levels, "lock_levels", unlocked)

    def buy(number: int) -> str:
        connection.set_tenant(tenant)
        stock.sell_at(location=place, lines=[(variant, 1)], reference=f"till-{number}")
        return "sold"

    answers = at_once(8, buy)
    connection.set_tenant(tenant)
    assert answers.count("sold") == 5
    assert sum(isinstance(one, IntegrityError) for one in answers) == 3
    assert StockLevel.objects.get().quantity == 0


def test_one_form_sent_from_many_tabs_makes_one_order(tenant: Tenant) -> None:
    variant, key = stocked(pieces=9), uuid.uuid4()
    cart, said = cart_with((variant, 1)), details(method="wave")

    def send(number: int) -> uuid.UUID:
        connection.set_tenant(tenant)
        return ordered(cart, key=key, zone=said.zone, method="wave").pk

    assert at_once(12, send) == [key] * 12
    connection.set_tenant(tenant)
    assert Order.objects.count() == 1
    assert StockLevel.objects.get().reserved == 1


def test_an_order_paid_by_many_messengers_is_confirmed_once(tenant: Tenant) -> None:
    variant = stocked(pieces=9)
    order = ordered(cart_with((variant, 2)), method="wave")

    def confirm(number: int) -> None:
        connection.set_tenant(tenant)
        with transaction.atomic():
            orders.confirm_order(order=orders.lock_order(order.pk))

    assert at_once(12, confirm) == [None] * 12
    connection.set_tenant(tenant)
    level = StockLevel.objects.get()
    assert (level.quantity, level.reserved) == (7, 0)
    assert Order.objects.get().events.filter(kind="confirmed").count() == 1
