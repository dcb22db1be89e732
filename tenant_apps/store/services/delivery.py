"""Every write of delivery zones. All lock the shop's one row first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import changes, record
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import DeliveryZone, Location
from tenant_apps.store.services.shop import lock_shop


@dataclass(frozen=True, slots=True)
class ZoneDetails:
    """What staff type about a zone, in minor units of the shop's currency. With a `pickup` place customers come themselves."""

    name: str
    fee_minor: int = 0
    free_from_minor: int | None = None
    delay: str = ""
    pickup: Location | None = None
    takes_cash: bool = True
    is_active: bool = True


@transaction.atomic
def create_zone(*, details: ZoneDetails) -> DeliveryZone:
    """Add a zone behind the others. Locks the shop; one transaction. Raises DomainError (`name_taken`)."""
    lock_shop()
    last = DeliveryZone.objects.aggregate(last=Max("position"))["last"]
    zone = DeliveryZone(position=0 if last is None else last + 1)
    _write(zone, details)
    _record("store.zone.created", zone, after=_facts(zone))
    return zone


@transaction.atomic
def update_zone(*, zone: DeliveryZone, details: ZoneDetails) -> DeliveryZone:
    """Change a zone; orders keep what they were told. Locks the shop; one transaction. Raises DomainError (`name_taken`)."""
    lock_shop()
    zone = _again(zone)
    before = _facts(zone)
    _write(zone, details)
    _record("store.zone.changed", zone, **changes(before, _facts(zone)))
    return zone


@transaction.atomic
def move_zone(*, zone: DeliveryZone, up: bool) -> None:
    """Show a zone one place earlier or later. Locks the shop; one transaction. At the end of the list nothing changes."""
    lock_shop()
    zones = list(DeliveryZone.objects.order_by("position", "pk"))
    index = next((number for number, one in enumerate(zones) if one.pk == zone.pk), None)
    target = -1 if index is None else index + (-1 if up else 1)
    if index is None or not 0 <= target < len(zones):
        return
    zones[index], zones[target] = zones[target], zones[index]
    for number, one in enumerate(zones):
        if one.position != number:
            _record("store.zone.changed", one, before={"position": one.position}, after={"position": number})
            one.position = number
    DeliveryZone.objects.bulk_update(zones, ["position"])


@transaction.atomic
def delete_zone(*, zone: DeliveryZone) -> None:
    """Delete a zone for good; orders keep its name, addresses forget it. Locks the shop; one transaction."""
    lock_shop()
    zone = _again(zone)
    _record("store.zone.deleted", zone, before=_facts(zone))
    zone.delete()


def _again(zone: DeliveryZone) -> DeliveryZone:
    current = DeliveryZone.objects.filter(pk=zone.pk).first()
    if current is None:
        raise DomainError("zone_gone", _("This zone was deleted in the meantime."), status=404)
    return current


def _write(zone: DeliveryZone, details: ZoneDetails) -> None:
    if DeliveryZone.objects.exclude(pk=zone.pk).filter(name__iexact=details.name).exists():
        raise DomainError("name_taken", _("Another zone has this name."), field="name")
    zone.name, zone.delay, zone.pickup = details.name, details.delay, details.pickup
    zone.fee_minor, zone.free_from_minor = details.fee_minor, details.free_from_minor
    zone.takes_cash, zone.is_active = details.takes_cash, details.is_active
    zone.save()


def _facts(zone: DeliveryZone) -> dict[str, Any]:
    """A zone as the audit log keeps it."""
    return {
        "name": zone.name,
        "fee_minor": zone.fee_minor,
        "free_from_minor": zone.free_from_minor,
        "delay": zone.delay,
        "pickup": zone.pickup.name if zone.pickup else "",
        "takes_cash": zone.takes_cash,
        "is_active": zone.is_active,
    }


def _record(action: str, zone: DeliveryZone, **facts: Any) -> None:
    record(action=action, category=AuditCategory.CATALOGUE, resource=zone, **facts)
