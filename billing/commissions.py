"""What the platform earns on its tenants' sales, and what a payout statement adds up to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from billing.money import Money, percent_of, share_of

BASIS_POINTS = 100  # of one per cent


class Told(Protocol):
    """What a tenant tells of one taking or refund, as its app `payments` gives it."""

    @property
    def event_id(self) -> UUID: ...
    @property
    def taken(self) -> UUID | None: ...  # of a refund: the event of its taking
    @property
    def gross_minor(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def rate_bp(self) -> int: ...
    @property
    def method(self) -> str: ...
    @property
    def held_by(self) -> str: ...
    @property
    def reference(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...


def commission_on(gross: Money, rate_bp: int) -> Money:
    """The commission of a sale at a rate in basis points, rounded once, half up."""
    return percent_of(gross, Decimal(rate_bp) / BASIS_POINTS)


def reversal(commission: Money, *, gross: Money, refunded: Money, reversed_before: Money) -> Money:
    """What goes back of a sale's commission once `refunded` of its gross, this refund included, has gone back.

    In proportion to all of it together, so that roundings never add up; nothing is left when everything went back.
    """
    return share_of(commission, refunded.minor, gross.minor) - reversed_before


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A month of one organisation in one currency. `gross` and `refunds` are of the money that we hold; `commission` is of
    all sales, less what went back with refunds. `opening` is what the statement before left to be carried over."""

    opening: Money
    gross: Money
    refunds: Money
    commission: Money

    @property
    def net(self) -> Money:
        """What is paid out; what is not above zero is carried over to the next statement."""
        return self.opening + self.gross - self.refunds - self.commission


def month_after(first: date) -> date:
    """The first day of the next month."""
    return (first.replace(day=1) + timedelta(days=32)).replace(day=1)
