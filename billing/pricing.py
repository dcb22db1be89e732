"""What an order costs. One pure function for page, preview, API and order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from billing.money import Money, percent_of


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a coupon takes off: per cent, or a fixed amount in the order's currency."""

    percent: int | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """subtotal - discount + tax = total, in one currency."""

    subtotal: Money
    discount: Money
    tax: Money
    total: Money


def price_order(price: Money, *, reduction: Reduction | None = None) -> Amounts:
    """Price one plan for one cycle. The discount never exceeds the price; prices include tax."""
    nothing = Money(0, price.currency)
    discount = nothing
    if reduction and reduction.percent is not None:
        discount = percent_of(price, Decimal(reduction.percent))
    elif reduction and reduction.amount is not None:
        discount = min(reduction.amount, price)
    return Amounts(subtotal=price, discount=discount, tax=nothing, total=price - discount)


def saving_percent(*, monthly: Money, price: Money, months: int) -> int:
    """How much cheaper a longer cycle is than paying monthly, in whole per cent, rounded down."""
    full = monthly.minor * months
    return (full - price.minor) * 100 // full if full else 0
