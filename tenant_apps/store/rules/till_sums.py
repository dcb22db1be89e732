"""The sums of a sale at the till. Pure; amounts are integers in minor units of one currency, tax included.

An order's line has one price a piece, so that a return gives back exactly what was paid. Discounts at the till are amounts
off a line or off the sale: where they cannot be divided by the pieces, the line is written as two, a unit apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Charged:
    """A line as it was charged: a piece by the price list, and what was taken off the whole line by hand."""

    unit_minor: int
    quantity: int
    discount_minor: int = 0

    @property
    def net_minor(self) -> int:
        return self.unit_minor * self.quantity - self.discount_minor


@dataclass(frozen=True, slots=True)
class Part:
    """So many pieces at one price."""

    unit_minor: int
    quantity: int


def sale_total(lines: Sequence[Charged], *, discount_minor: int) -> int:
    """What a sale comes to. Below zero where the discount is more than the lines."""
    return sum(line.net_minor for line in lines) - discount_minor


def shared(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount divided in proportion to some weights, to the last unit: the largest remainders get one more, the first of
    equal ones. Nobody gets more than their weight where the amount is at most their sum.
    """
    whole = sum(weights)
    if amount == 0 or whole == 0:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % whole), at))
    for at in order[: amount - sum(parts)]:
        parts[at] += 1
    return parts


def in_parts(lines: Sequence[Charged], *, discount_minor: int) -> list[list[Part]]:
    """Each line as pieces at whole prices, the sale's discount shared among the lines by what they come to.

    The sum over all parts is `sale_total`, which must not be below zero.
    """
    nets = [line.net_minor for line in lines]
    return [
        _parts(net - less, line.quantity)
        for line, net, less in zip(lines, nets, shared(discount_minor, nets), strict=True)
    ]


def _parts(total: int, quantity: int) -> list[Part]:
    unit, more = divmod(total, quantity)
    parts = [Part(unit, quantity - more), Part(unit + 1, more)]
    return [part for part in parts if part.quantity]
