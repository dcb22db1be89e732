"""What an order comes to. Pure; amounts are integers in minor units of one currency, tax included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BASIS = 10_000  # hundredths of a per cent in a whole


@dataclass(frozen=True, slots=True)
class PricedLine:
    """So many pieces at a price each: before every discount, and as they are paid."""

    list_minor: int
    unit_minor: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What an order comes to; `discount` is what its lines are below their list prices, `tax` is within `total`."""

    items: int
    discount: int
    delivery: int
    total: int
    tax: int


def totals_of(lines: Iterable[PricedLine], *, delivery: int = 0, tax_rate_bp: int = 0) -> Totals:
    """The sums of some lines and a delivery fee. The price of a piece is rounded already: sums are exact."""
    items = discount = 0
    for line in lines:
        items += line.unit_minor * line.quantity
        discount += (line.list_minor - line.unit_minor) * line.quantity
    total = items + delivery
    return Totals(items, discount, delivery, total, tax_within(total, tax_rate_bp))


def tax_within(total: int, rate_bp: int) -> int:
    """The tax that an amount contains, rounded half up: 18 % within 11 800 are 1 800."""
    return (2 * total * rate_bp + BASIS + rate_bp) // (2 * (BASIS + rate_bp))


def delivery_fee(*, fee: int, free_from: int | None, items: int, is_free: bool = False) -> int:
    """What a delivery costs: nothing from an amount on, nor where a promotion says so."""
    reached = free_from is not None and items >= free_from
    return 0 if is_free or reached else fee
