"""What parts of a payment are worth: however it is divided, both currencies end at zero and none goes below."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import ledger
from billing.money import Money
from billing.providers.fx import CFA_PER_EUR, quote_in_eur
from billing.providers.polling import next_look
from billing.refunding import (
    CreditUsed,
    Standing,
    needs_second_person,
    share_of,
    take,
    take_what_is_there,
    window_is_over,
)

NOW = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
ONE = Decimal(1)
SOMEBODY = uuid4()


def francs(minor: int) -> Money:
    return Money(minor, "XAF")


def standing(refundable: Money, *, applied: int, credited: int = 0, credit: int | None = None) -> Standing:
    return Standing(
        refundable=refundable,
        applied=francs(applied),
        credited=francs(credited),
        credit=francs(credited if credit is None else credit),
    )


@given(
    total=st.integers(500, 5_000_000), parts=st.lists(st.integers(1, 100), min_size=1, max_size=12), euro=st.booleans()
)
def test_parts_of_a_payment_are_worth_the_whole(total: int, parts: list[int], euro: bool) -> None:
    """In francs, and in euros with the frozen rate: the last part is what is left, exactly."""
    worth = francs(total)
    received = quote_in_eur(worth, at=NOW).charged if euro else worth
    rate = CFA_PER_EUR if euro else ONE
    left_received, left_worth = received, worth
    for weight in [*parts[:-1], 0]:
        amount = Money(min(left_received.minor, max(1, received.minor * weight // 100)), received.currency)
        if weight == 0:
            amount = left_received
        if not amount:
            break
        share = share_of(amount, standing(left_received, applied=left_worth.minor), rate=rate)
        assert 0 <= share.minor <= left_worth.minor
        left_received, left_worth = left_received - amount, left_worth - share
    assert (left_received.minor, left_worth.minor) == (0, 0)


@given(
    applied=st.integers(0, 50_000),
    credited=st.integers(0, 50_000),
    credit=st.integers(0, 100_000),
    asked=st.integers(1, 99_999),
)
def test_credit_goes_first_and_never_more_of_it_than_there_is(
    applied: int, credited: int, credit: int, asked: int
) -> None:
    whole = applied + credited
    left = standing(francs(whole), applied=applied, credited=credited, credit=credit)
    amount = francs(min(asked, whole) or 1)
    if not whole:
        return
    possible = applied + min(credited, credit)
    if possible < amount.minor:
        with pytest.raises(CreditUsed) as used:
            take(amount, left, rate=ONE)
        assert used.value.possible.minor == possible
        return
    taken = take(amount, left, rate=ONE)
    assert taken.total == amount
    assert taken.credited.minor == min(amount.minor, credited, credit)
    assert taken.applied.minor <= applied


def test_money_that_is_gone_takes_what_is_there_and_the_rest_is_owed() -> None:
    left = standing(francs(30_000), applied=25_000, credited=5_000, credit=2_000)
    taken = take_what_is_there(francs(30_000), left, rate=ONE)
    assert (taken.credited, taken.applied) == (francs(2_000), francs(28_000))


@pytest.mark.parametrize(
    ("amount", "before", "limit", "two"),
    [(500_000, 0, 500_000, False), (500_001, 0, 500_000, True), (1, 500_000, 500_000, True), (1, 0, None, True)],
)
def test_who_gives_how_much_back_alone(amount: int, before: int, limit: int | None, two: bool) -> None:
    limits = {} if limit is None else {"XAF": limit}
    assert needs_second_person(francs(amount), alone_before=before, limits=limits) is two


def test_only_paypal_forgets_after_half_a_year() -> None:
    old = NOW - timedelta(days=180, seconds=1)
    assert window_is_over("paypal", paid_at=old, now=NOW)
    assert not window_is_over("paypal", paid_at=NOW - timedelta(days=180), now=NOW)
    assert not window_is_over("mtn_momo", paid_at=old, now=NOW)


def test_a_refund_is_asked_about_for_a_month() -> None:
    looks, at = 0, NOW
    while due := next_look(started_at=NOW, now=at):
        assert due > at
        looks, at = looks + 1, due
    assert timedelta(days=29) < at - NOW < timedelta(days=32)
    assert looks < 80


@given(minor=st.integers(1, 10**9), euro=st.booleans())
def test_a_refund_in_the_ledger_is_its_payment_backwards(minor: int, euro: bool) -> None:
    worth = francs(minor)
    received = Money(max(1, minor * 100 // 656), "EUR") if euro else worth
    values = {
        "rate": CFA_PER_EUR if euro else ONE,
        "subscription_id": SOMEBODY,
        "credited": francs(0),
        "applied": worth,
    }
    entries = [
        *ledger.payment_received("psp:x", received=received, **values),
        *ledger.refund_sent("x", amount=received, **values),
    ]
    assert ledger.net(entries) == []
