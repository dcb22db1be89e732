"""Amounts as people type them are read exactly, or not at all."""

from __future__ import annotations

import re

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from billing.money import EXPONENTS, InexactAmount, Money
from shared_apps.core.money_field import MoneyField, read_money, typed_money


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("25000", "XAF", 25_000),
        ("25 000", "XOF", 25_000),
        (" 25\u202f000 ", "XAF", 25_000),
        ("25\xa0000", "GNF", 25_000),
        ("0", "XAF", 0),
        ("38,11", "EUR", 3_811),
        ("38.1", "EUR", 3_810),
        ("38", "USD", 3_800),
        ("1 500,50", "USD", 150_050),
        ("1980", "JPY", 1_980),
    ],
)
def test_what_people_type_is_read(text: str, currency: str, minor: int) -> None:
    assert read_money(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["25.000", "25,000", "25000,0", "25000.00"])
def test_francs_have_no_decimals_and_no_point_is_taken_for_a_thousand(text: str) -> None:
    with pytest.raises(InexactAmount):
        read_money(text, "XAF")


@pytest.mark.parametrize("text", ["1.500", "38,111"])
def test_nothing_is_rounded(text: str) -> None:
    with pytest.raises(InexactAmount):
        read_money(text, "EUR")


@pytest.mark.parametrize("text", ["", "-5", "+5", "1e3", "1.500,00", "٢٥", "NaN", "25 000 FCFA", "1" * 13, "5,", ",5"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text) or "^$") as refused:
        read_money(text, "EUR")
    assert not isinstance(refused.value, InexactAmount)


@given(st.sampled_from(sorted(EXPONENTS)), st.integers(min_value=0, max_value=10**11), st.sampled_from(["fr", "en"]))
def test_what_is_shown_in_a_form_is_read_back(currency: str, minor: int, language: str) -> None:
    from django.utils import translation

    with translation.override(language):
        assert read_money(typed_money(Money(minor, currency)), currency) == Money(minor, currency)


def test_the_field_gives_money_or_says_what_is_wrong() -> None:
    class Form(forms.Form):
        price = MoneyField(currency="XAF", required=False)

    assert Form({"price": "25 000"}).is_valid()
    empty, wrong = Form({"price": ""}), Form({"price": "25.000"})
    assert empty.is_valid()
    assert empty.cleaned_data["price"] is None
    assert "price" in wrong.errors
    assert 'value="25\u202f000"' in str(Form(initial={"price": Money(25_000, "XAF")})["price"])
