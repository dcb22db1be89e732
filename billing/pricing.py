"""What an order costs. One pure function for page, preview, API and order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.models.catalogue import MONTHS, Cycle
from billing.money import Money, percent_of, rounded, share_of


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a coupon takes off: per cent, or a fixed amount in the order's currency."""

    percent: int | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax of one customer on one day. `percent` is a share in per cent; `note` a legal mention."""

    name: str = ""
    percent: Decimal = Decimal(0)
    is_included: bool = True
    note: str = ""


NO_TAX = Tax()


@dataclass(frozen=True, slots=True)
class Amounts:
    """subtotal - proration - discount = total, tax being a part of it or added to it; all in one currency."""

    subtotal: Money
    proration: Money
    discount: Money
    tax: Money
    total: Money
    rule: Tax

    @property
    def net(self) -> Money:
        """The total without its tax."""
        return self.total - self.tax


def price_order(
    price: Money, *, reduction: Reduction | None = None, proration: Money | None = None, tax: Tax = NO_TAX
) -> Amounts:
    """Price one plan for one cycle, or for the rest of one.

    `proration` is what is unused of the plan that is left. No reduction goes below zero.
    """
    nothing = Money(0, price.currency)
    unused = min(proration or nothing, price)
    base = price - unused
    discount = nothing
    if reduction and reduction.percent is not None:
        discount = percent_of(base, Decimal(reduction.percent))
    elif reduction and reduction.amount is not None:
        discount = min(reduction.amount, base)
    taxable = base - discount
    share = tax_of(taxable, tax)
    total = taxable if tax.is_included else taxable + share
    return Amounts(subtotal=price, proration=unused, discount=discount, tax=share, total=total, rule=tax)


def tax_of(amount: Money, tax: Tax) -> Money:
    """The tax in an amount that includes it, or on one that does not: net and tax always make the whole."""
    if not tax.is_included:
        return percent_of(amount, tax.percent)
    return Money(amount.minor - net_of(amount, tax.percent).minor, amount.currency)


def net_of(gross: Money, percent: Decimal) -> Money:
    """What is left of an amount without the tax in it, rounded half up to a whole minor unit."""
    return rounded(Decimal(gross.minor) * 100 / (100 + percent), gross.currency)


def saving_percent(*, monthly: Money, price: Money, months: int) -> int:
    """How much cheaper a longer cycle is than paying monthly, in whole per cent, rounded down."""
    full = monthly.minor * months
    return (full - price.minor) * 100 // full if full else 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days that were paid for: from `starts_on` until the day before `ends_on`, for `value`.

    `full_days` is the length of the cycle that they are, or are the rest of.
    """

    cycle: str
    starts_on: date
    ends_on: date
    full_days: int
    value: Money

    def days_left(self, today: date) -> int:
        """How many of its days are still to come, today included."""
        return max(0, (self.ends_on - max(today, self.starts_on)).days)


@dataclass(frozen=True, slots=True)
class ChangePrice:
    """What the rest of the paid time costs under another plan, and what is unused of the one that is left."""

    charge: Money
    unused: Money


def unused_of(stretch: Stretch, today: date) -> Money:
    """The share of its value that the days to come are worth; what is used is the value without it."""
    return share_of(stretch.value, stretch.days_left(today), (stretch.ends_on - stretch.starts_on).days)


def price_of_rest(price: Money, stretch: Stretch, today: date) -> Money:
    """What the days to come cost at a full cycle's price."""
    return share_of(price, stretch.days_left(today), stretch.full_days)


def price_change(stretches: Iterable[Stretch], *, prices: dict[str, Money], today: date) -> ChangePrice:
    """The price of another plan for all days that are paid for, by whole days; `prices` is by cycle.

    Whole days, so that what was shown in the morning is what is charged in the evening.
    """
    currency = next(iter(prices.values())).currency
    charge, unused = Money(0, currency), Money(0, currency)
    for stretch in stretches:
        charge += price_of_rest(prices[stretch.cycle], stretch, today)
        unused += unused_of(stretch, today)
    return ChangePrice(charge, unused)


def monthly_value(price: Money, *, cycle: str, tax_included: Decimal = Decimal(0)) -> Money:
    """What a month of a cycle costs, rounded half up, without the tax that the price includes (in per cent)."""
    net = Decimal(price.minor) * 100 / (100 + tax_included)
    return rounded(net / MONTHS[Cycle(cycle)], price.currency)
