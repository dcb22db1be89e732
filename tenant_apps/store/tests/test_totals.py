"""What an order comes to."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.store.rules.totals import PricedLine, delivery_fee, tax_within, totals_of


def test_an_order_adds_its_lines_and_its_delivery_and_says_what_was_saved() -> None:
    lines = [PricedLine(10_000, 9_000, 2), PricedLine(500, 500, 3)]
    totals = totals_of(lines, delivery=1_000, tax_rate_bp=1_800)
    assert (totals.items, totals.discount, totals.delivery, totals.total) == (19_500, 2_000, 1_000, 20_500)
    assert totals.tax == 3_127  # 20 500 - 20 500 / 1.18


@pytest.mark.parametrize(("total", "rate", "tax"), [(11_800, 1_800, 1_800), (0, 1_800, 0), (100, 0, 0), (3, 10_000, 2)])
def test_tax_within(total: int, rate: int, tax: int) -> None:
    assert tax_within(total, rate) == tax


@given(total=st.integers(0, 10**12), rate=st.integers(0, 9_999))
def test_tax_is_the_nearest_whole_unit(total: int, rate: int) -> None:
    exact = Fraction(total * rate, 10_000 + rate)
    assert abs(tax_within(total, rate) - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(("items", "is_free", "fee"), [(19_999, False, 1_500), (20_000, False, 0), (1, True, 0)])
def test_delivery_is_free_from_an_amount_on_or_by_a_promotion(items: int, is_free: bool, fee: int) -> None:
    assert delivery_fee(fee=1_500, free_from=20_000, items=items, is_free=is_free) == fee


def test_a_free_zone_stays_free() -> None:
    assert delivery_fee(fee=0, free_from=None, items=10) == 0
