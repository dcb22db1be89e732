"""How much of a payment may be given back, and what that takes from order and credit. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from billing.money import Money, convert

# PayPal refunds a capture for 180 days (REFUND_TIME_LIMIT_EXCEEDED, Payments v2).
WINDOWS = {"paypal": timedelta(days=180)}


class CreditUsed(ValueError):
    """Part of the money became credit and was used; `possible` (order's currency) is what may still be given back."""

    def __init__(self, possible: Money) -> None:
        super().__init__(possible.as_text())
        self.possible = possible


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a payment. `refundable` is in the currency received, the others in the order's.

    `applied` is in its order, `credited` became credit, of which the customer still has `credit`.
    """

    refundable: Money
    applied: Money
    credited: Money
    credit: Money

    @property
    def worth(self) -> Money:
        return self.applied + self.credited


@dataclass(frozen=True, slots=True)
class Taken:
    """What a refund takes, in the order's currency."""

    applied: Money
    credited: Money

    @property
    def total(self) -> Money:
        return self.applied + self.credited


def share_of(amount: Money, standing: Standing, *, rate: Decimal) -> Money:
    """What an amount of a payment is worth in the order's currency, by the rate frozen on the payment.

    The last amount is worth exactly what is left, so that both currencies end at zero.
    """
    if amount == standing.refundable:
        return standing.worth
    return min(convert(amount, rate=rate, currency=standing.worth.currency), standing.worth)


def take(amount: Money, standing: Standing, *, rate: Decimal, from_credit: bool = True) -> Taken:
    """Where a refund comes from: credit that nobody used goes first, then the order.

    Raises CreditUsed when what is left of the credit and the order do not make the amount.
    """
    total, nothing = share_of(amount, standing, rate=rate), Money(0, standing.worth.currency)
    free = min(standing.credited, standing.credit) if from_credit else nothing
    credited = min(total, free)
    applied = total - credited
    if standing.applied < applied:
        raise CreditUsed(standing.applied + free)
    return Taken(applied=applied, credited=credited)


def take_what_is_there(amount: Money, standing: Standing, *, rate: Decimal) -> Taken:
    """The same for money that is gone already: what was credit and has been used is owed to us, on the order's side."""
    total = share_of(amount, standing, rate=rate)
    credited = min(total, standing.credited, standing.credit)
    return Taken(applied=total - credited, credited=credited)


def needs_second_person(amount: Money, *, alone_before: int, limits: dict[str, int]) -> bool:
    """Whether two people give it back: above the limit of its currency, with what one person gave back of the payment
    before (`alone_before`, minor units), so that parts do not go round it."""
    return alone_before + amount.minor > limits.get(amount.currency, 0)


def window_is_over(method: str, *, paid_at: datetime, now: datetime) -> bool:
    """Whether the provider does not give money back any more that came so long ago."""
    window = WINDOWS.get(method)
    return window is not None and now - paid_at > window
