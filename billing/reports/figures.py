"""What revenue is made of: months, movements between them, ages of what is unpaid, shares. Pure.

Amounts are in minor units and of one currency each; only `Total` puts currencies together, at the parity that is fixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from dateutil.relativedelta import relativedelta

from billing.money import Money, convert
from billing.providers.fx import CFA_PER_EUR, PEGGED

FRANCS = "XAF"
# Days since the end of the paid time, each group from its first to its last day.
AGES: tuple[tuple[int, int | None], ...] = ((0, 7), (8, 30), (31, 60), (61, None))
STANDING, NEW, BACK, UP, DOWN, LOST = "standing", "new", "back", "up", "down", "lost"


@dataclass(frozen=True, slots=True)
class Period:
    """Some months up to now. `starts` is the first moment of each, in the platform's time zone."""

    starts: tuple[datetime, ...]
    now: datetime

    @property
    def begin(self) -> datetime:
        return self.starts[0]

    @property
    def points(self) -> list[datetime]:
        """The moments at which months are told apart: where each begins, and now."""
        return [*self.starts, self.now]


@dataclass(frozen=True, slots=True)
class Flow:
    """How many subscriptions, and how much of a month's value they are."""

    number: int = 0
    minor: int = 0


@dataclass(frozen=True, slots=True)
class Month:
    """What became of the monthly value in one month and currency.

    opening + new + back + up + down + lost = closing; `down` and `lost` are below zero.
    """

    opening: Flow
    new: Flow
    back: Flow
    up: Flow
    down: Flow
    lost: Flow
    closing: Flow

    @property
    def gained(self) -> int:
        return self.new.minor + self.back.minor + self.up.minor

    @property
    def given_up(self) -> int:
        """What went, above zero."""
        return -self.down.minor - self.lost.minor


@dataclass(frozen=True, slots=True)
class Total:
    """Amounts of several currencies together: in francs what has a fixed parity, the others apart."""

    francs: Money
    apart: tuple[Money, ...] = ()


def period_of(now: datetime, *, months: int, zone: tzinfo) -> Period:
    """The month of `now` and those before it, `months` in all. `now` is an aware datetime."""
    first = now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    starts = [(first - relativedelta(months=back)).replace(tzinfo=zone) for back in reversed(range(months))]
    return Period(starts=tuple(starts), now=now)


def months_of(rows: Iterable[tuple[int, str, str, int, int]], *, months: int) -> dict[str, list[Month]]:
    """Each currency's months from rows of (point, currency, kind, subscriptions, minor).

    Points are counted from 1, the beginning of the first month, for which `standing` is what there was; a movement has the
    point at which its month ends.
    """
    found: dict[str, dict[tuple[int, str], Flow]] = {}
    for point, currency, kind, number, minor in rows:
        found.setdefault(currency, {})[point, kind] = Flow(number, minor)
    return {currency: _one_after_the_other(flows, months) for currency, flows in sorted(found.items())}


def _one_after_the_other(flows: dict[tuple[int, str], Flow], months: int) -> list[Month]:
    standing, told = flows.get((1, STANDING), Flow()), []
    for ends_at in range(2, months + 2):
        moved = {kind: flows.get((ends_at, kind), Flow()) for kind in (NEW, BACK, UP, DOWN, LOST)}
        number = standing.number + moved[NEW].number + moved[BACK].number - moved[LOST].number
        closing = Flow(number, standing.minor + sum(flow.minor for flow in moved.values()))
        told.append(Month(opening=standing, closing=closing, **moved))
        standing = closing
    return told


def in_francs(amount: Money) -> Money | None:
    """An amount in CFA francs (XAF) at the fixed parity, rounded half up; None for a currency that has none.

    One euro is 655.957 of either franc (BEAC and BCEAO), so one of the francs is worth one of the other. For figures only:
    nothing is charged or booked by it.
    """
    if amount.currency in PEGGED:
        return Money(amount.minor, FRANCS)
    return convert(amount, rate=CFA_PER_EUR, currency=FRANCS) if amount.currency == "EUR" else None


def total_of(amounts: Iterable[Money]) -> Total:
    """All of them together; each currency is added up first and converted once."""
    sums: dict[str, int] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, 0) + amount.minor
    francs, apart = 0, []
    for currency, minor in sorted(sums.items()):
        converted = in_francs(Money(minor, currency))
        if converted is not None:
            francs += converted.minor
        elif minor:
            apart.append(Money(minor, currency))
    return Total(Money(francs, FRANCS), tuple(apart))


def age_of(days: int) -> int:
    """Which of AGES so many days are; what ended today or is not over yet is in the first."""
    return next(number for number, (_first, last) in enumerate(AGES) if last is None or days <= last)


def by_age(rows: Iterable[tuple[int, str, int, int]]) -> list[dict[str, Flow]]:
    """For each of AGES, what is unpaid by currency; rows are (days, currency, orders, minor)."""
    ages: list[dict[str, Flow]] = [{} for _ in AGES]
    for days, currency, number, minor in rows:
        age = ages[age_of(days)]
        before = age.get(currency, Flow())
        age[currency] = Flow(before.number + number, before.minor + minor)
    return ages


def per_mille(part: int, whole: int) -> int | None:
    """A share in thousandths, rounded half up; None of nothing."""
    return (2000 * part + whole) // (2 * whole) if whole else None


def ratio_of_months(months: Sequence[Month]) -> list[int | None]:
    """Each month's churn: subscriptions lost, in thousandths of those that paid when it began."""
    return [per_mille(one.lost.number, one.opening.number) for one in months]
