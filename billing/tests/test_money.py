"""Money is exact, in whole minor units, and reads as people write it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.models import Invoice
from billing.money import EXPONENTS, CurrencyMismatch, InexactAmount, Money, percent_of, share_of
from billing.pricing import Reduction, price_order, saving_percent
from billing.providers.fx import NoQuote, quote_in_eur

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("money", "french", "english"),
    [
        (Money(25_000, "XAF"), "25\u202f000\xa0FCFA", "25,000\xa0FCFA"),
        (Money(1_000_000, "XOF"), "1\u202f000\u202f000\xa0FCFA", "1,000,000\xa0FCFA"),
        (Money(1_906, "EUR"), "19,06\xa0€", "€19.06"),
    ],
)
def test_amounts_read_as_people_write_them(money, french, english) -> None:
    assert money.display("fr") == french
    assert money.display("en") == english


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(5_000, "XOF"), "5000"),
        (Money(762, "EUR"), "7.62"),
        (Money(700, "EUR"), "7.00"),
        (Money(5_000, "JPY"), "5000"),
        (Money(12_345, "TND"), "12.345"),
        (Money(150_050, "HUF"), "1500.50"),
    ],
)
def test_providers_get_plain_digits(money, text) -> None:
    assert money.as_text() == text


def test_a_fraction_of_a_franc_is_refused_not_rounded() -> None:
    with pytest.raises(InexactAmount):
        Money.from_decimal("12500.5", "XAF")
    assert Money.from_decimal("5000.0", "XAF") == Money(5_000, "XAF")


@pytest.mark.parametrize("minor", [1.0, "1", True, None, Decimal(1)])
def test_only_whole_numbers_are_minor_units(minor) -> None:
    with pytest.raises(TypeError):
        Money(minor, "EUR")


def test_the_two_francs_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "XAF") + Money(1, "XOF")
    with pytest.raises(CurrencyMismatch):
        assert Money(1, "XAF") < Money(2, "XOF")


@given(st.integers(-(10**15), 10**15), st.sampled_from(sorted(EXPONENTS)))
def test_text_and_back_is_the_same_money(minor, currency) -> None:
    money = Money(minor, currency)
    assert Money.from_decimal(money.as_text(), currency) == money


@pytest.mark.parametrize(
    ("francs", "euros"),
    [(5_000, "7.62"), (10_000, "15.24"), (12_500, "19.06"), (25_000, "38.11"), (50_000, "76.22"), (100_000, "152.45")],
)
@pytest.mark.parametrize("currency", ["XAF", "XOF"])
def test_the_peg_is_rounded_half_up_to_the_cent(francs, euros, currency) -> None:
    quote = quote_in_eur(Money(francs, currency), at=NOW)
    assert quote.charged == Money.from_decimal(euros, "EUR")
    assert quote.rate == Decimal("655.957")


def test_there_is_no_quote_for_nothing_or_from_an_unpegged_currency() -> None:
    with pytest.raises(NoQuote):
        quote_in_eur(Money(1, "XAF"), at=NOW)
    with pytest.raises(NoQuote):
        quote_in_eur(Money(100, "USD"), at=NOW)


@given(st.integers(0, 10**9), st.integers(1, 100))
def test_an_order_always_adds_up(minor, percent) -> None:
    amounts = price_order(Money(minor, "XAF"), reduction=Reduction(percent=percent))
    assert amounts.subtotal - amounts.discount + amounts.tax == amounts.total
    assert 0 <= amounts.total.minor <= minor


def test_a_fixed_reduction_never_goes_below_zero() -> None:
    amounts = price_order(Money(1_000, "XAF"), reduction=Reduction(amount=Money(5_000, "XAF")))
    assert amounts.total == Money(0, "XAF")
    assert amounts.discount == Money(1_000, "XAF")


def test_per_cent_rounds_half_up_to_a_whole_unit() -> None:
    assert percent_of(Money(25, "XAF"), Decimal(50)) == Money(13, "XAF")


def test_the_saving_of_a_longer_cycle_is_never_overstated() -> None:
    monthly = Money(25_000, "XAF")
    assert saving_percent(monthly=monthly, price=Money(250_000, "XAF"), months=12) == 16
    assert saving_percent(monthly=Money(0, "XAF"), price=Money(0, "XAF"), months=12) == 0


@pytest.mark.parametrize(
    ("part", "whole", "share"), [(1, 3, 33), (1, 2, 50), (2, 3, 67), (3, 3, 100), (0, 3, 0), (1, 0, 0)]
)
def test_a_share_is_rounded_half_up_and_of_nothing_there_is_none(part: int, whole: int, share: int) -> None:
    assert share_of(Money(100, "XAF"), part, whole) == Money(share, "XAF")
    assert share_of(Money(1, "XAF"), 1, 2) == Money(1, "XAF")


def test_a_credit_note_without_tax_is_booked_below_zero_and_its_tax_is_plain_nothing() -> None:
    note = Invoice(kind=Invoice.Kind.CREDIT_NOTE, total_minor=1_250, tax_minor=0, currency="EUR")
    assert [str(amount.as_decimal()) for amount in note.booked] == ["-12.50", "0.00", "-12.50"]
    note.kind = Invoice.Kind.INVOICE
    assert [str(amount.as_decimal()) for amount in note.booked] == ["12.50", "0.00", "12.50"]
