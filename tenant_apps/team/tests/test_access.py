"""The door of the staff pages: every address of every product is tried."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver
from django.views import View

from baobab.products import PRODUCTS
from shared_apps.organisations.current import Tenant
from tenant_apps.team.access import PermissionMixin
from tenant_apps.team.products import product_config
from tenant_apps.team.tests.support import customer_client, make_member, make_role
from tests.support.factories import make_user

PUBLIC = {
    "team": {"media", "theme", "invitation"},
    "store": {
        "home", "product", "product_reviews", "shelf", "brand", "sitemap", "sitemap_part", "robots", "cart", "cart_add",
        "cart_change", "checkout", "order", "cancel_my_order", "order_invoice", "order_document", "till_worker", "till_manifest",
    },
    "events": {"home", "person", "event", "event_ics", "feed"},
    "esxi": set(),
}  # fmt: skip
# For everybody who has an account, whether they work here or not.
CUSTOMERS = {
    "store": {
        "write_review", "delete_my_review", "my_orders", "addresses", "new_address", "edit_address", "default_address",
        "delete_address",
    },
}  # fmt: skip
TENANTS = [f"{product}-a" for product in PRODUCTS]
SAMPLES = {
    "slug": "rien",
    "key": "seller",
    "kind": "csv",
    "what": "orders",
    "entry_id": "1",
    "review_id": "1",
    "number": "1",
    "pk": "1",
    "member_id": "1",
} | dict.fromkeys(
    ("id", "batch_id", "public_id", "session_id", "server_id", "user_id", "invitation_id", "key_id"), str(uuid.uuid4())
)


def staff_paths(product: str, *, customers_too: bool = False) -> Iterator[str]:
    for app in ("team", product):
        others = PUBLIC[app] | (set() if customers_too else CUSTOMERS.get(app, set()))
        for pattern in import_module(f"tenant_apps.{app}.urls").urlpatterns:
            if pattern.name not in others:
                yield "/" + re.sub(r"<\w+:(\w+)>", lambda match: SAMPLES[match[1]], str(pattern.pattern))


@pytest.mark.parametrize("tenant", TENANTS, indirect=True)
def test_anonymous_people_are_sent_to_log_in_and_back(tenant: Tenant, visitor: Client) -> None:
    for path in staff_paths(tenant.product, customers_too=True):
        for method, said in (("get", ""), ("post", "&unsaved=1")):
            response = getattr(visitor, method)(path)
            assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={path}{said}"), path


@pytest.mark.parametrize("tenant", TENANTS, indirect=True)
def test_customers_are_not_staff(tenant: Tenant) -> None:
    client = customer_client(tenant)
    for path in staff_paths(tenant.product):
        for method in ("get", "post"):
            assert getattr(client, method)(path).status_code == 403, path


class Stock(PermissionMixin, View):
    permission = "store.view_products"

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("in stock")


@pytest.mark.parametrize("tenant", ["store-a"], indirect=True)
def test_a_class_based_view_stands_behind_its_permission(tenant: Tenant, rf: RequestFactory) -> None:
    request = rf.get("/staff/stock/")
    view = Stock.as_view()
    request.user = AnonymousUser()
    assert view(request)["Location"] == "/accounts/login/?next=/staff/stock/"
    request.user = make_member("seller").user
    assert view(request).content == b"in stock"
    for stranger in (make_member(make_role("team.view_members")).user, make_user()):
        request.user = stranger
        with pytest.raises(PermissionDenied):
            view(request)


@pytest.mark.parametrize("tenant", TENANTS, indirect=True)
def test_the_workspace_opens_on_the_product_and_lists_the_team(tenant: Tenant, tenant_client: Client) -> None:
    home = tenant_client.get("/staff/", follow=True)
    assert home.status_code == 200
    assert 'aria-current="page"' in home.content.decode()
    page = tenant_client.get("/staff/team/").content.decode()
    assert f"owner-{tenant.product}-a@example.org" in page


def test_every_navigation_entry_leads_somewhere(db: None) -> None:
    for product in PRODUCTS:
        assert product_config(product).navigation
        assert product_config(product).workspace_home.startswith(f"{product}:")


def test_public_addresses_are_the_ones_listed_here() -> None:
    """A new address is staff's unless somebody adds it above."""
    for app, names in PUBLIC.items():
        patterns: list[Any] = import_module(f"tenant_apps.{app}.urls").urlpatterns
        assert names <= {pattern.name for pattern in patterns if isinstance(pattern, URLPattern | URLResolver)}


@pytest.mark.parametrize("tenant", ["store-a"], indirect=True)
def test_the_theme_is_readable_and_kept_for_ever(tenant: Tenant, visitor: Client) -> None:
    response = visitor.get("/theme-ffee00.css")
    assert response["Content-Type"].startswith("text/css")
    assert "immutable" in response["Cache-Control"]
    assert "--brand:#ffee00" not in response.content.decode().split("@media")[0]  # yellow text cannot be read
    assert visitor.get("/theme-zzz.css").status_code == 404
