"""The menu of a workspace: what a role sees of it, under which headings, and where one is."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import set_urlconf
from django.utils import translation

from shared_apps.core.templatetags.ui import bottom_bar
from shared_apps.organisations.current import Tenant
from tenant_apps.team.navigation import NavLink, links_for, open_groups
from tenant_apps.team.tests.support import client_for, make_member

pytestmark = pytest.mark.django_db


def links(tenant: Tenant, role: str, path: str = "/staff/home/") -> list[NavLink]:
    request: Any = RequestFactory().get(path)
    request.tenant, request.user = tenant, make_member(role).user
    set_urlconf(settings.TENANT_TYPES[tenant.product]["URLCONF"])
    try:
        with translation.override("en"):
            return links_for(request)
    finally:
        set_urlconf(None)


def headings(found: list[NavLink]) -> list[str]:
    return list(dict.fromkeys(link.group for link in found))


@pytest.mark.parametrize("tenant", ["store-a"], indirect=True)
def test_the_entries_of_a_heading_stand_together_and_a_role_sees_its_own(tenant: Tenant) -> None:
    found = links(tenant, "administrator")
    runs = [link.group for number, link in enumerate(found) if number == 0 or link.group != found[number - 1].group]
    assert runs == ["", "Sales", "Catalogue", "Prices and delivery", "Money", "Settings", ""]
    seller = links(tenant, "seller")
    assert [link.label for link in seller if link.group == "Sales"] == [
        "Orders", "Till", "Tills and sessions", "Customers",
    ]  # fmt: skip
    assert "Prices and delivery" not in headings(seller)
    assert [link.label for link in seller if link.group == "Settings"] == ["Plan"]


@pytest.mark.parametrize("tenant", ["store-a"], indirect=True)
@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/staff/products/shelves/new/", "Shelves"), ("/staff/products/cafe/edit/", "Products"),
        ("/staff/prices/partners/3/", "Partners"), ("/staff/prices/promotions/", "Promotions"),
        ("/staff/tills/", "Tills and sessions"), ("/staff/till/", "Till"), ("/nowhere/", ""),
    ],
)  # fmt: skip
def test_one_entry_is_the_current_one(tenant: Tenant, path: str, label: str) -> None:
    current = [link.label for link in links(tenant, "administrator", path) if link.current]
    assert current == ([label] if label else [])


@pytest.mark.parametrize("tenant", ["store-a"], indirect=True)
def test_daily_work_and_the_heading_of_the_page_are_open(tenant: Tenant) -> None:
    assert open_groups(links(tenant, "administrator")) == {"", "Sales", "Catalogue"}
    assert "Money" in open_groups(links(tenant, "administrator", "/staff/documents/F2026-000001/"))


@pytest.mark.parametrize("tenant", ["events-a"], indirect=True)
def test_a_short_menu_is_wholly_open(tenant: Tenant) -> None:
    found = links(tenant, "administrator", "/staff/events/")
    assert open_groups(found) == set(headings(found)) == {"", "Settings"}


@pytest.mark.parametrize("tenant", ["store-a"], indirect=True)
def test_the_bar_of_phones_holds_what_is_marked_and_fills_up(tenant: Tenant) -> None:
    assert [one.label for one in bottom_bar(links(tenant, "administrator"))] == ["Home", "Orders", "Till", "Products"]
    few = [{"url": str(number)} for number in range(5)]
    assert bottom_bar(few) == few
    assert bottom_bar([*few, {"url": "5"}]) == few[:4]


@pytest.mark.parametrize("tenant", ["store-a"], indirect=True)
def test_phones_find_every_entry_in_the_sheet(tenant: Tenant) -> None:
    entries = links(tenant, "seller")
    html = client_for(make_member("seller").user, tenant).get("/staff/orders/").content.decode()
    sheet = html[html.index("menu-sheet") :]
    for link in entries:
        assert f'href="{link.url}"' in sheet
    assert sheet.count('aria-current="page"') == 1


@pytest.mark.parametrize("tenant", ["esxi-a"], indirect=True)
def test_a_workspace_without_headings_but_settings_goes_on_working(tenant: Tenant, tenant_client: Client) -> None:
    html = tenant_client.get("/").content.decode()
    assert 'class="sidenav-group" open' in html
