"""Where the shop delivers, and where customers may come."""

from __future__ import annotations

from django.db.models import QuerySet

from tenant_apps.store.models import DeliveryZone


def all_zones() -> QuerySet[DeliveryZone]:
    """Every zone in the shop's order, those that are not offered too."""
    return DeliveryZone.objects.select_related("pickup").order_by("position", "pk")


def open_zones() -> QuerySet[DeliveryZone]:
    """The zones that customers may choose, in the shop's order."""
    return all_zones().filter(is_active=True)
