"""The back office's list of subscriptions, and what an admin may do to one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.models import Plan, Subscription
from billing.services.cancelling import cancel_subscription
from billing.services.life import advance_subscriptions
from billing.services.renewals import open_renewal, preview_change
from billing.services.subscriptions_admin import give_days, lift_hold, suspend_subscription
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.organisations.models import Organisation
from shared_apps.site.tests.helpers import logged_in, text_of
from tests.support.factories import make_admin, make_user
from tests.support.subscriptions import ended, ready_subscription

pytestmark = pytest.mark.django_db


@pytest.fixture
def subscription() -> Subscription:
    return ready_subscription("store-a")


@pytest.fixture
def client() -> Any:
    return logged_in(make_admin())


def status(subscription: Subscription) -> tuple[str, str]:
    subscription.refresh_from_db()
    return subscription.status, subscription.hold


def change(client: Any, subscription: Subscription, action: str, **data: Any) -> Any:
    return client.post(f"/backoffice/subscriptions/{subscription.pk}/{action}/", {"reason": "Parce que", **data})


class TestTheList:
    def test_each_view_holds_its_own(self, client) -> None:
        soon, grace, unpaid = ended("store-b", days=-3), ended("events-b", days=2), ended("esxi-b", days=20)
        advance_subscriptions()
        for view, shown in (("soon", soon), ("grace", grace), ("read_only", unpaid)):
            page = client.get("/backoffice/subscriptions/", {"show": view})
            assert [row["subscription"].pk for row in page.context["rows"]] == [shown.pk], view
            assert next(tab for tab in page.context["tabs"] if tab["current"])["count"] == 1

    def test_it_is_searched_by_name_host_and_owner(self, client, subscription) -> None:
        for words in ("store-a", subscription.organisation.owner.email):
            rows = client.get("/backoffice/subscriptions/", {"q": words, "show": "running"}).context["rows"]
            assert subscription.pk in [row["subscription"].pk for row in rows]
        assert client.get("/backoffice/subscriptions/", {"q": "nulle part"}).context["rows"] == []

    def test_constant_queries(self, client, django_assert_max_num_queries) -> None:
        client.get("/backoffice/subscriptions/")
        with django_assert_max_num_queries(9):
            assert len(client.get("/backoffice/subscriptions/").context["rows"]) == 6

    def test_nonsense_shows_the_first_view(self, client) -> None:
        assert client.get("/backoffice/subscriptions/", {"show": "\x00x", "page": "abc", "q": "%"}).status_code in (
            200,
            400,
        )
        assert client.get("/backoffice/subscriptions/", {"show": "x"}).context["show"] == "running"


class TestHolding:
    def test_money_alone_does_not_lift_it_and_an_admin_does(self, client, subscription) -> None:
        change(client, subscription, "suspend")
        assert status(subscription) == ("suspended", "admin")
        assert Organisation.objects.get(pk=subscription.organisation_id).status == "suspended"
        change(client, subscription, "reactivate")
        assert status(subscription) == ("active", "")
        assert Organisation.objects.get(pk=subscription.organisation_id).status == "active"

    def test_time_does_not_end_it_and_lifting_gives_weeks_to_pay(self, client, subscription) -> None:
        change(client, subscription, "suspend")
        Subscription.objects.filter(pk=subscription.pk).update(
            paid_until=timezone.now() - timedelta(days=200), suspended_at=timezone.now() - timedelta(days=190)
        )
        advance_subscriptions()
        assert status(subscription) == ("suspended", "admin")
        change(client, subscription, "reactivate")
        assert status(subscription) == ("suspended", "unpaid")
        advance_subscriptions()
        assert status(subscription) == ("suspended", "unpaid")

    def test_only_an_admins_hold_is_lifted(self, client, subscription) -> None:
        ended(days=12)
        advance_subscriptions()
        assert change(client, subscription, "reactivate").status_code == 422
        assert status(subscription) == ("suspended", "unpaid")
        Subscription.objects.filter(pk=subscription.pk).update(hold="dispute")
        with pytest.raises(Conflict):
            lift_hold(subscription_id=subscription.pk, reason="x", admin=make_admin())

    def test_provisional_access_can_be_taken_back(self, client, subscription) -> None:
        ended(days=1)
        advance_subscriptions()
        change(client, subscription, "end-grace")
        assert status(subscription) == ("suspended", "unpaid")

    @pytest.mark.parametrize("action", ["suspend", "reactivate", "extend", "end-grace"])
    def test_a_reason_is_asked_for(self, client, subscription, action: str) -> None:
        answer = change(client, subscription, action, reason="  ", days="5")
        assert answer.status_code == 422
        assert "reason" in answer.context["form"].errors
        assert status(subscription) == ("active", "")

    def test_who_is_no_admin_may_not(self, subscription) -> None:
        with pytest.raises(NotAllowed):
            suspend_subscription(subscription_id=subscription.pk, reason="x", admin=make_user())
        assert change(logged_in(), subscription, "suspend").status_code == 403

    def test_an_unknown_act_is_none(self, client, subscription) -> None:
        assert change(client, subscription, "explode").status_code == 404


class TestGivingDays:
    def test_they_come_after_what_is_paid_and_cost_nothing(self, client, subscription) -> None:
        before = subscription.paid_until
        change(client, subscription, "extend", days="10")
        subscription.refresh_from_db()
        assert subscription.paid_until == before + timedelta(days=10)
        period = subscription.periods.last()
        assert (period.value_minor, period.order) == (0, None)
        assert Organisation.objects.get(pk=subscription.organisation_id).paid_until == subscription.paid_until

    @pytest.mark.parametrize("days", [12, 100])
    def test_they_open_what_was_only_unpaid_from_now_on(self, client, subscription, days: int) -> None:
        ended(days=days)
        advance_subscriptions()
        change(client, subscription, "extend", days="7")
        assert status(subscription) == ("active", "")
        assert timedelta(days=6) < subscription.paid_until - timezone.now() <= timedelta(days=7)

    def test_a_hold_stays(self, client, subscription) -> None:
        suspend_subscription(subscription_id=subscription.pk, reason="x", admin=make_admin())
        change(client, subscription, "extend", days="7")
        assert status(subscription) == ("suspended", "admin")

    def test_a_renewal_made_for_the_old_date_is_given_up(self, client, subscription) -> None:
        order = open_renewal(subscription_id=subscription.pk)
        change(client, subscription, "extend", days="7")
        order.refresh_from_db()
        subscription.refresh_from_db()
        assert order.status == "cancelled"
        assert open_renewal(subscription_id=subscription.pk).period_start == subscription.paid_until

    def test_the_next_month_is_a_month_from_there(self, subscription) -> None:
        give_days(subscription_id=subscription.pk, days=9, reason="x", admin=make_admin())
        subscription.refresh_from_db()
        order = open_renewal(subscription_id=subscription.pk)
        assert timedelta(days=27) < order.period_end - order.period_start < timedelta(days=32)

    def test_a_better_plan_costs_no_more_than_its_days(self, subscription) -> None:
        gold = Plan.objects.get(product="store", name="gold")
        before = preview_change(subscription=subscription, plan=gold).due.minor
        give_days(subscription_id=subscription.pk, days=3, reason="x", admin=make_admin())
        subscription.refresh_from_db()
        assert preview_change(subscription=subscription, plan=gold).due.minor - before <= 60_000 * 3 // 28 + 1

    @pytest.mark.parametrize("days", ["", "0", "-3", "367", "2.5", "zéro"])
    def test_what_is_no_number_of_days_is_said(self, client, subscription, days: str) -> None:
        answer = change(client, subscription, "extend", days=days)
        assert answer.status_code == 422
        assert "days" in answer.context["form"].errors
        with pytest.raises(DomainError):
            give_days(subscription_id=subscription.pk, days=0, reason="x", admin=make_admin())


def test_the_page_of_the_organisation_shows_state_history_and_what_may_be_done(client, subscription) -> None:
    cancel_subscription(
        subscription_id=subscription.pk, reason="other_tool", comment="Merci", actor=subscription.organisation.owner
    )
    answer = client.get(f"/backoffice/organisations/{subscription.organisation_id}/")
    page = text_of(answer)
    assert "Merci" in page
    assert subscription.organisation.owner.email in page
    shown = [one["key"] for one in answer.context["card"]["actions"]]
    assert shown == ["extend", "suspend"]
    for key in shown:
        assert f"/backoffice/subscriptions/{subscription.pk}/{key}/" in page
        assert client.get(f"/backoffice/subscriptions/{subscription.pk}/{key}/").status_code == 200
