"""Counting a place over an afternoon, while selling goes on; and the places themselves."""

from __future__ import annotations

import pytest
from django_tenants.utils import tenant_context

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import CountedPieces, DeliveryZone, Location, Movement, Product, StockCount
from tenant_apps.store.selectors.stocktaking import count_summary
from tenant_apps.store.services import places, stock, stocktaking
from tenant_apps.store.services.places import PlaceDetails
from tenant_apps.store.tests.support import levels_of, make_place, make_variants
from tenant_apps.team.tests.support import refused
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once


def shop() -> Location:
    return Location.objects.order_by("position", "pk")[0]


def start() -> StockCount:
    return stocktaking.start_count(location=shop(), shows_expected=False)


def test_what_is_counted_so_far_is_kept_and_booked_in_the_end(tenant: Tenant) -> None:
    pagne, robe, jupe = make_variants(5, "Pagne", "Robe", "Jupe")
    count, owner = start(), User.objects.get(is_staff=True)
    stocktaking.save_counted(count=count, counted={pagne.pk: 4, robe.pk: None})
    stocktaking.save_counted(count=count, counted={robe.pk: 5})
    stock.sell_at(location=shop(), lines=[(pagne, 1), (jupe, 2)], reference="T 1")
    assert stocktaking.book_count(count=count, by=owner) == [stock.Difference(pagne.pk, -1, 0)]
    assert [levels_of(one)[0][0] for one in (pagne, robe, jupe)] == [3, 5, 3]
    [booked] = Movement.objects.filter(action="counted")
    assert (booked.before, booked.after, booked.actor) == (4, 3, owner)


def test_a_number_that_is_saved_again_keeps_what_was_expected_when_it_was_counted(tenant: Tenant) -> None:
    [pagne] = make_variants(5)
    count = start()
    stocktaking.save_counted(count=count, counted={pagne.pk: 4})
    stock.sell_at(location=shop(), lines=[(pagne, 1)], reference="T 1")
    stocktaking.save_counted(count=count, counted={pagne.pk: 4})
    assert CountedPieces.objects.get().expected == 5
    stocktaking.save_counted(count=count, counted={pagne.pk: 3})
    assert CountedPieces.objects.get().expected == 4
    stocktaking.save_counted(count=count, counted={pagne.pk: None})
    assert not CountedPieces.objects.exists()
    with refused("nothing_counted"):
        stocktaking.book_count(count=count)


def test_a_count_is_booked_or_given_up_once(tenant: Tenant) -> None:
    [pagne] = make_variants(5)
    count = start()
    assert start() == count
    stocktaking.save_counted(count=count, counted={pagne.pk: 2})
    with refused("pieces_invalid"):
        stocktaking.save_counted(count=count, counted={pagne.pk: -2})
    stocktaking.book_count(count=count)
    for act in (
        lambda: stocktaking.book_count(count=count),
        lambda: stocktaking.give_up_count(count=count),
        lambda: stocktaking.save_counted(count=count, counted={pagne.pk: 9}),
    ):
        with refused("count_closed"):
            act()
    assert levels_of(pagne) == [(2, 0, 0)]
    other = start()
    assert other != count
    stocktaking.give_up_count(count=other)
    assert StockCount.objects.count() == 1


def test_the_summary_says_what_booking_will_do(tenant: Tenant) -> None:
    pagne, robe, jupe = make_variants(5, "Pagne", "Robe", "Jupe")
    type(pagne).objects.filter(pk=pagne.pk).update(cost_minor=700)
    count = start()
    stocktaking.save_counted(count=count, counted={pagne.pk: 2, robe.pk: 5})
    found = count_summary(count)
    assert [(line.variant, line.difference) for line in found.differing] == [(pagne, -3)]
    assert (found.agreeing, found.uncounted, found.uncounted_total, found.worth) == (1, [jupe], 1, -2100)


@pytest.mark.usefixtures("committed_db")
def test_of_many_who_book_a_count_at_once_one_does() -> None:
    tenant = ready_tenant("store-a")
    with tenant_context(tenant):
        [pagne] = make_variants(5)
        counts = at_once(8, lambda _number: _in(tenant, start))
        assert len({count.pk for count in counts}) == 1
        stocktaking.save_counted(count=counts[0], counted={pagne.pk: 3})
        answers = at_once(8, lambda _number: _in(tenant, lambda: stocktaking.book_count(count=counts[0])))
        assert sorted(isinstance(answer, DomainError) for answer in answers) == [False] + [True] * 7
        assert levels_of(pagne) == [(3, 0, 0)]


def _in(tenant: Tenant, act):
    with tenant_context(tenant):
        for count in StockCount.objects.all():
            count.refresh_from_db()
        return act()


# Places.


def test_places_are_added_changed_and_recorded(tenant: Tenant) -> None:
    depot = places.create_place(details=PlaceDetails(name="Dépôt", address="Akwa", sells_online=False))
    assert (depot.position, depot.is_active) == (1, True)
    with refused("name_taken") as caught:
        places.create_place(details=PlaceDetails(name="dépôt"))
    assert caught.value.field == "name"
    places.change_place(place=depot, details=PlaceDetails(name="Dépôt 1", address="Akwa"))
    with refused("name_taken"):
        places.change_place(place=shop(), details=PlaceDetails(name="Dépôt 1"))
    entry = AuditLog.objects.get(action="store.location.changed")
    assert (entry.before, entry.after) == (
        {"name": "Dépôt", "sells_online": False},
        {"name": "Dépôt 1", "sells_online": True},
    )


def test_a_place_that_goes_online_or_not_changes_what_is_available(tenant: Tenant) -> None:
    [pagne] = make_variants(5)
    details = PlaceDetails(name=shop().name, sells_online=False)
    places.change_place(place=shop(), details=details)
    assert not Product.objects.get().is_available
    places.change_place(place=shop(), details=PlaceDetails(name=shop().name))
    assert Product.objects.get().is_available
    assert levels_of(pagne) == [(5, 0, 0)]


def test_only_an_empty_place_closes_and_never_the_last(tenant: Tenant) -> None:
    DeliveryZone.objects.update(pickup=None)
    [pagne] = make_variants(5)
    depot = make_place()
    with refused("place_not_empty"):
        places.close_place(place=shop())
    stock.transfer(variant=pagne, source=shop(), target=depot, quantity=5)
    count = start()
    with refused("place_counted"):
        places.close_place(place=shop())
    stocktaking.give_up_count(count=count)
    DeliveryZone.objects.update(pickup=shop())
    with refused("place_collects"):
        places.close_place(place=shop())
    DeliveryZone.objects.update(pickup=depot)
    first = shop()
    assert not places.close_place(place=first).is_active
    places.close_place(place=first)
    stock.adjust(variant=pagne, location=depot, difference=-5, reason="Perdu")
    with refused("last_place"):
        places.close_place(place=depot)
    assert places.open_place(place=first).is_active
    places.open_place(place=first)
    assert AuditLog.objects.filter(action__in=["store.location.closed", "store.location.opened"]).count() == 2


def test_places_change_their_order(tenant: Tenant) -> None:
    first, second, third = shop(), make_place("Dépôt"), make_place("Marché")

    def names() -> list[str]:
        return list(Location.objects.order_by("position").values_list("name", flat=True))

    places.move_place(place=third, up=True)
    assert names() == [first.name, third.name, second.name]
    places.move_place(place=first, up=False)
    assert names() == [third.name, first.name, second.name]
    places.move_place(place=third, up=True)
    places.move_place(place=second, up=False)
    assert names() == [third.name, first.name, second.name]
    assert AuditLog.objects.filter(action="store.location.moved").count() == 2
