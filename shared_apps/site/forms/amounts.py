"""Amounts as people type them."""

from __future__ import annotations

import re
from decimal import Decimal

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.money import Money, exponent_of

_AMOUNT = re.compile(r"(\d{1,12})(?:[.,](\d+))?", re.ASCII)


def parse_amount(text: str, currency: str) -> Money:
    """ "25 000" or "38,11" in a currency, above zero; raises ValidationError with what to type instead.

    "25.000" and "25,000" are refused, for some mean thousands by it: no digit stands beyond the currency's decimals.
    """
    written = _AMOUNT.fullmatch("".join(text.split()))
    if written is None or not (amount := Decimal(".".join(written.groups("0")))):
        raise forms.ValidationError(_("Enter the amount in digits, for example 25000."))
    if len(written[2] or "") > exponent_of(currency):
        raise forms.ValidationError(_("This currency has no such decimals."))
    return Money.from_decimal(amount, currency)


def amount_text(amount: Money) -> str:
    """An amount as a person would type it: "38,11" in French."""
    text = amount.as_text()
    return text.replace(".", ",") if (get_language() or "").startswith("fr") else text
