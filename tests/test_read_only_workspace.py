"""Grace and after: what the people of a workspace, its customers, programs and workers meet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags
from django_tenants.utils import tenant_context

from billing.models import Subscription
from billing.services.life import advance_subscriptions
from billing.services.payments import start_payment
from billing.services.renewals import open_renewal
from billing.services.subscriptions_admin import lift_hold, suspend_subscription
from billing.services.transfers import decide_transfer
from shared_apps.accounts.models import User
from shared_apps.organisations.current import Standing, Tenant, forget_remembered_tenants, tenant_of_host
from shared_apps.organisations.models import Organisation
from tenant_apps.store.models import Product
from tests.support.factories import make_admin
from tests.support.portal import enter
from tests.support.subscriptions import ended, ready_subscription
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db
STAFF_PAGE = {"store": "/staff/products/", "events": "/staff/events/", "esxi": "/servers/"}


def standing(name: str = "store-a") -> Standing:
    connection.set_schema_to_public()
    forget_remembered_tenants()
    tenant = tenant_of_host(f"{name}.localhost")
    assert tenant is not None
    return tenant.standing


def after(days: float, name: str = "store-a", **values: Any) -> Subscription:
    """A workspace whose paid time ended so many days ago, seen as such."""
    connection.set_schema_to_public()
    subscription = ended(name, days=days, **values)
    advance_subscriptions()
    forget_remembered_tenants()
    subscription.refresh_from_db()
    return subscription


def inside(subscription: Subscription) -> Client:
    organisation = Organisation.objects.select_related("plan_version__plan", "owner").get(
        pk=subscription.organisation_id
    )
    client = enter(organisation.owner, organisation)
    connection.set_schema_to_public()
    return client


def staff_of_role(tenant: Tenant, key: str) -> Client:
    from tenant_apps.team.models import Member, Role
    from tests.support.factories import PASSWORD

    with tenant_context(tenant):
        user = User.objects.create_user("vendeuse@example.org", PASSWORD, is_staff=True)
        Member.objects.create(user=user, role=Role.objects.get(key=key))
    client = Client(HTTP_HOST=tenant.host)
    connection.set_tenant(tenant)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    connection.set_schema_to_public()
    return client


class TestStanding:
    @pytest.mark.parametrize(
        ("days", "expected"),
        [(-1, Standing.OPEN), (1, Standing.GRACE), (12, Standing.UNPAID), (100, Standing.CANCELLED)],
    )
    def test_it_follows_the_clock(self, days: int, expected: Standing) -> None:
        after(days)
        assert standing() is expected

    def test_money_on_its_way_is_provisional(self) -> None:
        subscription = ended(days=8)
        order = open_renewal(subscription_id=subscription.pk)
        order.payments.create(
            method_id=1, status="under_review", amount_minor=1, currency="XAF", charge_minor=1, charge_currency="XAF",
            expires_at=order.expires_at,
        )  # fmt: skip
        advance_subscriptions()
        assert standing() is Standing.PROVISIONAL

    def test_a_hold_is_told_apart_and_seen_at_once(self) -> None:
        subscription = ready_subscription("store-a")
        suspend_subscription(subscription_id=subscription.pk, reason="x", admin=make_admin())
        assert standing() is Standing.HELD
        lift_hold(subscription_id=subscription.pk, reason="x", admin=make_admin())
        assert standing() is Standing.OPEN

    def test_no_request_asks_for_it(self, django_assert_num_queries) -> None:
        after(12)
        visitor = Client(HTTP_HOST="store-a.localhost")
        visitor.get("/")
        with django_assert_num_queries(2):  # the role and path of the connection, and the log of refusals
            assert visitor.get("/").status_code == 403


class TestBanner:
    @pytest.mark.parametrize("product", ["store", "events", "esxi"])
    @pytest.mark.parametrize(("days", "tone"), [(1, "warning"), (12, "danger"), (100, "danger")])
    def test_staff_see_where_it_stands_and_owners_the_way_to_pay(self, product: str, days: int, tone: str) -> None:
        subscription = after(days, f"{product}-a")
        answer = inside(subscription).get(STAFF_PAGE[product])
        banner = answer.context["site_banner"]
        assert answer.status_code == 200
        assert banner["tone"] == tone
        assert f"/organisations/{subscription.organisation_id}/renew/" in answer.content.decode()

    def test_while_all_is_well_there_is_none(self) -> None:
        answer = inside(after(-3)).get("/staff/products/")
        assert answer.context["site_banner"] is None

    def test_others_are_told_whom_to_ask(self) -> None:
        after(12)
        page = staff_of_role(ready_tenant("store-a"), "seller").get("/staff/products/")
        assert page.status_code == 200
        assert "url" not in page.context["site_banner"]
        assert "/renew/" not in page.content.decode()


class TestRefusals:
    def test_a_change_is_refused_with_why_and_the_way_out(self) -> None:
        subscription = after(12)
        client = inside(subscription)
        answer = client.post("/staff/products/new/", {"name": "Mil"})
        assert answer.status_code == 403
        assert f"/organisations/{subscription.organisation_id}/renew/" in answer.content.decode()
        with tenant_context(ready_tenant("store-a")):
            assert not Product.objects.filter(name="Mil").exists()

    def test_who_cannot_pay_is_told_whom_to_ask(self) -> None:
        after(12)
        answer = staff_of_role(ready_tenant("store-a"), "seller").post("/staff/products/new/", {"name": "Mil"})
        assert answer.status_code == 403
        assert "/renew/" not in answer.content.decode()

    def test_what_is_held_is_not_opened_by_paying(self) -> None:
        subscription = ready_subscription("store-a")
        client = inside(subscription)
        suspend_subscription(subscription_id=subscription.pk, reason="x", admin=make_admin())
        forget_remembered_tenants()
        answer = client.post("/staff/products/new/", {"name": "Mil"})
        assert answer.status_code == 403
        assert "/renew/" not in answer.content.decode()
        assert "mailto:" in answer.content.decode()

    @pytest.mark.parametrize("method", ["post", "patch", "delete", "put"])
    def test_programs_get_a_code(self, method: str) -> None:
        after(12)
        answer = getattr(Client(HTTP_HOST="store-a.localhost"), method)("/api/v1/members/", {}, "application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "subscription_suspended")

    def test_in_grace_everything_works(self) -> None:
        subscription = after(1)
        client = inside(subscription)
        assert client.post("/staff/settings/", {}).status_code != 403
        assert Client(HTTP_HOST="store-a.localhost").get("/").status_code == 200

    def test_people_log_in_and_out_and_choose_their_language(self) -> None:
        after(12)
        client = Client(HTTP_HOST="store-a.localhost")
        assert client.get("/accounts/login/").status_code == 200
        wrong = client.post("/accounts/login/", {"login": "x@example.org", "password": "faux"})
        assert wrong.status_code == 200
        assert client.post("/i18n/setlang/", {"language": "en", "next": "/"}).status_code == 302
        owner = inside(ready_subscription("store-a"))
        assert owner.post("/accounts/logout/").status_code == 302

    def test_nobody_new_gets_an_account(self) -> None:
        after(12)
        answer = Client(HTTP_HOST="store-a.localhost").post("/accounts/signup/", {"email": "neuve@example.org"})
        assert answer.status_code == 403
        with tenant_context(ready_tenant("store-a")):
            assert not User.objects.filter(email="neuve@example.org").exists()

    def test_a_payment_opens_everything_at_once(self) -> None:
        subscription = after(12)
        client = inside(subscription)
        order = open_renewal(subscription_id=subscription.pk)
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        decide_transfer(payment=payment, admin=make_admin(), approved=True)
        forget_remembered_tenants()
        assert client.post("/staff/settings/", {}).status_code != 403
        assert Client(HTTP_HOST="store-a.localhost").get("/").status_code == 200


class TestCustomers:
    @pytest.mark.parametrize(("name", "path"), [("store-a", "/"), ("events-a", "/"), ("events-a", "/calendar.ics")])
    def test_they_find_a_calm_closed_page(self, name: str, path: str) -> None:
        after(12, name)
        answer = Client(HTTP_HOST=f"{name}.localhost").get(path)
        page = answer.content.decode()
        assert answer.status_code == 403
        assert ready_tenant(name).name in page
        assert "noindex" in page
        assert "/renew/" not in page
        # What is read, not the mark-up: a page's random tokens may spell any short word.
        read = strip_tags(page).lower()
        for word in ("pay", "abonnement", "subscription", "impay"):
            assert word not in read

    def test_staff_still_see_their_own_shop(self) -> None:
        subscription = after(12)
        assert inside(subscription).get("/").status_code == 200


def test_grace_days_come_from_the_plan() -> None:
    subscription = after(1)
    tenant = ready_tenant("store-a")
    assert tenant.grace_ends_at == subscription.paid_until + timedelta(days=subscription.plan_version.grace_days)
    assert tenant.grace_ends_at > timezone.now()
