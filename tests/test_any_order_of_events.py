"""Whatever happens in whatever order: paid once, books even, access exactly while paid or in grace, no refund too many.

Failure cases (docs/failure-cases.md): Case 25.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from billing import gateways, ledger
from billing.models import Invoice, LedgerEntry, Order, PaidPeriod, Payment, Plan, Refund, Subscription
from billing.money import Money
from billing.services.expiry import expire_orders
from billing.services.ledger import balance
from billing.services.life import advance_subscriptions
from billing.services.orders import cancel_order
from billing.services.payments import start_payment
from billing.services.refund_sending import send_refund
from billing.services.refunds import request_refund
from billing.services.renewals import open_renewal, order_change, preview_change, schedule_change
from billing.services.resolve import resolve_payment
from billing.services.reviews import settle_review
from billing.services.subscriptions import periods_to_come
from shared_apps.core.errors import DomainError
from shared_apps.organisations.models import Organisation
from tests.support.factories import make_admin
from tests.support.scripted import ScriptedProvider
from tests.support.subscriptions import ready_subscription

PLANS = ("standard", "premium", "gold")
CYCLES = ("monthly", "quarterly", "yearly")


class Billing(RuleBasedStateMachine):
    """One organisation's years, with a provider that is slow, wrong, late or away."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.provider = ScriptedProvider()
        gateways._BUILDERS["paypal"] = lambda _: self.provider
        gateways.forget_clients()
        self.admin = make_admin()
        self.id = ready_subscription("store-a").pk

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @property
    def subscription(self) -> Subscription:
        return Subscription.objects.select_related("plan_version__plan", "organisation").get(pk=self.id)

    def payments(self) -> list[Payment]:
        return list(Payment.objects.filter(order__subscription_id=self.id).order_by("pk"))

    def one(self, rows: list[Any], number: int) -> Any:
        return rows[number % len(rows)] if rows else None

    @rule(cycle=st.sampled_from(["", *CYCLES]))
    def ask_for_a_renewal(self, cycle: str) -> None:
        attempt(lambda: open_renewal(subscription_id=self.id, cycle=cycle))

    @rule(name=st.sampled_from(PLANS))
    def upgrade(self, name: str) -> None:
        plan = Plan.objects.get(product="store", name=name)
        attempt(
            lambda: order_change(
                subscription_id=self.id, plan=plan, actor=None,
                expected_due=preview_change(subscription=self.subscription, plan=plan).due,
            )
        )  # fmt: skip

    @rule(name=st.sampled_from(PLANS), cycle=st.sampled_from(CYCLES))
    def plan_a_change(self, name: str, cycle: str) -> None:
        plan = Plan.objects.get(product="store", name=name)
        attempt(lambda: schedule_change(subscription_id=self.id, plan=plan, cycle=cycle, actor=None))

    @rule(number=st.integers(0, 9))
    def start_to_pay(self, number: int) -> None:
        order = self.one(list(Order.objects.filter(subscription_id=self.id, status="awaiting_payment")), number)
        if order:
            attempt(lambda: start_payment(order_id=order.pk, method="paypal"))

    @rule(number=st.integers(0, 9), off=st.sampled_from([0, 0, 0, 1, -1]))
    def the_payer_pays(self, number: int, off: int) -> None:
        """Also after we gave up, and now and then another amount."""
        untaken = [one for one in self.payments() if one.pk not in self.provider.taken and one.provider_ref]
        payment = self.one(untaken, number)
        if payment:
            self.provider.failed.discard(payment.pk)
            self.provider.taken[payment.pk] = Money(payment.charge_minor + off, payment.charge_currency)

    @rule(number=st.integers(0, 9))
    def the_payer_refuses(self, number: int) -> None:
        payment = self.one([one for one in self.payments() if one.pk not in self.provider.taken], number)
        if payment:
            self.provider.failed.add(payment.pk)

    @rule(away=st.booleans())
    def the_provider_comes_and_goes(self, away: bool) -> None:
        self.provider.is_away = away

    @rule(number=st.integers(0, 9), times=st.integers(1, 3))
    def news_arrives(self, number: int, times: int) -> None:
        payment = self.one(self.payments(), number)
        for _ in range(times if payment else 0):
            resolve_payment(payment.pk)

    @rule(number=st.integers(0, 9))
    def cancel_an_order(self, number: int) -> None:
        order = self.one(list(Order.objects.filter(subscription_id=self.id)), number)
        if order:
            attempt(lambda: cancel_order(order=order, actor=None))

    @rule(days=st.sampled_from([1, 3, 8, 20, 40]))
    def time_passes(self, days: int) -> None:
        back = timedelta(days=days)
        Subscription.objects.filter(pk=self.id).update(
            **{
                name: F(name) - back
                for name in ("paid_until", "started_at", "suspended_at", "cancelled_at", "delete_after")
            }
        )
        PaidPeriod.objects.filter(subscription_id=self.id).update(
            starts_at=F("starts_at") - back, ends_at=F("ends_at") - back
        )
        Order.objects.filter(subscription_id=self.id).update(
            expires_at=F("expires_at") - back, period_start=F("period_start") - back, period_end=F("period_end") - back
        )
        Payment.objects.filter(order__subscription_id=self.id).update(
            expires_at=F("expires_at") - back, created_at=F("created_at") - back, started_at=F("started_at") - back
        )
        expire_orders()
        advance_subscriptions()

    @rule(number=st.integers(0, 9), share=st.integers(1, 100), ends=st.booleans(), to_credit=st.booleans())
    def give_back(self, number: int, share: int, ends: bool, to_credit: bool) -> None:
        payment = self.one([one for one in self.payments() if one.refundable], number)
        if payment:
            amount = Money(max(1, payment.refundable.minor * share // 100), payment.refundable.currency)
            attempt(
                lambda: request_refund(payment=payment, amount=amount, reason="geste", ends_access=ends,
                                       to_credit=to_credit, actor=self.admin)
            )  # fmt: skip

    @rule(number=st.integers(0, 9), fails=st.booleans())
    def a_refund_is_sent(self, number: int, fails: bool) -> None:
        from billing.providers.base import Outcome

        self.provider.refund_outcome = Outcome.FAILED if fails else Outcome.SUCCEEDED
        refund = self.one(list(Refund.objects.filter(payment__order__subscription_id=self.id).order_by("pk")), number)
        if refund:
            send_refund(refund.pk)

    @rule(number=st.integers(0, 9), decision=st.sampled_from(["apply", "credit", "refund", "dismiss"]))
    def somebody_reviews(self, number: int, decision: str) -> None:
        payment = self.one([one for one in self.payments() if one.status == "needs_review"], number)
        if payment:
            attempt(lambda: settle_review(payment=payment, decision=decision, admin=self.admin, comment="vu"))

    @invariant()
    def orders_are_paid_once_and_in_full(self) -> None:
        for order in Order.objects.filter(subscription_id=self.id):
            paid = order.status in ("paid", "fulfilled")
            assert order.received_minor <= order.total_minor - order.credit_minor
            assert paid is False or order.due.minor == 0
            invoices = Invoice.objects.filter(order=order, kind="invoice")
            assert invoices.count() == (1 if paid and order.kind != "first" else invoices.count())
            if order.kind != "first" and not paid:
                assert not invoices.exists()

    @invariant()
    def the_books_are_even(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        sums = LedgerEntry.objects.values("journal", "currency").annotate(total=Sum("amount_minor")).exclude(total=0)
        assert not sums.exists()
        subscription = self.subscription
        set_aside = Order.objects.filter(subscription_id=self.id, status="awaiting_payment").aggregate(
            s=Sum("credit_minor")
        )
        refunding = Refund.objects.filter(payment__order__subscription_id=self.id, status__in=Refund.OPEN)
        reserved = refunding.aggregate(s=Sum("credited_minor"))["s"] or 0
        owed = subscription.credit_minor + (set_aside["s"] or 0) + reserved
        assert -balance(ledger.credit(self.id), subscription.currency).minor == owed

    @invariant()
    def nothing_more_is_given_back_than_came(self) -> None:
        for payment in self.payments():
            if payment.received_minor is not None:
                assert 0 <= payment.refunded_minor + payment.refunding_minor <= payment.received_minor
        for invoice in Invoice.objects.filter(subscription_id=self.id, kind="invoice"):
            credited = invoice.credit_notes.aggregate(s=Sum("total_minor"))["s"] or 0
            assert credited <= invoice.total_minor

    @invariant()
    def access_is_had_exactly_while_paid_or_in_grace(self) -> None:
        subscription, now = self.subscription, timezone.now()
        organisation = Organisation.objects.get(pk=subscription.organisation_id)
        assert (organisation.status == "active") == subscription.has_access
        assert organisation.plan_version_id == subscription.plan_version_id
        grace = timedelta(days=subscription.plan_version.grace_days)
        if subscription.status == "active":
            assert subscription.paid_until > now
            assert periods_to_come(subscription, now)
        if subscription.has_access:
            assert subscription.paid_until + grace > now
        elif subscription.hold == "unpaid":
            assert subscription.paid_until <= now


def attempt(act: Any) -> None:
    """What is refused with a message is refused."""
    try:
        with transaction.atomic():
            act()
    except DomainError:
        pass


@pytest.mark.django_db
def test_whatever_happens_in_whatever_order() -> None:
    original = gateways._BUILDERS["paypal"]
    try:
        run_state_machine_as_test(
            Billing,
            settings=settings(
                max_examples=40,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                derandomize=True,
            ),
        )
    finally:
        gateways._BUILDERS["paypal"] = original
        gateways.forget_clients()
