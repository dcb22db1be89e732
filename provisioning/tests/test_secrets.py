"""Changing the key that secrets are sealed with."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest
from django.core.management import call_command
from django_tenants.utils import tenant_context

from provisioning.services import secrets as rotation
from shared_apps.audit.models import AuditLog
from shared_apps.core.secrets import SecretUnreadable
from tenant_apps.esxi.models import Server
from tenant_apps.esxi.services import ServerDetails, add_server, password_of
from tests.support.tenants import ready_tenant

pytestmark = pytest.mark.django_db
OLD, NEW = (f"k{n}:{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))


@pytest.fixture
def servers(settings: Any) -> dict[str, Server]:
    """A server with a password in each of two workspaces, sealed with the old key."""
    settings.ENCRYPTION_KEYS = [OLD]
    made = {}
    for name in ("esxi-a", "esxi-b"):
        tenant = ready_tenant(name)
        with tenant_context(tenant):
            details = ServerDetails(name, "esxi1.example.com", 443, "root", password=f"secret of {name}")
            made[name] = add_server(server_id=uuid.uuid4(), details=details)
    return made


def passwords(servers: dict[str, Server]) -> dict[str, str]:
    found = {}
    for name, server in servers.items():
        with tenant_context(ready_tenant(name)):
            found[name] = password_of(Server.objects.get(pk=server.pk))
    return found


def test_after_a_rotation_the_old_key_is_not_needed(servers, settings, capsys) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    call_command("rotate_secrets")
    output = capsys.readouterr().out
    assert "2 secrets sealed again" in output
    assert "secret of" not in output
    settings.ENCRYPTION_KEYS = [NEW]
    assert passwords(servers) == {name: f"secret of {name}" for name in servers}
    with tenant_context(ready_tenant("esxi-a")):
        entry = AuditLog.objects.get(action="secret.resealed")
        assert (entry.resource_id, entry.after) == (str(servers["esxi-a"].pk), {"key": "k2"})


def test_without_a_rotation_it_is(servers, settings) -> None:
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(SecretUnreadable):
        passwords(servers)


def test_a_rotation_that_was_stopped_goes_on_where_it_was(servers, settings) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    counts = rotation.rotate_everywhere()
    assert next(counts) == ("public", 0)
    while not next(counts)[1]:
        pass
    counts.close()
    assert sum(count for _schema, count in rotation.rotate_everywhere()) == 1
    assert sum(count for _schema, count in rotation.rotate_everywhere()) == 0
    settings.ENCRYPTION_KEYS = [NEW]
    assert passwords(servers) == {name: f"secret of {name}" for name in servers}
