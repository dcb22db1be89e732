"""Frozen quotes from the CFA francs to the euro.

1 EUR = 655.957 XAF = 655.957 XOF, fixed since 1999 (BCEAO and BEAC parity). The two francs are different
currencies: nothing here converts one into the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from billing.money import EXPONENTS, Money

CFA_PER_EUR = Decimal("655.957")
PEGGED = ("XAF", "XOF")


class NoQuote(ValueError):
    """There is no rate between the two currencies, or the amount is too small to be charged."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What will be charged for an amount, and how that figure was reached."""

    source: Money
    charged: Money
    rate: Decimal
    rate_source: str
    quoted_at: datetime


def quote_in_eur(amount: Money, *, at: datetime) -> Quote:
    """Quote an amount in euros, rounded half up to the cent.

    Raises NoQuote when the currency is neither the euro nor pegged to it, or when nothing is left after rounding.
    """
    if amount.currency == "EUR":
        return Quote(amount, amount, Decimal(1), "same currency", at)
    if amount.currency not in PEGGED:
        raise NoQuote(f"no rate from {amount.currency} to EUR")
    euros = (amount.as_decimal() / CFA_PER_EUR).quantize(Decimal(1).scaleb(-EXPONENTS["EUR"]), rounding=ROUND_HALF_UP)
    charged = Money.from_decimal(euros, "EUR")
    if charged.minor <= 0:
        raise NoQuote(f"{amount.as_text()} {amount.currency} is nothing in EUR")
    return Quote(amount, charged, CFA_PER_EUR, "BEAC/BCEAO fixed parity", at)
