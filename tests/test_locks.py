"""Whoever waits for a row gets it as it is then, with the rows that it names by then."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.db import transaction

from billing.models import Coupon, PlanVersion, Subscription
from billing.services.subscriptions import lock_subscription
from tests.support.subscriptions import ready_subscription
from tests.support.threads import interrupted

HERE = sys.modules[__name__]


def repoint(subscription_id: Any, **names: Any) -> None:
    Subscription.objects.filter(pk=subscription_id).update(**names)


@pytest.mark.usefixtures("committed_db")
def test_a_subscription_that_was_waited_for_comes_with_the_plan_and_coupon_it_has_by_then(monkeypatch) -> None:
    subscription = ready_subscription("store-a")
    other = PlanVersion.objects.exclude(pk=subscription.plan_version_id).exclude(plan__product="events").first()
    coupon = Coupon.objects.create(code="ATTENDU", percent=10)

    def change() -> None:
        with transaction.atomic():
            lock_subscription(subscription.pk)
            HERE.repoint(subscription.pk, plan_version=other, coupon=coupon)

    def wait() -> tuple[Any, Any]:
        with transaction.atomic():
            row = lock_subscription(subscription.pk)
            return row.plan_version, row.coupon

    assert interrupted(monkeypatch, HERE, "repoint", first=change, then=wait) == [None, (other, coupon)]
