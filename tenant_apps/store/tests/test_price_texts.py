"""What staff read and type about discounts, and the shop's time."""

from __future__ import annotations

import pytest
from django import forms
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.store.forms.prices import MembersForm, PercentField
from tenant_apps.store.texts.prices import percent_text, percent_typed
from tenant_apps.team.forms import PhoneField


def test_per_cents_are_written_as_the_language_does() -> None:
    with translation.override("fr"):
        assert [percent_text(bp) for bp in (1_000, 750, 1_925, 0)] == [
            "10\u202f%", "7,5\u202f%", "19,25\u202f%", "0\u202f%",
        ]  # fmt: skip
    with translation.override("en"):
        assert percent_text(750) == "7.5%"


@given(st.integers(0, 10_000), st.sampled_from(["fr", "en"]))
def test_a_per_cent_goes_into_the_form_and_back_unchanged(bp: int, language: str) -> None:
    with translation.override(language):
        assert PercentField().clean(percent_typed(bp)) == bp


@pytest.mark.parametrize("text", ["-1", "100,01", "abc", "1e1", "٥", "5%%x", "1,234", "9999"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(forms.ValidationError):
        PercentField().clean(text)


@pytest.mark.parametrize(
    ("region", "typed", "number"),
    [
        ("", "+221 77 123 45 67", "+221771234567"),
        ("CM", "670 12 34 56", "+237670123456"),
        ("CM", "+221771234567", "+221771234567"),
        ("SN", "77-123-45-67", "+221771234567"),
        ("CM", "  ", ""),
    ],
)
def test_a_number_is_read_by_the_shops_country(region: str, typed: str, number: str) -> None:
    field = PhoneField(region=region, required=False)
    assert field.clean(typed) == number
    assert field.clean(field.prepare_value(number)) == number


@pytest.mark.parametrize(
    ("region", "typed"), [("", "670123456"), ("CM", "12"), ("CM", "call me"), ("", "+237 0"), ("", "\x00")]
)
def test_what_is_no_number_is_refused_and_shown_as_it_was_typed(region: str, typed: str) -> None:
    field = PhoneField(region=region)
    with pytest.raises(forms.ValidationError):
        field.clean(typed)
    assert field.prepare_value(typed) == typed


def test_of_many_wrong_lines_the_first_are_named_and_the_others_counted() -> None:
    form = MembersForm({"emails": "\n".join(f"x{number}" for number in range(15)) + "\na@example.org"})
    assert not form.is_valid()
    errors = form.errors["emails"]
    assert len(errors) == 11
    assert "x0" in errors[0]
    assert "5" in errors[10]
