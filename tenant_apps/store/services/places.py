"""Places for stock: shops and depots.

All lock the shop's row first (`lock_shop`), then places, then levels by id, then products by id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import changes, record
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.store.models import DeliveryZone, Location, Product, StockCount
from tenant_apps.store.services.shop import lock_shop
from tenant_apps.store.services.stock_levels import lock_levels, refresh_availability


@dataclass(frozen=True, slots=True)
class PlaceDetails:
    """What staff type about a place."""

    name: str
    address: str = ""
    sells_online: bool = True


@transaction.atomic
def create_place(*, details: PlaceDetails) -> Location:
    """Add a place behind the others. Locks the shop; one transaction. Raises DomainError (`name_taken`)."""
    lock_shop()
    _check_name_free(details.name)
    last = Location.objects.aggregate(last=Max("position"))["last"]
    place = Location.objects.create(
        name=details.name,
        address=details.address,
        sells_online=details.sells_online,
        position=0 if last is None else last + 1,
    )
    _record("store.location.created", place, after=_facts(place))
    return place


@transaction.atomic
def change_place(*, place: Location, details: PlaceDetails) -> Location:
    """Change a place; products that are sold from it become available online or stop being so. Locks the shop, the place
    and products; one transaction. Raises DomainError (`name_taken`).
    """
    place = _lock(place)
    before = _facts(place)
    _check_name_free(details.name, but=place)
    place.name, place.address, place.sells_online = details.name, details.address, details.sells_online
    place.save(update_fields=["name", "address", "sells_online"])
    after = _facts(place)
    if before != after:
        _record("store.location.changed", place, **changes(before, after))
    if before["sells_online"] != place.sells_online:
        _refresh_products_in(place)
    return place


@transaction.atomic
def close_place(*, place: Location) -> Location:
    """Stop using a place. Only an empty one, where nothing is kept, counted or collected, and never the last one.

    Locks the shop, the place against new levels, and its levels: who brings something meanwhile waits, and finds it closed.
    One transaction. Raises DomainError (`place_not_empty`, `last_place`, `place_counted`, `place_collects`). Doing it again
    changes nothing.
    """
    place = _lock(place)
    if not place.is_active:
        return place
    _check_may_close(place)
    place.is_active = False
    place.save(update_fields=["is_active"])
    _record("store.location.closed", place, before={"is_active": True}, after={"is_active": False})
    return place


def _check_may_close(place: Location) -> None:
    levels = lock_levels(Q(location=place))
    if any(level.quantity or level.reserved or level.overdrawn for level in levels):
        text = _("There is still stock in “%(place)s”. Bring it to another place first, or count it.")
        raise DomainError("place_not_empty", text % {"place": place.name})
    if not Location.objects.filter(is_active=True).exclude(pk=place.pk).exists():
        raise DomainError("last_place", _("A shop needs at least one place. Add another one first."))
    if StockCount.objects.filter(location=place, booked_at=None).exists():
        raise DomainError("place_counted", _("Somebody is counting this place. Book the count or give it up first."))
    if DeliveryZone.objects.filter(pickup=place, is_active=True).exists():
        raise DomainError("place_collects", _("Customers collect their orders here. Change your deliveries first."))


@transaction.atomic
def open_place(*, place: Location) -> Location:
    """Use a closed place again. Locks the shop and the place; one transaction. Doing it again changes nothing."""
    place = _lock(place)
    if place.is_active:
        return place
    place.is_active = True
    place.save(update_fields=["is_active"])
    _record("store.location.opened", place, before={"is_active": False}, after={"is_active": True})
    return place


@transaction.atomic
def move_place(*, place: Location, up: bool) -> None:
    """Have a place come one earlier, or later, among the open ones: goods are taken from the first first. Locks the shop and
    the places; one transaction.
    """
    lock_shop()
    places = list(Location.objects.filter(is_active=True).order_by("position", "pk"))
    where = next((number for number, one in enumerate(places) if one.pk == place.pk), None)
    other = None if where is None else where + (-1 if up else 1)
    if where is None or other is None or not 0 <= other < len(places):
        return
    before = {"order": [one.name for one in places]}
    places[where], places[other] = places[other], places[where]
    for number, one in enumerate(places):
        one.position = number
    Location.objects.bulk_update(places, ["position"])
    _record("store.location.moved", place, before=before, after={"order": [one.name for one in places]})


def _lock(place: Location) -> Location:
    """The place as it is now. FOR UPDATE, which whoever makes a level in it waits for."""
    lock_shop()
    found = Location.objects.select_for_update().filter(pk=place.pk).first()
    if found is None:
        raise Conflict("place_gone", _("This place is gone."))
    return found


def _refresh_products_in(place: Location) -> None:
    products = Product.objects.filter(variants__levels__location=place).values_list("pk", flat=True)
    refresh_availability(products=set(products))


def _check_name_free(name: str, *, but: Location | None = None) -> None:
    others = Location.objects.exclude(pk=but.pk) if but else Location.objects.all()
    if others.filter(name__iexact=name).exists():
        raise DomainError("name_taken", _("Another place has this name. Choose another one."), field="name")


def _facts(place: Location) -> dict[str, Any]:
    return {"name": place.name, "address": place.address, "sells_online": place.sells_online}


def _record(action: str, place: Location, **values: Any) -> None:
    record(action=action, category=AuditCategory.CATALOGUE, resource=place, **values)
