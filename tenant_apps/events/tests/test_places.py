"""Positions, languages and times, as people type and read them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.events import moments
from tenant_apps.events.places import (
    LANGUAGES,
    BadPosition,
    language_choices,
    language_name,
    parse_position,
    position_as_typed,
)

EVENING = datetime(2026, 11, 21, 17, 30, tzinfo=UTC)
NIGHT = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["4.0511, 9.7679", "4.0511,9.7679", "(4.0511, 9.7679)", "4,0511 ; 9,7679", "4.0511 9.7679", "4.0511°, 9.7679°"],
)
def test_positions_are_read_as_maps_copy_them(text: str) -> None:
    assert parse_position(text) == (Decimal("4.051100"), Decimal("9.767900"))


@pytest.mark.parametrize("text", ["Douala", "4.05", "91, 0", "0, 181", "1,2,3,4,5", "NaN, 1", "1e5, 1"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(BadPosition):
        parse_position(text)


@given(st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000))
def test_a_position_goes_into_the_form_and_back_unchanged(latitude: int, longitude: int) -> None:
    position = (Decimal(latitude) / 10**6, Decimal(longitude) / 10**6)
    assert parse_position(position_as_typed(*position)) == position


def test_no_position_is_none() -> None:
    assert parse_position("  ") is None
    assert position_as_typed(None, None) == ""


def test_every_language_has_a_name_in_french_and_english() -> None:
    for language, french in (("fr", "Français"), ("en", "French")):
        with translation.override(language):
            assert language_name("fr") == french
            assert all(language_name(code).lower() != code for code in LANGUAGES)
            assert [code for code, _ in language_choices()[:2]] == ["fr", "en"]


def test_times_are_in_the_current_zone_and_the_pages_language() -> None:
    with timezone.override("Africa/Douala"):
        with translation.override("fr"):
            assert moments.span(EVENING, EVENING.replace(hour=19, minute=0)).replace("\u00a0", " ") == (
                "samedi 21 novembre 2026, 18 h 30 – 20 h"
            )
            assert moments.span(EVENING, NIGHT).replace("\u00a0", " ").endswith("dimanche 22 novembre 2026, 0 h 30")
            assert moments.hours(EVENING, NIGHT).replace("\u00a0", " ") == "18 h 30 – dim. 22 nov., 0 h 30"
            assert moments.month(EVENING) == "Novembre 2026"
        with translation.override("en"):
            assert moments.span(EVENING, EVENING.replace(hour=19)).startswith("Saturday, November 21, 2026, 6:30")
    with timezone.override("Africa/Dakar"), translation.override("fr"):
        assert moments.clock(EVENING) == "17\u00a0h\u00a030"
