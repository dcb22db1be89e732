"""The plan's limits, as products ask them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test import Client

from billing import quotas
from billing.models import PlanVersion
from billing.quotas import QuotaReached
from shared_apps.accounts.models import User
from shared_apps.core.context import platform_url
from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import connection
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import render_email
from shared_apps.organisations.current import Tenant
from shared_apps.organisations.models import Organisation
from shared_apps.organisations.selectors import usage_of
from shared_apps.usage.models import UsageCounter
from shared_apps.usage.names import LABELS, QuotaUse
from tenant_apps.store.models import Product
from tenant_apps.store.services import delete_product
from tenant_apps.store.tests.support import make_product
from tenant_apps.team.tests.support import client_for, make_member, make_role, with_quota
from tests.support.tenants import give_plan, ready_tenant

NOVEMBER = datetime(2026, 11, 21, 12, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 12, tzinfo=UTC)
FULL = "%(plan)s: %(limit)s"


def reserve(amount: int = 1, *, name: str = "products", at: datetime = NOVEMBER) -> None:
    quotas.reserve(name, amount, message=FULL, field="name", at=at)


def used(name: str = "products") -> int:
    return UsageCounter.objects.filter(name=name).latest("pk").used


def test_a_full_plan_says_which_limit_how_much_and_the_way_out(tenant: Tenant) -> None:
    with_quota(tenant, products=2)
    reserve(2)
    with pytest.raises(QuotaReached) as caught:
        reserve()
    error = caught.value
    assert isinstance(error, DomainError)
    assert (error.code, error.status, error.field) == ("quota_reached", 403, "name")
    assert str(error) == f"{tenant.plan_name}: 2"
    assert error.extra == {
        "quota": "products",
        "limit": 2,
        "used": 2,
        "upgrade_url": platform_url(f"/organisations/{tenant.pk}/plan/"),
    }
    quotas.release("products")
    reserve()
    assert quotas.usage()["products"] == 2


@pytest.mark.parametrize("limits", [(("products", None),), ()], ids=["unlimited", "not in the plan"])
def test_without_a_limit_everything_is_counted_and_nobody_is_warned(tenant: Tenant, limits) -> None:
    connection.set_tenant(replace(tenant, quotas=limits))
    reserve(10**6)
    reserve()
    assert used() == 10**6 + 1
    assert not Delivery.objects.filter(template="quota_nearly_reached").exists()


def test_a_smaller_plan_loses_nothing_refuses_more_and_lets_delete(tenant: Tenant) -> None:
    there = [make_product(f"Pagne {number}") for number in range(4)]
    with_quota(tenant, products=2)
    with pytest.raises(QuotaReached) as caught:
        make_product("De trop")
    assert caught.value.extra["used"] == 4
    assert Product.objects.count() == used() == 4
    for product in there[:2]:
        delete_product(product=product)
        with pytest.raises(QuotaReached):
            make_product("De trop")
    delete_product(product=there[2])
    make_product("Il y a de la place")
    assert Product.objects.count() == used() == 2


def test_storage_is_counted_in_bytes_to_the_last_one_of_a_gigabyte(tenant: Tenant) -> None:
    with_quota(tenant, storage_gb=2)
    quotas.reserve("storage_gb", 2 * 10**9 - 1, message=FULL)
    assert quotas.usage()["storage_gb"] == 1
    quotas.reserve("storage_gb", 1, message=FULL)
    with pytest.raises(QuotaReached) as caught:
        quotas.reserve("storage_gb", 1, message=FULL)
    assert (caught.value.extra["limit"], caught.value.extra["used"]) == (2, 2)


def test_looking_keeps_nothing_and_the_owner_is_counted_whatever_the_plan(tenant: Tenant) -> None:
    with_quota(tenant, users=2)
    quotas.check("users", message=FULL)
    with pytest.raises(QuotaReached):
        quotas.check("users", 2, message=FULL, field="email")
    quotas.count_in("users", 5)
    assert quotas.usage()["users"] == 6


@pytest.mark.parametrize("tenant", ["esxi-a"], indirect=True)
def test_the_names_of_what_is_still_to_come_work_already(tenant: Tenant) -> None:
    limit = tenant.quota("vms") or 0
    reserve(limit, name="vms")
    reserve(name="backups_per_month")
    with pytest.raises(QuotaReached):
        reserve(name="vms")
    assert {"vms": limit, "backups_per_month": 1}.items() <= quotas.usage().items()
    assert set(quotas.usage()) == set(dict(tenant.quotas)) <= set(LABELS)


def test_a_feature_that_the_plan_has_not_is_refused_with_the_way_out(tenant: Tenant) -> None:
    quotas.check_feature("storefront", message=FULL)
    with pytest.raises(QuotaReached) as caught:
        quotas.check_feature("api_access", message="%(plan)s")
    assert caught.value.code == "not_in_plan"
    assert caught.value.extra == {"feature": "api_access", "upgrade_url": quotas.upgrade_url()}


def warnings() -> list[Delivery]:
    return list(Delivery.objects.filter(template="quota_nearly_reached").order_by("created_at", "key"))


def test_the_owner_is_told_at_ninety_per_cent_once_a_month(tenant: Tenant) -> None:
    with_quota(tenant, products=10)
    reserve(8)
    assert warnings() == []
    for _time in range(3):
        reserve()
        quotas.release("products")
    [mail] = warnings()
    assert mail.recipient == User.objects.get(is_staff=True).email
    assert mail.context["url"] == quotas.upgrade_url()
    reserve(at=DECEMBER)
    reserve(at=DECEMBER)
    assert len(warnings()) == 2


def test_once_told_a_reservation_is_one_statement_again(tenant: Tenant, django_assert_num_queries) -> None:
    with_quota(tenant, products=10)
    reserve(9)
    with django_assert_num_queries(1):
        reserve()


def test_a_larger_plan_that_is_nearly_full_too_is_told_again(tenant: Tenant) -> None:
    with_quota(tenant, products=10)
    reserve(10)
    with_quota(tenant, products=100)
    reserve(79)
    assert len(warnings()) == 1
    reserve()
    assert len(warnings()) == 2


def test_a_warning_of_what_was_rolled_back_is_not_sent(tenant: Tenant) -> None:
    with_quota(tenant, products=10)
    with transaction.atomic():
        reserve(9)
        transaction.set_rollback(True)
    assert warnings() == []
    reserve(9)
    assert len(warnings()) == 1


def test_while_nobody_owns_the_workspace_the_warning_waits(tenant: Tenant) -> None:
    with_quota(tenant, products=10)
    owner = User.objects.get(is_staff=True)
    User.objects.update(is_active=False)
    reserve(9)
    assert warnings() == []
    User.objects.filter(pk=owner.pk).update(is_active=True)
    reserve()
    assert [mail.context["used"] for mail in warnings()] == ["10"]


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_the_warning_is_in_the_owners_language(tenant: Tenant, locale: str) -> None:
    User.objects.update(locale=locale)
    with_quota(tenant, storage_gb=2)
    quotas.reserve("storage_gb", 1_950_000_000, message=FULL)
    [mail] = warnings()
    message = render_email(template=mail.template, recipient=mail.recipient, locale=locale, context=mail.context)
    amount = {"fr": "1,9", "en": "1.9"}[locale]
    assert amount in message.subject
    assert amount in message.body
    assert tenant.name in message.subject
    assert quotas.upgrade_url() in message.body
    assert "\n" not in message.subject


@pytest.mark.parametrize(
    ("counted", "limit", "percent", "nearly", "remaining"),
    [
        (89, 100, 89, False, 11),
        (90, 100, 90, True, 10),
        (899, 1000, 89, False, 101),
        (150, 100, 150, True, 0),
        (1, 1, 100, True, 0),
        (0, 0, 100, True, 0),
        (5, None, 0, False, None),
        (None, 5, 0, False, None),
    ],
)
def test_how_near_a_limit_is(counted, limit, percent, nearly, remaining) -> None:
    use = QuotaUse("products", limit, counted)
    assert (use.percent, use.is_nearly_reached, use.remaining) == (percent, nearly, remaining)


@pytest.mark.parametrize("name", ["store-a", "events-a", "esxi-a"])
def test_the_platform_reads_the_counters_of_a_workspace_in_few_queries(
    db: None, name: str, django_assert_max_num_queries
) -> None:
    tenant = ready_tenant(name)
    connection.set_tenant(tenant)
    with_quota(tenant, users=1)
    quotas.count_in("users", 3)
    connection.set_schema_to_public()
    organisation = Organisation.objects.select_related("plan_version__plan").get(pk=tenant.pk)
    with django_assert_max_num_queries(8):
        uses = {use.name: use for use in usage_of(organisation)}
    assert set(uses) == set(organisation.plan_version.quotas)
    assert uses["users"].used == 4
    assert uses["users"].remaining == max(0, (uses["users"].limit or 0) - 4)
    assert connection.schema_name == "public"


def test_the_limit_is_that_of_the_plan_the_organisation_has_now(db: None) -> None:
    small = PlanVersion.objects.filter(plan__product="store", plan__name="standard").latest("pk")
    give_plan(ready_tenant("store-a"), "standard")
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    reserve(small.quotas["products"])
    with pytest.raises(QuotaReached):
        reserve()
    give_plan(tenant, "gold")
    connection.set_tenant(ready_tenant("store-a"))
    reserve()


def test_staff_see_on_every_page_which_limit_is_close(tenant: Tenant, tenant_client: Client) -> None:
    assert 'class="usage"' not in tenant_client.get("/staff/plan/").content.decode()
    connection.set_tenant(tenant)
    quotas.count_in("products", 9 * (tenant.quota("products") or 0) // 10)
    for path in ("/staff/plan/", "/staff/products/"):
        page = tenant_client.get(path).content.decode()
        assert 'class="usage"' in page
        assert "progress-high" in page
    assert f"/organisations/{tenant.pk}/plan/" in tenant_client.get("/staff/plan/").content.decode()


def test_only_owners_see_until_when_it_is_paid_and_where_that_is_changed(tenant: Tenant, tenant_client: Client) -> None:
    connection.set_tenant(tenant)
    quotas.count_in("products", 9 * (tenant.quota("products") or 0) // 10)
    seller = client_for(make_member(make_role("store.view_orders")).user, tenant)
    own, theirs = tenant_client.get("/staff/plan/"), seller.get("/staff/plan/")
    assert (own.context["paid_until"] is None, theirs.context["paid_until"]) == (False, None)
    assert f"/organisations/{tenant.pk}/" in own.content.decode()
    assert f"/organisations/{tenant.pk}/" not in theirs.content.decode()
