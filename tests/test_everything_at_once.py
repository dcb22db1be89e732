"""Payers, owners, admins, webhooks and the clock on one subscription at the same moment: no deadlock, no error, books even."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from billing import gateways
from billing.models import Invoice, Order, Payment, Plan, Refund, Subscription
from billing.money import Money
from billing.services.expiry import expire_orders
from billing.services.life import advance_subscriptions
from billing.services.orders import cancel_order
from billing.services.payments import start_payment
from billing.services.refund_sending import send_refund
from billing.services.refunds import request_refund
from billing.services.reminders import prepare_renewals
from billing.services.renewals import open_renewal, order_change, preview_change, schedule_change
from billing.services.resolve import resolve_payment
from billing.services.reviews import settle_review
from shared_apps.core.errors import DomainError
from tests.books import check_books
from tests.support.factories import make_admin
from tests.support.scripted import ScriptedProvider
from tests.support.subscriptions import ready_subscription
from tests.support.threads import at_once

THREADS = 8
ACTS = 25


class Crowd:
    """What people and machines do, each at a random moment."""

    def __init__(self, provider: ScriptedProvider) -> None:
        self.provider = provider
        self.admin = make_admin()
        self.id = ready_subscription("store-a").pk
        self.plans = list(Plan.objects.filter(product="store"))

    def subscription(self) -> Subscription:
        return Subscription.objects.select_related("plan_version__plan", "organisation").get(pk=self.id)

    def orders(self) -> list[Order]:
        return list(Order.objects.filter(subscription_id=self.id))

    def payments(self) -> list[Payment]:
        return list(Payment.objects.filter(order__subscription_id=self.id).select_related("order", "method"))

    def act(self, chance: random.Random) -> None:
        payment = chance.choice(self.payments() or [None])
        order, plan = chance.choice(self.orders()), chance.choice(self.plans)
        acts: list[Callable[[], Any]] = [
            lambda: open_renewal(subscription_id=self.id, cycle=chance.choice(["", "monthly", "yearly"])),
            lambda: self.upgrade(plan),
            lambda: schedule_change(subscription_id=self.id, plan=plan, cycle="monthly", actor=None),
            lambda: start_payment(order_id=order.pk, method="paypal"),
            lambda: cancel_order(order=order, actor=None),
            expire_orders,
            advance_subscriptions,
            prepare_renewals,
        ]
        if payment:
            acts += [lambda: self.pay(payment)] * 3 + [lambda: resolve_payment(payment.pk)] * 4
            acts += [lambda: self.give_back(payment, chance), lambda: self.review(payment, chance)]
        try:
            chance.choice(acts)()
        except DomainError:
            return

    def upgrade(self, plan: Plan) -> None:
        due = preview_change(subscription=self.subscription(), plan=plan).due
        order_change(subscription_id=self.id, plan=plan, expected_due=due, actor=None)

    def pay(self, payment: Payment) -> None:
        self.provider.taken.setdefault(payment.pk, payment.charge)

    def give_back(self, payment: Payment, chance: random.Random) -> None:
        if payment.refundable:
            amount = Money(max(1, payment.refundable.minor // chance.randint(1, 3)), payment.refundable.currency)
            refund = request_refund(payment=payment, amount=amount, reason="geste", actor=self.admin)
            send_refund(refund.pk)

    def review(self, payment: Payment, chance: random.Random) -> None:
        decision = chance.choice(["apply", "credit", "refund"])
        settle_review(payment=payment, decision=decision, admin=self.admin, comment="vu")


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("seed", [1, 2])
def test_everybody_at_once(monkeypatch, seed: int) -> None:
    provider = ScriptedProvider()
    monkeypatch.setitem(gateways._BUILDERS, "paypal", lambda _: provider)
    gateways.forget_clients()
    crowd = Crowd(provider)

    def live(number: int) -> None:
        chance = random.Random(seed * 100 + number)
        for _ in range(ACTS):
            crowd.act(chance)

    try:
        assert at_once(THREADS, live) == [None] * THREADS
    finally:
        gateways.forget_clients()
    for order in Order.objects.filter(subscription_id=crowd.id, status="fulfilled").exclude(kind="first"):
        assert Invoice.objects.filter(order=order, kind="invoice").count() == 1
    for payment in crowd.payments():
        if payment.received_minor is not None:
            assert payment.refunded_minor + payment.refunding_minor <= payment.received_minor
    assert Payment.objects.filter(order__subscription_id=crowd.id, status="succeeded").exists()
    assert Refund.objects.filter(payment__order__subscription_id=crowd.id).exists()
    check_books()
