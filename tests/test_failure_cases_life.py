"""Failure cases of money and of orders' lives, numbered as in the project's list; see docs/failure-cases.md."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from billing.models import Coupon, CouponUse, Order, Payment, Plan
from billing.money import Money
from billing.services.expiry import expire_orders
from billing.services.payments import start_payment
from billing.services.refund_sending import send_refund
from billing.services.refunds import request_refund
from billing.services.renewals import open_renewal, order_change, preview_change
from billing.services.resolve import resolve_payment
from billing.services.reviews import order_for
from billing.services.subscriptions import add_credit
from billing.services.transfers import decide_transfer
from shared_apps.core.errors import DomainError
from tests.books import balances, check_books, notes_of
from tests.support.factories import make_admin, make_order, make_user, pay_by_transfer
from tests.support.subscriptions import ready_subscription
from tests.support.threads import at_once

PHONE = "237670123456"
Status = Payment.Status


def by_momo(order: Order) -> Payment:
    return start_payment(order_id=order.pk, method="mtn_momo", phone=PHONE)


def expired(order: Order) -> Order:
    """The order as it is ten minutes after its time; nobody had heard of money until then."""
    ten_minutes_ago = timezone.now() - timedelta(minutes=10)
    Order.objects.filter(pk=order.pk).update(expires_at=ten_minutes_ago)
    Payment.objects.filter(order=order).update(expires_at=ten_minutes_ago)
    assert resolve_payment(order.payments.get().pk).status == Status.EXPIRED
    assert expire_orders() == 1
    order.refresh_from_db()
    assert order.status == Order.Status.EXPIRED
    return order


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("said", "status", "reason"),
    [
        ("wrong_amount", Status.NEEDS_REVIEW, "amount_mismatch"),  # 24 999
        ("wrong_currency", Status.NEEDS_REVIEW, "currency_mismatch"),
        ("wrong_reference", Status.NEEDS_REVIEW, "reference_mismatch"),
        ("padded_amount", Status.SUCCEEDED, ""),  # "25000.0"
    ],
)
def test_case_06_what_mtn_says_came_is_compared_as_money(simulator, said, status, reason) -> None:
    """PayPal's other account and the rest: TestPayPal and TestTransfer of tests/test_payments.py."""
    order = make_order()
    payment = by_momo(order)
    simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    simulator.fault("momo", "get_request", said, times=9)
    payment = resolve_payment(payment.pk)
    assert (payment.status, payment.reason) == (status, reason)
    order.refresh_from_db()
    assert order.status == (Order.Status.PAID if status == Status.SUCCEEDED else Order.Status.AWAITING_PAYMENT)
    assert bool(balances(order).get(f"unapplied:{payment.pk} {payment.received_currency}")) == bool(reason)
    check_books()


@pytest.mark.django_db
def test_case_07_money_ten_minutes_after_the_order_expired_opens_the_workspace(simulator) -> None:
    order = make_order()
    payment = by_momo(order)
    expired(order)
    simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    payment = resolve_payment(payment.pk)
    order.refresh_from_db()
    assert (payment.status, payment.is_late, order.status) == (Status.SUCCEEDED, True, Order.Status.PAID)
    check_books()


@pytest.mark.django_db
def test_case_07_when_another_attempt_has_paid_by_then_the_late_money_waits_for_a_person(simulator) -> None:
    """What a person may do with it then, credit or refund: tests/test_reviews.py."""
    order = make_order()
    late = by_momo(order)
    pay_by_transfer(order)
    Payment.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(minutes=10))
    simulator.decide_momo(late.provider_ref, "SUCCESSFUL")
    late = resolve_payment(late.pk)
    assert (late.status, late.reason) == (Status.NEEDS_REVIEW, "second_success")
    order.refresh_from_db()
    assert order.received_minor == 25_000
    check_books()


@pytest.mark.django_db
def test_case_07_late_money_that_is_not_enough_without_the_credit_that_was_let_go_waits_for_a_person(simulator) -> None:
    subscription = ready_subscription("store-a")
    with transaction.atomic():
        add_credit(subscription_id=subscription.pk, amount=Money(4_000, "XAF"))
    order = open_renewal(subscription_id=subscription.pk)
    payment = by_momo(order)
    expired(order)
    simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    payment = resolve_payment(payment.pk)
    order.refresh_from_db()
    assert (payment.status, payment.reason) == (Status.NEEDS_REVIEW, "amount_mismatch")
    assert (order.received_minor, order_for(payment)) == (0, None)


@pytest.mark.django_db
def test_case_07_money_for_a_better_plan_whose_time_is_over_waits_for_a_person() -> None:
    """A receipt that is looked at after the paid time has ended: nothing is left that could be better."""
    subscription, gold = ready_subscription("store-a"), Plan.objects.get(product="store", name="gold")
    due = preview_change(subscription=subscription, plan=gold).due
    order = order_change(subscription_id=subscription.pk, plan=gold, expected_due=due, actor=None)
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    yesterday = timezone.now() - timedelta(days=1)
    Order.objects.filter(pk=order.pk).update(period_end=yesterday, expires_at=yesterday)
    payment = decide_transfer(payment=payment, admin=make_admin(), approved=True)
    assert (payment.status, payment.reason) == (Status.NEEDS_REVIEW, "order_closed")


@pytest.mark.django_db
def test_case_14_money_that_came_late_is_given_back_like_any_other(simulator) -> None:
    order = make_order()
    payment = by_momo(order)
    expired(order)
    simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    payment = resolve_payment(payment.pk)
    refunds = [
        send_refund(request_refund(payment=payment, amount=amount, reason="geste", actor=make_admin()).pk)
        for amount in (Money(8_333, "XAF"), Money(8_333, "XAF"), None)
    ]
    assert [(one.status, one.amount_minor) for one in refunds] == [
        ("succeeded", 8_333), ("succeeded", 8_333), ("succeeded", 8_334),
    ]  # fmt: skip
    payment.refresh_from_db()
    assert (payment.refunded_minor, payment.refunding_minor) == (25_000, 0)
    assert simulator.state()["momo"]["requests"][payment.provider_ref]["refunded"] == "25000"
    assert sum(notes_of(payment).values_list("total_minor", flat=True)) == 25_000
    assert balances(order) == {}
    check_books()


@pytest.mark.usefixtures("committed_db")
def test_case_17_fifty_buyers_of_the_last_use_of_a_coupon() -> None:
    coupon = Coupon.objects.create(code="DERNIER", percent=50, max_uses=7, used=6)
    users = [make_user() for _ in range(50)]
    results = at_once(50, lambda number: make_order(user=users[number], coupon_code="DERNIER"))
    assert [one.total_minor for one in results if isinstance(one, Order)] == [12_500]
    assert {one.code for one in results if isinstance(one, DomainError)} == {"coupon_used_up"}
    coupon.refresh_from_db()
    assert (coupon.used, CouponUse.objects.filter(coupon=coupon).count()) == (7, 1)


@pytest.mark.django_db
def test_case_17_a_refund_gives_no_use_of_a_coupon_back(simulator) -> None:
    coupon = Coupon.objects.create(code="UNIQUE", percent=20, max_uses=1)
    order = make_order(coupon_code="UNIQUE")
    payment = by_momo(order)
    simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    refund = request_refund(payment=resolve_payment(payment.pk), reason="geste", actor=make_admin(), ends_access=True)
    assert send_refund(refund.pk).status == "succeeded"
    coupon.refresh_from_db()
    assert (coupon.used, CouponUse.objects.filter(coupon=coupon).count()) == (1, 1)
    with pytest.raises(DomainError) as refusal:
        make_order(coupon_code="UNIQUE")
    assert refusal.value.code == "coupon_used_up"
