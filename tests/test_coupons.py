"""What a coupon allows, to whom, how often, for how long: honoured to the last use, whoever races for it.

Failure cases (docs/failure-cases.md): Case 17.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from billing.models import Coupon, CouponUse, Order, Payment, Plan, Subscription
from billing.money import Money
from billing.services import orders
from billing.services.coupons import check_coupon
from billing.services.expiry import expire_orders
from billing.services.fulfilment import mark_paid
from billing.services.orders import cancel_order
from billing.services.payments import start_payment
from billing.services.renewals import open_renewal, schedule_change
from billing.services.transfers import decide_transfer
from shared_apps.core.errors import Conflict, DomainError
from tests.support.factories import make_admin, make_order, make_user, pay_by_transfer, price_of
from tests.support.subscriptions import ready_subscription

pytestmark = pytest.mark.django_db


def refusal(**options: Any) -> str:
    with pytest.raises(DomainError) as refused:
        make_order(**options)
    assert refused.value.field == "coupon_code"
    return refused.value.code


def used(coupon: Coupon) -> int:
    coupon.refresh_from_db()
    assert coupon.used == CouponUse.objects.filter(coupon=coupon).count()
    return coupon.used


def expire(order: Order) -> Order:
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(hours=1))
    assert expire_orders() == 1
    order.refresh_from_db()
    return order


def renewal(subscription: Subscription, **options: Any) -> Order:
    """The next renewal, paid."""
    order = open_renewal(subscription_id=subscription.pk, **options)
    if order.status == Order.Status.AWAITING_PAYMENT:
        pay_by_transfer(order)
    order.refresh_from_db()
    assert order.status == Order.Status.FULFILLED
    return order


def started(order: Order) -> Payment:
    return start_payment(order_id=order.pk, method="bank_transfer")


def approve(payment: Payment) -> None:
    decide_transfer(payment=payment, admin=make_admin(), approved=True)


class TestWhatItTakesOff:
    @pytest.mark.parametrize(
        ("coupon", "total"),
        [
            ({"percent": 20}, 20_000),
            ({"percent": 1}, 24_750),
            ({"amount_minor": 4_999, "currency": "XAF"}, 20_001),
            ({"amount_minor": 90_000, "currency": "XAF"}, 0),
            ({"percent": 100}, 0),
        ],
    )
    def test_per_cent_or_an_amount_and_never_below_nothing(self, coupon: dict[str, Any], total: int) -> None:
        Coupon.objects.create(code="BONUS", **coupon)
        order = make_order(coupon_code=" bonus ")
        assert (order.total_minor, order.status) == (total, "paid" if total == 0 else "awaiting_payment")

    def test_what_it_does_not_apply_to_is_refused(self) -> None:
        limited = Coupon.objects.create(code="ESXI", percent=20)
        limited.plans.set(Plan.objects.filter(product="esxi"))
        Coupon.objects.create(code="EUROS", amount_minor=500, currency="EUR")
        assert refusal(coupon_code="ESXI") == "coupon_plan"
        assert refusal(coupon_code="EUROS") == "coupon_currency"
        assert make_order(coupon_code="EUROS", currency="EUR").total_minor == 3_400
        assert make_order(product="esxi", coupon_code="ESXI").total_minor == 40_000

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"valid_until": timedelta(0)}, "coupon_expired"),
            ({"valid_from": timedelta(hours=1)}, "coupon_not_yet"),
            ({"is_active": False}, "coupon_unknown"),
            ({"max_uses": 3, "used": 3}, "coupon_used_up"),
        ],
    )
    def test_outside_its_dates_switched_off_or_used_up_it_is_refused(self, change: dict[str, Any], code: str) -> None:
        now = timezone.now()
        Coupon.objects.create(
            code="BONUS", percent=20, **{k: now + v if isinstance(v, timedelta) else v for k, v in change.items()}
        )
        assert refusal(coupon_code="BONUS") == code

    def test_one_that_ends_between_the_check_and_the_use_is_not_used(self, monkeypatch) -> None:
        coupon = Coupon.objects.create(code="BONUS", percent=20)
        monkeypatch.setattr(orders, "check_coupon", lambda **_: coupon)
        Coupon.objects.update(valid_until=timezone.now())
        assert refusal(coupon_code="BONUS") == "coupon_expired"
        Coupon.objects.update(valid_until=None, is_active=False)
        assert refusal(coupon_code="BONUS") == "coupon_unknown"
        assert used(coupon) == 0


class TestWhoMayUseIt:
    def test_a_first_purchase_is_the_only_one_of_its_buyer(self) -> None:
        Coupon.objects.create(code="WELCOME", percent=50, first_purchase_only=True)
        Coupon.objects.create(code="HELLO", percent=30, first_purchase_only=True)
        buyer = make_user()
        first = make_order(user=buyer, coupon_code="WELCOME")
        assert refusal(user=buyer, coupon_code="WELCOME") == "coupon_in_open_order"
        assert refusal(user=buyer, coupon_code="HELLO") == "coupon_in_open_order"
        cancel_order(order=first, actor=buyer)
        again = make_order(user=buyer, coupon_code="HELLO")
        pay_by_transfer(again)
        assert refusal(user=buyer, coupon_code="WELCOME") == "coupon_first_purchase"
        assert make_order(user=make_user(), coupon_code="WELCOME").total_minor == 12_500

    def test_who_paid_before_without_a_code_is_no_first_buyer(self) -> None:
        Coupon.objects.create(code="WELCOME", percent=50, first_purchase_only=True)
        buyer = make_user()
        pay_by_transfer(make_order(user=buyer))
        assert refusal(user=buyer, coupon_code="WELCOME") == "coupon_first_purchase"

    def test_a_limit_for_each_organisation_counts_the_orders_of_a_new_buyer(self) -> None:
        coupon = Coupon.objects.create(code="DEUX", percent=10, max_uses_per_organisation=2)
        buyer = make_user()
        for _ in range(2):
            make_order(user=buyer, coupon_code="DEUX")
        assert refusal(user=buyer, coupon_code="DEUX") == "coupon_used_before"
        make_order(user=make_user(), coupon_code="DEUX")
        assert used(coupon) == 3

    def test_and_of_a_customer_the_orders_of_the_subscription(self) -> None:
        coupon = Coupon.objects.create(code="UNEFOIS", percent=10, max_uses_per_organisation=1)
        subscription, other = ready_subscription("store-a"), ready_subscription("store-b")
        order = open_renewal(subscription_id=subscription.pk, coupon_code="UNEFOIS")
        assert open_renewal(subscription_id=subscription.pk, coupon_code="UNEFOIS") == order
        pay_by_transfer(order)
        with pytest.raises(DomainError) as refused:
            open_renewal(subscription_id=subscription.pk, coupon_code="UNEFOIS")
        assert refused.value.code == "coupon_used_before"
        open_renewal(subscription_id=other.pk, coupon_code="UNEFOIS")
        assert used(coupon) == 2

    def test_a_customer_has_no_first_purchase_left(self) -> None:
        Coupon.objects.create(code="WELCOME", percent=50, first_purchase_only=True)
        with pytest.raises(DomainError) as refused:
            open_renewal(subscription_id=ready_subscription("store-a").pk, coupon_code="WELCOME")
        assert refused.value.code == "coupon_first_purchase"

    def test_the_last_use_can_go_on_to_the_order_that_replaces_its_own(self) -> None:
        coupon = Coupon.objects.create(code="DERNIER", percent=10, max_uses=1, max_uses_per_organisation=1)
        subscription = ready_subscription("store-a")
        open_renewal(subscription_id=subscription.pk, coupon_code="DERNIER")
        yearly = open_renewal(subscription_id=subscription.pk, cycle="yearly", coupon_code="DERNIER")
        assert (yearly.discount_minor, used(coupon)) == (25_000, 1)

    def test_the_page_says_what_the_order_would_say(self) -> None:
        Coupon.objects.create(code="WELCOME", percent=50, first_purchase_only=True)
        buyer, plan = make_user(), price_of().version.plan
        assert check_coupon(code="WELCOME", plan=plan, currency="XAF", user=buyer).percent == 50
        make_order(user=buyer, coupon_code="WELCOME")
        with pytest.raises(DomainError) as refused:
            check_coupon(code="WELCOME", plan=plan, currency="XAF", user=buyer)
        assert refused.value.code == "coupon_in_open_order"


class TestWhatAnOrderReserves:
    def test_an_open_order_keeps_its_price_after_the_coupon_has_ended(self) -> None:
        Coupon.objects.create(code="BONUS", percent=20)
        order = make_order(coupon_code="BONUS")
        Coupon.objects.update(valid_until=timezone.now(), is_active=False)
        assert pay_by_transfer(order).amount_minor == 20_000

    def test_an_expired_order_gives_its_use_to_somebody_else(self) -> None:
        coupon = Coupon.objects.create(code="UNIQUE", percent=20, max_uses=1)
        order = make_order(coupon_code="UNIQUE")
        assert refusal(coupon_code="UNIQUE") == "coupon_used_up"
        expire(order)
        assert used(coupon) == 0
        make_order(coupon_code="UNIQUE")

    def test_money_that_comes_late_pays_the_price_shown_and_takes_a_free_use_again(self) -> None:
        coupon = Coupon.objects.create(code="UNIQUE", percent=20, max_uses=1)
        order = make_order(coupon_code="UNIQUE")
        payment = started(order)
        expire(order)
        approve(payment)
        order.refresh_from_db()
        assert (order.status, order.total_minor, used(coupon)) == ("paid", 20_000, 1)

    def test_late_money_keeps_its_price_where_the_last_use_has_gone(self) -> None:
        coupon = Coupon.objects.create(code="UNIQUE", percent=20, max_uses=1)
        order = make_order(coupon_code="UNIQUE")
        payment = started(order)
        expire(order)
        make_order(coupon_code="UNIQUE")
        approve(payment)
        order.refresh_from_db()
        assert (order.status, order.total_minor, used(coupon)) == ("paid", 20_000, 1)


class TestHowLongItLasts:
    @pytest.mark.parametrize(
        ("periods", "discounts"),
        [(1, [2_500, 0, 0, 0]), (3, [2_500, 2_500, 2_500, 0, 0]), (None, [2_500] * 6)],
    )
    def test_so_many_paid_periods_and_then_the_full_price(self, periods: int | None, discounts: list[int]) -> None:
        coupon = Coupon.objects.create(code="BONUS", percent=10, periods=periods, max_uses=1)
        subscription = ready_subscription("store-a")
        paid = [renewal(subscription, coupon_code="BONUS")]
        paid += [renewal(subscription) for _ in discounts[1:]]
        assert [order.discount_minor for order in paid] == discounts
        assert used(coupon) == 1

    def test_the_first_order_of_a_workspace_is_the_first_of_its_periods(self) -> None:
        Coupon.objects.create(code="TROIS", percent=10, periods=3)
        order = make_order(coupon_code="TROIS")
        pay_by_transfer(order)
        subscription = Subscription.objects.get(orders=order)
        assert (subscription.coupon.code, subscription.coupon_periods_left) == ("TROIS", 2)

    def test_switched_off_it_goes_on_for_those_who_have_it(self) -> None:
        Coupon.objects.create(code="TROIS", percent=10, periods=3)
        subscription = ready_subscription("store-a")
        renewal(subscription, coupon_code="TROIS")
        Coupon.objects.update(is_active=False, valid_until=timezone.now())
        assert [renewal(subscription).discount_minor for _ in range(3)] == [2_500, 2_500, 0]

    def test_it_does_not_follow_to_a_plan_it_is_not_for(self) -> None:
        coupon = Coupon.objects.create(code="PREMIUM", percent=10, periods=None)
        coupon.plans.set(Plan.objects.filter(product="store", name="premium"))
        subscription = ready_subscription("store-a")
        renewal(subscription, coupon_code="PREMIUM")
        gold = Plan.objects.get(product="store", name="gold")
        schedule_change(subscription_id=subscription.pk, plan=gold, cycle="monthly", actor=None)
        assert renewal(subscription).discount_minor == 0

    def test_another_code_for_one_period_leaves_the_one_that_is_running(self) -> None:
        Coupon.objects.create(code="TROIS", percent=10, periods=3)
        Coupon.objects.create(code="MOITIE", percent=50)
        subscription = ready_subscription("store-a")
        renewal(subscription, coupon_code="TROIS")
        assert renewal(subscription, coupon_code="MOITIE").discount_minor == 12_500
        assert [renewal(subscription).discount_minor for _ in range(3)] == [2_500, 2_500, 0]

    def test_late_money_for_a_period_of_a_coupon_that_ran_out_does_not_begin_it_anew(self) -> None:
        Coupon.objects.create(code="DEUX", percent=10, periods=2)
        subscription = ready_subscription("store-a")
        renewal(subscription, coupon_code="DEUX")
        late = expire(open_renewal(subscription_id=subscription.pk))
        assert late.discount_minor == 2_500
        renewal(subscription)
        # As when a person puts money from the review to it.
        Order.objects.filter(pk=late.pk).update(received_minor=late.total_minor)
        with transaction.atomic():
            assert mark_paid(order_id=late.pk)
        subscription.refresh_from_db()
        assert subscription.coupon is None


class TestAmountShown:
    @pytest.mark.parametrize(
        ("total", "version", "is_right"),
        [
            (Money(25_000, "XAF"), 0, True),
            (Money(25_000, "XAF"), None, True),
            (Money(24_999, "XAF"), 0, False),
            (Money(25_000, "XOF"), 0, False),
            (Money(25_000, "XAF"), 1, False),
        ],
    )
    def test_no_order_is_made_of_anything_else_than_what_was_shown(
        self, total: Money, version: int | None, is_right: bool
    ) -> None:
        shown = orders.Shown(total, None if version is None else price_of().version_id + version)
        if is_right:
            assert make_order(shown=shown).total_minor == 25_000
            return
        with pytest.raises(Conflict) as refused:
            make_order(shown=shown)
        assert refused.value.code == "price_changed"
        assert not Order.objects.filter(coupon=None, status="awaiting_payment", organisation=None).exists()
