"""Subscriptions follow the clock: once, whoever looks, and never against a payment of the same moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from billing.models import Order, Payment, PaymentMethod, Subscription, SubscriptionEvent
from billing.services import life, subscriptions
from billing.services.life import advance_subscriptions
from billing.services.payments import start_payment
from billing.services.renewals import open_renewal
from shared_apps.organisations.models import Organisation
from tests.support.subscriptions import ended, history, ready_subscription

pytestmark = pytest.mark.django_db


def move(subscription: Subscription, now: datetime | None = None) -> str:
    advance_subscriptions(now=now)
    subscription.refresh_from_db()
    return subscription.status


def on_the_way(order: Order, *, method: str = "bank_transfer", status: str = "under_review") -> Payment:
    return Payment.objects.create(
        order=order, method=PaymentMethod.objects.get(name=method), status=status, amount_minor=order.due.minor,
        currency=order.currency, charge_minor=order.due.minor, charge_currency=order.currency,
        expires_at=timezone.now() + timedelta(days=9),
    )  # fmt: skip


def test_a_paid_subscription_stays_and_one_whose_time_is_over_has_grace_with_access() -> None:
    paid = ready_subscription("store-b")
    over = ended(days=0.1)
    assert (move(over), move(paid)) == ("past_due", "active")
    over.organisation.refresh_from_db()
    assert over.organisation.status == "active"


def test_after_the_grace_the_workspace_is_read_only_then_given_up_then_deleted() -> None:
    subscription = ended(days=0.1)
    start = timezone.now()
    seen = [
        move(subscription, start + timedelta(days=days))
        for days in (0, subscription.plan_version.grace_days - 1, subscription.plan_version.grace_days)
    ]
    assert seen == ["past_due", "past_due", "suspended"]
    assert subscription.hold == "unpaid"
    assert Organisation.objects.get(pk=subscription.organisation_id).status == "suspended"
    assert move(subscription, subscription.suspended_at + timedelta(days=30)) == "cancelled"
    assert subscription.delete_after > timezone.now() + timedelta(days=59)
    assert move(subscription, subscription.delete_after) == "deleted"
    assert Organisation.objects.get(pk=subscription.organisation_id).status == "closed"


def test_one_that_slept_through_several_states_arrives_with_a_history_that_says_so() -> None:
    subscription = ended(days=100)
    assert move(subscription) == "cancelled"
    assert history(subscription) == [
        ("subscription.grace_began", "past_due"), ("subscription.suspended", "suspended"), ("subscription.ended", "cancelled"),
    ]  # fmt: skip
    dues = [one.details["due"] for one in subscription.events.order_by("pk")[2:]]
    assert dues == sorted(dues)
    assert dues[0] == subscription.paid_until.isoformat()
    # Nobody's data goes without the weeks in which people are told.
    assert subscription.delete_after > timezone.now() + timedelta(days=59)


def test_a_cancelled_one_ends_with_its_paid_time() -> None:
    subscription = ended(days=0.1, cancel_at_period_end=True)
    assert move(subscription) == "cancelled"
    assert history(subscription) == [("subscription.ended", "cancelled")]


def test_a_second_look_changes_nothing() -> None:
    subscription = ended(days=0.1)
    assert advance_subscriptions() == 1
    assert advance_subscriptions() == 0
    assert len(history(subscription)) == 1


def test_a_workspace_that_is_still_being_prepared_loses_no_time() -> None:
    subscription = ended(days=100, organisation=None)
    assert move(subscription) == "active"


@pytest.mark.parametrize(("method", "status"), [("bank_transfer", "under_review"), ("mtn_momo", "pending")])
def test_money_on_its_way_keeps_access_for_three_days_more(method: str, status: str) -> None:
    subscription = ended(days=8)
    payment = on_the_way(open_renewal(subscription_id=subscription.pk), method=method, status=status)
    now = timezone.now()
    assert move(subscription, now) == "past_due"
    Payment.objects.filter(pk=payment.pk).update(status="failed")
    assert move(subscription, now) == "suspended"


def test_three_days_later_money_on_its_way_is_not_enough() -> None:
    subscription = ended(days=8)
    on_the_way(open_renewal(subscription_id=subscription.pk))
    assert move(subscription) == "past_due"
    assert move(subscription, timezone.now() + timedelta(days=3)) == "suspended"


def test_a_receipt_that_was_only_promised_keeps_nothing_open() -> None:
    subscription = ended(days=8)
    start_payment(order_id=open_renewal(subscription_id=subscription.pk).pk, method="bank_transfer")
    assert move(subscription) == "suspended"


def test_what_is_broken_in_one_stops_none_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = ended(days=2), ended("store-b", days=1)
    original = life.move_subscription

    def move_or_fail(**values) -> None:
        if values["subscription"].pk == broken.pk:
            raise RuntimeError("broken")
        original(**values)

    monkeypatch.setattr(life, "move_subscription", move_or_fail)
    advance_subscriptions()
    assert [move(one) for one in (sound, broken)] == ["past_due", "active"]


def test_every_move_is_in_the_history_and_adds_to_it_only() -> None:
    subscription = ended(days=100)
    advance_subscriptions()
    before = SubscriptionEvent.objects.count()
    assert subscriptions.lock_subscription(subscription.pk).status == "cancelled"
    assert SubscriptionEvent.objects.filter(actor__isnull=True).count() == before
