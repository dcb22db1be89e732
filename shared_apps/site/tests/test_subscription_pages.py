"""Cancelling, taking it back, deleting and renewing, as the people of an organisation meet it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.models import Subscription
from billing.services.life import advance_subscriptions
from billing.services.renewals import open_renewal
from billing.services.subscriptions_admin import suspend_subscription
from shared_apps.organisations.models import Organisation
from shared_apps.site.tests.helpers import text_of
from tests.support.factories import make_admin
from tests.support.portal import member_of, on_platform
from tests.support.subscriptions import ended, ready_subscription

pytestmark = pytest.mark.django_db
REASON = {"reason": "too_expensive", "comment": "Trop cher pour nous"}


@pytest.fixture
def subscription() -> Subscription:
    return ready_subscription("store-a")


@pytest.fixture
def client(subscription: Subscription) -> Any:
    return on_platform(subscription.organisation.owner)


def url(subscription: Subscription, end: str = "") -> str:
    return f"/organisations/{subscription.organisation_id}/{end}"


def status(subscription: Subscription) -> tuple[str, bool]:
    subscription.refresh_from_db()
    return subscription.status, subscription.cancel_at_period_end


class TestCancelling:
    def test_it_works_until_what_is_paid_ends_and_the_reason_is_kept(self, client, subscription) -> None:
        order = open_renewal(subscription_id=subscription.pk)
        answer = client.post(url(subscription, "cancel/"), REASON)
        assert answer.headers["Location"] == url(subscription)
        assert status(subscription) == ("active", True)
        event = subscription.events.first()
        assert (event.details["reason"], event.details["comment"]) == ("too_expensive", "Trop cher pour nous")
        assert event.actor == subscription.organisation.owner
        order.refresh_from_db()
        assert order.status == "cancelled"
        assert url(subscription, "cancel/undo/") in text_of(client.get(url(subscription)))

    def test_a_reason_is_asked_for_and_what_was_typed_stays(self, client, subscription) -> None:
        answer = client.post(url(subscription, "cancel/"), {"comment": "Au revoir"})
        assert answer.status_code == 422
        assert "reason" in answer.context["form"].errors
        assert "Au revoir" in text_of(answer)
        assert status(subscription) == ("active", False)

    def test_twice_is_once(self, client, subscription) -> None:
        for _ in range(2):
            client.post(url(subscription, "cancel/"), REASON)
        assert subscription.events.filter(action="subscription.cancellation_scheduled").count() == 1

    def test_it_can_be_taken_back_until_it_ends(self, client, subscription) -> None:
        client.post(url(subscription, "cancel/"), REASON)
        client.post(url(subscription, "cancel/undo/"))
        assert status(subscription) == ("active", False)

    def test_in_grace_it_ends_at_once_and_can_be_taken_back_within_it(self, client, subscription) -> None:
        ended(days=1)
        advance_subscriptions()
        client.post(url(subscription, "cancel/"), REASON)
        assert status(subscription) == ("cancelled", False)
        assert Organisation.objects.get(pk=subscription.organisation_id).status == "suspended"
        client.post(url(subscription, "cancel/undo/"))
        assert status(subscription) == ("past_due", False)
        assert Organisation.objects.get(pk=subscription.organisation_id).status == "active"

    def test_after_the_grace_only_a_payment_opens_it_again(self, client, subscription) -> None:
        ended(days=100)
        advance_subscriptions()
        page = text_of(client.post(url(subscription, "cancel/undo/"), follow=True))
        assert status(subscription)[0] == "cancelled"
        assert url(subscription, "renew/") in page

    def test_while_money_is_on_its_way_it_waits(self, client, subscription) -> None:
        order = open_renewal(subscription_id=subscription.pk)
        payment = order.payments.create(
            method_id=1, status="under_review", amount_minor=1, currency="XAF", charge_minor=1, charge_currency="XAF",
            expires_at=order.expires_at,
        )  # fmt: skip
        assert client.post(url(subscription, "cancel/"), REASON).status_code == 422
        assert status(subscription) == ("active", False)
        payment.refresh_from_db()
        assert payment.status == "under_review"

    @pytest.mark.parametrize("role", ["admin", "billing", "member"])
    @pytest.mark.parametrize("end", ["cancel/", "cancel/undo/", "delete/"])
    def test_only_an_owner_ends_it(self, subscription, role: str, end: str) -> None:
        client = on_platform(member_of(subscription.organisation, role))
        assert client.post(url(subscription, end), {**REASON, "name": "x"}).status_code == 403
        assert status(subscription) == ("active", False)


class TestDeleting:
    def test_the_name_is_asked_for_and_days_are_left_to_think(self, client, subscription) -> None:
        name = subscription.organisation.name
        assert client.post(url(subscription, "delete/"), {"name": "autre"}).status_code == 422
        assert status(subscription)[0] == "active"
        client.post(url(subscription, "delete/"), {"name": f" {name.upper()} "})
        assert status(subscription)[0] == "cancelled"
        left = subscription.delete_after - timezone.now()
        assert timedelta(days=29) < left < timedelta(days=31)
        assert Organisation.objects.get(pk=subscription.organisation_id).status == "suspended"

    def test_what_is_paid_comes_back_when_it_is_taken_back(self, client, subscription) -> None:
        before = subscription.paid_until
        client.post(url(subscription, "delete/"), {"name": subscription.organisation.name})
        client.post(url(subscription, "cancel/undo/"))
        assert status(subscription) == ("active", False)
        assert (subscription.paid_until, subscription.delete_after) == (before, None)

    def test_who_has_not_just_proved_who_they_are_is_asked(self, subscription) -> None:
        client = on_platform(subscription.organisation.owner, confirmed=False)
        answer = client.get(url(subscription, "delete/"))
        assert answer.headers["Location"].startswith("/accounts/confirm/")

    def test_what_we_hold_is_not_deleted_by_its_owner(self, client, subscription) -> None:
        suspend_subscription(subscription_id=subscription.pk, reason="fraude", admin=make_admin())
        answer = client.post(url(subscription, "delete/"), {"name": subscription.organisation.name})
        assert answer.status_code == 422
        assert status(subscription)[0] == "suspended"

    def test_one_that_was_cancelled_is_not_kept_longer_by_it(self, client, subscription) -> None:
        soon = timezone.now() + timedelta(days=3)
        Subscription.objects.filter(pk=subscription.pk).update(
            status="cancelled", cancelled_at=timezone.now(), delete_after=soon, paid_until=soon - timedelta(days=90)
        )
        client.post(url(subscription, "delete/"), {"name": subscription.organisation.name})
        assert status(subscription)[0] == "cancelled"
        assert subscription.delete_after == soon


class TestRenewing:
    @pytest.mark.parametrize("role", ["owner", "admin", "billing"])
    def test_who_may_pay_is_led_to_the_order(self, subscription, role: str) -> None:
        owner = subscription.organisation.owner
        client = on_platform(owner if role == "owner" else member_of(subscription.organisation, role))
        assert client.get(url(subscription, "renew/")).status_code == 200
        assert not subscription.orders.filter(kind="renewal").exists(), "looking makes nothing"
        answer = client.post(url(subscription, "renew/"), {"cycle": "monthly"})
        order = subscription.orders.get(kind="renewal")
        assert answer.headers["Location"] == f"/orders/{order.pk}/"
        assert client.get(url(subscription, "renew/")).headers["Location"] == f"/orders/{order.pk}/"

    def test_others_are_not(self, subscription) -> None:
        client = on_platform(member_of(subscription.organisation, "member"))
        assert client.post(url(subscription, "renew/"), {"cycle": "monthly"}).status_code == 403
        assert not subscription.orders.filter(kind="renewal").exists()

    def test_what_is_cancelled_can_be_paid_until_it_is_deleted(self, client, subscription) -> None:
        ended(days=100)
        advance_subscriptions()
        client.post(url(subscription, "renew/"), {"cycle": "monthly"})
        subscription.refresh_from_db()
        order = subscription.orders.get(kind="renewal")
        assert order.expires_at == subscription.delete_after


@pytest.mark.parametrize(
    ("days", "label"), [(-20, "success"), (1, "warning"), (12, "danger"), (100, "neutral")]
)  # fmt: skip
def test_the_page_of_the_organisation_says_where_it_stands(client, subscription, days: int, label: str) -> None:
    ended(days=days)
    advance_subscriptions()
    answer = client.get(url(subscription))
    assert answer.context["life"].tone == label
    assert str(answer.context["life"].label) in text_of(answer)
