"""Prices as people type and read them. Pure."""

from __future__ import annotations

import re
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.money import InexactAmount, Money, exponent_of
from shared_apps.core.errors import DomainError
from shared_apps.core.numbers import reader_locale

MAX_MINOR = 10**12
# What separates thousands in French and English texts: spaces of every kind and the apostrophe.
SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’]")
# "12.500": a thousand in one country, decimals in another.
THREE_BEHIND = re.compile(r"\d\.\d{3}$", re.ASCII)
PLAIN_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,4})?", re.ASCII)


class BadPrice(DomainError):
    """What was typed is not a price in the shop's currency."""


def parse_price(text: str, *, currency: str, field: str = "price") -> Money:
    """Read a typed price in major units: "12 500", "12500", "19,90". Exact and never guessed, or BadPrice with what to type."""
    number = SPACES.sub("", text).replace(",", ".")
    if not PLAIN_NUMBER.fullmatch(number):
        raise BadPrice("price_unreadable", _("Type the price in digits, for example 12 500."), field=field)
    if THREE_BEHIND.search(number):
        ambiguous = _("This can be read in two ways. Type it without a point or comma, for example 12500.")
        raise BadPrice("price_ambiguous", ambiguous, field=field)
    try:
        amount = Money.from_decimal(Decimal(number), currency)
    except InexactAmount:
        raise BadPrice("price_decimals", _too_many_decimals(currency), field=field) from None
    if amount.minor > MAX_MINOR:
        raise BadPrice("price_too_high", _("This price is too high. Check the number of zeros."), field=field)
    return amount


def _too_many_decimals(currency: str) -> str:
    if exponent_of(currency) == 0:
        return _("Prices in this currency have no decimals. Type the full amount, for example 12 500.")
    return _("A price has at most two decimals, for example 19.90.")


def price_as_typed(minor: int, *, currency: str) -> str:
    """A stored price as it goes back into the form."""
    return Money(minor, currency).as_text()


def price_text(minor: int, *, currency: str) -> str:
    """A stored price as people read it, in the language of the page."""
    return Money(minor, currency).display(reader_locale())
