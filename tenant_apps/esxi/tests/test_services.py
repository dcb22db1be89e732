"""Writing servers, and what becomes of their passwords."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from billing import quotas
from billing.quotas import QuotaReached
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import DomainError
from shared_apps.core.secrets import SecretUnreadable
from shared_apps.organisations.current import Tenant
from tenant_apps.esxi import selectors, services
from tenant_apps.esxi.models import Server, Workspace
from tenant_apps.esxi.tests.support import PASSWORD, details, make_server
from tests.support.tenants import ready_tenant

on_esxi = pytest.mark.parametrize("tenant", ["esxi-a"], indirect=True)


@on_esxi
def test_defaults_are_made_once(tenant: Tenant) -> None:
    services.create_defaults(tenant=tenant, owner=User.objects.get(is_staff=True))
    assert Workspace.objects.count() == 1
    assert AuditLog.objects.filter(action="esxi.workspace.created").count() == 1


@on_esxi
def test_a_password_is_sealed_for_its_tenant_and_row(tenant: Tenant) -> None:
    one, two = make_server(1), make_server(2)
    assert PASSWORD not in one.password_ciphertext
    assert services.password_of(one) == PASSWORD
    assert one.password_ciphertext != two.password_ciphertext

    two.password_ciphertext = one.password_ciphertext
    with pytest.raises(SecretUnreadable):
        services.password_of(two)
    connection.set_tenant(ready_tenant("esxi-b"))
    with pytest.raises(SecretUnreadable):
        services.password_of(one)


@on_esxi
def test_the_password_is_nowhere_else(tenant: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    server = make_server()
    services.change_server(server=server, details=details(password="autre-secret-43"))
    entries = str(list(AuditLog.objects.values()))
    for secret in (PASSWORD, "autre-secret-43", server.password_ciphertext):
        assert secret not in entries
        assert secret not in repr(details(password=secret))
        assert secret not in "".join(capsys.readouterr())
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM esxi_server s")
        assert "secret" not in cursor.fetchone()[0]
    assert selectors.servers().get().get_deferred_fields() == {"password_ciphertext"}


@on_esxi
def test_an_empty_password_keeps_the_one_there_is(tenant: Tenant) -> None:
    server = make_server()
    changed = services.change_server(server=server, details=details(name="Autre nom", password=""))
    assert services.password_of(changed) == PASSWORD
    entry = AuditLog.objects.get(action="esxi.server.changed")
    assert entry.after["password_changed"] is False
    assert (entry.before["name"], entry.after["name"]) == ("ESXi 1", "Autre nom")


@on_esxi
@pytest.mark.parametrize("moved", [{"host": "evil.example.net"}, {"port": 8443}])
def test_a_stored_password_is_never_sent_to_another_address(tenant: Tenant, moved: dict) -> None:
    server = make_server()
    with pytest.raises(DomainError) as caught:
        services.change_server(server=server, details=details(password="", **moved))
    assert (caught.value.code, caught.value.field) == ("password_missing", "password")
    server.refresh_from_db()
    assert (server.host, server.port) == ("esxi1.example.org", 443)


@on_esxi
def test_what_was_known_is_forgotten_when_the_connection_changes(tenant: Tenant) -> None:
    server = make_server()
    Server.objects.update(status="ok")
    assert services.change_server(server=server, details=details(name="N", password="")).status == "ok"
    assert services.change_server(server=server, details=details(username="root", password="")).status == "unknown"


@on_esxi
def test_a_new_server_needs_a_password(tenant: Tenant) -> None:
    with pytest.raises(DomainError) as caught:
        make_server(password="")
    assert caught.value.field == "password"


@on_esxi
def test_names_and_addresses_are_used_once(tenant: Tenant) -> None:
    make_server(1)
    for number, changes, field in [(2, {"name": "esxi 1"}, "name"), (3, {"host": "esxi1.example.org"}, "host")]:
        with pytest.raises(DomainError) as caught:
            make_server(number, **changes)
        assert caught.value.field == field
    make_server(4, host="esxi1.example.org", port=8443)
    assert Server.objects.count() == 2


@on_esxi
def test_the_same_form_sent_twice_adds_one_server(tenant: Tenant) -> None:
    key = uuid.uuid4()
    assert services.add_server(server_id=key, details=details()).pk == key
    assert services.add_server(server_id=key, details=details()).pk == key
    assert AuditLog.objects.filter(action="esxi.server.added").count() == 1


@on_esxi
def test_removing_asks_for_the_name(tenant: Tenant) -> None:
    server = make_server()
    with pytest.raises(DomainError) as caught:
        services.remove_server(server=server, typed_name="ESXi 2")
    assert caught.value.code == "name_differs"
    services.remove_server(server=server, typed_name="  esxi  1 ")
    assert not Server.objects.exists()
    assert AuditLog.objects.get(action="esxi.server.removed").level == "warning"
    with pytest.raises(DomainError) as caught:
        services.change_server(server=server, details=details())
    assert caught.value.code == "server_gone"


@on_esxi
def test_the_plan_limits_servers_and_says_how_to_get_more(tenant: Tenant) -> None:
    limit = tenant.quota("esxi_servers")
    assert limit
    for number in range(limit):
        make_server(number)
    with pytest.raises(QuotaReached) as caught:
        make_server(limit)
    assert str(limit) in str(caught.value)
    assert caught.value.extra["upgrade_url"].startswith("http")
    assert quotas.usage()["esxi_servers"] == limit
    services.remove_server(server=Server.objects.get(name="ESXi 0"), typed_name="ESXi 0")
    make_server(limit)


@on_esxi
@pytest.mark.parametrize(
    "change",
    [
        {"port": 0},
        {"port": 65536},
        {"host": "UP.example.org"},
        {"status": "x"},
        {"password_ciphertext": ""},
        {"thumbprint": "AB"},
    ],
)
def test_the_database_refuses_what_the_services_would(tenant: Tenant, change: dict) -> None:
    make_server()
    with pytest.raises(IntegrityError), transaction.atomic():
        Server.objects.update(**change)


@on_esxi
def test_usage_names_the_plans_quotas(tenant: Tenant) -> None:
    assert set(quotas.usage()) == set(dict(tenant.quotas))
