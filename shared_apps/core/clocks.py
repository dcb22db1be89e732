"""The time of a country."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo

from babel.core import get_global
from django.conf import settings

# Countries with several zones: that of the capital.
CAPITALS = {
    "CA": "America/Toronto", "CD": "Africa/Kinshasa", "ES": "Europe/Madrid", "PT": "Europe/Lisbon",
    "US": "America/New_York", "BR": "America/Sao_Paulo",
}  # fmt: skip


@cache
def zone_of(country: str) -> ZoneInfo:
    """The time zone of a country (ISO 3166-1 alpha-2); the platform's for none, and for one with several zones."""
    zones = get_global("territory_zones").get(country, [])
    if country in CAPITALS:
        return ZoneInfo(CAPITALS[country])
    return ZoneInfo(zones[0] if len(zones) == 1 else settings.TIME_ZONE)
