"""Amounts that people type: "25 000", "38,11"."""

from __future__ import annotations

import re
from typing import Any

from babel.numbers import get_currency_symbol
from django import forms
from django.utils.translation import gettext as _

from billing.money import InexactAmount, Money, exponent_of
from shared_apps.core.numbers import reader_locale
from shared_apps.core.widgets import MoneyInput

_AMOUNT = re.compile(r"(\d{1,12})(?:[.,](\d{1,3}))?", re.ASCII)
_GROUP = "\u202f"


def read_money(text: str, currency: str) -> Money:
    """The amount in a text: digits, grouped by spaces or not, and at most one comma or point before the decimals.

    Never guesses: "25.000" is neither 25 francs nor 25 000. Raises InexactAmount for more decimals than the currency has,
    and ValueError for what is no amount.
    """
    found = _AMOUNT.fullmatch("".join(text.split()))
    if found is None:
        raise ValueError(text[:40])
    units, decimals = found[1], found[2] or ""
    if len(decimals) > exponent_of(currency):
        raise InexactAmount(f"{text[:40]} {currency}")
    return Money.from_decimal(f"{units}.{decimals or 0}", currency)


def typed_money(amount: Money) -> str:
    """An amount as somebody would type it in the reader's language, without its currency; `read_money` reads it back."""
    units, _point, decimals = amount.as_text().partition(".")
    grouped = f"{int(units):,}".replace(",", _GROUP)
    return f"{grouped}{_decimal_sign()}{decimals}" if decimals else grouped


def currency_sign(currency: str) -> str:
    """What stands beside an amount: "FCFA", "€"."""
    if currency in ("XAF", "XOF"):
        return "FCFA"
    return str(get_currency_symbol(currency, locale=reader_locale()))


def why_not_money(error: ValueError, currency: str) -> str:
    """What to tell somebody whose text `read_money` refused."""
    if not isinstance(error, InexactAmount):
        return _("Enter the amount in digits, for example 25 000.")
    if exponent_of(currency) == 0:
        return _("This currency has no decimals. Write the amount without a comma or point, for example 25 000.")
    return _("This currency has two decimals. Write the amount like 1500%(sign)s50.") % {"sign": _decimal_sign()}


class MoneyField(forms.CharField):
    """An amount in one currency; cleaned to Money, or None where it may be left empty."""

    def __init__(self, *, currency: str, **options: Any) -> None:
        self.currency = currency
        options.setdefault("widget", MoneyInput(currency=currency_sign(currency)))
        super().__init__(max_length=30, **options)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, Money):
            return value
        text = super().to_python(value)
        if not text:
            return None
        try:
            return read_money(text, self.currency)
        except ValueError as error:
            raise forms.ValidationError(why_not_money(error, self.currency)) from None

    def run_validators(self, value: Any) -> None:
        """The pattern has said all about its length."""

    def prepare_value(self, value: Any) -> Any:
        return typed_money(value) if isinstance(value, Money) else value


def _decimal_sign() -> str:
    return "," if reader_locale().startswith("fr") else "."
