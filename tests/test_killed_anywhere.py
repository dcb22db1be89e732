"""`kill -9` at every statement, commit and provider's call of every money flow: nothing is lost and nothing is doubled.

Failure cases (docs/failure-cases.md): Case 8.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.models import Invoice, Journal, Order, Payment, Plan, Refund, Reminder, Subscription
from billing.services.expiry import expire_orders
from billing.services.life import advance_subscriptions
from billing.services.orders import cancel_order
from billing.services.payments import start_payment
from billing.services.refund_sending import claim_due_refunds, send_refund
from billing.services.refunds import request_refund
from billing.services.reminders import prepare_renewals
from billing.services.renewals import open_renewal, order_change, preview_change
from billing.services.resolve import resolve_payment
from billing.services.reviews import settle_review
from billing.services.transfers import decide_transfer
from shared_apps.core.errors import DomainError
from shared_apps.outbox.models import OutboxMessage
from tests.books import PHONE, by_paypal, check_books
from tests.support.dying import killed_at_every_point
from tests.support.factories import make_admin, make_order
from tests.support.subscriptions import paid_for_days, ready_subscription

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.slow]


def again(act: Any) -> Any:
    """What a person does who is told that it is done already: nothing."""

    def do() -> None:
        try:
            act()
        except DomainError:
            return

    return do


def resolved(order: Order, simulator: Any) -> Payment:
    payment = Payment.objects.get(order=order)
    killed_at_every_point(lambda: resolve_payment(payment.pk))
    payment.refresh_from_db()
    return payment


def assert_paid_once(order: Order) -> None:
    order.refresh_from_db()
    assert order.status in ("paid", "fulfilled")
    assert Payment.objects.filter(order=order, status="succeeded").count() == 1
    assert Invoice.objects.filter(order=order).count() == 1
    assert Journal.objects.filter(document=order.number, kind="payment").count() == 1
    check_books()


def test_paying_by_mobile_money(simulator) -> None:
    order = make_order()
    deaths = killed_at_every_point(lambda: start_payment(order_id=order.pk, method="mtn_momo", phone=PHONE))
    payment = Payment.objects.get(order=order)
    simulator.decide_momo(str(payment.idempotency_key), "SUCCESSFUL")
    deaths += killed_at_every_point(lambda: resolve_payment(payment.pk))
    assert deaths > 40
    assert_paid_once(order)
    assert OutboxMessage.objects.filter(topic="order.paid", key=str(order.pk)).count() == 1
    assert len(simulator.state()["momo"]["requests"]) == 1


def test_paying_by_paypal(simulator) -> None:
    order = make_order()
    killed_at_every_point(lambda: start_payment(order_id=order.pk, method="paypal"))
    payment = Payment.objects.get(order=order)
    simulator.approve_paypal(payment.provider_ref)
    resolved(order, simulator)
    assert_paid_once(order)
    assert simulator.state()["charged_by_reference"] == {str(payment.pk): "38.11"}


def test_a_renewal_by_a_transfer_that_is_approved() -> None:
    subscription, admin = ready_subscription("store-a"), make_admin()
    before = subscription.paid_until
    killed_at_every_point(lambda: open_renewal(subscription_id=subscription.pk))
    order = Order.objects.get(subscription=subscription, status="awaiting_payment")
    killed_at_every_point(lambda: start_payment(order_id=order.pk, method="bank_transfer"))
    payment = Payment.objects.get(order=order)
    killed_at_every_point(again(lambda: decide_transfer(payment=payment, admin=admin, approved=True)))
    resolve_payment(payment.pk)
    assert_paid_once(order)
    subscription.refresh_from_db()
    assert timedelta(days=27) < subscription.paid_until - before < timedelta(days=32)
    assert subscription.periods.count() == 2


def test_a_better_plan_for_the_rest_of_the_month() -> None:
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=10)
    gold = Plan.objects.get(product="store", name="gold")
    due = preview_change(subscription=subscription, plan=gold).due
    ask = {"subscription_id": subscription.pk, "plan": gold, "expected_due": due, "actor": None}
    killed_at_every_point(lambda: order_change(**ask))
    order = Order.objects.get(subscription=subscription, status="awaiting_payment")
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    killed_at_every_point(again(lambda: decide_transfer(payment=payment, admin=make_admin(), approved=True)))
    resolve_payment(payment.pk)
    assert_paid_once(order)
    assert [period.plan_version.plan.name for period in subscription.periods.order_by("pk")] == ["premium", "gold"]


def test_giving_back_what_paypal_took(simulator) -> None:
    payment, admin = by_paypal(simulator), make_admin()
    killed_at_every_point(again(lambda: request_refund(payment=payment, reason="geste", actor=admin)))
    refund = Refund.objects.get(payment=payment)
    killed_at_every_point(lambda: send_refund(refund.pk))
    Refund.objects.filter(status="pending").update(next_check_at=timezone.now())
    for waiting in claim_due_refunds():
        send_refund(waiting)
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, payment.refunded_minor, payment.refunding_minor) == ("succeeded", 3_811, 0)
    assert simulator.state()["paypal"]["orders"][payment.provider_ref]["refunded"] == "38.11"
    assert Invoice.objects.filter(order=payment.order, kind="credit_note").count() == 1
    check_books()


@pytest.mark.parametrize("decision", ["credit", "refund"])
def test_settling_money_that_came_twice(simulator, decision) -> None:
    order, admin = make_order(), make_admin()
    start_payment(order_id=order.pk, method="mtn_momo", phone=PHONE)
    by_paypal(simulator, order)
    second = Payment.objects.get(order=order, method__name="mtn_momo")
    simulator.decide_momo(second.provider_ref, "SUCCESSFUL")
    killed_at_every_point(lambda: resolve_payment(second.pk))
    second.refresh_from_db()
    assert second.status == "needs_review"
    killed_at_every_point(
        again(lambda: settle_review(payment=second, decision=decision, admin=admin, comment="double"))
    )
    second.refresh_from_db()
    assert second.status == "succeeded"
    credit = Subscription.objects.get(pk=order.subscription_id).credit_minor
    assert (credit, Refund.objects.filter(payment=second).count()) == ((25_000, 0) if decision == "credit" else (0, 1))
    check_books()


def test_orders_that_expire_or_are_cancelled_let_go_once() -> None:
    subscription = ready_subscription("store-a")
    Subscription.objects.filter(pk=subscription.pk).update(credit_minor=4_000)
    order = open_renewal(subscription_id=subscription.pk)
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    killed_at_every_point(expire_orders)
    subscription.refresh_from_db()
    assert subscription.credit_minor == 4_000
    second = open_renewal(subscription_id=subscription.pk)
    killed_at_every_point(again(lambda: cancel_order(order=second, actor=None)))
    subscription.refresh_from_db()
    assert subscription.credit_minor == 4_000


def test_time_reminders_and_suspension() -> None:
    subscription, now = paid_for_days(ready_subscription("store-a"), total=30, left=6), timezone.now()
    killed_at_every_point(prepare_renewals)
    assert Reminder.objects.filter(subscription=subscription).count() == 1
    assert Order.objects.filter(subscription=subscription, status="awaiting_payment").count() == 1
    Subscription.objects.filter(pk=subscription.pk).update(paid_until=now - timedelta(days=9))
    killed_at_every_point(advance_subscriptions)
    subscription.refresh_from_db()
    assert (subscription.status, subscription.hold) == ("suspended", "unpaid")
    assert subscription.events.filter(to_status="suspended").count() == 1
