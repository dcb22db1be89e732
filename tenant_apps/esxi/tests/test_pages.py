"""The backup workspace's pages."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from shared_apps.organisations.current import Tenant
from tenant_apps.esxi import services
from tenant_apps.esxi.models import Server
from tenant_apps.esxi.tests.support import PASSWORD, make_server
from tests.support.queries import queries_of
from tests.support.tenants import client_of, ready_tenant

pytestmark = pytest.mark.parametrize("tenant", ["esxi-a"], indirect=True)

THUMBPRINT = ":".join(["AB"] * 32)


def form_data(**changes: object) -> dict[str, object]:
    return {
        "key": str(uuid.uuid4()),
        "name": "ESXi Douala",
        "host": "ESXi1.example.org",
        "port": "443",
        "username": "backup",
        "password": PASSWORD,
        "thumbprint": "",
        **changes,
    }


def test_staff_add_a_server_and_its_password_is_never_shown(tenant: Tenant, tenant_client: Client) -> None:
    response = tenant_client.post(
        "/servers/new/", form_data(thumbprint=THUMBPRINT.lower().replace(":", " ")), follow=True
    )
    with tenant_context(tenant):
        server = Server.objects.get()
        assert (server.host, server.thumbprint) == ("esxi1.example.org", THUMBPRINT)
        assert services.password_of(server) == PASSWORD
    pages = [response, *(tenant_client.get(path) for path in ("/", "/servers/", f"/servers/{server.pk}/"))]
    for page in pages:
        html = page.content.decode()
        assert "ESXi Douala" in html
        assert PASSWORD not in html
        assert server.password_ciphertext not in html
        assert "no-cache" in page["Cache-Control"] or page.status_code == 302


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"host": "127.0.0.1"}, "host"),
        ({"host": "https://esxi1.example.org"}, "host"),
        ({"port": "0"}, "port"),
        ({"port": "70000"}, "port"),
        ({"password": ""}, "password"),
        ({"name": "  "}, "name"),
        ({"username": ""}, "username"),
        ({"thumbprint": "AB:CD"}, "thumbprint"),
    ],
)
def test_bad_input_keeps_everything_but_the_password(
    tenant: Tenant, tenant_client: Client, wrong: dict, field: str
) -> None:
    response = tenant_client.post("/servers/new/", form_data(**wrong))
    html = response.content.decode()
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in html
    assert PASSWORD not in html
    assert "ESXi Douala" in html or field == "name"
    with tenant_context(tenant):
        assert not Server.objects.exists()


def test_an_empty_password_keeps_the_stored_one(tenant: Tenant, tenant_client: Client) -> None:
    with tenant_context(tenant):
        server = make_server()
    data = form_data(key=server.pk, name="Autre", host=server.host, password="")
    assert tenant_client.post(f"/servers/{server.pk}/", data).status_code == 302
    with tenant_context(tenant):
        server.refresh_from_db()
        assert (server.name, services.password_of(server)) == ("Autre", PASSWORD)
    moved = form_data(key=server.pk, host="elsewhere.example.org", password="")
    response = tenant_client.post(f"/servers/{server.pk}/", moved)
    assert response.status_code == 422
    assert 'id="id_password_error"' in response.content.decode()


@pytest.mark.parametrize(("typed", "again"), [(PASSWORD, True), ("", False)])
def test_a_password_that_was_typed_is_asked_for_again(
    tenant: Tenant, tenant_client: Client, typed: str, again: bool
) -> None:
    """A new password is not lost in silence because another field was wrong."""
    with tenant_context(tenant):
        server = make_server()
    for path in ("/servers/new/", f"/servers/{server.pk}/"):
        form = tenant_client.post(path, form_data(host="127.0.0.1", password=typed)).context["form"]
        assert form.typed_password is again
    plain = tenant_client.get(f"/servers/{server.pk}/").context["form"].fields["password"].help_text
    asked = form.fields["password"].help_text
    assert (asked != plain) is again


def test_spaces_in_a_password_are_part_of_it(tenant: Tenant, tenant_client: Client) -> None:
    tenant_client.post("/servers/new/", form_data(password="  avec espaces "))
    with tenant_context(tenant):
        assert services.password_of(Server.objects.get()) == "  avec espaces "


def test_a_full_plan_shows_the_way_to_a_larger_one(
    tenant: Tenant, tenant_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tenant, "quota", lambda self, name: 0)
    response = tenant_client.post("/servers/new/", form_data())
    assert response.status_code == 422
    assert 'href="http://localhost' in response.content.decode()


def test_removing_asks_for_the_name(tenant: Tenant, tenant_client: Client) -> None:
    with tenant_context(tenant):
        server = make_server()
    path = f"/servers/{server.pk}/remove/"
    assert "ESXi 1" in tenant_client.get(path).content.decode()
    assert tenant_client.post(path, {"name": "x"}).status_code == 422
    assert tenant_client.post(path, {}).status_code == 422
    assert tenant_client.post(path, {"name": "ESXi 1"}).status_code == 302
    assert tenant_client.get(path).status_code == 404


def test_another_tenant_never_reaches_this_tenants_servers(tenant: Tenant) -> None:
    with tenant_context(tenant):
        server = make_server()
    other = client_of(ready_tenant("esxi-b"), as_owner=True)
    for path in (f"/servers/{server.pk}/", f"/servers/{server.pk}/remove/"):
        assert other.get(path).status_code == 404
        assert other.post(path, {"name": "ESXi 1"}).status_code == 404
    for path in ("/", "/servers/"):
        assert "ESXi 1" not in other.get(path).content.decode()


def test_empty_pages_name_the_first_action(tenant: Tenant, tenant_client: Client) -> None:
    for path in ("/", "/servers/"):
        assert "/servers/new/" in tenant_client.get(path).content.decode()


@pytest.mark.parametrize("path", ["/", "/servers/"])
def test_lists_cost_the_same_whatever_their_length(tenant: Tenant, tenant_client: Client, path: str) -> None:
    with tenant_context(tenant):
        make_server(0)
    tenant_client.get(path)
    few = queries_of(tenant_client, path)
    with tenant_context(tenant):
        for number in range(1, tenant.quota("esxi_servers") or 0):
            make_server(number)
    assert queries_of(tenant_client, path) == few <= 8
