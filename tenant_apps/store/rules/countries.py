"""What follows from the country a shop is in. Pure."""

from __future__ import annotations

from babel.numbers import get_territory_currencies

from billing.money import EXPONENTS


def currency_of(country: str) -> str:
    """The money people use in a country (ISO 3166-1); empty where it is none that amounts may be in."""
    return next((code for code in get_territory_currencies(country) if code in EXPONENTS), "")
