"""Prices as typed and as read."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.store.rules.typed_prices import MAX_MINOR, BadPrice, parse_price, price_as_typed, price_text


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12500", "XAF", 12500),
        ("12 500", "XOF", 12500),
        ("12\u202f500", "XAF", 12500),
        ("12\u00a0500", "XAF", 12500),
        ("12'500", "XAF", 12500),
        ("0", "XAF", 0),
        ("19,90", "EUR", 1990),
        ("19.9", "EUR", 1990),
        ("12500,00", "XAF", 12500),
    ],
)
def test_prices_are_read_as_people_type_them(text: str, currency: str, minor: int) -> None:
    assert parse_price(text, currency=currency).minor == minor


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("", "XAF", "price_unreadable"),
        ("gratuit", "XAF", "price_unreadable"),
        ("-5", "XAF", "price_unreadable"),
        ("1e9", "XAF", "price_unreadable"),
        ("NaN", "EUR", "price_unreadable"),
        ("١٢", "XAF", "price_unreadable"),
        ("1,2,3", "EUR", "price_unreadable"),
        ("12.5", "XAF", "price_decimals"),
        ("19,9999", "EUR", "price_decimals"),
        ("19,999", "EUR", "price_ambiguous"),
        ("25.000", "EUR", "price_ambiguous"),
        ("25.000", "XAF", "price_ambiguous"),
        ("999999999999999", "XAF", "price_too_high"),
    ],
)
def test_what_is_no_price_is_refused_with_what_to_type(text: str, currency: str, code: str) -> None:
    with pytest.raises(BadPrice) as caught:
        parse_price(text, currency=currency)
    assert (caught.value.code, caught.value.field) == (code, "price")


@given(st.integers(0, MAX_MINOR), st.sampled_from(["XAF", "XOF", "EUR", "USD"]))
def test_a_price_goes_into_the_form_and_back_unchanged(minor: int, currency: str) -> None:
    assert parse_price(price_as_typed(minor, currency=currency), currency=currency).minor == minor


def test_prices_are_shown_in_the_language_of_the_page() -> None:
    with translation.override("fr"):
        assert price_text(25000, currency="XAF") == "25\u202f000\u00a0FCFA"
    with translation.override("en"):
        assert price_text(1990, currency="EUR") == "€19.90"
