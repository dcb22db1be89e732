"""Ten workers, one reminder; and a payment at the same moment."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError
from django.utils import timezone

from billing.models import Reminder, Subscription
from billing.services import reminders
from billing.services.payments import start_payment
from billing.services.reminders import prepare_renewals
from billing.services.renewals import open_renewal
from billing.services.transfers import decide_transfer
from shared_apps.notifications.models import Delivery
from tests.support.factories import make_admin
from tests.support.subscriptions import ready_subscription
from tests.support.threads import at_once, interrupted

pytestmark = pytest.mark.usefixtures("committed_db")


def ends_in_a_week() -> Subscription:
    subscription = ready_subscription("store-a")
    end = timezone.now() + timedelta(days=7)
    subscription.periods.update(starts_at=end - timedelta(days=30), ends_at=end)
    Subscription.objects.filter(pk=subscription.pk).update(paid_until=end)
    return subscription


def mails() -> int:
    return Delivery.objects.filter(template="subscription_reminder").count()


def test_ten_workers_make_one_renewal_and_send_one_reminder() -> None:
    subscription = ends_in_a_week()
    sent = at_once(10, lambda _: prepare_renewals())
    assert [one for one in sent if isinstance(one, Exception)] == []
    assert sum(sent) == 1, sent
    assert Reminder.objects.filter(subscription=subscription).count() == 1
    assert mails() == 1
    assert subscription.orders.filter(kind="renewal").count() == 1


def test_without_the_lock_only_the_constraint_stops_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    subscription = ends_in_a_week()
    open_renewal(subscription_id=subscription.pk)

    def without_lock(subscription_id: UUID) -> Subscription:
        return Subscription.objects.select_related("plan_version__plan", "organisation").get(pk=subscription_id)

    monkeypatch.setattr(reminders, "lock_subscription", without_lock)
    met = interrupted(
        monkeypatch, reminders, "_owed_day",
        first=lambda: reminders._attend_to(subscription.pk, timezone.now()),
        then=lambda: reminders._attend_to(subscription.pk, timezone.now()),
    )  # fmt: skip
    assert sorted(type(one).__name__ for one in met) == [IntegrityError.__name__, "bool"]
    assert mails() == 1


def test_who_pays_in_that_moment_is_not_reminded_afterwards() -> None:
    subscription = ends_in_a_week()
    order = open_renewal(subscription_id=subscription.pk)

    def act(number: int) -> None:
        if number:
            prepare_renewals()
        else:
            decide_transfer(
                payment=start_payment(order_id=order.pk, method="bank_transfer"), admin=make_admin(), approved=True
            )

    assert [one for one in at_once(4, act) if isinstance(one, Exception)] == []
    before = mails()
    prepare_renewals()
    assert mails() == before
