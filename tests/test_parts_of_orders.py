"""Orders that are paid in part: left open for the rest, or, where time has run away with what they are for, made credit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Order, Payment, Subscription
from billing.money import Money
from billing.services.expiry import expire_orders
from billing.services.payments import start_payment
from billing.services.refunds import mark_refund_sent, request_refund
from billing.services.reminders import prepare_renewals
from billing.services.renewals import open_renewal
from billing.services.transfers import decide_transfer
from shared_apps.audit.models import AuditLog
from shared_apps.notifications.models import Delivery
from shared_apps.site.order_page import State, load_order_page
from tests.books import check_books
from tests.support.factories import make_admin, make_order
from tests.support.subscriptions import order_gold, paid_for_days, ready_subscription

pytestmark = pytest.mark.django_db


def part(order: Order, minor: int) -> Payment:
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    return decide_transfer(
        payment=payment, admin=make_admin(), approved=True, received=Money(minor, "XAF"), as_received=True
    )


def run_out(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(minutes=1))


def half_paid_change(days: int = 20) -> Order:
    """A better plan for the days that are left, of which 1 000 came."""
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=days)
    order = order_gold(subscription)
    part(order, 1_000)
    order.refresh_from_db()
    return order


def credit_of(order: Order) -> int:
    return Subscription.objects.get(pk=order.subscription_id).credit_minor


class TestAFirstOrder:
    def test_it_does_not_run_out(self) -> None:
        order = make_order()
        part(order, 10_000)
        run_out(order)
        assert expire_orders() == 0
        assert load_order_page(Order.objects.get(pk=order.pk)).state is not State.EXPIRED
        assert start_payment(order_id=order.pk, method="bank_transfer").amount == Money(15_000, "XAF")
        assert AuditLog.objects.filter(action="order.time_given").count() == 1

    def test_it_has_more_time_before_its_page_says_that_it_is_over(self) -> None:
        order = make_order()
        part(order, 10_000)
        Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() + timedelta(minutes=90))
        expire_orders()
        order.refresh_from_db()
        assert order.expires_at > timezone.now() + timedelta(days=6)


class TestARenewal:
    def test_its_reminders_go_on_and_tell_what_is_left(self) -> None:
        subscription = paid_for_days(ready_subscription("store-a"), total=30, left=7)
        order = open_renewal(subscription_id=subscription.pk)
        part(order, 10_000)
        assert prepare_renewals() == 1
        told = Delivery.objects.filter(template="subscription_reminder").latest("pk")
        assert told.context["amount"] == Money(15_000, "XAF").display("fr")


class TestAChangeOfPlan:
    def test_the_time_for_the_rest_ends_with_what_it_is_for(self) -> None:
        order = half_paid_change(days=3)
        assert order.expires_at == order.period_end

    def test_its_part_becomes_credit_when_its_time_is_over(self) -> None:
        order = half_paid_change()
        run_out(order)
        assert expire_orders() == 1
        order.refresh_from_db()
        assert (order.status, order.received_minor, credit_of(order)) == (Order.Status.EXPIRED, 0, 1_000)
        payment = order.payments.get()
        assert (payment.applied_minor, payment.credited_minor) == (0, 1_000)
        told = Delivery.objects.get(template="payment_credited")
        assert (told.context["is_part"], told.context["number"]) == (True, order.number)
        assert open_renewal(subscription_id=order.subscription_id).credit_minor == 1_000
        check_books()

    def test_while_a_payment_may_still_come_it_waits(self) -> None:
        order = half_paid_change()
        waiting = start_payment(order_id=order.pk, method="bank_transfer")
        Payment.objects.filter(pk=waiting.pk).update(status="under_review")
        run_out(order)
        assert expire_orders() == 0

    def test_its_part_becomes_credit_when_the_time_that_it_is_for_is_given_back(self) -> None:
        subscription = ready_subscription("store-a")
        order = half_paid_change()
        paid = Payment.objects.get(order__subscription=subscription, order__kind="first")
        refund = request_refund(payment=paid, reason="Geste", ends_access=True, actor=make_admin())
        mark_refund_sent(refund=refund, admin=make_admin(), reference="VIR-1")
        order.refresh_from_db()
        assert (order.status, order.received_minor, credit_of(order)) == (Order.Status.CANCELLED, 0, 1_000)
        check_books()

    def test_what_became_credit_can_be_given_back(self) -> None:
        order = half_paid_change()
        run_out(order)
        expire_orders()
        refund = request_refund(payment=order.payments.get(), reason="Geste", actor=make_admin())
        mark_refund_sent(refund=refund, admin=make_admin(), reference="VIR-1")
        assert credit_of(order) == 0
        check_books()
