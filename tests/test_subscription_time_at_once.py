"""The clock, many workers and a payment at the same moment."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.utils import timezone

from billing.models import Subscription
from billing.services import life
from billing.services.life import advance_subscriptions
from billing.services.payments import start_payment
from billing.services.renewals import open_renewal
from billing.services.transfers import decide_transfer
from shared_apps.organisations.models import Organisation
from tests.support.factories import make_admin
from tests.support.subscriptions import ended, history
from tests.support.threads import at_once, interrupted

pytestmark = pytest.mark.usefixtures("committed_db")


def pay(order_id: UUID) -> None:
    payment = start_payment(order_id=order_id, method="bank_transfer")
    decide_transfer(payment=payment, admin=make_admin(), approved=True)


def test_many_workers_move_it_once() -> None:
    subscription = ended(days=100)
    moved = at_once(8, lambda _: advance_subscriptions())
    assert len(history(subscription)) == 3
    assert sum(moved) == 1, moved


@pytest.mark.parametrize("locked", [True, False])
def test_who_pays_in_the_very_moment_of_suspension_keeps_access(monkeypatch: pytest.MonkeyPatch, locked: bool) -> None:
    subscription = ended(days=8, status="past_due")
    order = open_renewal(subscription_id=subscription.pk)
    if not locked:  # the race that the row's lock prevents

        def without_lock(subscription_id: UUID) -> Subscription:
            return Subscription.objects.select_related("plan_version__plan", "organisation").get(pk=subscription_id)

        monkeypatch.setattr(life, "lock_subscription", without_lock)
    # The clock has read the row and is about to suspend it when the money comes.
    interrupted(monkeypatch, life, "waits_for_money", first=advance_subscriptions, then=lambda: pay(order.pk))
    subscription.refresh_from_db()
    organisation = Organisation.objects.get(pk=subscription.organisation_id)
    assert ((subscription.status, organisation.status) == ("active", "active")) is locked


def test_payments_and_the_clock_at_once_leave_every_payer_with_access() -> None:
    names = ["store-a", "store-b", "events-a", "events-b", "esxi-a", "esxi-b"]
    rows = [ended(name, days=8, status="past_due") for name in names]
    orders = [open_renewal(subscription_id=one.pk).pk for one in rows]
    met = at_once(12, lambda n: pay(orders[n // 2]) if n % 2 else advance_subscriptions())
    assert [one for one in met if isinstance(one, Exception)] == []
    for subscription in rows:
        subscription.refresh_from_db()
        assert (subscription.status, subscription.hold) == ("active", "")
        assert subscription.paid_until > timezone.now()
    assert set(Organisation.objects.filter(subscription__in=rows).values_list("status", flat=True)) == {"active"}
