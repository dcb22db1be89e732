"""Many buyers, or one in many tabs, after the same coupon at once. Each race is also shown with its guard off.

Failure cases (docs/failure-cases.md): Case 17.
"""

from __future__ import annotations

from typing import Any

import pytest

from billing.models import Coupon, CouponUse, Order
from billing.services import coupons, orders
from shared_apps.accounts.models import User
from shared_apps.core.errors import DomainError
from tests.support.factories import make_order, make_user
from tests.support.threads import at_once, interrupted

pytestmark = pytest.mark.usefixtures("committed_db")


def buy(users: list[User], code: str) -> list[Any]:
    """One order each, all at once."""
    return at_once(len(users), lambda number: make_order(user=users[number], coupon_code=code))


def tell(results: list[Any]) -> tuple[int, set[str]]:
    """How many orders were made, and with which codes the others were refused."""
    strange = [one for one in results if not isinstance(one, (Order, DomainError))]
    assert strange == []
    return sum(isinstance(one, Order) for one in results), {one.code for one in results if isinstance(one, DomainError)}


def read_then_write(coupon: Coupon, allowed: Any) -> bool:
    """What `_take_one` must not be."""
    seen = Coupon.objects.get(pk=coupon.pk)
    if seen.max_uses is not None and seen.used >= seen.max_uses:
        return False
    return bool(Coupon.objects.filter(pk=coupon.pk).update(used=min(seen.used + 1, seen.max_uses or 99)))


def used(coupon: Coupon) -> int:
    coupon.refresh_from_db()
    assert coupon.used == CouponUse.objects.filter(coupon=coupon).count()
    return coupon.used


def test_forty_buyers_of_five_uses_get_five() -> None:
    coupon = Coupon.objects.create(code="CINQ", percent=50, max_uses=5)
    made, refused = tell(buy([make_user() for _ in range(40)], "CINQ"))
    assert (made, used(coupon), refused) == (5, 5, {"coupon_used_up"})


def test_without_the_guarded_update_they_get_more(monkeypatch) -> None:
    """The race that the test above would miss if it could not happen here."""
    Coupon.objects.create(code="CINQ", percent=50, max_uses=5)
    monkeypatch.setattr(coupons, "_take_one", read_then_write)
    made, _refused = tell(buy([make_user() for _ in range(40)], "CINQ"))
    assert made >= 15


def test_twenty_orders_of_one_buyer_use_a_code_for_one_each_once() -> None:
    coupon = Coupon.objects.create(code="UNEFOIS", percent=50, max_uses_per_organisation=1)
    made, refused = tell(buy([make_user()] * 20, "UNEFOIS"))
    assert (made, used(coupon), refused) == (1, 1, {"coupon_used_before"})


def test_the_coupon_alone_serialises_what_an_organisation_may_use(monkeypatch) -> None:
    monkeypatch.setattr(orders, "_check_unpaid_orders", lambda user: None)
    coupon = Coupon.objects.create(code="UNEFOIS", percent=50, max_uses_per_organisation=1)
    made, refused = tell(buy([make_user()] * 20, "UNEFOIS"))
    assert (made, used(coupon), refused) == (1, 1, {"coupon_used_before"})


def test_without_the_lock_one_buyer_uses_it_twice(monkeypatch) -> None:
    """As above: the race is real. The second order is made while the first one's use is not committed."""
    monkeypatch.setattr(orders, "_check_unpaid_orders", lambda user: None)
    monkeypatch.setattr(coupons, "_take_one", lambda coupon, allowed: True)
    Coupon.objects.create(code="UNEFOIS", percent=50, max_uses_per_organisation=1)
    buyer = make_user()

    def order() -> Order:
        return make_order(user=buyer, coupon_code="UNEFOIS")

    assert tell(interrupted(monkeypatch, coupons, "_keep_use", first=order, then=order)) == (2, set())


def test_two_codes_for_a_first_purchase_make_one_order() -> None:
    for code in ("WELCOME", "HELLO"):
        Coupon.objects.create(code=code, percent=50, first_purchase_only=True)
    buyer = make_user()
    results = at_once(8, lambda n: make_order(user=buyer, coupon_code=("WELCOME", "HELLO")[n % 2]))
    assert tell(results) == (1, {"coupon_in_open_order"})
