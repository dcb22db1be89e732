"""The time of a country."""

from __future__ import annotations

import pytest
from django.conf import settings

from shared_apps.core.clocks import zone_of


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("SN", "Africa/Dakar"),
        ("CM", "Africa/Douala"),
        ("CD", "Africa/Kinshasa"),
        ("", settings.TIME_ZONE),
        ("RU", settings.TIME_ZONE),
        ("nowhere", settings.TIME_ZONE),
    ],
)
def test_the_time_of_a_country_with_one_zone_is_its_own(country: str, zone: str) -> None:
    assert zone_of(country).key == zone
