"""The figures of the shop, against a slow computation of the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from billing.money import Money, share_of
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Category, Location, Order, OrderLine, Product, Review, Shop, StockLevel, Variant
from tenant_apps.store.rules.periods import Period, named_period
from tenant_apps.store.selectors import reports
from tenant_apps.store.selectors.reports import Sold, Totals, Way
from tenant_apps.store.selectors.stock import StockValue, low_count, scarcest, stock_value
from tenant_apps.store.tests.sold import make_order
from tenant_apps.store.tests.support import make_product
from tests.support.factories import make_user
from tests.support.random_runs import random_runs, undone

ZONE = ZoneInfo("Africa/Douala")
NOW = datetime(2026, 11, 22, 15, 30, tzinfo=ZONE)
WEEK = named_period("7d", now=NOW)


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def sold(
    product: Product, *, quantity: int = 1, day: int = 20, line: dict[str, Any] | None = None, **fields: Any
) -> Order:
    values = {"variant": product.variants.get(), "quantity": quantity, **(line or {})}
    return make_order(values, **{"confirmed_at": at(day), **fields})


def test_sales_are_what_confirmed_orders_come_to_less_what_was_given_back(tenant: Tenant) -> None:
    product = make_product(price_minor=10_000)
    sold(product, quantity=2, delivery_minor=1_500)
    sold(product, paid_minor=10_000, refunded_minor=4_000)
    sold(product, status="cancelled")
    sold(product, status="pending", confirmed_at=None)
    now, before = reports.totals(WEEK)
    assert (now.orders, now.sales, now.refunds, now.delivery) == (2, 27_500, 4_000, 1_500)
    assert (now.pieces, now.goods, now.basket) == (3, 30_000, 13_750)
    assert before == Totals()


def test_money_taken_twice_and_given_back_is_no_refund_of_the_sale(tenant: Tenant) -> None:
    product = make_product(price_minor=10_000)
    sold(product, paid_minor=20_000, refunded_minor=10_000)
    sold(product, paid_minor=15_000, refunded_minor=7_000)
    now, _before = reports.totals(WEEK)
    assert (now.sales, now.refunds) == (18_000, 2_000)


def test_the_period_before_ends_at_the_same_hour(tenant: Tenant) -> None:
    product = make_product(price_minor=1_000)
    sold(product, confirmed_at=at(15, 15, 29))
    sold(product, confirmed_at=at(15, 15, 30))
    sold(product, confirmed_at=at(9, 0, 0))
    sold(product, confirmed_at=at(8, 23, 59))
    now, before = reports.totals(WEEK)
    assert (now.orders, before.orders) == (0, 2)


def test_a_day_begins_at_the_shops_midnight(tenant: Tenant) -> None:
    product = make_product(price_minor=1_000)
    sold(product, confirmed_at=at(16, 0, 0))
    sold(product, confirmed_at=at(17, 0, 30))  # the 16th still, in UTC
    found = {one.begin.day: one.orders for one in reports.sales_by_time(WEEK)}
    assert found == {16: 1, 17: 1, 18: 0, 19: 0, 20: 0, 21: 0, 22: 0}


def test_the_margin_is_of_goods_whose_cost_is_known_without_their_tax(tenant: Tenant) -> None:
    product = make_product(price_minor=11_925)
    # 11 925 of which 19.25 % is tax: 1 925; a cost of 6 000.
    sold(product, quantity=2, line={"cost_minor": 6_000, "returned": 1}, tax_rate_bp=1_925)
    sold(product, line={"cost_minor": None})
    now, _before = reports.totals(WEEK)
    assert (now.margin, now.lines, now.lines_without_cost, now.has_margin) == (4_000, 2, 1, True)


def test_tax_leaves_with_the_money_given_back(tenant: Tenant) -> None:
    product = make_product(price_minor=11_925)
    sold(product, tax_rate_bp=1_925, tax_minor=1_925, paid_minor=11_925, refunded_minor=5_000)
    now, _before = reports.totals(WEEK)
    assert now.tax == 1_925 - 807  # 807.13 of it


def test_best_sellers_count_what_was_kept_under_todays_name(tenant: Tenant) -> None:
    robe, miel = make_product("Robe", price_minor=10_000), make_product("Miel", price_minor=3_000)
    sold(robe, quantity=3, line={"returned": 1})
    sold(miel, quantity=2)
    sold(miel, quantity=1, line={"product_name": "Ancien nom"})
    sold(robe, line={"variant": None, "product_name": "Parti", "unit_minor": 500, "list_minor": 500})
    sold(robe, line={"returned": 1})
    assert reports.best_sellers(WEEK) == [
        Sold("Robe", "robe", 2, 20_000),
        Sold("Miel", "miel", 3, 9_000),
        Sold("Parti", "", 1, 500),
    ]
    assert [one.name for one in reports.best_sellers(WEEK, limit=1)] == ["Robe"]


def test_shelves_of_one_name_are_two_and_what_is_on_none_is_counted(tenant: Tenant) -> None:
    hommes, femmes, nowhere = (make_product(name, price_minor=price) for name, price in (("A", 3), ("B", 2), ("C", 1)))
    for product, slug in ((hommes, "h"), (femmes, "f")):
        parent = Category.objects.create(name=slug, slug=slug)
        shelf = Category.objects.create(name="Robes", slug=f"robes-{slug}", parent=parent)
        Product.objects.filter(pk=product.pk).update(category=shelf)
    for product in (hommes, femmes, nowhere):
        sold(product)
    assert reports.sales_by_shelf(WEEK) == [Sold("Robes", "", 1, 3), Sold("Robes", "", 1, 2), Sold("", "", 1, 1)]


def test_stock_is_worth_what_lies_there_and_never_less_than_nothing(tenant: Tenant) -> None:
    place, depot = Location.objects.get(), Location.objects.create(name="Dépôt")
    known, unknown = make_product("A", price_minor=10).variants.get(), make_product("B", price_minor=7).variants.get()
    Variant.objects.filter(pk=known.pk).update(cost_minor=6)
    StockLevel.objects.create(variant=known, location=place, quantity=5, reserved=2)
    StockLevel.objects.create(variant=known, location=depot, quantity=-3, overdrawn=3)
    StockLevel.objects.create(variant=unknown, location=depot, quantity=2)
    assert stock_value() == StockValue(pieces=7, at_cost=30, without_cost=2, at_price=64)


def test_low_stock_is_what_is_for_sale_and_nearly_gone(tenant: Tenant) -> None:
    place, closed = Location.objects.get(), Location.objects.create(name="Fermé", is_active=False)
    Shop.objects.update(low_stock_at=3)

    def stocked(name: str, quantity: int, *, reserved: int = 0, where: Location = place, **variant: Any) -> Product:
        product = make_product(name)
        Variant.objects.filter(product=product).update(**{"is_active": True, **variant})
        StockLevel.objects.create(variant=product.variants.get(), location=where, quantity=quantity, reserved=reserved)
        return product

    stocked("Assez", 4)
    stocked("Réservé", 9, reserved=6)  # for a quarter of an hour
    stocked("Rare", 3, reserved=2)
    stocked("Seuil haut", 9, low_stock_at=10)
    stocked("Seuil zéro", 1, low_stock_at=0)
    stocked("Ailleurs", 50, where=closed)
    stocked("Arrêté", 0, is_active=False)
    Product.objects.filter(pk=stocked("Sur commande", 0).pk).update(supply="always")
    make_product("Brouillon", publish=False)
    make_product("Jamais reçu")
    assert [(one.full_name, one.free) for one in scarcest(10)] == [("Ailleurs", 0), ("Rare", 1), ("Seuil haut", 9)]
    assert (low_count(), len(scarcest(1))) == (3, 1)


def test_tasks_are_counted(tenant: Tenant) -> None:
    assert reports.tasks() == reports.Tasks(0, 0, 0, has_sold=False)
    product = make_product()
    for status in ("confirmed", "preparing", "shipped", "cancelled"):
        sold(product, status=status)
    sold(product, is_short=True)
    Review.objects.create(product=product, author=make_user(), rating=3)
    assert reports.tasks() == reports.Tasks(to_prepare=2, short=1, reviews=1, has_sold=True)


# A slow computation of the same figures, one order after another.


@dataclass(frozen=True)
class Line:
    product: int
    quantity: int
    returned: int
    unit: int
    cost: int | None


@dataclass(frozen=True)
class Made:
    minutes: int  # before now
    status: str
    channel: str
    method: str
    delivery: int
    rate: int
    tax_tenths: int
    paid: int
    refunded_tenths: int
    lines: tuple[Line, ...]


lines = st.builds(
    Line,
    st.integers(0, 2),
    st.integers(1, 5),
    st.integers(0, 5),
    st.integers(0, 10**9),
    st.none() | st.integers(0, 10**9),
)
orders = st.builds(
    Made,
    minutes=st.integers(0, 16 * 24 * 60),
    status=st.sampled_from(["pending", "cancelled", "confirmed", "preparing", "shipped", "delivered"]),
    channel=st.sampled_from(["online", "till"]),
    method=st.sampled_from(["", "cash", "wave"]),
    delivery=st.integers(0, 10**6),
    rate=st.sampled_from([0, 1_800, 1_925]),
    tax_tenths=st.integers(0, 10),
    paid=st.integers(0, 25),
    refunded_tenths=st.integers(0, 10),
    lines=st.lists(lines, min_size=1, max_size=3).map(tuple),
)


def kept(line: OrderLine) -> int:
    return line.quantity - line.returned


def given_back(order: Order) -> int:
    if order.channel != "till" and order.paid_minor < order.total_minor:
        return 0  # it was never paid whole, so the money is due again
    twice = max(order.paid_minor - order.total_minor, 0)
    return max(order.refunded_minor - twice, 0)


def tax_in(amount: int, rate: int) -> int:
    return share_of(Money(amount, "XAF"), rate, 10_000 + rate).minor


def slow_totals(found: Iterable[Order], since: datetime, until: datetime) -> Totals:
    counted = [
        one for one in found if one.status in Order.LIVE and one.confirmed_at and since <= one.confirmed_at < until
    ]
    goods = [(order, line) for order in counted for line in order.lines.all() if kept(line)]
    known = [(order, line) for order, line in goods if line.cost_minor is not None]
    return Totals(
        orders=len(counted),
        sales=sum(one.total_minor - given_back(one) for one in counted),
        refunds=sum(given_back(one) for one in counted),
        delivery=sum(one.delivery_minor for one in counted),
        tax=sum(
            one.tax_minor - share_of(Money(one.tax_minor, "XAF"), given_back(one), one.total_minor).minor
            for one in counted
        ),
        pieces=sum(kept(line) for _order, line in goods),
        goods=sum(kept(line) * line.unit_minor for _order, line in goods),
        margin=sum(
            kept(line) * (line.unit_minor - (line.cost_minor or 0))
            - tax_in(kept(line) * line.unit_minor, order.tax_rate_bp)
            for order, line in known
        ),
        lines=len(goods),
        lines_without_cost=len(goods) - len(known),
    )


def written_down(made: Made, products: list[Product]) -> None:
    items = sum(line.quantity * line.unit for line in made.lines)
    total = items + made.delivery
    paid = total * made.paid // 10
    make_order(
        *(
            {
                "variant": products[line.product].variants.get(), "quantity": line.quantity, "unit_minor": line.unit,
                "returned": min(line.returned, line.quantity), "cost_minor": line.cost,
            }
            for line in made.lines
        ),
        status=made.status, channel=made.channel, method=made.method, delivery_minor=made.delivery,
        tax_rate_bp=made.rate, tax_minor=total * made.tax_tenths // 10,
        paid_minor=paid, refunded_minor=paid * made.refunded_tenths // 10,
        confirmed_at=None if made.status == "pending" else NOW - timedelta(minutes=made.minutes),
    )  # fmt: skip


def per(found: Iterable[Order], key: Callable[[Order], Any]) -> dict[Any, tuple[int, int]]:
    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for one in found:
        sums[key(one)][0] += one.total_minor - given_back(one)
        sums[key(one)][1] += 1
    return {name: (sales, number) for name, (sales, number) in sums.items()}


@pytest.fixture
def products(tenant: Tenant) -> list[Product]:
    return [make_product(f"Produit {number}") for number in range(3)]


@random_runs
@given(made=st.lists(orders, max_size=8), key=st.sampled_from(["today", "7d", "month"]))
def test_every_figure_is_right_to_the_franc(products: list[Product], made: list[Made], key: str) -> None:
    period = named_period(key, now=NOW)
    with undone():
        for one in made:
            written_down(one, products)
        found = list(Order.objects.prefetch_related("lines__variant__product"))
        counted = [
            one for one in found
            if one.status in Order.LIVE and one.confirmed_at and period.since <= one.confirmed_at < period.until
        ]  # fmt: skip
        assert reports.totals(period) == (
            slow_totals(found, period.since, period.until),
            slow_totals(found, period.before_since, period.before_until),
        )
        local = "%Y-%m-%d %H" if period.bucket == "hour" else "%Y-%m-%d"
        by_time = {one.begin.strftime(local): (one.sales, one.orders) for one in reports.sales_by_time(period)}
        slow = per(counted, lambda one: one.confirmed_at.astimezone(ZONE).strftime(local))
        assert by_time == {**dict.fromkeys(by_time, (0, 0)), **slow}
        by_way = {(one.channel, one.method): (one.sales, one.orders) for one in reports.sales_by_way(period)}
        assert by_way == per(counted, lambda one: (one.channel, one.method))
        _check_goods(period, counted)


def _check_goods(period: Period, counted: list[Order]) -> None:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in (line for order in counted for line in order.lines.all() if kept(line)):
        sums[line.variant.product.name][0] += kept(line)
        sums[line.variant.product.name][1] += kept(line) * line.unit_minor
    best = reports.best_sellers(period)
    assert {one.name: [one.pieces, one.amount] for one in best} == dict(sums)
    assert [one.amount for one in best] == sorted((amount for _pieces, amount in sums.values()), reverse=True)
    [shelf] = reports.sales_by_shelf(period) or [Sold("", "", 0, 0)]
    assert (shelf.pieces, shelf.amount) == tuple(map(sum, zip(*sums.values(), strict=True))) or not sums


def every_figure(period: Period) -> None:
    reports.totals(period)
    reports.sales_by_time(period)
    reports.sales_by_way(period)
    reports.till_ways(period)
    reports.sales_by_shelf(period)
    reports.best_sellers(period)
    stock_value()
    scarcest(10)
    reports.tasks()


def test_figures_cost_ten_queries_whatever_was_sold(tenant: Tenant) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            every_figure(WEEK)
        return len(queries)

    reports.tasks()  # a connection's first query in a tenant costs one more
    assert cost() == 10
    for number in range(12):
        product = make_product(f"Produit {number}", category=f"Rayon {number}")
        sold(product, method=f"m{number}")
    assert cost() == 10


def test_sums_stay_exact_at_the_largest_amounts(tenant: Tenant) -> None:
    product = make_product(price_minor=10**12)
    sold(product, quantity=1_000, tax_rate_bp=1_925, tax_minor=161_425_576_519_916, paid_minor=10**15, refunded_minor=1,
         line={"cost_minor": 1})  # fmt: skip
    now, _before = reports.totals(WEEK)
    order = Order.objects.get()
    assert now == slow_totals([order], WEEK.since, WEEK.until)
    assert now.sales == 10**15 - 1


def test_ways_come_the_largest_first(tenant: Tenant) -> None:
    product = make_product(price_minor=100)
    sold(product, method="wave")
    sold(product, quantity=3, channel="till", method="cash")
    assert reports.sales_by_way(WEEK) == [Way("till", "cash", 1, 300), Way("online", "wave", 1, 100)]


@pytest.mark.parametrize(("sales", "orders_made", "basket"), [(0, 0, 0), (10, 4, 3), (9, 4, 2), (100, 3, 33)])
def test_the_average_basket_is_rounded_half_up(sales: int, orders_made: int, basket: int) -> None:
    assert Totals(orders=orders_made, sales=sales).basket == basket
