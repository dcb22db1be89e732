"""The shop's time: that of its country."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from babel.core import get_global
from django.conf import settings

from tenant_apps.store.models import Shop

# Countries with several zones: that of the capital.
CAPITALS = {
    "CA": "America/Toronto", "CD": "Africa/Kinshasa", "ES": "Europe/Madrid", "PT": "Europe/Lisbon",
    "US": "America/New_York", "BR": "America/Sao_Paulo",
}  # fmt: skip


def zone_of(shop: Shop) -> ZoneInfo:
    """The time zone of the shop's country; the platform's where the shop names none, or one with several zones."""
    zones = get_global("territory_zones").get(shop.country, [])
    if shop.country in CAPITALS:
        return ZoneInfo(CAPITALS[shop.country])
    return ZoneInfo(zones[0] if len(zones) == 1 else settings.TIME_ZONE)
