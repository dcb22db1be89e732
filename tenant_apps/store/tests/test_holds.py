"""Orders hold stock, buy it, lose it and find it again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Hold, Location, Movement, Order, Product, Variant
from tenant_apps.store.rules.allocation import Free, Need, Take, allocate
from tenant_apps.store.services import stock
from tenant_apps.store.tests.support import levels_of, make_order, make_place, make_variants


def soon() -> datetime:
    return timezone.now() + timedelta(minutes=15)


def let_time_pass(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(holds_until=timezone.now() - timedelta(seconds=1))


def held(order: Order) -> dict[str, int]:
    """How many pieces an order holds, by product."""
    sums: dict[str, int] = {}
    for one in Hold.objects.filter(line__order=order).select_related("line"):
        sums[one.line.product_name] = sums.get(one.line.product_name, 0) + one.quantity
    return sums


def sold(order: Order) -> list[tuple[str, int]]:
    lines = Movement.objects.filter(reference=order.number, action="sold").select_related("level__variant__product")
    return sorted((one.level.variant.product.name, one.quantity) for one in lines)


def test_pieces_are_taken_place_by_place_and_shared_by_lines_of_the_same_variant() -> None:
    free = [Free(1, 7, 2), Free(2, 8, 1), Free(3, 7, 5), Free(4, 8, -3)]
    takes, missing = allocate([Need(10, 7, 3), Need(11, 7, 3), Need(12, 8, 2), Need(13, 9, 1)], free)
    assert takes == [Take(10, 1, 2), Take(10, 3, 1), Take(11, 3, 3), Take(12, 2, 1)]
    assert missing == {8: 1, 9: 1}


def test_an_order_holds_its_pieces_from_the_first_place_on_and_then_sells_them(tenant: Tenant) -> None:
    [pagne] = make_variants(2)
    depot = make_place()
    stock.receive(variant=pagne, location=depot, quantity=5)
    order, until = make_order((pagne, 4)), soon()
    stock.hold(order=order, until=until)
    assert levels_of(pagne) == [(2, 2, 0), (5, 2, 0)]
    assert Order.objects.get().holds_until == order.holds_until == until
    assert stock.sell(order=order) == []
    assert levels_of(pagne) == [(0, 0, 0), (3, 0, 0)]
    assert sold(order) == [("Pagne wax", -2), ("Pagne wax", -2)]
    assert not Hold.objects.exists()
    assert Order.objects.get().holds_until is None


def test_places_are_taken_from_in_their_order_and_only_open_ones_that_sell_online(tenant: Tenant) -> None:
    [pagne] = make_variants(1)
    places = [make_place("Réserve", sells_online=False), make_place("Fermé"), make_place("Dépôt")]
    for place in places:
        stock.receive(variant=pagne, location=place, quantity=9)
    Location.objects.filter(name="Fermé").update(is_active=False)
    Location.objects.filter(name="Dépôt").update(position=0)
    Location.objects.filter(pk=Location.objects.get(levels__quantity=1).pk).update(position=9)
    stock.hold(order=make_order((pagne, 10)), until=soon())
    reserved = Location.objects.filter(levels__reserved__gt=0).order_by("position")
    assert [place.levels.get().reserved for place in reserved] == [9, 1]
    with pytest.raises(stock.OutOfStock):
        stock.hold(order=make_order((pagne, 1)), until=soon())


def test_everything_that_is_missing_is_said_at_once_and_nothing_is_held(tenant: Tenant) -> None:
    pagne, robe, jupe = make_variants(2, "Pagne", "Robe", "Jupe")
    order = make_order((pagne, 1), (robe, 2), (jupe, 5), (robe, 1))
    with pytest.raises(stock.OutOfStock) as caught:
        stock.hold(order=order, until=soon())
    found = [(one.variant, one.name, one.wanted, one.available) for one in caught.value.shortages]
    assert found == [(robe, "Robe", 3, 2), (jupe, "Jupe", 5, 2)]
    assert (caught.value.code, caught.value.status) == ("out_of_stock", 409)
    assert not Hold.objects.exists()
    assert levels_of(pagne) == [(2, 0, 0)]
    assert Order.objects.get().holds_until is None


def test_holding_again_only_keeps_the_pieces_longer(tenant: Tenant, django_assert_num_queries) -> None:
    [pagne] = make_variants(2)
    order, until = make_order((pagne, 2)), soon() + timedelta(minutes=9)
    stock.hold(order=order, until=soon())
    with django_assert_num_queries(5):  # lines, holds, the order, and a savepoint's two
        stock.hold(order=order, until=until)
    assert levels_of(pagne) == [(2, 2, 0)]
    assert Order.objects.get().holds_until == until


def test_what_is_not_counted_is_not_held(tenant: Tenant) -> None:
    pagne, service = make_variants(1, "Pagne", "Retouche")
    Product.objects.filter(variants=service).update(supply="always")
    service.refresh_from_db()
    order = make_order((pagne, 1), (Variant.objects.get(pk=service.pk), 50))
    stock.hold(order=order, until=soon())
    assert held(order) == {"Pagne": 1}
    assert stock.sell(order=order) == []
    assert sold(order) == [("Pagne", -1)]


def test_a_variant_that_nobody_ever_received_is_out_of_stock(tenant: Tenant) -> None:
    [pagne] = make_variants(0)
    with pytest.raises(stock.OutOfStock) as caught:
        stock.hold(order=make_order((pagne, 1)), until=soon())
    assert caught.value.shortages == [stock.Shortage(pagne, "Pagne wax", 1, 0)]


def test_giving_back_frees_the_pieces_and_may_be_repeated(tenant: Tenant) -> None:
    [pagne] = make_variants(3)
    order = make_order((pagne, 2))
    stock.hold(order=order, until=soon())
    stock.release(order=order)
    stock.release(order=order)
    assert levels_of(pagne) == [(3, 0, 0)]
    assert not Hold.objects.exists()
    assert Order.objects.get().holds_until is None


def test_whoever_needs_the_pieces_takes_over_those_whose_time_is_over(tenant: Tenant) -> None:
    [pagne] = make_variants(2)
    late, new = make_order((pagne, 2)), make_order((pagne, 1))
    stock.hold(order=late, until=soon())
    with pytest.raises(stock.OutOfStock):
        stock.hold(order=new, until=soon())
    let_time_pass(late)
    stock.hold(order=new, until=soon())
    assert (held(late), held(new)) == ({}, {"Pagne wax": 1})
    assert levels_of(pagne) == [(2, 1, 0)]


def test_holds_whose_time_is_over_stay_while_there_is_enough(tenant: Tenant) -> None:
    [pagne] = make_variants(3)
    late = make_order((pagne, 2))
    stock.hold(order=late, until=soon())
    let_time_pass(late)
    stock.hold(order=make_order((pagne, 1)), until=soon())
    assert held(late) == {"Pagne wax": 2}


def test_an_order_that_is_not_pending_keeps_its_pieces(tenant: Tenant) -> None:
    [pagne] = make_variants(1)
    paid = make_order((pagne, 1))
    stock.hold(order=paid, until=soon())
    let_time_pass(paid)
    Order.objects.update(status="confirmed", confirmed_at=timezone.now())
    with pytest.raises(stock.OutOfStock):
        stock.hold(order=make_order((pagne, 1)), until=soon())
    assert stock.end_expired_holds() == 0
    assert held(paid) == {"Pagne wax": 1}


def test_an_order_that_lost_some_of_its_pieces_takes_those_again(tenant: Tenant) -> None:
    pagne, robe = make_variants(3, "Pagne", "Robe")
    late = make_order((pagne, 2), (robe, 2))
    stock.hold(order=late, until=soon())
    let_time_pass(late)
    stock.hold(order=make_order((pagne, 2)), until=soon())
    assert held(late) == {"Robe": 2}
    stock.receive(variant=pagne, location=Location.objects.get(), quantity=1)
    stock.hold(order=late, until=soon())
    assert held(late) == {"Pagne": 2, "Robe": 2}
    assert (levels_of(pagne), levels_of(robe)) == ([(4, 4, 0)], [(3, 2, 0)])


def test_a_line_held_in_part_is_filled_up_from_the_same_place(tenant: Tenant) -> None:
    [pagne] = make_variants(2)
    depot = make_place()
    stock.receive(variant=pagne, location=depot, quantity=2)
    late = make_order((pagne, 4))
    stock.hold(order=late, until=soon())
    part = Hold.objects.get(level__location=depot)
    Hold.objects.filter(pk=part.pk).update(quantity=1)
    part.level.__class__.objects.filter(pk=part.level_id).update(reserved=1)
    stock.hold(order=late, until=soon())
    assert held(late) == {"Pagne wax": 4}
    assert levels_of(pagne) == [(2, 2, 0), (2, 2, 0)]


def test_an_order_paid_late_takes_what_is_there(tenant: Tenant) -> None:
    pagne, robe = make_variants(2, "Pagne", "Robe")
    late = make_order((pagne, 1), (robe, 2))
    stock.hold(order=late, until=soon())
    let_time_pass(late)
    assert stock.end_expired_holds() == 1
    assert held(late) == {}
    assert stock.sell(order=late) == []
    assert sold(late) == [("Pagne", -1), ("Robe", -2)]


def test_an_order_paid_late_with_too_little_there_sells_nothing_and_says_what_is_missing(tenant: Tenant) -> None:
    pagne, robe, jupe = make_variants(2, "Pagne", "Robe", "Jupe")
    late = make_order((pagne, 1), (robe, 2), (jupe, 2))
    stock.hold(order=late, until=soon())
    let_time_pass(late)
    stock.hold(order=make_order((robe, 1), (jupe, 2)), until=soon())
    before = [levels_of(one) for one in (pagne, robe, jupe)]
    assert held(late) == {"Pagne": 1}
    shortages = stock.sell(order=late)
    assert [(one.name, one.wanted, one.available) for one in shortages] == [("Robe", 2, 1), ("Jupe", 2, 0)]
    assert sold(late) == []
    assert held(late) == {"Pagne": 1}
    assert [levels_of(one) for one in (pagne, robe, jupe)] == before


def test_beat_ends_what_is_over_and_nothing_else(tenant: Tenant) -> None:
    [pagne] = make_variants(9)
    orders = [make_order((pagne, 1)) for _ in range(4)]
    for order in orders:
        stock.hold(order=order, until=soon())
    for order in orders[:3]:
        let_time_pass(order)
    assert stock.end_expired_holds(limit=2) == 2
    assert stock.end_expired_holds() == 1
    assert stock.end_expired_holds() == 0
    assert levels_of(pagne) == [(9, 1, 0)]
    assert [bool(held(order)) for order in orders] == [False, False, False, True]


def test_levels_are_locked_in_one_statement_in_the_order_of_their_ids(tenant: Tenant) -> None:
    variants = make_variants(5, "Pagne", "Robe", "Jupe")
    order = make_order(*((variant, 1) for variant in reversed(variants)))
    with CaptureQueriesContext(connection) as queries:
        stock.hold(order=order, until=soon())
        stock.sell(order=order)
    locking = [one["sql"] for one in queries if "FOR UPDATE" in one["sql"] and "store_stocklevel" in one["sql"]]
    assert len(locking) == 2
    assert all('ORDER BY "store_stocklevel"."id" ASC FOR UPDATE OF "store_stocklevel"' in sql for sql in locking)
    assert not any("JOIN" in sql for sql in locking)


def test_a_long_order_costs_as_many_queries_as_a_short_one(tenant: Tenant) -> None:
    variants = make_variants(5, *(f"Pagne {number}" for number in range(12)))

    def queries_for(order: Order) -> int:
        with CaptureQueriesContext(connection) as queries:
            stock.hold(order=order, until=soon())
            stock.sell(order=order)
        return len(queries)

    assert queries_for(make_order((variants[0], 1))) == queries_for(make_order(*((one, 1) for one in variants)))
