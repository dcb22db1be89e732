"""Tax, time and plan changes: pure decisions that always add up.

Failure cases (docs/failure-cases.md): Case 20.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.models.catalogue import MONTHS, Cycle
from billing.money import EXPONENTS, Money
from billing.periods import add_months, days_between
from billing.pricing import Reduction, Stretch, Tax, price_change, price_of_rest, price_order, unused_of

DOUALA, PARIS = ZoneInfo("Africa/Douala"), ZoneInfo("Europe/Paris")
currencies = st.sampled_from(sorted(EXPONENTS))
percents = st.decimals(0, 99, places=2)


@given(
    st.integers(0, 10**10),
    currencies,
    percents,
    st.booleans(),
    st.integers(0, 10**10),
    st.booleans(),
    st.integers(0, 10**10),
)
def test_an_order_with_tax_always_adds_up(minor, currency, percent, included, off, by_percent, unused) -> None:
    tax = Tax("TVA", percent, included)
    reduction = Reduction(percent=off % 100 + 1) if by_percent else Reduction(amount=Money(off, currency))
    amounts = price_order(Money(minor, currency), reduction=reduction, proration=Money(unused, currency), tax=tax)
    base = amounts.subtotal - amounts.proration - amounts.discount
    assert base.minor >= 0
    assert amounts.discount.minor >= 0
    assert amounts.total == (base if included else base + amounts.tax)
    assert amounts.net + amounts.tax == amounts.total
    assert 0 <= amounts.tax.minor <= amounts.total.minor
    # The tax is that of the net amount, to the unit: neither way of showing a price makes another tax of it.
    assert abs(Decimal(amounts.net.minor) * percent / 100 - amounts.tax.minor) <= 1


def test_tax_within_a_price_and_on_top_of_it() -> None:
    within = price_order(Money(25_000, "XAF"), tax=Tax("TVA", Decimal("19.25")))
    on_top = price_order(Money(25_000, "XAF"), tax=Tax("TVA", Decimal("19.25"), is_included=False))
    assert (within.tax.minor, within.total.minor) == (4_036, 25_000)  # 20 964 net
    assert (on_top.tax.minor, on_top.total.minor) == (4_813, 29_813)  # 4 812.5, half up


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        ("2027-01-31", ["2027-02-28", "2027-03-31", "2027-04-30"]),
        ("2027-11-30", ["2027-12-30", "2028-01-30", "2028-02-29", "2028-03-30"]),
        ("2028-02-29", ["2028-03-29", "2028-04-29"]),
    ],
)
def test_months_end_on_the_day_they_began_or_the_months_last(start, ends) -> None:
    moment = datetime.fromisoformat(start).replace(hour=15, tzinfo=DOUALA)
    anchor = moment.day
    for expected in ends:
        moment = add_months(moment, 1, anchor_day=anchor, zone=DOUALA)
        assert (moment.date().isoformat(), moment.hour) == (expected, 15)


FIRST, LAST = datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2035-01-01")


@given(st.datetimes(FIRST, LAST, timezones=st.just(DOUALA)), st.sampled_from(list(Cycle)))
def test_twelve_months_are_a_year_whatever_the_cycle(moment, cycle) -> None:
    end = moment
    for _ in range(12 // MONTHS[cycle]):
        end = add_months(end, MONTHS[cycle], anchor_day=moment.day, zone=DOUALA)
    assert end == add_months(moment, 12, anchor_day=moment.day, zone=DOUALA)
    assert days_between(moment, end, DOUALA) in (365, 366)


def test_a_period_keeps_its_time_of_day_when_clocks_change() -> None:
    start = datetime(2027, 3, 10, 9, 30, tzinfo=PARIS)
    end = add_months(start, 1, anchor_day=10, zone=PARIS)
    assert (end.hour, end.minute) == (9, 30)
    assert end.astimezone(PARIS) - start.astimezone(PARIS) == timedelta(days=31)
    assert days_between(start, end, PARIS) == 31


def stretch(value: Money, *, days: int = 30, cycle: str = "monthly") -> Stretch:
    start = date(2027, 1, 1)
    return Stretch(cycle=cycle, starts_on=start, ends_on=start + timedelta(days=days), full_days=days, value=value)


@given(st.integers(0, 10**9), currencies, st.integers(1, 366), st.integers(-5, 400))
def test_what_is_used_and_what_is_not_make_the_whole(minor, currency, days, day) -> None:
    one = stretch(Money(minor, currency), days=days)
    today = one.starts_on + timedelta(days=day)
    unused = unused_of(one, today)
    assert 0 <= unused.minor <= minor
    assert unused == price_of_rest(one.value, one, today)  # the same plan costs nothing more
    if day <= 0:
        assert unused == one.value
    if day >= days:
        assert unused.minor == 0


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.integers(1, 366), st.integers(0, 366))
def test_a_dearer_plan_costs_more_and_never_more_than_the_difference(low, more, days, day) -> None:
    old, new = Money(low, "XAF"), Money(low + more, "XAF")
    one = stretch(old, days=days)
    change = price_change([one], prices={"monthly": new}, today=one.starts_on + timedelta(days=day))
    assert 0 <= (change.charge - change.unused).minor <= more + 1


def test_days_paid_ahead_are_priced_with_the_others() -> None:
    first = stretch(Money(25_000, "XAF"))
    ahead = Stretch("monthly", date(2027, 1, 31), date(2027, 2, 28), 28, Money(25_000, "XAF"))
    change = price_change([first, ahead], prices={"monthly": Money(60_000, "XAF")}, today=date(2027, 1, 16))
    assert (change.charge.minor, change.unused.minor) == (30_000 + 60_000, 12_500 + 25_000)
