"""Stock: what comes, goes, moves and is counted, and its ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Location, Movement, Product, StockLevel, Variant
from tenant_apps.store.selectors.stock import available, stock_value
from tenant_apps.store.services import stock
from tenant_apps.store.services.stock_levels import Change, Entry, change_levels
from tenant_apps.store.tests.support import levels_of, make_order, make_place, make_variants
from tenant_apps.team.tests.support import refused


def shop() -> Location:
    return Location.objects.order_by("position", "pk")[0]


def ledger(variant: Variant) -> list[tuple[str, int, int, int]]:
    """A variant's movements, the first first."""
    lines = Movement.objects.filter(level__variant=variant).order_by("pk")
    return list(lines.values_list("action", "quantity", "before", "after"))


def later() -> datetime:
    return timezone.now() + timedelta(minutes=15)


def is_available(variant: Variant) -> bool:
    return Product.objects.get(variants=variant).is_available


def test_what_arrives_makes_the_level_and_a_line_in_the_ledger(tenant: Tenant) -> None:
    [pagne] = make_variants()
    owner = User.objects.get(is_staff=True)
    stock.receive(variant=pagne, location=shop(), quantity=5, reason="Livraison", reference="BL 12", by=owner)
    stock.receive(variant=pagne, location=shop(), quantity=2)
    assert levels_of(pagne) == [(7, 0, 0)]
    assert ledger(pagne) == [("received", 5, 0, 5), ("received", 2, 5, 7)]
    first = Movement.objects.order_by("pk")[0]
    assert (first.reason, first.reference, first.actor) == ("Livraison", "BL 12", owner)


@pytest.mark.parametrize("pieces", [0, -1, stock.MOST_PIECES + 1])
def test_a_number_of_pieces_that_cannot_be_meant_is_refused(tenant: Tenant, pieces: int) -> None:
    [pagne] = make_variants()
    with refused("pieces_invalid") as caught:
        stock.receive(variant=pagne, location=shop(), quantity=pieces)
    assert caught.value.field == "quantity"
    assert levels_of(pagne) == []


def test_one_wrong_line_of_a_delivery_adds_nothing_of_it(tenant: Tenant) -> None:
    pagne, robe = make_variants(0, "Pagne", "Robe")
    with refused("pieces_invalid"):
        stock.receive_all(location=shop(), pieces={pagne.pk: 5, robe.pk: 0})
    assert not Movement.objects.exists()


def test_a_correction_needs_a_reason_and_leaves_what_is_kept_for_orders(tenant: Tenant) -> None:
    [pagne] = make_variants(5)
    order = make_order((pagne, 3))
    stock.hold(order=order, until=later())
    with refused("reason_missing"):
        stock.adjust(variant=pagne, location=shop(), difference=-1, reason=" ")
    with refused("below_reserved") as caught:
        stock.adjust(variant=pagne, location=shop(), difference=-3, reason="Cassé")
    assert caught.value.field == "difference"
    assert "3" in str(caught.value)
    stock.adjust(variant=pagne, location=shop(), difference=-2, reason="Cassé")
    stock.adjust(variant=pagne, location=shop(), difference=1, reason="Retrouvé")
    assert levels_of(pagne) == [(4, 3, 0)]
    assert ledger(pagne)[1:] == [("adjusted", -2, 5, 3), ("adjusted", 1, 3, 4)]


def test_a_transfer_is_two_movements_and_leaves_what_is_kept(tenant: Tenant) -> None:
    [pagne] = make_variants(5)
    depot = make_place()
    stock.hold(order=make_order((pagne, 2)), until=later())
    with refused("below_reserved"):
        stock.transfer(variant=pagne, source=shop(), target=depot, quantity=4)
    with refused("same_place"):
        stock.transfer(variant=pagne, source=shop(), target=shop(), quantity=1)
    stock.transfer(variant=pagne, source=shop(), target=depot, quantity=3)
    assert levels_of(pagne) == [(2, 2, 0), (3, 0, 0)]
    assert ledger(pagne)[1:] == [("sent", -3, 5, 2), ("arrived", 3, 0, 3)]
    assert list(Movement.objects.order_by("pk").values_list("reference", flat=True))[1:] == ["Dépôt", shop().name]


def test_a_closed_place_takes_and_gives_nothing(tenant: Tenant) -> None:
    [pagne] = make_variants(5)
    closed = make_place(is_active=False)
    for act in (
        lambda: stock.receive(variant=pagne, location=closed, quantity=1),
        lambda: stock.transfer(variant=pagne, source=shop(), target=closed, quantity=1),
        lambda: stock.adjust(variant=pagne, location=closed, difference=1, reason="Trouvé"),
        lambda: stock.count(location=closed, counted={pagne.pk: 1}),
        lambda: stock.take_back(variant=pagne, location=closed, quantity=1, reference="1"),
        lambda: stock.sell_at(location=closed, lines=[(pagne, 1)], reference="1"),
    ):
        with refused("place_closed"):
            act()
    assert Movement.objects.count() == 1


def test_a_count_books_the_difference_and_says_what_differs(tenant: Tenant) -> None:
    pagne, robe, jupe = make_variants(5, "Pagne", "Robe", "Jupe")
    found = stock.count(location=shop(), counted={pagne.pk: 3, robe.pk: 5, jupe.pk: 9})
    assert found == [stock.Difference(pagne.pk, -2, 0), stock.Difference(jupe.pk, 4, 0)]
    assert ledger(pagne)[1:] == [("counted", -2, 5, 3)]
    assert ledger(robe)[1:] == []
    with refused("pieces_invalid"):
        stock.count(location=shop(), counted={pagne.pk: -1})


def test_a_count_below_what_is_kept_is_believed_and_leaves_a_task_until_goods_arrive(tenant: Tenant) -> None:
    [pagne] = make_variants(5)
    order = make_order((pagne, 4))
    stock.hold(order=order, until=later())
    assert stock.count(location=shop(), counted={pagne.pk: 1}) == [stock.Difference(pagne.pk, -4, 3)]
    assert levels_of(pagne) == [(1, 4, 3)]
    stock.receive(variant=pagne, location=shop(), quantity=2)
    assert levels_of(pagne) == [(3, 4, 1)]
    assert stock.sell(order=order) == []
    assert levels_of(pagne) == [(-1, 0, 1)]
    stock.count(location=shop(), counted={pagne.pk: 0})
    assert levels_of(pagne) == [(0, 0, 0)]


def test_what_is_sold_between_counting_and_booking_stays_right(tenant: Tenant) -> None:
    [pagne] = make_variants(10)
    stock.sell_at(location=shop(), lines=[(pagne, 3)], reference="1")
    stock.count(location=shop(), counted={pagne.pk: 9}, expected={pagne.pk: 10})
    assert levels_of(pagne) == [(6, 0, 0)]


def test_the_till_sells_from_one_place_and_names_everything_that_is_missing(tenant: Tenant) -> None:
    pagne, robe, jupe = make_variants(2, "Pagne", "Robe", "Jupe")
    stock.receive(variant=robe, location=make_place(), quantity=9)
    lines = [(pagne, 1), (robe, 3), (jupe, 1), (jupe, 2)]
    with pytest.raises(stock.OutOfStock) as caught:
        stock.sell_at(location=shop(), lines=lines, reference="T 1")
    assert [(one.name, one.wanted, one.available) for one in caught.value.shortages] == [("Robe", 3, 2), ("Jupe", 3, 2)]
    assert all(word in str(caught.value) for word in ("Robe", "Jupe", "3", "2"))
    assert not Movement.objects.filter(action="sold").exists()
    assert stock.sell_at(location=shop(), lines=[(pagne, 1), (jupe, 1), (pagne, 1)], reference="T 1") == []
    assert (ledger(pagne)[1:], ledger(jupe)[1:]) == ([("sold", -2, 2, 0)], [("sold", -1, 2, 1)])


def test_the_till_leaves_alone_what_is_not_counted(tenant: Tenant) -> None:
    [service] = make_variants(0, "Retouche")
    Product.objects.update(supply="always")
    assert stock.sell_at(location=shop(), lines=[(service, 3)], reference="T 1") == []
    assert levels_of(service) == []


def test_the_till_may_not_take_what_is_kept_for_an_order_but_what_was_kept_too_long(tenant: Tenant) -> None:
    [pagne] = make_variants(2)
    order = make_order((pagne, 2))
    stock.hold(order=order, until=later())
    with refused("out_of_stock"):
        stock.sell_at(location=shop(), lines=[(pagne, 1)], reference="T 1")
    stock.hold(order=order, until=timezone.now() - timedelta(seconds=1))
    stock.sell_at(location=shop(), lines=[(pagne, 1)], reference="T 1")
    assert levels_of(pagne) == [(1, 0, 0)]


def test_what_was_sold_offline_is_taken_whatever_there_is_and_reported_once(tenant: Tenant) -> None:
    pagne, robe = make_variants(2, "Pagne", "Robe")
    stock.hold(order=make_order((pagne, 1)), until=later())
    sale = {"location": shop(), "offline": True}
    assert stock.sell_at(lines=[(pagne, 3), (robe, 1)], reference="T 1", **sale) == [pagne]
    assert (levels_of(pagne), levels_of(robe)) == ([(-1, 1, 2)], [(1, 0, 0)])
    assert stock.sell_at(lines=[(robe, 1)], reference="T 2", **sale) == []
    with refused("out_of_stock"):
        stock.sell_at(location=shop(), lines=[(pagne, 1)], reference="T 3")


def test_goods_taken_back_can_be_sold_again(tenant: Tenant) -> None:
    [pagne] = make_variants(1)
    stock.sell_at(location=shop(), lines=[(pagne, 1)], reference="T 1")
    stock.take_back(variant=pagne, location=shop(), quantity=1, reference="T 1")
    assert ledger(pagne)[1:] == [("sold", -1, 1, 0), ("returned", 1, 0, 1)]
    assert available([pagne]) == {pagne.pk: 1}


@pytest.mark.parametrize(
    ("supply", "expected"), [("stock", [False, True, False]), ("always", [True] * 3), ("preorder", [True] * 3)]
)
def test_a_product_is_available_as_its_supply_says(tenant: Tenant, supply: str, expected: list[bool]) -> None:
    [pagne] = make_variants()
    Product.objects.update(supply=supply)
    stock.refresh_availability(products=[pagne.product_id])
    seen = [is_available(pagne)]
    stock.receive(variant=pagne, location=shop(), quantity=1)
    seen.append(is_available(pagne))
    stock.adjust(variant=pagne, location=shop(), difference=-1, reason="Perdu")
    seen.append(is_available(pagne))
    assert seen == expected


def test_only_free_pieces_of_active_variants_in_open_places_that_sell_online_make_a_product_available(
    tenant: Tenant,
) -> None:
    [pagne] = make_variants()
    depot = make_place(sells_online=False)
    stock.receive(variant=pagne, location=depot, quantity=5)
    assert (is_available(pagne), available([pagne])) == (False, {pagne.pk: 0})
    stock.transfer(variant=pagne, source=depot, target=shop(), quantity=2)
    assert (is_available(pagne), available([pagne])) == (True, {pagne.pk: 2})
    order = make_order((pagne, 2))
    stock.hold(order=order, until=later())
    assert (is_available(pagne), available([pagne])) == (False, {pagne.pk: 0})
    stock.release(order=order)
    assert is_available(pagne)
    Variant.objects.update(is_active=False)
    stock.refresh_availability(products=[pagne.product_id])
    assert (is_available(pagne), available([pagne])) == (False, {pagne.pk: 0})


def test_what_can_be_had_is_told_in_one_query(tenant: Tenant, django_assert_num_queries) -> None:
    pagne, service, never = make_variants(3, "Pagne", "Retouche", "Fini")
    Product.objects.filter(variants=service).update(supply="always")
    Product.objects.filter(variants=never).update(supply="none")
    stock.sell_at(location=make_place(), lines=[(pagne, 7)], reference="T 1", offline=True)
    with django_assert_num_queries(1):
        assert available([pagne, service, never.pk]) == {pagne.pk: 3, service.pk: None, never.pk: 0}


def test_the_stock_is_worth_what_it_cost(tenant: Tenant, django_assert_num_queries) -> None:
    pagne, robe, _jupe = make_variants(4, "Pagne", "Robe", "Jupe")
    Variant.objects.filter(pk=pagne.pk).update(cost_minor=1500)
    Variant.objects.filter(pk=robe.pk).update(cost_minor=25)
    stock.sell_at(location=make_place(), lines=[(pagne, 2)], reference="T 1", offline=True)
    with django_assert_num_queries(1):
        worth = stock_value()
    assert (worth.at_cost, worth.pieces, worth.without_cost) == (4 * 1500 + 4 * 25, 12, 4)


def test_a_long_delivery_costs_as_many_queries_as_a_short_one(tenant: Tenant) -> None:
    variants = make_variants(0, *(f"Pagne {number}" for number in range(12)))

    def queries_for(pieces: dict[int, int]) -> int:
        with CaptureQueriesContext(connection) as queries:
            stock.receive_all(location=shop(), pieces=pieces)
        return len(queries)

    assert queries_for({variants[0].pk: 1}) == queries_for({variant.pk: 1 for variant in variants[1:]})


def test_a_guard_refuses_what_a_service_would_have_wrongly_allowed(tenant: Tenant) -> None:
    [pagne] = make_variants(2)
    level = StockLevel.objects.get()
    for change in (Change(level, quantity=-3), Change(level, reserved=3)):
        with pytest.raises(Conflict):
            change_levels([change], Entry(Movement.Action.SOLD))
    assert levels_of(pagne) == [(2, 0, 0)]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda level: StockLevel.objects.update(reserved=3),
        lambda level: StockLevel.objects.update(quantity=-1),
        lambda level: StockLevel.objects.update(reserved=-1),
        lambda level: StockLevel.objects.update(overdrawn=-1),
        lambda level: StockLevel.objects.create(variant=level.variant, location=level.location),
        lambda level: Movement.objects.create(level=level, action="sold", quantity=-1, before=2, after=2),
        lambda level: Movement.objects.create(level=level, action="stolen", quantity=-1, before=2, after=1),
        lambda level: level.variant.order_lines.get().holds.create(level=level, quantity=0),
    ],
)
def test_the_database_refuses_what_the_services_would(tenant: Tenant, wrong: Callable[[StockLevel], object]) -> None:
    [pagne] = make_variants(2)
    make_order((pagne, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong(StockLevel.objects.get())
