"""Renewals and trials asked for by many at the same moment."""

from __future__ import annotations

import pytest

from billing.models import PlanVersion
from billing.services.renewals import open_renewal
from tests.support.factories import make_order, make_user
from tests.support.subscriptions import ready_subscription
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")


def test_renewals_asked_for_at_once_are_one_order() -> None:
    subscription = ready_subscription("store-a")
    made = at_once(8, lambda _: open_renewal(subscription_id=subscription.pk).pk)
    assert len(set(made)) == 1, made


def test_a_trial_asked_for_at_once_is_had_once() -> None:
    PlanVersion.objects.filter(plan__product="store", plan__name="premium", is_current=True).update(trial_days=14)
    user = make_user()
    made = at_once(4, lambda _: make_order(user=user).trial_days)
    assert sorted(made) == [0, 0, 0, 14], made
