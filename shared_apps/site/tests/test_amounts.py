"""Amounts as people type them: read as they are meant, or asked for again."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from shared_apps.site.forms.amounts import parse_amount


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("25000", "XAF", 25_000),
        ("25 000", "XAF", 25_000),
        ("25\u202f000", "XOF", 25_000),
        ("38,11", "EUR", 3_811),
        ("38.1", "USD", 3_810),
        ("1 250", "JPY", 1_250),
    ],
)
def test_what_is_clear_is_read(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency).minor == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("25.000", "XAF"),  # thousands to some, twenty-five to others
        ("25,000", "XAF"),
        ("1,250", "EUR"),
        ("1.234,56", "EUR"),
        ("38,111", "EUR"),
        ("1e9", "XAF"),
        ("1_000", "XAF"),
        ("-5", "XAF"),
        ("0", "XAF"),
        ("NaN", "XAF"),
        ("1234567890123", "XAF"),
        ("", "XAF"),
    ],
)
def test_what_may_mean_something_else_is_asked_for_again(text: str, currency: str) -> None:
    with pytest.raises(ValidationError):
        parse_amount(text, currency)
