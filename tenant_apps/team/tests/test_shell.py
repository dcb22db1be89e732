"""What frames every page of a workspace: the menu, the log-in, the errors."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client

from shared_apps.organisations.current import Tenant, forget_remembered_tenants
from shared_apps.organisations.models import Organisation
from tenant_apps.team.tests.support import client_for, customer_client, make_member

TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
WORKSPACES = [("store-a", "/staff/products/"), ("events-a", "/staff/events/"), ("esxi-a", "/")]


def title_of(html: str) -> str:
    found = TITLE.search(html)
    assert found
    return found[1]


@pytest.mark.parametrize(("tenant", "path"), WORKSPACES, indirect=["tenant"])
def test_the_language_can_be_changed_on_a_phone(tenant: Tenant, tenant_client: Client, path: str) -> None:
    html = tenant_client.get(path).content.decode()
    menu = html[html.index('<header class="topbar">') : html.index("</header>")]
    assert 'action="/i18n/setlang/"' in menu


@pytest.mark.parametrize("tenant", ["store-a"], indirect=True)
def test_staff_find_their_workspace_in_the_menu_of_the_public_pages(
    tenant: Tenant, tenant_client: Client, visitor: Client
) -> None:
    def menu(client: Client) -> str:
        html = client.get("/").content.decode()
        return html[html.index('<header class="site-header">') : html.index("</header>")]

    assert 'href="/staff/"' in menu(tenant_client)
    assert 'href="/staff/"' not in menu(visitor)
    assert 'href="/staff/"' not in menu(customer_client(tenant))


@pytest.mark.parametrize("tenant", ["store-a", "events-a"], indirect=True)
def test_visitors_of_the_public_pages_can_log_in_and_come_back_to_their_page(tenant: Tenant, visitor: Client) -> None:
    html = visitor.get("/?q=b%C3%A9b%C3%A9").content.decode()
    header = html[html.index('<header class="site-header">') : html.index("</header>")]
    assert 'href="/accounts/login/?next=%2F%3Fq%3Db%25C3%25A9b%25C3%25A9"' in header
    inside = customer_client(tenant).get("/").content.decode()
    assert "/accounts/login/" not in inside[inside.index('<header class="site-header">') : inside.index("</header>")]


@pytest.mark.parametrize("tenant", ["store-a"], indirect=True)
def test_errors_lead_staff_to_their_workspace_and_customers_to_the_shop(tenant: Tenant, tenant_client: Client) -> None:
    def way_out(client: Client, path: str) -> str:
        html = client.get(path).content.decode()
        found = re.search(r'<a class="button button-primary" href="([^"]*)"', html)
        assert found
        return found[1]

    seller = client_for(make_member("seller").user, tenant)
    customer = customer_client(tenant)
    for path in ("/staff/nothing-here/", "/nothing-here/"):
        assert way_out(tenant_client, path) == "/staff/"
        assert way_out(customer, path) == "/"
    assert way_out(customer, "/staff/team/") == "/"
    assert way_out(seller, "/staff/api-keys/") == "/staff/"


@pytest.mark.parametrize("tenant", ["store-a", "esxi-a"], indirect=True)
def test_errors_and_log_in_carry_the_organisations_name(tenant: Tenant, tenant_client: Client) -> None:
    csrf = Client(HTTP_HOST=tenant.host, enforce_csrf_checks=True).post("/accounts/login/", {})
    customer = customer_client(tenant)
    answers = {
        404: [tenant_client.get("/nowhere/"), customer.get("/nowhere/")],
        403: [customer.get("/staff/team/"), csrf],
        200: [Client(HTTP_HOST=tenant.host).get("/accounts/login/"), customer.get("/accounts/logout/")],
    }
    for status, pages in answers.items():
        for page in pages:
            assert page.status_code == status
            assert title_of(page.content.decode()).endswith(f"· {tenant.name}")


@pytest.mark.parametrize("tenant", ["store-a"], indirect=True)
def test_a_closed_shop_carries_the_organisations_name(tenant: Tenant, visitor: Client) -> None:
    connection.set_schema_to_public()
    Organisation.objects.filter(pk=tenant.pk).update(status="suspended")
    forget_remembered_tenants()
    answer = visitor.get("/")
    assert answer.status_code == 403
    assert title_of(answer.content.decode()).endswith(f"· {tenant.name}")
