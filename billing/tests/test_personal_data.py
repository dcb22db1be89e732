"""What billing gives a person who asks for their data."""

from __future__ import annotations

import pytest

from billing.personal_data import orders_of
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def test_totals_are_amounts_that_can_be_read() -> None:
    order = make_order()
    assert [one["total"] for one in orders_of(order.user)] == ["25000 XAF"]
