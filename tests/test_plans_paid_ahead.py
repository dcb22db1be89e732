"""Another plan that is paid ahead begins with its period: what is paid of the one before is neither lost nor made better."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Order, Plan, Subscription
from billing.services.life import advance_subscriptions
from billing.services.renewals import open_renewal, order_change, preview_change, schedule_change
from billing.services.subscriptions import periods_to_come
from billing.services.subscriptions_admin import give_days
from tests.support.factories import make_admin, pay_by_transfer
from tests.support.subscriptions import ended, paid_for_days, ready_subscription

pytestmark = pytest.mark.django_db


def plan(name: str) -> Plan:
    return Plan.objects.get(product="store", name=name)


def pay_ahead(subscription: Subscription, name: str, cycle: str = "monthly") -> Order:
    """The next period is another plan's, and is paid today."""
    schedule_change(subscription_id=subscription.pk, plan=plan(name), cycle=cycle, actor=None)
    order = open_renewal(subscription_id=subscription.pk)
    pay_by_transfer(order)
    subscription.refresh_from_db()
    return order


def plans_of(subscription: Subscription) -> tuple[str, str]:
    """What the subscription and what its workspace have."""
    found = Subscription.objects.get(pk=subscription.pk)
    assert found.organisation is not None
    return found.plan_version.plan.name, found.organisation.plan_version.plan.name


@pytest.mark.parametrize("name", ["gold", "standard"])
def test_another_plan_that_is_paid_ahead_begins_with_its_period(name: str) -> None:
    subscription = paid_for_days(ready_subscription("store-a"), total=365, left=300)
    start = subscription.paid_until
    assert start is not None
    pay_ahead(subscription, name)
    advance_subscriptions(now=start - timedelta(hours=1))
    assert plans_of(subscription) == ("premium", "premium")
    advance_subscriptions(now=start)
    assert plans_of(subscription) == (name, name)
    event = subscription.events.latest("pk")
    assert (event.action, event.to_status) == ("subscription.plan_changed", "active")
    advance_subscriptions(now=start + timedelta(hours=1))
    assert subscription.events.latest("pk") == event


def test_a_plan_that_is_paid_in_grace_begins_at_once() -> None:
    subscription = ended(days=1, status="past_due")
    pay_ahead(subscription, "gold")
    assert plans_of(subscription) == ("gold", "gold")


def test_the_period_after_one_that_is_paid_ahead_is_of_the_same_plan() -> None:
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=10)
    gold = pay_ahead(subscription, "gold")
    again = open_renewal(subscription_id=subscription.pk)
    assert (again.plan_version_id, again.period_start) == (gold.plan_version_id, subscription.paid_until)


def test_free_days_after_a_plan_that_is_paid_ahead_are_of_the_same_plan() -> None:
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=10)
    gold = pay_ahead(subscription, "gold")
    give_days(subscription_id=subscription.pk, days=5, reason="An outage", admin=make_admin())
    assert subscription.periods.last().plan_version_id == gold.plan_version_id


def test_a_plan_that_is_paid_ahead_can_be_had_now_for_the_rest_of_the_other() -> None:
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=10)
    pay_ahead(subscription, "gold")
    preview = preview_change(subscription=subscription, plan=plan("gold"))
    assert preview.due.minor == 11_667  # a third of what a month of gold costs more
    order = order_change(subscription_id=subscription.pk, plan=plan("gold"), expected_due=preview.due, actor=None)
    pay_by_transfer(order)
    assert plans_of(subscription) == ("gold", "gold")
    assert advance_subscriptions(now=timezone.now() + timedelta(days=20)) == 0


def test_a_period_paid_ahead_whose_time_a_better_plan_took_is_not_to_come_any_more() -> None:
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=10)
    pay_by_transfer(open_renewal(subscription_id=subscription.pk))
    subscription.refresh_from_db()
    due = preview_change(subscription=subscription, plan=plan("gold")).due
    pay_by_transfer(order_change(subscription_id=subscription.pk, plan=plan("gold"), expected_due=due, actor=None))
    subscription.refresh_from_db()
    to_come = periods_to_come(subscription, timezone.now())
    assert {one.plan_version.plan.name for one in to_come} == {"gold"}
    assert all(one.starts_at < one.ends_at for one in to_come)
