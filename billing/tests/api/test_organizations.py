"""The caller's organisations."""

from __future__ import annotations

import pytest

from billing.tests.api.conftest import client_for
from shared_apps.accounts.models import User
from shared_apps.organisations.models import Membership, Organisation
from tests.support.factories import make_user
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db
ORGANIZATIONS = "/api/tenants/organizations/"


@pytest.fixture
def owner():
    return client_for(User.objects.get(email="owner-esxi-a@example.org"))


@pytest.fixture
def esxi(db: None):
    return ready_tenant("esxi-a")


def test_the_list_holds_only_the_callers_own(owner, esxi, stranger, anybody) -> None:
    page = owner.get(ORGANIZATIONS).json()
    [row] = page["results"]
    assert (row["id"], row["role"], row["product"], row["status"]) == (str(esxi.pk), "owner", "esxi", "active")
    assert (row["slug"], row["schema_name"]) == ("esxi-a", esxi.schema_name)
    assert row["url"].startswith("http://esxi-a.localhost")
    assert row["plan"]["name"] == "silver"
    assert stranger.get(ORGANIZATIONS).json()["count"] == 0
    assert anybody.get(ORGANIZATIONS).status_code == 401


def test_another_organisation_is_not_there(owner, esxi, stranger) -> None:
    other = ready_tenant("esxi-b")
    for below in ("", "members/", "usage/"):
        assert owner.get(f"{ORGANIZATIONS}{esxi.pk}/{below}").status_code == 200
        assert owner.get(f"{ORGANIZATIONS}{other.pk}/{below}").status_code == 404
        assert stranger.get(f"{ORGANIZATIONS}{esxi.pk}/{below}").status_code == 404
        assert owner.get(f"{ORGANIZATIONS}7/{below}").status_code == 404


def test_members(owner, esxi) -> None:
    colleague = make_user(email="colleague@example.org", first_name="Kofi")
    Membership.objects.create(organisation_id=esxi.pk, user=colleague, role="billing")
    members = owner.get(f"{ORGANIZATIONS}{esxi.pk}/members/").json()
    assert [(member["email"], member["role"]) for member in members] == [
        ("owner-esxi-a@example.org", "owner"),
        ("colleague@example.org", "billing"),
    ]
    [row] = client_for(colleague).get(ORGANIZATIONS).json()["results"]
    assert (row["id"], row["role"]) == (str(esxi.pk), "billing")


@pytest.mark.parametrize("name", ["store-a", "events-a", "esxi-a"])
def test_usage_is_counted_inside_the_tenant(name) -> None:
    tenant = ready_tenant(name)
    caller = client_for(User.objects.get(email=f"owner-{name}@example.org"))
    usage = caller.get(f"{ORGANIZATIONS}{tenant.pk}/usage/").json()
    quotas = {row["name"]: row for row in usage["quotas"]}
    assert set(quotas) == set(dict(tenant.quotas))
    assert quotas["users"]["used"] == 1
    assert quotas["users"]["remaining"] == quotas["users"]["limit"] - 1
    # The connection is back on the platform's schema.
    assert caller.get(ORGANIZATIONS).json()["count"] == 1


def test_a_closed_organisation_is_not_there(owner, esxi) -> None:
    Organisation.objects.filter(pk=esxi.pk).update(status="closed")
    assert owner.get(ORGANIZATIONS).json()["results"] == []
    for below in ("", "members/", "usage/"):
        assert owner.get(f"{ORGANIZATIONS}{esxi.pk}/{below}").status_code == 404


def test_usage_of_a_workspace_that_is_suspended_or_not_made_yet(owner, esxi) -> None:
    for status, counted in (("suspended", True), ("provisioning", False)):
        Organisation.objects.filter(pk=esxi.pk).update(status=status)
        usage = owner.get(f"{ORGANIZATIONS}{esxi.pk}/usage/").json()
        assert all((row["used"] is not None) == counted for row in usage["quotas"])


def test_usage_of_a_product_that_counts_nothing(owner, esxi, monkeypatch) -> None:
    monkeypatch.setattr("tenant_apps.esxi.selectors.COUNTED", {})
    usage = owner.get(f"{ORGANIZATIONS}{esxi.pk}/usage/").json()
    assert {row["used"] for row in usage["quotas"]} == {None}


def test_the_platforms_api_is_not_on_a_tenants_host(esxi) -> None:
    from django.test import Client

    assert Client(HTTP_HOST=esxi.host).get(ORGANIZATIONS).status_code == 404
