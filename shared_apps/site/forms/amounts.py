"""Amounts as people type them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.money import InexactAmount, Money


def parse_amount(text: str, currency: str) -> Money:
    """ "25 000" or "38,11" in a currency, above zero; raises ValidationError with what to type instead."""
    digits = "".join(text.split()).replace("\u202f", "").replace("\xa0", "").replace(",", ".")
    try:
        amount = Decimal(digits)
        if not amount.is_finite() or not 0 < amount < Decimal(10) ** 12:
            raise InvalidOperation
        return Money.from_decimal(amount, currency)
    except InexactAmount:
        raise forms.ValidationError(_("This currency has no such decimals.")) from None
    except InvalidOperation:
        raise forms.ValidationError(_("Enter the amount in digits, for example 25000.")) from None


def amount_text(amount: Money) -> str:
    """An amount as a person would type it: "38,11" in French."""
    text = amount.as_text()
    return text.replace(".", ",") if (get_language() or "").startswith("fr") else text
