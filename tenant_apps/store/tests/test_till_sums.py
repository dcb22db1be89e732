"""The sums of a sale, and what a device sends, read strictly."""

from __future__ import annotations

import copy
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.core.errors import DomainError
from tenant_apps.store.rules.till_payload import read_sale
from tenant_apps.store.rules.till_sums import Charged, Part, in_parts, sale_total, shared

CHARGED = st.builds(
    lambda unit, quantity, share: Charged(unit, quantity, unit * quantity * share // 100),
    st.integers(0, 10**7), st.integers(1, 500), st.integers(0, 100),
)  # fmt: skip


@given(st.lists(CHARGED, min_size=1, max_size=8), st.integers(0, 100))
def test_the_parts_of_a_sale_are_exactly_what_was_paid(lines: list[Charged], share: int) -> None:
    discount = sum(line.net_minor for line in lines) * share // 100
    parts = in_parts(lines, discount_minor=discount)
    assert sum(p.unit_minor * p.quantity for one in parts for p in one) == sale_total(lines, discount_minor=discount)
    for line, one in zip(lines, parts, strict=True):
        assert sum(part.quantity for part in one) == line.quantity
        assert all(0 <= part.unit_minor <= line.unit_minor for part in one)


def test_a_discount_that_the_pieces_cannot_share_makes_two_prices_a_unit_apart() -> None:
    assert in_parts([Charged(1000, 3, 1000)], discount_minor=0) == [[Part(666, 1), Part(667, 2)]]
    assert in_parts([Charged(1000, 2, 500)], discount_minor=0) == [[Part(750, 2)]]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=9), st.integers(0, 100))
def test_what_is_shared_is_all_of_it_and_nobody_gets_more_than_their_weight(weights: list[int], share: int) -> None:
    amount = sum(weights) * share // 100
    parts = shared(amount, weights)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


def payload(**changes: Any) -> dict[str, Any]:
    return {
        "session": str(uuid.uuid4()), "local_number": "A-1", "offline": False, "sold_at": "2026-11-22T10:00:00Z",
        "lines": [{"variant": str(uuid.uuid4()), "name": "Riz", "quantity": 2, "list_minor": 600, "unit_minor": 500,
                   "discount_minor": 100, "reason": "abîmé"}],
        "discount_minor": 50, "discount_reason": "fidèle", "total_minor": 850,
        "payments": [{"method": "wave", "amount_minor": 350}, {"method": "cash", "amount_minor": 500, "tendered_minor": 1000}],
        **changes,
    }  # fmt: skip


def test_a_sale_is_read_as_it_was_made() -> None:
    sold = read_sale(payload())
    assert (sold.total_minor, sold.discount_minor, sold.offline) == (850, 50, False)
    assert sold.lines[0].charged == Charged(500, 2, 100)
    assert [(p.method, p.amount_minor, p.tendered_minor) for p in sold.payments] == [
        ("wave", 350, None),
        ("cash", 500, 1000),
    ]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("session",), "no"), (("sold_at",), "2026-13-45"), (("sold_at",), "2026-11-22T10:00:00"), (("sold_at",), 5),
        (("offline",), "true"), (("offline",), None), (("lines",), []), (("lines",), {}), (("lines", 0), "x"),
        (("lines", 0, "quantity"), 0), (("lines", 0, "quantity"), 1.0), (("lines", 0, "quantity"), True),
        (("lines", 0, "quantity"), "2"), (("lines", 0, "unit_minor"), -1), (("lines", 0, "unit_minor"), 10**13),
        (("lines", 0, "discount_minor"), 1001), (("lines", 0, "variant"), None), (("lines", 0, "name"), ["x"]),
        (("lines", 0, "name"), "\x00"), (("total_minor",), 851), (("total_minor",), 850.0), (("discount_minor",), 9999),
        (("payments",), None), (("payments", 0, "method"), "gold"), (("payments", 0, "amount_minor"), 0),
        (("payments", 0, "amount_minor"), 349), (("payments", 1, "tendered_minor"), 499),
        (("payments", 0, "tendered_minor"), 350), (("local_number",), "x" * 31), (("customer",), "7"),
    ],
)  # fmt: skip
def test_what_is_not_exactly_a_sale_is_refused_with_words(path: tuple[Any, ...], value: Any) -> None:
    broken: Any = copy.deepcopy(payload())
    at = broken
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(DomainError) as caught:
        read_sale(broken)
    assert caught.value.code in ("sale_unreadable", "sums_differ")
    assert str(caught.value)


@pytest.mark.parametrize("junk", [None, 3, "x", [], {}, {"lines": [[]]}])
def test_junk_is_no_sale(junk: Any) -> None:
    with pytest.raises(DomainError):
        read_sale(junk)
