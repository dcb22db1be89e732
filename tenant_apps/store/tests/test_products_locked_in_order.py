"""Prices and search words of many products change while those products are sold: nobody waits in a circle."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Location, Product, Shop, StockLevel, Variant
from tenant_apps.store.rules.offers import VISITOR
from tenant_apps.store.selectors.pricing_sql import lowest_price
from tenant_apps.store.services import VariantDetails, create_product, stock, stock_levels, update_product
from tenant_apps.store.services.prices import refresh_prices
from tenant_apps.store.services.words import write_words, write_words_of
from tenant_apps.store.tests.support import make_variants, product_details
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once, interrupted

pytestmark = pytest.mark.usefixtures("committed_db", "wide_pool")
DEADLOCK = "deadlock detected"


@pytest.fixture
def two(committed_db: None, wide_pool: None) -> tuple[Tenant, list[Variant]]:
    """A tenant with the last pieces of two products, by id; the table has the second before the first."""
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    variants = sorted(make_variants(1, "Pagne", "Robe"), key=lambda one: one.product_id)
    first, second = (one.product_id for one in variants)
    for _try in range(50):
        if _as_the_table_has_them() == [second, first]:
            return tenant, variants
        Product.objects.filter(pk=first).update(summary=F("summary"))
    raise AssertionError("the first did not move behind the second")


def _as_the_table_has_them() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM store_product ORDER BY ctid")
        return [row[0] for row in cursor.fetchall()]


def while_both_are_sold(tenant: Tenant, variants: list[Variant], change: Callable[[], Any]) -> list[Any]:
    """Sell the last pieces of both, and `change` their products meanwhile; what the sale and the change gave or raised.

    Somebody keeps the first product until the sale waits for it, and then the change waits for something.
    """
    is_kept = Event()

    def keep() -> None:
        with transaction.atomic():
            Product.objects.select_for_update(no_key=True).get(pk=variants[0].product_id)
            is_kept.set()
            wait_for_waiters(2)

    def sell() -> str:
        assert is_kept.wait(timeout=20)
        lines = [(one, 1) for one in variants]
        stock.sell_at(location=Location.objects.get(), lines=lines, reference="T 1")
        return "sold"

    def change_it() -> str:
        assert is_kept.wait(timeout=20)
        wait_for_waiters(1)
        with transaction.atomic():
            change()
        return "changed"

    def act(number: int) -> Any:
        connection.set_tenant(tenant)
        return (keep, sell, change_it)[number]()

    answers = at_once(3, act)
    connection.set_tenant(tenant)
    return [str(answer).split("\n")[0] for answer in answers[1:]]


def wait_for_waiters(wanted: int) -> None:
    """Wait until so many connections of this database wait for a lock."""
    waits = "SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"
    for _ in range(400):
        with connection.cursor() as cursor:
            # A transaction keeps its first look at who is connected; the others may connect after it.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waits)
            if cursor.rowcount >= wanted:
                return
        time.sleep(0.05)
    raise AssertionError(f"no {wanted} connections wait")


def test_prices_are_refreshed_while_the_products_are_sold(two: tuple[Tenant, list[Variant]]) -> None:
    tenant, variants = two
    Variant.objects.update(price_minor=4_000)
    assert while_both_are_sold(tenant, variants, refresh_prices) == ["sold", "changed"]
    kept = Product.objects.order_by("pk").values_list("price_from_minor", "is_available")
    assert list(kept) == [(4_000, False), (4_000, False)]


def test_one_update_of_all_that_differ_would_end_in_a_deadlock(two: tuple[Tenant, list[Variant]]) -> None:
    """The control: an UPDATE alone locks the products as the table has them, the sale by id."""
    tenant, variants = two
    Variant.objects.update(price_minor=4_000)
    now = timezone.now()
    fresh = lowest_price((), VISITOR, now)
    differing = Product.objects.annotate(fresh=fresh).exclude(price_from_minor=F("fresh"))
    answers = while_both_are_sold(tenant, variants, lambda: differing.update(price_from_minor=F("fresh")))
    assert DEADLOCK in answers


def test_a_product_is_written_while_kept_prices_are_out_of_date(two: tuple[Tenant, list[Variant]]) -> None:
    """Writing the second brings the price of the first in step, and the first is locked before it."""
    tenant, variants = two
    Variant.objects.update(price_minor=4_000)
    Shop.objects.update(prices_valid_until=timezone.now())
    second = Product.objects.get(pk=variants[1].product_id)
    details = product_details(
        second.name, variants=(VariantDetails(public_id=variants[1].public_id, price_minor=4_000),)
    )
    assert while_both_are_sold(tenant, variants, lambda: update_product(product=second, details=details)) == [
        "sold",
        "changed",
    ]
    assert set(Product.objects.values_list("price_from_minor", flat=True)) == {4_000}


def test_words_are_written_while_the_products_are_sold(two: tuple[Tenant, list[Variant]]) -> None:
    tenant, variants = two
    Product.objects.update(search_text="")
    assert while_both_are_sold(tenant, variants, lambda: write_words_of(Product.objects.order_by("-pk"))) == [
        "sold",
        "changed",
    ]
    assert not Product.objects.filter(search_text="").exists()


def test_words_written_in_another_order_would_end_in_a_deadlock(two: tuple[Tenant, list[Variant]]) -> None:
    """The control for the order of ids."""
    tenant, variants = two
    backwards = list(Product.objects.select_related("brand", "category").order_by("-pk"))
    assert DEADLOCK in while_both_are_sold(tenant, variants, lambda: write_words(backwards))


def test_a_product_is_added_with_its_pieces_while_first_pieces_of_another_arrive(
    two: tuple[Tenant, list[Variant]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adding it brings the price of the other in step: the place is locked before that."""
    tenant, [known, _other] = two
    Variant.objects.update(price_minor=4_000)
    Shop.objects.update(prices_valid_until=timezone.now())
    stock.sell_at(location=Location.objects.get(), lines=[(known, 1)], reference="T 1")
    far = Location.objects.create(name="Dépôt", position=9)
    Location.objects.exclude(pk=far.pk).update(is_active=False)

    def receive() -> None:
        connection.set_tenant(tenant)
        stock.receive(variant=known, location=far, quantity=5)

    def add() -> None:
        connection.set_tenant(tenant)
        create_product(public_id=uuid.uuid4(), details=product_details("Savon"), publish=True, pieces={0: 3})

    assert interrupted(monkeypatch, stock_levels, "lock_places", first=receive, then=add) == [None, None]
    assert set(StockLevel.objects.filter(location=far).values_list("quantity", flat=True)) == {5, 3}
