"""The servers of the demonstration. Their addresses are for documentation (RFC 5737): nothing answers there."""

from __future__ import annotations

import uuid

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.esxi import services
from tenant_apps.esxi.models import Server

SERVERS = (("esxi-douala-1", "192.0.2.10"), ("esxi-yaounde-1", "198.51.100.20"))


def load(*, tenant: Tenant, owner: User) -> None:
    """Add the servers unless there are some; each in a transaction of its own."""
    if Server.objects.exists():
        return
    for name, host in SERVERS:
        services.add_server(
            server_id=uuid.uuid4(),
            details=services.ServerDetails(
                name=name, host=host, port=443, username="sauvegarde", password=uuid.uuid4().hex
            ),
        )
