"""Years of renewals and changes of plan: what is previewed is charged, invoiced, booked and given."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from billing import ledger
from billing.models import Coupon, Invoice, Order, PaidPeriod, Payment, Plan, PlanVersion, Subscription
from billing.money import Money
from billing.services.ledger import balance
from billing.services.payments import start_payment
from billing.services.renewals import open_renewal, order_change, preview_change, schedule_change
from billing.services.subscriptions import add_credit
from billing.services.transfers import decide_transfer
from shared_apps.core.errors import Conflict
from tests.support.factories import make_admin, make_order, make_user
from tests.support.subscriptions import paid_for_days, ready_subscription

pytestmark = pytest.mark.django_db


def pay(order: Order) -> Payment:
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    return decide_transfer(payment=payment, admin=make_admin(), approved=True)


def plan(product: str, name: str) -> Plan:
    return Plan.objects.get(product=product, name=name)


def give_credit(subscription: Subscription, minor: int) -> None:
    with transaction.atomic():
        add_credit(subscription_id=subscription.pk, amount=Money(minor, subscription.currency))


def assert_books_are_even(subscription: Subscription) -> None:
    subscription.refresh_from_db()
    currency = subscription.currency
    assert balance(ledger.receivable(subscription.pk), currency).minor == 0
    set_aside = sum(subscription.orders.filter(status="awaiting_payment").values_list("credit_minor", flat=True))
    assert -balance(ledger.credit(subscription.pk), currency).minor == subscription.credit_minor + set_aside


def test_a_renewal_paid_ahead_begins_where_the_paid_time_ends() -> None:
    subscription = ready_subscription("store-a")
    before = subscription.paid_until
    order = open_renewal(subscription_id=subscription.pk)
    assert (order.kind, order.total_minor, order.period_start) == ("renewal", 25_000, before)
    pay(order)
    order.refresh_from_db()
    subscription.refresh_from_db()
    assert (order.status, order.period_end) == ("fulfilled", subscription.paid_until)
    assert subscription.paid_until > before + timedelta(days=27)
    assert subscription.organisation.paid_until == subscription.paid_until
    assert Invoice.objects.get(order=order).total_minor == 25_000
    assert_books_are_even(subscription)


def test_asking_twice_for_a_renewal_gives_the_same_order() -> None:
    subscription = ready_subscription("store-a")
    assert open_renewal(subscription_id=subscription.pk) == open_renewal(subscription_id=subscription.pk)


def test_another_cycle_takes_the_place_of_the_open_renewal() -> None:
    subscription = ready_subscription("store-a")
    monthly = open_renewal(subscription_id=subscription.pk)
    yearly = open_renewal(subscription_id=subscription.pk, cycle="yearly")
    monthly.refresh_from_db()
    assert (monthly.status, yearly.status, yearly.total_minor) == ("cancelled", "awaiting_payment", 250_000)


def test_an_order_whose_money_is_on_its_way_is_not_replaced() -> None:
    subscription = ready_subscription("store-a")
    order = open_renewal(subscription_id=subscription.pk)
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    Payment.objects.filter(pk=payment.pk).update(status="under_review")
    with pytest.raises(Conflict) as refused:
        open_renewal(subscription_id=subscription.pk, cycle="yearly")
    assert refused.value.code == "payment_under_way"


@pytest.mark.parametrize("days_left", [1, 7, 15, 29])
def test_an_upgrade_costs_what_its_preview_said_and_holds_at_once(days_left: int) -> None:
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=days_left)
    gold = plan("store", "gold")
    preview = preview_change(subscription=subscription, plan=gold)
    order = order_change(subscription_id=subscription.pk, plan=gold, expected_due=preview.due, actor=None)
    assert order.due == preview.due == Money(60_000 * days_left // 30 - round(25_000 * days_left / 30), "XAF")
    pay(order)
    subscription.refresh_from_db()
    assert Invoice.objects.get(order=order).total == preview.due
    assert subscription.organisation.plan_version.plan == gold
    assert subscription.paid_until == subscription.organisation.paid_until
    assert_books_are_even(subscription)


def test_what_is_unused_after_an_upgrade_is_what_its_rest_cost() -> None:
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=10)
    gold = plan("store", "gold")
    order = order_change(subscription_id=subscription.pk, plan=gold, expected_due=Money(11_667, "XAF"), actor=None)
    pay(order)
    rest = PaidPeriod.objects.get(order=order)
    assert (rest.value_minor, rest.full_days) == (20_000, 30)


def test_an_amount_that_was_not_shown_is_not_charged() -> None:
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=10)
    with pytest.raises(Conflict) as refused:
        order_change(
            subscription_id=subscription.pk, plan=plan("store", "gold"), expected_due=Money(1, "XAF"), actor=None
        )
    assert refused.value.code == "price_changed"


def test_a_smaller_plan_waits_for_the_next_period() -> None:
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=10)
    standard = plan("store", "standard")
    preview = preview_change(subscription=subscription, plan=standard)
    assert (preview.is_now, preview.due.minor) == (False, 0)
    renewal = open_renewal(subscription_id=subscription.pk)
    schedule_change(subscription_id=subscription.pk, plan=standard, cycle="monthly", actor=None)
    renewal.refresh_from_db()
    smaller = open_renewal(subscription_id=subscription.pk)
    assert (renewal.status, smaller.total_minor) == ("cancelled", 10_000)
    assert subscription.organisation.plan_version.plan.name == "premium"
    pay(smaller)
    subscription.refresh_from_db()
    assert (subscription.plan_version.plan.name, subscription.next_plan) == ("premium", None)
    assert subscription.periods.get(order=smaller).plan_version.plan == standard


def test_credit_pays_part_of_a_renewal_and_comes_back_when_it_is_replaced() -> None:
    subscription = ready_subscription("store-a")
    give_credit(subscription, 4_000)
    order = open_renewal(subscription_id=subscription.pk)
    assert (order.due.minor, order.credit_minor) == (21_000, 4_000)
    yearly = open_renewal(subscription_id=subscription.pk, cycle="yearly")
    assert (yearly.due.minor, yearly.credit_minor) == (246_000, 4_000)


def test_credit_that_covers_a_renewal_pays_it_without_a_provider() -> None:
    subscription = ready_subscription("store-a")
    give_credit(subscription, 30_000)
    before = subscription.paid_until
    order = open_renewal(subscription_id=subscription.pk)
    subscription.refresh_from_db()
    assert (order.status, subscription.credit_minor) == ("fulfilled", 5_000)
    assert subscription.paid_until > before


def test_a_coupon_for_three_periods_takes_off_three_times() -> None:
    subscription = ready_subscription("store-a")
    coupon = Coupon.objects.create(code="TROIS", percent=50, periods=3)
    totals = []
    for code in ("TROIS", "", "", ""):
        order = open_renewal(subscription_id=subscription.pk, coupon_code=code)
        totals.append(order.total_minor)
        pay(order)
    assert totals == [12_500, 12_500, 12_500, 25_000]
    coupon.refresh_from_db()
    assert coupon.used == 1


def test_a_renewal_paid_after_suspension_begins_with_the_payment() -> None:
    subscription = ready_subscription("store-a")
    now = timezone.now()
    Subscription.objects.filter(pk=subscription.pk).update(
        status="suspended", hold="unpaid", suspended_at=now, paid_until=now - timedelta(days=12)
    )
    pay(open_renewal(subscription_id=subscription.pk))
    subscription.refresh_from_db()
    assert (subscription.status, subscription.hold) == ("active", "")
    assert subscription.paid_until > now + timedelta(days=27)
    assert subscription.organisation.status == "active"


def with_trial(days: int) -> None:
    PlanVersion.objects.filter(plan__product="store", plan__name="premium", is_current=True).update(trial_days=days)


def test_a_trial_opens_at_once_for_nothing_and_is_had_once() -> None:
    with_trial(14)
    user = make_user()
    order = make_order(user=user)
    subscription = order.subscription
    subscription.refresh_from_db()
    assert (order.status, order.total_minor, subscription.status) == ("paid", 0, "trialing")
    assert subscription.paid_until == subscription.started_at + timedelta(days=14)
    assert not Invoice.objects.filter(order=order).exists()
    assert make_order(user=user).total_minor == 25_000


def test_a_coupon_given_with_a_trial_waits_for_the_first_payment() -> None:
    with_trial(14)
    Coupon.objects.create(code="DEUX", percent=50, periods=2)
    order = make_order(coupon_code="DEUX")
    subscription = order.subscription
    subscription.refresh_from_db()
    assert (subscription.coupon.code, subscription.coupon_periods_left, order.discount_minor) == ("DEUX", 2, 0)
